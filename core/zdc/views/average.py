"""The mean shower: mean energy of each cell, and how often it is hit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset, read_array
from core.zdc.grid import Grid
from core.zdc.views import images
from core.zdc.views.images import Panel
from core.zdc.views.shower import grid_of

CHUNK, MOST = 1000, 5000


@dataclass(frozen=True)
class MeanShower:
    """Of `n` rows of `n_of`: mean energy [MeV] of each cell (n_y, n_x), and the share of the rows in which it is hit."""

    cells_mev: np.ndarray
    occupancy: np.ndarray
    grid: Grid
    n: int
    n_of: int


def mean_shower(dataset: Dataset, rows: np.ndarray) -> MeanShower:
    """Mean over rows, of at most 5,000 of them taken evenly."""
    grid = grid_of(dataset)
    chosen = rows if len(rows) <= MOST else rows[np.linspace(0, len(rows) - 1, MOST).astype(int)]
    total, n_hit = np.zeros(grid.shape), np.zeros(grid.shape)
    for begin in range(0, len(chosen), CHUNK):
        cells = read_array(dataset, "cells_mev", chosen[begin : begin + CHUNK])
        total += cells.sum(axis=0, dtype=np.float64)
        n_hit += (cells > 0).sum(axis=0)
    n = max(len(chosen), 1)
    return MeanShower(total / n, n_hit / n, grid, len(chosen), len(rows))


def draw_means(means: Mapping[str, MeanShower], colours: Mapping[str, str]) -> go.Figure:  # noqa: ARG001
    """A mean image for each class, on one scale."""
    grid = next(iter(means.values())).grid
    panels = [Panel(f"<b>{name}</b> (n = {mean.n:,} of {mean.n_of:,})", mean.cells_mev) for name, mean in means.items()]
    scale = images.scale_of([mean.cells_mev for mean in means.values()], 0.0)
    return images.draw(panels, grid, scale, per_row=max(len(panels), 1))
