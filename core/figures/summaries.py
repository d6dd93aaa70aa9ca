"""Numbers with intervals along an axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.style import SIGNAL, errors, finish
from core.statistics.axis import Axis
from core.statistics.intervals import Interval


def points_by_axis(axis: Axis, title: str, intervals: Sequence[Interval]) -> go.Figure:
    """One point per bin of the axis, as wide as the bin, with its interval; none where it is undefined (NaN)."""
    value, low, high = (np.array([getattr(i, end) for i in intervals], float) for end in ("value", "low", "high"))
    middle = (axis.edges[:-1] + axis.edges[1:]) / 2
    figure = go.Figure()
    figure.add_scatter(
        x=middle, y=value, mode="markers", marker={"color": SIGNAL, "size": 8}, customdata=[i.n for i in intervals],
        error_y=errors(high - value, value - low, SIGNAL),
        error_x=errors(axis.edges[1:] - middle, middle - axis.edges[:-1], SIGNAL),
        hovertemplate="%{y:.4g}, n = %{customdata}<extra></extra>",
    )  # fmt: skip
    return finish(figure, axis.title, title)
