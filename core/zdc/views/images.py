"""Images of cells as heatmaps in mm: VALUE, the energy of each cell; MASK, whether it is hit; and where the particle hit.

Truth and generated showers are drawn by the same functions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import OKABE_ITO, SEQUENCE, TEXT_PX
from core.zdc.grid import Grid

TITLE_PX, HEIGHT = 12, 440
NOTHING, HIT = "rgba(136,136,136,0.15)", OKABE_ITO[4]
MARK = OKABE_ITO[5]
DECADES = 5.0  # of colours at most, below the brightest cell


@dataclass(frozen=True)
class Panel:
    """An image float32 (n_y, n_x) in MeV, drawn as `value` or as `mask`, with its title; `impact_mm` (x, y) where it is known."""

    title: str
    cells_mev: np.ndarray
    kind: str = "value"
    impact_mm: tuple[float, float] | None = None


@dataclass(frozen=True)
class Scale:
    """Colours of energies: from `low_mev` to `high_mev`, logarithmic or not."""

    low_mev: float
    high_mev: float
    is_log: bool

    def shown(self, cells_mev: np.ndarray) -> np.ndarray:
        """What is given to the heatmap; NaN where a cell is not hit."""
        hit = np.where(cells_mev > 0, cells_mev, np.nan).astype(np.float64)
        return np.log10(np.maximum(hit, self.low_mev)) if self.is_log else hit

    def trace(self) -> dict[str, Any]:
        """Range, colours and ticks for a heatmap."""
        low, high = (math.log10(v) if self.is_log else v for v in (self.low_mev, self.high_mev))
        bar: dict[str, Any] = {"title": {"text": "MeV"}, "thickness": 10, "xpad": 2}
        if self.is_log:
            ticks = [m * 10.0**p for p in range(-3, 7) for m in (1, 3) if self.low_mev <= m * 10.0**p <= self.high_mev]
            bar |= {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{tick:,g}" for tick in ticks]}
        return {"zmin": low, "zmax": high, "colorscale": SEQUENCE, "colorbar": bar}


def scale_of(images: Sequence[np.ndarray], threshold_mev: float, is_log: bool = True) -> Scale:
    """One scale for some images: from the threshold (or five decades below the brightest cell) to the brightest cell."""
    highest = max((float(image.max(initial=0.0)) for image in images), default=0.0)
    highest = highest if highest > 0 else 1.0
    lowest = max(threshold_mev, highest / 10.0**DECADES)
    return Scale(lowest if is_log else 0.0, max(highest, 10.0 * lowest if is_log else highest), is_log)


def draw(panels: Sequence[Panel], grid: Grid, scale: Scale, sentence: str = "", per_row: int = 2) -> go.Figure:
    """Images beside each other on one scale, `per_row` in a row."""
    traces: list[Any] = []
    layout: dict[str, Any] = {
        "height": HEIGHT if len(panels) <= per_row else 400 * -(-len(panels) // per_row), "margin": {"l": 50, "r": 10, "t": 48, "b": 45},
        "showlegend": False, "uirevision": "keep", "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": TEXT_PX}, "annotations": [],
    }  # fmt: skip
    has_bar = False
    for i, panel in enumerate(panels):
        axes = {"xaxis": f"x{i + 1}", "yaxis": f"y{i + 1}"}
        traces += [
            trace | axes for trace in _heatmaps(panel, grid, scale, shows_bar=panel.kind == "value" and not has_bar)
        ]
        has_bar |= panel.kind == "value"
        if panel.impact_mm is not None and np.isfinite(panel.impact_mm).all():
            traces.append(_mark(panel.impact_mm) | axes)
        layout |= _axes(i, len(panels), per_row, grid)
        layout["annotations"].append(_title(panel.title, *_corner(i, len(panels), per_row)))
    if sentence:
        layout["annotations"].append(_title(sentence, 0.0, 1.0) | {"yshift": 20, "font": {"size": TEXT_PX}})
    return go.Figure(traces, layout)


def _heatmaps(panel: Panel, grid: Grid, scale: Scale, shows_bar: bool) -> list[dict[str, Any]]:
    """One image: its mask, whose cells that are not hit are grey, and of a `value` image the energies on it."""
    common = {
        "type": "heatmap", "x": grid.x_mm.astype(np.float32), "y": grid.y_mm.astype(np.float32), "hoverongaps": False,
        "customdata": panel.cells_mev.astype(np.float32),
        "hovertemplate": "%{customdata:,.2f} MeV<br>x %{x:g} mm, y %{y:g} mm<extra></extra>",
    }  # fmt: skip
    is_hit = (panel.cells_mev > 0).astype(np.float32)
    mask = common | {
        "z": is_hit,
        "zmin": 0.0,
        "zmax": 1.0,
        "colorscale": [[0.0, NOTHING], [1.0, HIT]],
        "showscale": False,
    }
    if panel.kind == "mask":
        return [mask]
    return [
        mask,
        common | {"z": scale.shown(panel.cells_mev).astype(np.float32), "showscale": shows_bar, **scale.trace()},
    ]


def _mark(impact_mm: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "scatter", "x": [impact_mm[0]], "y": [impact_mm[1]], "mode": "markers",
        "marker": {"symbol": "cross-thin", "size": 13, "line": {"width": 2, "color": MARK}},
        "hovertemplate": f"impact at {impact_mm[0]:.2f}, {impact_mm[1]:.2f} mm<extra></extra>",
    }  # fmt: skip


def _corner(i: int, n: int, per_row: int) -> tuple[float, float]:
    """Left and upper end of a panel's place, in paper units."""
    rows, (line, column) = -(-n // per_row), divmod(i, per_row)
    return column / per_row, 1.0 - line / rows - (0.03 if rows > 1 and line else 0.0)


def _axes(i: int, n: int, per_row: int, grid: Grid) -> Mapping[str, Any]:
    rows, (line, column) = -(-n // per_row), divmod(i, per_row)
    width, height = 1.0 / per_row, 1.0 / rows
    left, top = _corner(i, n, per_row)
    half_x, half_y = 0.5 * grid.n_x * grid.cell_mm, 0.5 * grid.n_y * grid.cell_mm
    look: dict[str, Any] = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    x = look | {"domain": [left, left + 0.94 * width], "anchor": f"y{i + 1}", "range": [-half_x, half_x]}
    y = look | {
        "domain": [1.0 - (line + 1) * height + (0.09 if rows > 1 and line < rows - 1 else 0.0), top], "anchor": f"x{i + 1}",
        "range": [-half_y, half_y], "scaleanchor": f"x{i + 1}",
    }  # fmt: skip
    if line == rows - 1 or i + per_row >= n:
        x["title"] = {"text": "x [mm]"}
    y |= {"title": {"text": "y [mm]"}} if column == 0 else {"showticklabels": False}
    return {f"xaxis{i + 1}": x, f"yaxis{i + 1}": y}


def _title(text: str, x: float, y: float) -> dict[str, Any]:
    return {
        "text": text, "showarrow": False, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
        "font": {"size": TITLE_PX},
    }  # fmt: skip
