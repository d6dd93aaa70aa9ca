"""Purity and efficiency of each class: against the threshold on its probability, and against energy."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import THRESHOLD_LINE, class_styles, errors, finish
from core.judge.classcurves import THRESHOLDS, Band, ClassByEnergy, ClassCurve
from core.judge.efficiency import FEW
from core.judge.intervals import Efficiency

PALE, SPREAD = 0.3, 0.2


def by_threshold(curves: Sequence[ClassCurve], threshold: float, *, of_all: bool) -> go.Figure:
    """Left the efficiency, right the purity (`of_all`: events without a label count as wrong) of each class, with bands."""
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.03)
    styles = class_styles([curve.name for curve in curves])
    for curve in curves:
        colour, dash, _ = styles[curve.name]
        for column, band in ((1, curve.efficiency), (2, curve.purity_of_all if of_all else curve.purity)):
            _add_band(figure, curve.name, band, colour, dash, column)
    figure.add_vline(threshold, line=THRESHOLD_LINE)
    finish(figure, "threshold on the probability", "")
    figure.update_xaxes(range=[0.0, 1.0]).update_yaxes(range=[0.0, 103.0])
    figure.update_yaxes(title_text="efficiency (left), purity (right) [%]", col=1)
    return figure


def _add_band(figure: go.Figure, name: str, band: Band, colour: str, dash: str, column: int) -> None:
    known = band.n > 0
    x, low, high = THRESHOLDS[known], 100.0 * band.low[known], 100.0 * band.high[known]
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", fillcolor=colour, opacity=0.2,
        mode="none", hoverinfo="skip", showlegend=False, legendgroup=name, name=name, row=1, col=column,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=100.0 * band.value[known], mode="lines", name=name, legendgroup=name, showlegend=column == 1, row=1,
        col=column, line={"color": colour, "dash": dash, "width": 2},
        customdata=np.column_stack([band.k[known], band.n[known], low, high]),
        hovertemplate=f"{name} at %{{x:.2f}}: %{{y:.2f}} % [%{{customdata[2]:.2f}}, %{{customdata[3]:.2f}}]"
        "<br>%{customdata[0]:,d} of %{customdata[1]:,d}<extra></extra>",
    )  # fmt: skip


def by_energy(found: Sequence[ClassByEnergy], unit: str = "keV") -> go.Figure:
    """Above the efficiency, below the purity of each class per energy bin, with intervals; fewer than 20 events are pale."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    styles = class_styles([one.name for one in found])
    for i, one in enumerate(found):
        for row, numbers in ((1, one.efficiency), (2, one.purity)):
            _add_points(figure, one, numbers, (i, len(found)), row, styles[one.name])
    edges = found[0].edges_kev if found else np.array([0.0, 1.0])
    finish(figure, "", "")
    figure.update_yaxes(range=[0.0, 105.0])
    figure.update_yaxes(title_text="efficiency [%]", row=1).update_yaxes(title_text="purity [%]", row=2)
    figure.update_xaxes(title_text=f"energy [{unit}]", row=2)
    return figure.update_xaxes(**({"type": "log", "dtick": 1} if is_uneven(edges) else {"type": "linear"}))


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


def _add_points(
    figure: go.Figure, one: ClassByEnergy, numbers: Sequence[Efficiency], at: tuple[int, int], row: int,
    style: tuple[str, str, str],
) -> None:  # fmt: skip
    colour, _, symbol = style
    low, y, high = (100.0 * np.array([getattr(number, end) for number in numbers]) for end in ("low", "value", "high"))
    k, n = (np.array([getattr(number, name) for number in numbers]) for name in ("k", "n"))
    x, edges = middles(one.edges_kev, *at), one.edges_kev
    details = np.column_stack([edges[:-1], edges[1:], k, n, low, high])
    for chosen, opacity in ((n >= FEW, 1.0), ((n > 0) & (n < FEW), PALE)):
        figure.add_scatter(
            x=x[chosen], y=y[chosen], mode="markers", name=one.name, legendgroup=one.name, row=row, col=1, opacity=opacity,
            marker={"color": colour, "symbol": symbol, "size": 8},
            showlegend=row == 1 and opacity == (1.0 if (n >= FEW).any() else PALE),
            error_y=errors((high - y)[chosen], (y - low)[chosen], colour), customdata=details[chosen],
            hovertemplate=f"{one.name} %{{y:.2f}} % [%{{customdata[4]:.2f}}, %{{customdata[5]:.2f}}]<br>%{{customdata[2]:d}} of "
            "%{customdata[3]:d}, %{customdata[0]:g} to %{customdata[1]:g} keV<extra></extra>",
        )  # fmt: skip
