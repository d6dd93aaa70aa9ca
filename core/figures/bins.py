"""Numbers in the bins of an axis as points with their intervals: bins of fewer than 20 events are joined, or pale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import errors
from core.statistics.axis import Axis
from core.statistics.efficiency import FEW
from core.statistics.intervals import LEVEL, Efficiency, efficiencies

PALE, SPREAD = 0.35, 0.2


def is_uneven(edges: np.ndarray) -> bool:
    """Whether bins are of different widths and can stand on a logarithmic axis."""
    return bool(edges[0] > 0 and not np.allclose(np.diff(edges), edges[1] - edges[0]))


def middles(edges: np.ndarray, place: int, n: int) -> np.ndarray:
    """Where the points of series `place` of n stand in their bins, a little beside each other."""
    return _inside(edges[:-1], edges[1:], is_uneven(edges), place, n)


def _inside(low: np.ndarray, high: np.ndarray, is_log: bool, place: int, n: int) -> np.ndarray:
    share = 0.5 + SPREAD * (place - (n - 1) / 2.0) / n
    if is_log:
        return np.asarray(low * (high / low) ** share)
    return np.asarray(low + share * (high - low))


def by_number(n: np.ndarray, name: str) -> list[tuple[np.ndarray, float, str]]:
    """The bins (n,) that are filled, in two groups: (which, opacity, name)."""
    return [(n >= FEW, 1.0, name), ((n > 0) & (n < FEW), PALE, f"{name}, n < {FEW}")]


@dataclass(frozen=True)
class Joined:
    """Bins that were joined: `low`, `high` (m,) along the axis, and the number of each."""

    low: np.ndarray
    high: np.ndarray
    numbers: tuple[Efficiency, ...]


def joined(edges: np.ndarray, numbers: Sequence[Efficiency], least: int = FEW) -> Joined:
    """Neighbouring bins between `edges` (m + 1,) taken together until each holds `least` events; what is left at the end joins the last.

    A bin that holds as many stays as it is; empty ones at either end are left out. Fewer events in all are one bin.
    """
    groups: list[tuple[float, float, int, int]] = []
    low, high, k, n = 0.0, 0.0, 0, 0
    for begin, end, number in zip(edges[:-1].tolist(), edges[1:].tolist(), numbers, strict=True):
        if number.n == 0:
            continue
        low, high, k, n = begin if n == 0 else low, end, k + number.k, n + number.n
        if n >= least:
            groups.append((low, high, k, n))
            k = n = 0
    if n:
        before = groups.pop() if groups else (low, high, 0, 0)
        groups.append((before[0], high, before[2] + k, before[3] + n))
    ends = np.array([group[:2] for group in groups], float).reshape(-1, 2)
    counts = np.array([group[2:] for group in groups], int).reshape(-1, 2)
    level = numbers[0].level if numbers else LEVEL
    return Joined(ends[:, 0], ends[:, 1], efficiencies(counts[:, 0], counts[:, 1], level))


def add_efficiencies(
    figure: go.Figure, axis: Axis, numbers: Sequence[Efficiency], name: str, style: tuple[str, str],
    place: tuple[int, int], *, in_legend: bool = True, **where: Any,
) -> None:  # fmt: skip
    """One series in percent, in bins of at least 20 events (`joined`): `style` is colour and marker, `place` which series of
    how many, `where` row and col of a figure with panels. Points stand a little beside the middle of their bin, so that series do
    not hide each other.
    """
    (colour, symbol), bins = style, joined(axis.edges, numbers)
    left, right, x = bins.low, bins.high, _inside(bins.low, bins.high, is_uneven(axis.edges), *place)
    low, y, high = (
        100.0 * np.array([getattr(number, end) for number in bins.numbers]) for end in ("low", "value", "high")
    )
    k, n = (np.array([getattr(number, count) for number in bins.numbers], int) for count in ("k", "n"))
    details = np.column_stack([left, right, k, n, low, high])
    for chosen, opacity, label in by_number(n, name):
        figure.add_scatter(
            x=x[chosen], y=y[chosen], mode="markers", name=label, legendgroup=name, opacity=opacity,
            marker={"color": colour, "symbol": symbol, "size": 8}, showlegend=in_legend and bool(chosen.any()),
            error_y=errors((high - y)[chosen], (y - low)[chosen], colour), customdata=details[chosen],
            error_x=errors((right - x)[chosen], (x - left)[chosen], colour),
            hovertemplate=f"{name} %{{y:.2f}} % [%{{customdata[4]:.2f}}, %{{customdata[5]:.2f}}]<br>%{{customdata[2]:d}} of "
            f"%{{customdata[3]:d}}, %{{customdata[0]:g}} to %{{customdata[1]:g}} {axis.unit}<extra></extra>", **where,
        )  # fmt: skip
        in_legend = in_legend and not chosen.any()  # once, by the first group that has a point
