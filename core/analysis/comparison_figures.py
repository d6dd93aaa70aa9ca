"""Printed numbers beside ours, each with its interval."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.analysis.comparison import Comparison
from core.figures.style import FREE_COLOURS, NEUTRAL, errors, finish

MAX_LABELS = 16
PRINTED, OURS = FREE_COLOURS[2], FREE_COLOURS[0]


def beside(rows: Sequence[Comparison], title: str) -> go.Figure:
    """One column of a table: per row the printed number with the interval of its counts, and ours with its own.

    Ours stands pale where it cannot be compared. What has no number is left out; counts are drawn on a logarithmic axis.
    """
    names = list(dict.fromkeys(row.row for row in rows))
    figure = go.Figure()
    printed = [row for row in rows if is_number(row.wanted)]
    ours = [row for row in rows if is_number(row.ours)]
    _add(figure, names, printed, "printed", -0.14, PRINTED, "square", 1.0)
    _add(figure, names, [row for row in ours if row.comparable], "ours", 0.14, OURS, "circle", 1.0)
    _add(
        figure, names, [r for r in ours if not r.comparable], "ours, cannot be compared", 0.14, OURS, "circle-open", 0.6
    )
    values = [float(row.wanted) for row in printed if row.wanted is not None]
    if values and min(values) > 0 and max(values) / min(values) > 30:
        figure.update_yaxes(type="log", dtick=1, exponentformat="power")
    finish(figure, "", title)
    every = max(math.ceil(len(names) / MAX_LABELS), 1)  # the others are told by hovering
    short = [name if len(name) < 34 else name[:31] + "..." for name in names[::every]]
    figure.update_xaxes(
        tickvals=list(range(0, len(names), every)), ticktext=short, range=[-0.6, len(names) - 0.4], tickangle=-30,
        tickfont={"size": 12}, showgrid=False,
    )  # fmt: skip
    return figure.update_layout(margin={"b": 95})


def is_number(value: Any) -> bool:
    """Whether there is something to draw."""
    return isinstance(value, int | float)


def _add(
    figure: go.Figure, names: list[str], rows: Sequence[Comparison], name: str, aside: float, colour: str, symbol: str,
    opacity: float,
) -> None:  # fmt: skip
    if not rows:
        return
    theirs = name == "printed"
    values = [float(row.wanted if theirs else row.ours) for row in rows]  # type: ignore[arg-type]
    lows = [row.printed_low if theirs else row.low for row in rows]
    highs = [row.printed_high if theirs else row.high for row in rows]
    up = [max((v if high is None else high) - v, 0.0) for v, high in zip(values, highs, strict=True)]
    down = [max(v - (v if low is None else low), 0.0) for v, low in zip(values, lows, strict=True)]
    figure.add_scatter(
        x=[names.index(row.row) + aside for row in rows], y=values, mode="markers", name=name, opacity=opacity,
        marker={"color": colour, "symbol": symbol, "size": 9 if len(names) <= MAX_LABELS else 6, "line": {"color": NEUTRAL, "width": 0.5}},
        error_y=errors(up, down, colour),
        customdata=[[row.row, row.run or "", "" if row.n is None or theirs else f"n = {row.n:,}"] for row in rows],
        hovertemplate=f"%{{customdata[0]}}<br>{name} %{{y}}<br>%{{customdata[2]}} %{{customdata[1]}}<extra></extra>",
    )  # fmt: skip
