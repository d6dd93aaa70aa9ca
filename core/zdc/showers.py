"""Showers in memory, as readers and the simulation give them and the features take them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.zdc.grid import Grid

TRUTH = ("true_energy_gev", "impact_x_mm", "impact_y_mm")
"""What may be known of a shower: the particle's energy, and where it hit the calorimeter's front, from the middle of the grid."""
ELECTRON, POSITRON, PHOTON, PION = 11, -11, 22, -211


@dataclass(frozen=True)
class Showers:
    """n showers of one run on a grid.

    number int64 (n,): event numbers, unique within the run. cells_mev float32 (n, n_y, n_x): energy of each cell, 0 where not above the
    threshold. depth_mev float32 (n, n_depth): energy by depth in bins of one radiation length, before any threshold or noise; n_depth
    is 0 where it is not known. truth: some of `TRUTH` float32 (n,), and `particle` int32 (n,), the PDG code.
    """

    run: int
    number: np.ndarray
    cells_mev: np.ndarray
    depth_mev: np.ndarray
    truth: Mapping[str, np.ndarray]
    grid: Grid

    def __len__(self) -> int:
        return len(self.number)
