"""Showers as a reader gives them: images in MeV on the file's own grid, before window and threshold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.zdc.mapping import Mapping as FileMapping

CHUNK_BYTES = 16 << 20  # of images in memory at once
TRUTH_NAMES = {
    "true_energy_gev": "true_energy",
    "impact_x_mm": "impact_x",
    "impact_y_mm": "impact_y",
    "particle": "particle",
}
"""Our column -> the field of the mapping that says what the file calls it."""


@dataclass(frozen=True)
class RawShowers:
    """n showers: number int64 (n,), cells_mev float32 (n, n_y, n_x) as measured, also negative or NaN; depth_mev float32
    (n, n_depth), n_depth 0 where unknown; truth by our names float64 (n,), in our units.
    """

    number: np.ndarray
    cells_mev: np.ndarray
    depth_mev: np.ndarray
    truth: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.number)


def rows_at_once(n_cells: int) -> int:
    """How many images of this many cells are read at once."""
    return max(1, CHUNK_BYTES // (4 * max(n_cells, 1)))


def truth_names(mapping: FileMapping) -> dict[str, str]:
    """Our column -> what the file calls it, of those that the mapping names."""
    names = {ours: str(getattr(mapping, field)) for ours, field in TRUTH_NAMES.items()}
    return {ours: name for ours, name in names.items() if name}
