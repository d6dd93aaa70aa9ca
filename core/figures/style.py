"""What all figures share: colours, dashes and markers, error bars, the finish. One meaning, one colour.

Backgrounds are transparent and texts have no colour of their own, so that a light and a dark theme both fit.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

SIGNAL = "#0072B2"
BACKGROUND = "#D55E00"
OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", SIGNAL, BACKGROUND, "#CC79A7")
SEQUENCE = "Cividis"
NEUTRAL = "#888888"
TEXT_PX = 13

FREE_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")
LOG_AXIS = {"type": "log", "dtick": 1, "exponentformat": "power"}
_TICKS = [float(f"{digit}e{power}") for power in range(-4, 7) for digit in (1, 2, 5)]
SHORT_LOG_AXIS = {"type": "log", "tickvals": _TICKS, "ticktext": [f"{tick:,g}" for tick in _TICKS]}
"""Of two or three decades: plotly's own labels between the decades are too small to read."""
THRESHOLD_LINE = {"color": NEUTRAL, "width": 2, "dash": "dot"}
KNOWN = {
    "signal": (SIGNAL, "solid", "circle"),
    "background": (BACKGROUND, "dash", "square"),
    # of tracks, whatever classes a run tells apart
    "muon sure": (SIGNAL, "solid", "circle"),
    "worm": (BACKGROUND, "dash", "square"),
    "spot": ("#009E73", "dot", "diamond"),
    "muon unsure": ("#56B4E9", "dashdot", "triangle-up"),
    "bad pixel": ("#CC79A7", "longdash", "x"),
    "undefined": ("#F0E442", "longdashdot", "cross"),
    "segmentation error": ("#E69F00", "dash", "star"),
    "other": (NEUTRAL, "dot", "hexagon"),
    "neither": ("#B0A090", "longdashdot", "circle-open"),
    "no label": ("#B0A090", "longdashdot", "circle-open"),
}


def class_style(name: str, position: int = 0) -> tuple[str, str, str]:
    """Colour, dash and marker of a class; `position` counts the classes that are not among KNOWN."""
    free = FREE_COLOURS[position % len(FREE_COLOURS)], DASHES[position % 4 + 2], SYMBOLS[position % 4 + 2]
    return KNOWN.get(name, free)


def class_styles(names: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """The style of each of `names`: all classes that there may be, in their order, so that every figure gives the same."""
    free = [name for name in names if name not in KNOWN]
    return {name: class_style(name, free.index(name) if name in free else 0) for name in names}


def words(text: str) -> str:
    """A text of users as it is, where plotly would read tags and templates in it: in legends, hovers and ticks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")


def errors(up: Any, down: Any, colour: str) -> dict[str, Any]:
    style = {"color": colour, "thickness": 1.2, "width": 0}
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, **style}


def log10_counts(counts: np.ndarray) -> np.ndarray:
    return np.log10(np.where(counts > 0, counts, np.nan))


def percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100.0 * value:.2f}"


def finish(figure: go.Figure, x_title: str, y_title: str, row: int | None = None) -> go.Figure:
    where = {"row": row, "col": 1} if row else {}
    figure.update_xaxes(title_text=x_title, **where)
    figure.update_yaxes(title_text=y_title, **where)
    return figure.update_layout(
        font={"size": TEXT_PX},
        hoverlabel={"font": {"size": TEXT_PX}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=400,
        margin={"l": 65, "r": 20, "t": 40, "b": 50},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        uirevision="keep",
    )


PROJECTED_TEXT_PX, PROJECTED_SCALE, PROJECTED_HEIGHT_PX = 18, 1.6, 440


def for_projector(figure: go.Figure) -> go.Figure:
    """A copy with larger text, thicker lines and larger marks, to be read from the last row."""
    drawn = go.Figure(figure)
    font = {"size": PROJECTED_TEXT_PX}
    height = max(drawn.layout.height or 0, PROJECTED_HEIGHT_PX)
    drawn.update_layout(font=font, hoverlabel={"font": font}, legend={"font": font}, height=height)
    drawn.update_annotations(font=font)
    drawn.update_xaxes(title_font=font, tickfont=font)  # Streamlit's theme has sizes of its own for axes
    drawn.update_yaxes(title_font=font, tickfont=font)
    drawn.for_each_trace(_enlarge)
    return drawn


def _enlarge(trace: Any) -> None:
    for part, attribute, usual in (("line", "width", 2.0), ("marker", "size", 6.0), ("error_y", "thickness", 1.2)):
        if part not in trace or (part == "line" and trace.type not in ("scatter", "scattergl")):
            continue
        holder = trace[part]
        size = getattr(holder, attribute, None)
        if size is None or isinstance(size, int | float):
            holder[attribute] = PROJECTED_SCALE * (size or usual)
