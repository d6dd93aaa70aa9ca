"""The cells of a calorimeter, all alike on a plane: how many, how large, and from which energy on a cell counts as hit.

It is the geometry of a data set (`Dataset.geometry`): all its rows are images of the same grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Grid:
    """n_y rows of n_x cells of `cell_mm`; (0, 0) mm is the middle of the grid, which of an even number is a corner of four cells.

    Images are (n_y, n_x): row 0 has the lowest y, column 0 the lowest x. A cell is hit above `threshold_mev`; what is at or below
    it is 0 in every stored image.
    """

    n_y: int = 20
    n_x: int = 20
    cell_mm: float = 30.0
    threshold_mev: float = 0.78

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_y, self.n_x

    @property
    def x_mm(self) -> np.ndarray:
        """float64 (n_x,): centres of the columns."""
        return (np.arange(self.n_x) - 0.5 * (self.n_x - 1)) * self.cell_mm

    @property
    def y_mm(self) -> np.ndarray:
        """float64 (n_y,): centres of the rows."""
        return (np.arange(self.n_y) - 0.5 * (self.n_y - 1)) * self.cell_mm

    def arrays(self) -> dict[str, np.ndarray]:
        """As it is stored with a data set."""
        return {
            "n_cells": np.array(self.shape, np.int64),
            "cell_mm": np.array(self.cell_mm),
            "threshold_mev": np.array(self.threshold_mev),
        }


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Grid:
    """The grid of a data set's geometry."""
    n_y, n_x = arrays["n_cells"].tolist()
    return Grid(n_y, n_x, float(arrays["cell_mm"]), float(arrays["threshold_mev"]))
