"""What leaks at 99 % signal efficiency in every window: the network beside what it has to beat."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import FREE_COLOURS, LOG_AXIS, NEUTRAL, SYMBOLS, errors, finish
from core.judge.baselines import BOUND
from core.judge.paired import InWindow
from core.statistics.axis import Axis

WIDTH = 0.6  # of a window's place, shared by its methods


def leakage_by_window(rows: Sequence[InWindow], axis: Axis) -> go.Figure:
    """Leakage per window and method in percent, logarithmic, with intervals; the bound as a pale band over its own
    interval, with a line at its value where any of it leaks.

    No leak has no place on a logarithmic axis: its upper limit is drawn, as an open triangle that points down.
    """
    windows = [w for w in dict.fromkeys(row.window for row in rows) if w is not None]
    methods = [m for m in dict.fromkeys(row.method for row in rows) if m != BOUND]
    figure = go.Figure()
    for i, name in enumerate(methods):
        aside = WIDTH * ((i + 0.5) / len(methods) - 0.5)
        colour, symbol = FREE_COLOURS[i % len(FREE_COLOURS)], SYMBOLS[i % len(SYMBOLS)]
        _add_points(figure, name, _of(rows, name, windows), aside, colour, symbol)
    _add_bound(figure, _of(rows, BOUND, windows), 10.0 ** _decades(rows)[0])
    labels = [f"{low:g} to {high:g}" for low, high in windows]
    figure.update_xaxes(tickvals=list(range(len(windows))), ticktext=labels, range=[-0.5, len(windows) - 0.5])
    figure.update_yaxes(**LOG_AXIS, range=_decades(rows))
    figure.update_xaxes(showgrid=False)
    return finish(figure, f"{axis.name} window [{axis.unit}]", "leakage at 99 % signal efficiency [%]")


def _of(rows: Sequence[InWindow], name: str, windows: Sequence[tuple[float, float]]) -> list[tuple[int, InWindow]]:
    """(place, row) of one method where it is defined."""
    return [(windows.index(r.window), r) for r in rows if r.method == name and r.window and r.leakage.leakage.n]


def _add_points(
    figure: go.Figure, name: str, places: list[tuple[int, InWindow]], aside: float, colour: str, symbol: str
) -> None:
    for leaks in (True, False):
        chosen = [(place, row) for place, row in places if bool(row.leakage.leakage.k) is leaks]
        numbers = [row.leakage.leakage for _, row in chosen]
        y = np.array([100.0 * (interval.value if leaks else interval.high) for interval in numbers])
        up, down = (np.array([100.0 * getattr(interval, end) for interval in numbers]) for end in ("high", "low"))
        figure.add_scatter(
            x=[place + aside for place, _ in chosen], y=y, mode="markers", name=name, legendgroup=name,
            showlegend=leaks or not any(row.leakage.leakage.k for _, row in places),
            marker={"color": colour, "size": 10, "symbol": symbol if leaks else "triangle-down-open"},
            error_y=errors(up - y, y - down, colour) if leaks else None,
            customdata=[_hover(row) for _, row in chosen], hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )  # fmt: skip


def _add_bound(figure: go.Figure, places: list[tuple[int, InWindow]], least: float) -> None:
    """The bound's interval as a band across each window, from `least` where nothing leaks: its upper limit is no bound,
    and is drawn as that of any method. A line at its value where some leaks.
    """
    for i, (place, row) in enumerate(places):
        leaked = row.leakage.leakage
        y = 100.0 * (leaked.value if leaked.k else leaked.high)
        figure.add_scatter(
            x=[place - 0.45, place, place + 0.45] if leaked.k else [place], y=[y] * (3 if leaked.k else 1),
            mode="lines" if leaked.k else "markers", name=BOUND, legendgroup=BOUND, showlegend=not i,
            line={"color": NEUTRAL, "width": 3}, marker={"color": NEUTRAL, "size": 10, "symbol": "triangle-down-open"},
            customdata=[_hover(row)] * 3, hovertemplate=f"{BOUND}: %{{customdata}}<extra></extra>",
        )  # fmt: skip
        figure.add_shape(
            type="rect", x0=place - 0.45, x1=place + 0.45, y0=100.0 * leaked.low if leaked.k else least,
            y1=100.0 * leaked.high, fillcolor=NEUTRAL, opacity=0.15, line_width=0, layer="below",
        )  # fmt: skip


def _hover(row: InWindow) -> str:
    leaked, signal = row.leakage.leakage, row.leakage.signal
    p = "" if np.isnan(row.p_with_limits) else f"<br>p against {row.reference} {row.p_with_limits:.2g}"
    return (
        f"{leaked.k} of {leaked.n} leak, {100.0 * leaked.value:.3g} % [{100.0 * leaked.low:.3g}, "
        f"{100.0 * leaked.high:.3g}]<br>at {100.0 * signal.value:.2f} % signal ({signal.k} of {signal.n}){p}"
    )


def _decades(rows: Sequence[InWindow]) -> list[float]:
    """Whole decades, as exponents, that hold every drawn number; at least two."""
    ends = [e for row in rows if row.leakage.leakage.n for e in _ends(row)]
    low, high = np.floor(np.log10(min(ends, default=0.1))), np.ceil(np.log10(max(ends, default=100.0)))
    return [float(min(low, high - 2.0)), float(high) + 0.05]


def _ends(row: InWindow) -> tuple[float, float]:
    leaked = row.leakage.leakage
    return 100.0 * (leaked.low if leaked.k else 0.5 * leaked.high), 100.0 * leaked.high
