"""Numbers in the bins of an axis as points with their intervals; bins of fewer than 20 events are pale."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import errors
from core.statistics.axis import Axis
from core.statistics.efficiency import FEW
from core.statistics.intervals import Efficiency

PALE, SPREAD = 0.35, 0.2


def is_uneven(edges: np.ndarray) -> bool:
    """Whether bins are of different widths and can stand on a logarithmic axis."""
    return bool(edges[0] > 0 and not np.allclose(np.diff(edges), edges[1] - edges[0]))


def middles(edges: np.ndarray, place: int, n: int) -> np.ndarray:
    """Where the points of series `place` of n stand in their bins, a little beside each other."""
    share = 0.5 + SPREAD * (place - (n - 1) / 2.0) / n
    if is_uneven(edges):
        logs = np.log(edges)
        return np.exp(logs[:-1] + share * np.diff(logs))
    return np.asarray(edges[:-1] + share * np.diff(edges))


def by_number(n: np.ndarray, name: str) -> list[tuple[np.ndarray, float, str]]:
    """The bins (n,) that are filled, in two groups: (which, opacity, name)."""
    return [(n >= FEW, 1.0, name), ((n > 0) & (n < FEW), PALE, f"{name}, n < {FEW}")]


def add_efficiencies(
    figure: go.Figure, axis: Axis, numbers: Sequence[Efficiency], name: str, style: tuple[str, str],
    place: tuple[int, int], *, in_legend: bool = True, **where: Any,
) -> None:  # fmt: skip
    """One series, one number per bin, in percent: `style` is colour and marker, `place` which series of how many, `where` row
    and col of a figure with panels. Points stand a little beside the middle of their bin, so that series do not hide each
    other.
    """
    (colour, symbol), edges, x = style, axis.edges, middles(axis.edges, *place)
    low, y, high = (100.0 * np.array([getattr(number, end) for number in numbers]) for end in ("low", "value", "high"))
    k, n = (np.array([getattr(number, count) for number in numbers], int) for count in ("k", "n"))
    details = np.column_stack([edges[:-1], edges[1:], k, n, low, high])
    for chosen, opacity, label in by_number(n, name):
        figure.add_scatter(
            x=x[chosen], y=y[chosen], mode="markers", name=label, legendgroup=name, opacity=opacity,
            marker={"color": colour, "symbol": symbol, "size": 8}, showlegend=in_legend and bool(chosen.any()),
            error_y=errors((high - y)[chosen], (y - low)[chosen], colour), customdata=details[chosen],
            error_x=errors((edges[1:] - x)[chosen], (x - edges[:-1])[chosen], colour),
            hovertemplate=f"{name} %{{y:.2f}} % [%{{customdata[4]:.2f}}, %{{customdata[5]:.2f}}]<br>%{{customdata[2]:d}} of "
            f"%{{customdata[3]:d}}, %{{customdata[0]:g}} to %{{customdata[1]:g}} {axis.unit}<extra></extra>", **where,
        )  # fmt: skip
        in_legend = in_legend and not chosen.any()  # once, by the first group that has a point
