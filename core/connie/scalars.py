"""Features as a network likes them: of order one, logarithms where they span decades. What 0-255 takes away returns here."""

from collections.abc import Mapping, Sequence

import numpy as np

SCALARS: Mapping[str, tuple[str, float, float]] = {
    "charge_e": ("log", 9.5, 1.8),
    "npix": ("log", 3.9, 1.2),
    "max_e": ("log", 7.0, 1.2),
    "length_px": ("log", 2.5, 1.0),
    "sigma_l_px": ("log", 1.5, 0.8),
    "sigma_t_px": ("log", 0.8, 0.4),
    "elongation": ("log", 1.6, 0.7),
    "straightness": ("same", 0.8, 0.2),
    "sagitta_over_l": ("log", 0.05, 0.06),
    "residual_px": ("log", 0.5, 0.5),
    "wedge_px": ("size", 0.3, 0.3),
    "mean_width_px": ("log", 1.6, 0.5),
    "dedx_kev_per_um": ("log", 0.3, 0.25),
    "fill": ("same", 0.4, 0.25),
    "occupancy": ("log", 0.04, 0.03),
    "nsat": ("log", 0.0, 1.0),
    "e1": ("log", 9.5, 1.8),
    "n1": ("log", 4.2, 1.0),
}
"""Column -> (scale, centre, width): the network sees (f(x) - centre) / width with f the identity, the size without sign, or ln(1 + x)."""


def scaled(table: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    """float32 (n, n_names) within +-5; a value that is unknown becomes 0, and negative ones of a log count as 0."""
    made = []
    for name in names:
        kind, centre, width = SCALARS[name]
        values = np.asarray(table[name], np.float64)
        if kind == "log":
            values = np.log1p(np.maximum(values, 0.0))
        elif kind == "size":
            values = np.abs(values)
        made.append(np.clip(np.nan_to_num((values - centre) / width, nan=0.0, posinf=5.0, neginf=-5.0), -5.0, 5.0))
    return np.stack(made, axis=1).astype(np.float32)
