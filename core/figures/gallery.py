"""Small pictures of many rows in one figure; each can be clicked, and says which row it is."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.detector_images import pooled
from core.figures.style import SEQUENCE

TILE_PX = 48
TITLE_CELLS = 9  # free above each tile, per line of its title
TITLE_PX = 12
HEIGHT_OF_ROW, TITLE_HEIGHT = 98, 17


def n_columns(n: int) -> int:
    """Pictures beside each other: eight of two dozen."""
    return min(max(n, 1), 8)


def mosaic(
    pictures: Iterable[np.ndarray], rows: np.ndarray, titles: Sequence[str], unit: str, lowest: float
) -> go.Figure:
    """Pictures (height, width), one of each of `rows`, on one logarithmic scale of colours that begins at `lowest`, a tile of TILE_PX squared each.

    One larger than its tile is shrunk by a whole factor, keeping the largest value of the pixels that become one; the
    factor is written on it.
    """
    columns = n_columns(len(rows))
    lines = max(1, -(-len(rows) // columns))
    wide, high = TILE_PX + 2, TILE_PX + TITLE_CELLS * _title_lines(titles)
    z = np.full((lines * high, columns * wide), np.nan, np.float32)
    factors = []
    for i, picture in enumerate(pictures):
        factor = -(-max(picture.shape) // TILE_PX)
        small = pooled(np.asarray(picture, np.float32), factor)
        (h, w), (line, column) = small.shape, divmod(i, columns)
        # the first line of pictures stands at the top, and in a picture y points upwards
        low, left = (lines - 1 - line) * high, column * wide + 1
        tile = z[low : low + TILE_PX, left : left + TILE_PX]
        tile[:] = lowest
        y, x = (TILE_PX - h) // 2, (TILE_PX - w) // 2
        tile[y : y + h, x : x + w] = np.maximum(small, lowest)
        factors.append(factor)
    largest = max(float(np.nanmax(z, initial=lowest)), 10.0 * lowest)
    ticks = [10.0**p for p in range(math.ceil(math.log10(lowest)), math.floor(math.log10(largest)) + 1)]
    bar = {
        "title": {"text": unit}, "thickness": 8, "tickvals": np.log10(ticks).tolist(), "ticktext": [f"{t:,g}" for t in ticks],
    }  # fmt: skip
    figure = go.Figure()
    figure.add_heatmap(
        z=np.log10(z), zmin=math.log10(lowest), zmax=math.log10(largest), colorscale=SEQUENCE, colorbar=bar,
        hoverinfo="skip", hoverongaps=False,
    )  # fmt: skip
    numbers = np.arange(len(rows))
    x, y = numbers % columns * wide + wide / 2.0 - 0.5, (lines - 1 - numbers // columns) * high + TILE_PX / 2.0 - 0.5
    texts = [title if f == 1 else f"{title} ÷{f}" for title, f in zip(titles, factors, strict=True)]
    _clickable(figure, x, y, rows, texts)
    hidden = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(range=[-0.5, columns * wide - 0.5], **hidden)
    figure.update_yaxes(range=[-0.5, lines * high - 0.5], scaleanchor="x", **hidden)
    return _finish(figure, lines, titles)


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
    """Figures of lines drawn small, all their lines on one pair of axes: for an experiment without thumbnails of its own."""
    columns = n_columns(len(figures))
    lines = max(1, -(-len(figures) // columns))
    share = TITLE_HEIGHT * _title_lines(titles) / (HEIGHT_OF_ROW + TITLE_HEIGHT * _title_lines(titles))
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": []}  # made in one go, as adding them one by one takes seconds
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    for i, (figure, row) in enumerate(zip(figures, rows.tolist(), strict=True)):
        line, column = divmod(i, columns)
        left, right = (column + 0.04) / columns, (column + 0.96) / columns
        low, high = 1.0 - (line + 1) / lines, 1.0 - (line + share) / lines
        drawn, axes = figure.to_plotly_json(), {"xaxis": f"x{i + 1}", "yaxis": f"y{i + 1}"}
        quiet = axes | {"showlegend": False, "hoverinfo": "skip", "hovertemplate": None}
        data += [trace | quiet for trace in drawn["data"]]
        span = drawn["layout"].get("xaxis", {}).get("range")
        layout[f"xaxis{i + 1}"] = bare | {"domain": [left, right], "anchor": f"y{i + 1}", "range": span}
        layout[f"yaxis{i + 1}"] = bare | {"domain": [low, high], "anchor": f"x{i + 1}"}
        data.append(_handle(sum(span) / 2.0 if span else 0.0, row, titles[i]) | axes)
        layout["annotations"].append(
            {
                "text": titles[i], "showarrow": False, "x": (left + right) / 2.0, "y": high, "xref": "paper", "yref": "paper",
                "xanchor": "center", "yanchor": "bottom", "font": {"size": TITLE_PX},
            }
        )  # fmt: skip
    return _finish(go.Figure(data, layout), lines, titles)


def _handle(x: float, row: int, title: str) -> dict[str, Any]:
    """An invisible square that takes the click on a picture."""
    return {
        "type": "scatter", "x": [x], "y": [0.0], "mode": "markers", "customdata": [[float(row)]], "text": [title],
        "showlegend": False, "marker": {"symbol": "square", "size": 60, "color": "rgba(0,0,0,0)"},
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _title_lines(titles: Sequence[str]) -> int:
    return 1 + max((title.count("<br>") for title in titles), default=0)


def _finish(figure: go.Figure, lines: int, titles: Sequence[str]) -> go.Figure:
    look: dict[str, Any] = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    return figure.update_layout(
        height=(HEIGHT_OF_ROW + TITLE_HEIGHT * _title_lines(titles)) * lines + 15, margin={"l": 5, "r": 5, "t": 5, "b": 5}, dragmode=False,
        clickmode="event+select", showlegend=False, **look,
    )  # fmt: skip
