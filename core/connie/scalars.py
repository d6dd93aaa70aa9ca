"""Track features as network input, of order one: they restore what a picture scaled to 0-255 loses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.connie.features import FLAGS


@dataclass(frozen=True)
class Scalar:
    """The network sees (f(column) - centre) / width, with f the value itself, its size without sign, ln(1 + it) or a flag."""

    column: str
    scale: str
    centre: float = 0.0
    width: float = 1.0


_LOGARITHMIC = {
    "charge_e": (10.5, 1.6), "npix": (4.5, 1.3), "max_e": (7.9, 1.0), "length_px": (3.0, 1.1), "sigma_l_px": (1.8, 0.9),
    "sigma_t_px": (0.64, 0.28), "elongation": (1.9, 0.8), "sagitta_over_l": (0.03, 0.05), "residual_px": (0.43, 0.3),
    "mean_width_px": (1.7, 0.22), "dedx_kev_per_um": (0.24, 0.14), "occupancy": (0.056, 0.027), "nsat": (0.0, 0.4),
    "e1": (10.5, 1.6), "n1": (5.0, 1.05),
}  # fmt: skip
SCALARS: Mapping[str, Scalar] = {
    **{name: Scalar(name, "log", *numbers) for name, numbers in _LOGARITHMIC.items()},
    "straightness": Scalar("straightness", "same", 0.9, 0.12),
    "fill": Scalar("fill", "same", 0.5, 0.25),
    "wedge_px": Scalar("wedge_px", "size", 0.38, 0.36),
    # small tracks once more, finer: classes end at 5 and 10 px and at 20 keV, and a logarithm blurs them
    "short_length_px": Scalar("length_px", "same", 10.0, 3.0),
    "low_energy_kev": Scalar("energy_kev", "same", 20.0, 5.0),
    **{name: Scalar("flags", name) for name in ("edge", "saturated", "masked_pixels", "deblended", "joined")},
}
"""The means and widths are those of simulated tracks, rounded."""


def columns_of(names: Sequence[str]) -> tuple[str, ...]:
    """The table columns that these are made of, each once."""
    return tuple(dict.fromkeys(SCALARS[name].column for name in names))


def scaled(table: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    """float32 (n, n_names) within +-5; a value that is unknown becomes 0, and negative ones of a log count as 0."""
    return np.stack([_one(table, SCALARS[name]) for name in names], axis=1).astype(np.float32)


def _one(table: Mapping[str, np.ndarray], scalar: Scalar) -> np.ndarray:
    if scalar.scale in FLAGS:
        return (np.asarray(table["flags"]) >> FLAGS.index(scalar.scale) & 1).astype(np.float64)
    values = np.asarray(table[scalar.column], np.float64)
    if scalar.scale == "log":
        values = np.log1p(np.maximum(values, 0.0))
    elif scalar.scale == "size":
        values = np.abs(values)
    scaled = np.nan_to_num((values - scalar.centre) / scalar.width, nan=0.0, posinf=5.0, neginf=-5.0)
    return np.clip(scaled, -5.0, 5.0)
