"""Stored track crops -> network input: the preprocessing of slides 002 as a frozen recipe, kept with every run.

Steps, in the slides' order: charge in electrons with NaN as 0 and a cap for saturated pixels; no negatives; resized or
padded to a square; logarithm; 0-255 in whole numbers. The network gets the result divided by 255.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numba
import numpy as np

from core.connie.scalars import SCALARS, columns_of, scaled
from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

CAP_E = 1e5  # a saturated pixel is stored with no charge of its own; the group's notebook caps it here
_LENGTHS = (
    "length_px", "width_px", "w_over_l", "sigma_l_px", "sigma_t_px", "elongation", "straightness", "sagitta_over_l",
    "residual_px", "wedge_px", "box_diagonal_px", "mean_width_px", "npix", "l3_um", "theta_deg", "phi_deg", "fill",
)  # fmt: skip
_CHARGES = ("energy_kev", "charge_e", "max_e")
GLOBAL_E = 2e4  # charge that becomes 255 where the scale is the same for all tracks


@dataclass(frozen=True)
class TrackInput:
    """One track as a square picture, with optional scalar features."""

    arrays: ClassVar[tuple[str, ...]] = ("crop",)

    size_px: int = param(64, "side of the square", unit="px", low=8, high=256)
    padding: bool = param(False, "centre on a square of zeros and shrink only if larger; else stretch to the square")
    log: bool = param(True, "ln(1 + electrons) instead of electrons")
    norm: str = param("image", "255 is the image's own maximum, or one charge for all", choices=("image", "global"))
    scalars: tuple[str, ...] = param((), "features that stand beside the picture", choices=tuple(SCALARS))

    def check(self) -> None:
        if len(set(self.scalars)) < len(self.scalars):
            raise DarkroomError(f"scalars names a feature twice ({', '.join(self.scalars)}): name each once.")

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:  # noqa: ARG002
        """The table columns that `make` needs in addition to the crops."""
        return ("crop_height_px", "crop_width_px", *columns_of(self.scalars))

    @property
    def determines(self) -> tuple[str, ...]:
        """The table columns that can be computed from this input: the scalars, lengths where the picture keeps its scale
        (padded), charges where one charge is 255 for all, and what is made of both.
        """
        lengths = _LENGTHS if self.padding else ()
        charges = _CHARGES if self.norm == "global" else ()
        both = ("dedx_kev_per_um", "log_dedx_adu") if lengths and charges else ()
        scalars = (name for name in columns_of(self.scalars) if name != "flags")
        return tuple(dict.fromkeys((*scalars, *lengths, *charges, *both)))

    def shape(self, dataset: "Dataset") -> tuple[int, ...] | dict[str, tuple[int, ...]]:  # noqa: ARG002
        """Shape of one input: (size, size, 1), with scalars {"image": that, "scalars": (n,)}. Any track fits."""
        image = (self.size_px, self.size_px, 1)
        return {"image": image, "scalars": (len(self.scalars),)} if self.scalars else image

    def make(
        self,
        arrays: Mapping[str, Ragged],
        table: dict[str, np.ndarray],
        dataset: "Dataset",  # noqa: ARG002
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Crops in electrons, row-major, and table columns (n,) -> float32 (n, size, size, 1) in 0..1.

        With scalars a dict of "image" and "scalars" float32 (n, n_scalars). A crop without charge becomes 0.
        """
        raw = arrays["crop"]
        out = np.zeros((len(raw), self.size_px, self.size_px, 1), np.float32)
        _pictures(
            raw.values, raw.offsets, table["crop_height_px"], table["crop_width_px"], self.padding, self.log,
            self.norm == "image", out,
        )  # fmt: skip
        return {"image": out, "scalars": scaled(table, self.scalars)} if self.scalars else out

    def steps(self, crop: np.ndarray) -> dict[str, np.ndarray]:
        """The same, step by step, of one crop (height, width) in electrons: title -> picture, in order."""
        raw = np.asarray(crop, np.float32)
        positive = _positive(raw)
        if self.padding:
            square = {"padded": _padded(positive, self.size_px)}
            if max(raw.shape) > self.size_px:
                square[f"resized to {self.size_px} px"] = _square(positive, self.size_px, True)
        else:
            square = {f"resized to {self.size_px} px": _square(positive, self.size_px, False)}
        last = list(square.values())[-1]
        logarithm = np.log1p(last) if self.log else last
        steps = {"raw": raw, "no negatives": positive, **square}
        if self.log:
            steps["logarithm"] = logarithm
        steps["0-255"] = _as_bytes(logarithm, self.log, self.norm == "image")
        return steps


