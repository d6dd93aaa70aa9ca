"""Numbers with intervals along an axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.bins import is_uneven, middles
from core.figures.style import SHORT_LOG_AXIS, SIGNAL, errors, finish
from core.statistics.axis import Axis
from core.statistics.intervals import Interval


def points_by_axis(axis: Axis, title: str, intervals: Sequence[Interval]) -> go.Figure:
    """One point per bin of the axis, as wide as the bin, with its interval; none where it is undefined (NaN). Bins of different
    widths stand on a logarithmic axis where they can.
    """
    value, low, high, n = (
        np.array([getattr(i, end) for i in intervals], float) for end in ("value", "low", "high", "n")
    )  # fmt: skip
    shown, middle = np.isfinite(value), middles(axis.edges, 0, 1)
    figure = go.Figure()
    figure.add_scatter(
        x=middle[shown], y=value[shown], mode="markers", marker={"color": SIGNAL, "size": 8}, customdata=n[shown],
        error_y=errors((high - value)[shown], (value - low)[shown], SIGNAL),
        error_x=errors((axis.edges[1:] - middle)[shown], (middle - axis.edges[:-1])[shown], SIGNAL),
        hovertemplate="%{y:.4g}, n = %{customdata:d}<extra></extra>",
    )  # fmt: skip
    if is_uneven(axis.edges):
        figure.update_xaxes(**SHORT_LOG_AXIS)
    return finish(figure, axis.title, title)
