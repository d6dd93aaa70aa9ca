"""Small pictures of many rows in one figure; each can be clicked, and says which row it is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.data.frames import pooled
from core.figures.style import NEUTRAL, SEQUENCE

TILE_PX = 48
TITLE_PX = 12
HEIGHT_OF_ROW = 118


def n_columns(n: int) -> int:
    """Pictures beside each other: eight of two dozen."""
    return min(max(n, 1), 8)


def mosaic(pictures: Sequence[np.ndarray], rows: np.ndarray, titles: Sequence[str], unit: str) -> go.Figure:
    """Pictures (height, width) on one logarithmic scale of colours, a tile of TILE_PX squared each.

    One larger than its tile is shrunk by a whole factor, keeping the largest value of the pixels that become one; the
    factor is written on it. What is not positive stays free.
    """
    columns = n_columns(len(pictures))
    lines = max(1, -(-len(pictures) // columns))
    pitch = TILE_PX + 2
    z = np.full((lines * pitch, columns * pitch), np.nan, np.float32)
    factors = []
    for i, picture in enumerate(pictures):
        factor = -(-max(picture.shape) // TILE_PX)
        small = pooled(np.asarray(picture, np.float32), factor)
        (h, w), (line, column) = small.shape, divmod(i, columns)
        # the first line of pictures stands at the top, and a picture as the page of images shows it: y upwards
        top = (lines - 1 - line) * pitch + 1 + (TILE_PX - h) // 2
        left = column * pitch + 1 + (TILE_PX - w) // 2
        z[top : top + h, left : left + w] = small
        factors.append(factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        shown = np.where(z > 0, np.log10(z), np.nan)
    finite = shown[np.isfinite(shown)]
    low, high = np.percentile(finite, [1.0, 99.5]) if finite.size else (0.0, 1.0)
    figure = go.Figure()
    powers = np.arange(math.floor(low), math.ceil(high) + 1)
    bar = {
        "title": {"text": unit},
        "thickness": 10,
        "tickvals": powers,
        "ticktext": [f"{10.0**p:,g}" for p in powers.tolist()],
    }
    figure.add_heatmap(
        z=shown, zmin=float(low), zmax=float(high), colorscale=SEQUENCE, colorbar=bar, hoverinfo="skip",
    )  # fmt: skip
    x, y = (np.arange(len(pictures)) % columns + 0.5) * pitch, (lines - np.arange(len(pictures)) // columns) * pitch
    texts = [title if f == 1 else f"{title} ÷{f}" for title, f in zip(titles, factors, strict=True)]
    _clickable(figure, x - 0.5, y - pitch / 2.0, rows, texts)
    for k in range(columns + 1):
        figure.add_shape(
            type="line",
            x0=k * pitch - 0.5,
            x1=k * pitch - 0.5,
            y0=0,
            y1=lines * pitch,
            line={"color": NEUTRAL, "width": 0.5},
        )
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(range=[-0.5, columns * pitch - 0.5], **hidden)
    figure.update_yaxes(range=[-0.5, lines * pitch - 0.5], scaleanchor="x", **hidden)
    return _finish(figure, lines)


def _clickable(figure: go.Figure, x: np.ndarray, y: np.ndarray, rows: np.ndarray, titles: Sequence[str]) -> None:
    """An invisible square on each picture, because a click on a heatmap does not reach the page; and its title."""
    figure.add_scatter(
        x=x, y=y, mode="markers", customdata=np.asarray(rows, np.float64)[:, None], text=list(titles), showlegend=False,
        marker={"symbol": "square", "size": 70, "color": "rgba(0,0,0,0)"}, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for a, b, title in zip(x.tolist(), y.tolist(), titles, strict=True):
        figure.add_annotation(
            x=a, y=b + TILE_PX / 2.0, text=title, showarrow=False, yanchor="bottom", font={"size": TITLE_PX}
        )


def small_multiples(figures: Sequence[go.Figure], rows: np.ndarray, titles: Sequence[str]) -> go.Figure:
    """Figures of lines drawn small, without their axes' titles: for an experiment that has no thumbnails of its own."""
    columns = n_columns(len(figures))
    lines = max(1, -(-len(figures) // columns))
    grid = make_subplots(
        rows=lines, cols=columns, subplot_titles=list(titles), horizontal_spacing=0.01, vertical_spacing=0.12 / lines
    )
    for i, (figure, row) in enumerate(zip(figures, rows.tolist(), strict=True)):
        where = {"row": i // columns + 1, "col": i % columns + 1}
        for trace in figure.data:
            trace.update(xaxis=None, yaxis=None, showlegend=False, hoverinfo="skip", hovertemplate=None)
            grid.add_trace(trace, **where)
        span = figure.layout.xaxis.range
        grid.update_xaxes(range=list(span) if span else None, showticklabels=False, **where)
        grid.update_yaxes(showticklabels=False, **where)
        grid.add_scatter(
            x=[sum(span) / 2.0 if span else 0.0], y=[0.0], mode="markers", customdata=[[float(row)]], showlegend=False,
            text=[titles[i]], marker={"symbol": "square", "size": 60, "color": "rgba(0,0,0,0)"},
            hovertemplate="%{text}<extra></extra>", **where,
        )  # fmt: skip
    grid.update_annotations(font={"size": TITLE_PX})
    return _finish(grid, lines)


def _finish(figure: go.Figure, lines: int) -> go.Figure:
    look: dict[str, Any] = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    return figure.update_layout(
        height=HEIGHT_OF_ROW * lines + 20, margin={"l": 5, "r": 5, "t": 20, "b": 5}, dragmode=False,
        clickmode="event+select", showlegend=False, **look,
    )  # fmt: skip
