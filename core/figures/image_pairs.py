"""Images of rows beside each other, a line of them for the truth and for each generator: shares, values on one logarithmic scale,
differences. What is drawn alike means the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import OKABE_ITO, SEQUENCE, TEXT_PX

SHARE, VALUE, DIFFERENCE = "share", "value", "difference"
TITLE_PX, TOP_PX, BOTTOM_PX = 13, 26, 42
NOTHING, WHOLE, MARK = "rgba(136,136,136,0.15)", OKABE_ITO[4], OKABE_ITO[5]
FILLED, FACTS_SHARE = 0.95, 0.17  # of the width: pictures of their places, and facts
DECADES = 5.0  # of colours at most, below the highest value


@dataclass(frozen=True)
class Frame:
    """Where the columns (n_x,) and rows (n_y,) of an image lie, with the titles of the axes; colours begin at `lowest`."""

    x: np.ndarray
    y: np.ndarray
    x_title: str
    y_title: str
    lowest: float


@dataclass(frozen=True)
class Picture:
    """An image float32 (n_y, n_x): a `share` (0 to 1), a `value` in `unit` (0 where there is nothing), or a `difference` of values.

    `mark` (x, y) is a place that is marked, in the units of the frame; `frame` where its pixels lie, if not in that of the others.
    """

    title: str
    values: np.ndarray
    kind: str = VALUE
    unit: str = ""
    mark: tuple[float, float] | None = None
    frame: Frame | None = None


@dataclass(frozen=True)
class Line:
    """Pictures beside each other, what they are of, and `facts` that are written behind them."""

    label: str
    pictures: Sequence[Picture]
    facts: Sequence[str] = ()


def draw(lines: Sequence[Line], frame: Frame, height_px: int = 215) -> go.Figure:
    """Each line of pictures below the other, `height_px` for each; columns carry the titles of the first line's pictures."""
    per_line = max((len(line.pictures) for line in lines), default=1)
    scales = _scales([picture for line in lines for picture in line.pictures], frame.lowest)
    top = (
        TOP_PX + TITLE_PX * max((picture.title.count("<br>") for picture in lines[0].pictures), default=0)
        if lines
        else TOP_PX
    )
    height = top + BOTTOM_PX + height_px * max(len(lines), 1)
    layout: dict[str, Any] = {
        "height": height, "margin": {"l": 62, "r": 58, "t": top, "b": BOTTOM_PX}, "showlegend": False, "uirevision": "keep",
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": {"size": TEXT_PX}, "annotations": [],
        "hoverlabel": {"font": {"size": TEXT_PX}},
    }  # fmt: skip
    right = 1.0 - FACTS_SHARE * any(line.facts for line in lines)
    traces: list[dict[str, Any]] = []
    barred: set[str] = set()
    for i, line in enumerate(lines):
        for j, picture in enumerate(line.pictures):
            number = i * per_line + j + 1
            axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
            traces += [trace | axes for trace in _traces(picture, picture.frame or frame, scales, line.label, barred)]
            layout |= _axes(number, (i, j), (len(lines), per_line, right), picture.frame or frame, line.label)
            if i == 0:
                layout["annotations"].append(_title(picture.title, right * (j + 0.5 * FILLED) / per_line))
        layout["annotations"].append(_facts(line.facts, right, 1.0 - (i + 0.5) / len(lines)))
    return go.Figure(traces, layout)


def columns(lines: Sequence[Line], frame: Frame) -> dict[str, list[Any]]:
    """All numbers that are drawn, as columns for a file: one line per pixel of each picture."""
    table: dict[str, list[Any]] = {
        name: [] for name in ("of", "picture", frame.x_title, frame.y_title, "value", "unit")
    }
    for line in lines:
        for picture in line.pictures:
            own = picture.frame or frame
            n = picture.values.size
            parts = (
                [line.label] * n, [picture.title.replace("<br>", ", ")] * n, np.tile(own.x, len(own.y)).tolist(),
                np.repeat(own.y, len(own.x)).tolist(), picture.values.ravel().astype(float).tolist(), [picture.unit] * n,
            )  # fmt: skip
            for column, values in zip(table.values(), parts, strict=True):
                column.extend(values)
    return table


def _scales(pictures: Sequence[Picture], lowest: float) -> dict[str, tuple[float, float]]:
    """Ends of the colours of each kind, common to all pictures; of values in their logarithm."""
    highest = dict.fromkeys((VALUE, DIFFERENCE), 0.0)
    for picture in pictures:
        if picture.kind in highest:
            largest = float(np.nanmax(np.abs(picture.values), initial=0.0))
            highest[picture.kind] = max(highest[picture.kind], largest)
    top = max(highest[VALUE], 10.0 * lowest)
    low = max(lowest, top / 10.0**DECADES)
    end = highest[DIFFERENCE] or 1.0
    return {VALUE: (math.log10(low), math.log10(top)), SHARE: (0.0, 1.0), DIFFERENCE: (-end, end)}


