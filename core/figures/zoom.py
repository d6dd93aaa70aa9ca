"""The part of a figure that is looked at, as a short text in the address of a page: ranges of its axes, or an eye in space.

`x=-200:1400,y2=0:50`: ranges of axes as the figure has them (of a logarithmic one in powers of ten); `scene=1.4:1.4:0.7`: from where
a scene is looked at.
"""

import math
import re
from typing import Any

import plotly.graph_objects as go

from core.errors import DarkroomError

LONGEST = 600
_AXIS = re.compile(r"([xy])(\d{0,2})")
_SCENE = re.compile(r"scene(\d{0,2})")

Zoom = dict[str, tuple[float, ...]]


def parse(text: str) -> Zoom:
    """Axis -> its two ends (the second above or below the first), scene -> its three coordinates; {} of an empty text."""
    zoom: Zoom = {}
    for part in text[:LONGEST].split(",") if text else ():
        name, _, numbers = part.partition("=")
        values = tuple(_number(number) for number in numbers.split(":"))
        is_axis, is_scene = _AXIS.fullmatch(name) is not None, _SCENE.fullmatch(name) is not None
        is_range = is_axis and len(values) == 2 and values[0] != values[1]
        if not (is_range or (is_scene and len(values) == 3)) or not all(map(math.isfinite, values)):
            raise DarkroomError(f"The zoom says '{part[:60]}': expected ranges of axes such as x=-200:1400,y=0:50.")
        zoom[name] = values
    return zoom


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def applied(figure: go.Figure, zoom: Zoom) -> go.Figure:
    """The figure with these ranges; axes and scenes that it has not are left out."""
    known = {axis for trace in figure.data for axis in _axes_of(trace)}
    changes: dict[str, Any] = {}
    for name, values in zoom.items():
        if name not in known:
            continue
        if match := _AXIS.fullmatch(name):
            changes[f"{match[1]}axis{match[2]}"] = {"range": list(values), "autorange": False}
        else:
            changes[name] = {"camera": {"eye": dict(zip("xyz", values, strict=True))}}
    return figure.update_layout(changes)


def _axes_of(trace: Any) -> tuple[str, ...]:
    if "scene" in trace:
        return (trace.scene or "scene",)
    return (trace.xaxis or "x", trace.yaxis or "y") if "xaxis" in trace else ()


def shared_x(zoom: Zoom, figure: go.Figure, other: go.Figure) -> Zoom:
    """What of a zoom of `figure` holds for `other` too: the x range, for each of its axes of the same title and scale."""
    ranges = {_meaning(figure, name): values for name, values in zoom.items() if name.startswith("x")}
    return {name: ranges[meaning] for name in _x_axes(other) if (meaning := _meaning(other, name)) in ranges}


def _x_axes(figure: go.Figure) -> list[str]:
    return list(dict.fromkeys(axis for trace in figure.data for axis in _axes_of(trace) if axis.startswith("x")))


def _meaning(figure: go.Figure, axis: str) -> tuple[str, str]:
    """Title and type of an x axis; of one that follows another the other's title."""
    own = figure.layout[f"xaxis{axis[1:]}"]
    leader = figure.layout[f"xaxis{own.matches[1:]}"] if own.matches else own
    titles = [own.title.text, leader.title.text]
    return next((title for title in titles if title), ""), own.type or leader.type or "linear"