VARIANTS: dict[str, TrackInput] = {
    "A": TrackInput(log=False),
    "B": TrackInput(),
    "C": TrackInput(padding=True),
    "D": TrackInput(),
    "E": TrackInput(size_px=128),
}
"""The five variants that the slides train. B and D see the same picture: B has six classes, the others three."""

VARIANT_CLASSES = {"A": "three", "B": "six", "C": "three", "D": "three", "E": "three"}


@numba.njit(cache=True, nogil=True)
def _positive(crop: np.ndarray) -> np.ndarray:
    """Without negatives and NaN, and capped."""
    out = np.zeros(crop.shape, np.float32)
    for y in range(crop.shape[0]):
        for x in range(crop.shape[1]):
            if crop[y, x] > 0:  # false for NaN
                out[y, x] = min(crop[y, x], np.float32(CAP_E))
    return out


@numba.njit(cache=True, nogil=True)
def _padded(picture: np.ndarray, size: int) -> np.ndarray:
    """Centred on a square of zeros of side max(height, width, size)."""
    height, width = picture.shape
    side = max(height, width, size)
    out = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = picture
    return out


@numba.njit(cache=True, nogil=True)
def _weights(n_in: int, n_out: int):  # type: ignore[no-untyped-def]
    """Triangle filter, as wide as an output pixel when shrinking: first input (n_out,), how many, weights."""
    scale = n_in / n_out
    support = max(scale, 1.0)
    first = np.empty(n_out, np.int64)
    count = np.empty(n_out, np.int64)
    weights = np.zeros((n_out, 2 * math.ceil(support) + 1), np.float32)
    for i in range(n_out):
        centre = (i + 0.5) * scale
        first[i] = max(0, int(centre - support + 0.5))
        count[i] = min(n_in, int(centre + support + 0.5)) - first[i]
        total = 0.0
        for k in range(count[i]):
            weight = max(0.0, 1.0 - abs((first[i] + k + 0.5 - centre) / support))
            weights[i, k] = weight
            total += weight
        weights[i, : count[i]] /= np.float32(total)
    return first, count, weights


@numba.njit(cache=True, nogil=True)
def _square(picture: np.ndarray, size: int, padding: bool) -> np.ndarray:
    """Stretched (or padded, then shrunk if need be) to (size, size): bilinear, antialiased when shrinking."""
    if padding:
        picture = _padded(picture, size)
        if picture.shape[0] == size:
            return picture
    height, width = picture.shape
    first, count, weights = _weights(height, size)
    tall = np.zeros((size, width), np.float32)
    for y in range(size):
        for k in range(count[y]):
            weight = weights[y, k]
            for x in range(width):
                tall[y, x] += weight * picture[first[y] + k, x]
    first, count, weights = _weights(width, size)
    out = np.zeros((size, size), np.float32)
    for y in range(size):
        for x in range(size):
            total = np.float32(0)
            for k in range(count[x]):
                total += weights[x, k] * tall[y, first[x] + k]
            out[y, x] = total
    return out


@numba.njit(cache=True, nogil=True)
def _as_bytes(picture: np.ndarray, is_log: bool, is_own: bool) -> np.ndarray:
    """Whole numbers 0-255 as uint8: between the picture's own extremes, or up to GLOBAL_E. A constant picture is 0."""
    low, high = np.float32(0), np.float32(math.log1p(GLOBAL_E) if is_log else GLOBAL_E)
    if is_own:
        low, high = picture.min(), picture.max()
    out = np.zeros(picture.shape, np.uint8)
    if high > low:
        for y in range(picture.shape[0]):
            for x in range(picture.shape[1]):
                share = min((picture[y, x] - low) / (high - low), np.float32(1))
                out[y, x] = np.uint8(np.rint(np.float32(255) * share))
    return out


@numba.njit(cache=True, nogil=True)
def _pictures(values, offsets, heights, widths, padding, is_log, is_own, out):  # type: ignore[no-untyped-def]
    size = out.shape[1]
    for i in range(out.shape[0]):
        crop = values[offsets[i] : offsets[i + 1]].reshape((heights[i], widths[i]))
        picture = _square(_positive(crop), size, padding)
        if is_log:
            for y in range(size):
                for x in range(size):
                    if picture[y, x] != 0:
                        picture[y, x] = np.log1p(picture[y, x])
        scaled_picture = _as_bytes(picture, is_log, is_own)
        for y in range(size):
            for x in range(size):
                out[i, y, x, 0] = np.float32(scaled_picture[y, x]) / np.float32(255)