def _traces(
    picture: Picture, frame: Frame, scales: dict[str, tuple[float, float]], label: str, barred: set[str]
) -> list[dict[str, Any]]:
    """The heatmap, with the colour bar of its kind at the first of them, and the mark."""
    values, (low, high) = picture.values.astype(np.float32), scales[picture.kind]
    shown = values
    if picture.kind == VALUE:
        shown = np.where(values > 0, np.log10(np.maximum(values, 10.0**low)), np.nan).astype(np.float32)
    is_first = picture.kind not in barred
    barred.add(picture.kind)
    colours = {
        SHARE: [[0.0, NOTHING], [1.0, WHOLE]], VALUE: SEQUENCE, DIFFERENCE: "RdBu_r",
    }  # fmt: skip
    drawn = [
        {
            "type": "heatmap", "x": frame.x.astype(np.float32), "y": frame.y.astype(np.float32), "z": shown, "zmin": low, "zmax": high,
            "colorscale": colours[picture.kind], "showscale": is_first and picture.kind != SHARE, "customdata": values,
            "hoverongaps": False, "colorbar": _bar(picture, low, high),
            "hovertemplate": f"{label} {picture.title}: %{{customdata:.4g}} {picture.unit}<br>{frame.x_title} %{{x:g}}, {frame.y_title} "
            "%{y:g}<extra></extra>",
        }
    ]  # fmt: skip
    if picture.kind == VALUE:  # what is 0 is there, but has no logarithm
        ground = {"z": np.zeros_like(shown), "zmin": 0.0, "zmax": 1.0, "colorscale": [[0.0, NOTHING], [1.0, NOTHING]]}
        drawn.insert(0, drawn[0] | ground | {"showscale": False})
    if picture.mark is not None and np.isfinite(picture.mark).all():
        drawn.append(
            {
                "type": "scatter", "x": [picture.mark[0]], "y": [picture.mark[1]], "mode": "markers",
                "marker": {"symbol": "cross-thin", "size": 11, "line": {"width": 2, "color": MARK}},
                "hovertemplate": "asked for at %{x:.2f}, %{y:.2f}<extra></extra>",
            }
        )  # fmt: skip
    return drawn


def _bar(picture: Picture, low: float, high: float) -> dict[str, Any]:
    """A colour bar; of logarithms with the values themselves."""
    bar: dict[str, Any] = {"title": {"text": picture.unit}, "thickness": 10, "xpad": 0, "len": 1.0}
    if picture.kind == VALUE:
        ticks = [m * 10.0**p for p in range(math.floor(low), math.ceil(high) + 1) for m in (1, 3) if low <= math.log10(m * 10.0**p) <= high]  # fmt: skip
        bar |= {"tickvals": [math.log10(tick) for tick in ticks], "ticktext": [f"{tick:,g}" for tick in ticks]}
    return bar


def _axes(number: int, at: tuple[int, int], n: tuple[int, int, float], frame: Frame, label: str) -> dict[str, Any]:
    (i, j), (n_lines, per_line, right) = at, n
    width, height, gap = right / per_line, 1.0 / n_lines, 0.02
    bottom = 1.0 - (i + 1) * height + gap
    look: dict[str, Any] = {"showgrid": False, "zeroline": False, "constrain": "domain", "ticks": ""}
    x = look | {
        "domain": [j * width, (j + FILLED) * width], "anchor": f"y{number}", "range": _range(frame.x),
        "showticklabels": i == n_lines - 1,
    }  # fmt: skip
    y = look | {
        "domain": [bottom, 1.0 - i * height], "anchor": f"x{number}", "range": _range(frame.y), "scaleanchor": f"x{number}",
        "showticklabels": j == 0,
    }  # fmt: skip
    if i == n_lines - 1:
        x["title"] = {"text": frame.x_title, "standoff": 2}
    if j == 0:
        y["title"] = {"text": f"<b>{label}</b><br>{frame.y_title}" if label else frame.y_title, "standoff": 2}
    return {f"xaxis{number}": x, f"yaxis{number}": y}


def _range(places: np.ndarray) -> list[float]:
    """From the first pixel's edge to the last one's."""
    half = 0.5 * float(places[1] - places[0]) if len(places) > 1 else 0.5
    return [float(places[0]) - half, float(places[-1]) + half]


def _title(text: str, x: float) -> dict[str, Any]:
    return {
        "text": text, "showarrow": False, "x": x, "y": 1.0, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom",
        "font": {"size": TITLE_PX},
    }  # fmt: skip


def _facts(facts: Sequence[str], x: float, y: float) -> dict[str, Any]:
    """Behind a line of pictures."""
    return _title("<br>".join(facts), x) | {"y": y, "xanchor": "left", "yanchor": "middle", "align": "left"}
