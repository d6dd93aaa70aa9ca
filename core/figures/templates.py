"""Curves that a derived column was made with, such as the mean pulse of each class."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from core.figures.style import LOG_AXIS, class_style, finish


def curves(told: Mapping[str, Any], n: Mapping[str, int]) -> go.Figure:
    """One line per class from plain values: `x`, `x_title`, `y_title`, and `lines` by class; `n` rows went into each."""
    figure = go.Figure()
    for name, y in told["lines"].items():
        colour, dash, _ = class_style(name)
        figure.add_scatter(
            x=told["x"], y=y, mode="lines", line={"color": colour, "dash": dash, "width": 2},
            name=f"{name} (n = {n[name]:,})", hovertemplate=f"{name}: %{{y:.3g}} at %{{x:.0f}}<extra></extra>",
        )  # fmt: skip
    finish(figure, told["x_title"], told["y_title"])
    return figure.update_yaxes(**LOG_AXIS).update_layout(height=260)


def columns(told: Mapping[str, Any]) -> dict[str, list[float]]:
    """The same as columns for a file."""
    return {told["x_title"]: list(told["x"]), **{name: list(y) for name, y in told["lines"].items()}}
