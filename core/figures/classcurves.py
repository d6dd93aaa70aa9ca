"""Purity and efficiency of each class: against the threshold on its probability, and along an axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.bins import add_efficiencies, is_uneven
from core.figures.style import THRESHOLD_LINE, class_styles, finish
from core.statistics.classcurves import THRESHOLDS, Band, ClassByBin, ClassCurve


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


def by_bin(curves: Sequence[ClassByBin]) -> go.Figure:
    """Above the efficiency, below the purity of each class per bin, with intervals; fewer than 20 events are pale."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    styles = class_styles([curve.name for curve in curves])
    for i, curve in enumerate(curves):
        for row, numbers in ((1, curve.efficiency), (2, curve.purity)):
            colour, _, symbol = styles[curve.name]
            place = i, len(curves)
            add_efficiencies(
                figure, curve.axis, numbers, curve.name, (colour, symbol), place, in_legend=row == 1, row=row, col=1
            )
    axis = curves[0].axis
    finish(figure, "", "")
    figure.update_yaxes(range=[0.0, 105.0])
    figure.update_yaxes(title_text="efficiency [%]", row=1).update_yaxes(title_text="purity [%]", row=2)
    figure.update_xaxes(title_text=axis.title, row=2)
    return figure.update_xaxes(**({"type": "log", "dtick": 1} if is_uneven(axis.edges) else {"type": "linear"}))
