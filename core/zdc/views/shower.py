"""One shower: its VALUE image, its MASK, both, or its energy by depth; and many small ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset, read_array
from core.figures.gallery import TILE_PX, mosaic
from core.figures.style import OKABE_ITO, TEXT_PX
from core.parameters import param
from core.zdc.grid import Grid, from_arrays
from core.zdc.views import images
from core.zdc.views.images import Panel

SHOWN = ("value and mask", "value", "mask")


@dataclass(frozen=True)
class ShowerView:
    """How a shower is drawn."""

    shows: str = param(SHOWN[0], "energy of each cell, whether it is hit, or both", choices=SHOWN)
    colours: str = param("log", "how energies become colours", choices=("linear", "log"))
    impact: bool = param(True, "mark where the particle hit, where it is known")


@dataclass(frozen=True)
class DepthView:
    """How the energy by depth is drawn."""

    is_log: bool = param(False, "logarithmic axis of energy")


def grid_of(dataset: Dataset) -> Grid:
    """The cells of a data set's images."""
    return from_arrays(dataset.geometry)


def impact_of(dataset: Dataset, row: int) -> tuple[float, float] | None:
    """Where the particle hit (x, y) [mm]; None where it is not known."""
    place = float(dataset.column("impact_x_mm")[row]), float(dataset.column("impact_y_mm")[row])
    return place if np.isfinite(place).all() else None


def draw_shower(dataset: Dataset, row: int, parameters: ShowerView) -> go.Figure:
    """The image or the mask of a shower, or both beside each other, on the grid in mm."""
    grid, cells = grid_of(dataset), read_array(dataset, "cells_mev", [row])[0]
    impact = impact_of(dataset, row) if parameters.impact else None
    titles = {"value": "VALUE: energy of each cell", "mask": f"MASK: cells above {grid.threshold_mev:g} MeV"}
    panels = [Panel(title, cells, kind, impact) for kind, title in titles.items() if kind in parameters.shows]
    scale = images.scale_of([cells], grid.threshold_mev, parameters.colours == "log")
    return images.draw(panels, grid, scale, _sentence(dataset, row), per_row=len(panels))


def draw_depth(dataset: Dataset, row: int, parameters: DepthView) -> go.Figure:
    """Energy in each radiation length of depth, where the file has it."""
    depth = read_array(dataset, "depth_mev", [row]).item(0) * 1e-3
    figure = go.Figure()
    if len(depth):
        figure.add_bar(
            x=np.arange(len(depth)) + 0.5, y=depth, width=1.0, marker={"color": OKABE_ITO[4]},
            hovertemplate="%{y:.3g} GeV at %{x:.1f} X0<extra></extra>",
        )  # fmt: skip
    else:
        figure.add_scatter(x=[], y=[])
        figure.add_annotation(text="The file does not tell the depth of this shower.", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")  # fmt: skip
    figure.update_xaxes(title_text="depth [X0]")
    figure.update_yaxes(title_text="energy [GeV/X0]", type="log" if parameters.is_log else "linear")
    look = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": {"size": TEXT_PX}}
    return figure.update_layout(height=360, margin={"l": 50, "r": 10, "t": 30, "b": 45}, showlegend=False, **look)


def thumbnails(dataset: Dataset, rows: np.ndarray, titles: Sequence[str]) -> go.Figure:
    """Images of some showers on one logarithmic scale, cells drawn as large as there is room."""
    grid, cells = grid_of(dataset), read_array(dataset, "cells_mev", rows)
    factor = max(1, TILE_PX // max(grid.shape))
    pictures = [np.kron(image, np.ones((factor, factor), np.float32)) for image in cells]
    return mosaic(pictures, rows, titles, "MeV", max(grid.threshold_mev, 1e-3))


def _sentence(dataset: Dataset, row: int) -> str:
    """What is measured of the shower, beside what is known of it."""
    energy_gev, n_cells = float(dataset.column("energy_gev")[row]), int(dataset.column("n_cells")[row])
    text = f"{energy_gev:,.4g} GeV in {n_cells:,} cells"
    true_gev = float(dataset.column("true_energy_gev")[row])
    return text + (f", of a particle of {true_gev:,.4g} GeV" if np.isfinite(true_gev) else "")
