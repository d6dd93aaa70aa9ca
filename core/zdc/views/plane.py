"""The cells of the calorimeter as a map."""

import numpy as np

from core.data.channels import Channels, DetectorMap
from core.data.dataset import Dataset, read_array
from core.zdc.grid import from_arrays

N_AT_MOST = 1000  # showers: every cell of them is read
MAP_PX = 280  # of a screen, about, for the longer side


def channels(dataset: Dataset) -> Channels:
    """Every cell of the grid, the lowest row first."""
    grid = from_arrays(dataset.geometry)
    x, y = (axis.ravel() for axis in np.meshgrid(grid.x_mm, grid.y_mm))
    names = tuple(f"cell {i}.{j}" for j in range(grid.n_y) for i in range(grid.n_x))
    place, n = np.stack([x, y], axis=1), len(names)
    size_px = max(4, MAP_PX // max(grid.shape))
    return Channels(names, place, np.full(n, size_px), place, np.zeros(n, np.int64), ("cell",), np.full(n, np.nan))


def hits(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each shower in every cell above the threshold."""
    cells = read_array(dataset, "cells_mev", rows.tolist())
    place, channel = np.nonzero(cells.reshape(len(rows), -1) > 0)
    return rows[place], channel


MAP = DetectorMap(
    title="cells",
    explanation=(
        "In which share of the showers each cell is hit, of those that pass the filter; a click on one leaves its showers. The beam and the halo "
        "of the showers decide: it falls smoothly outwards. Surprising: a cell that is never hit among hit ones, or always."
    ),
    sees="a cell counts the showers that leave more than the threshold in it",
    channels=channels,
    hits=hits,
    x_title="x [mm]",
    y_title="y [mm]",
    n_at_most=N_AT_MOST,
)
