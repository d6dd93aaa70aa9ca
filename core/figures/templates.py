"""Curves that a derived column was made with, such as the mean pulse of each class."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from core.figures.style import LOG_AXIS, class_style, finish


def curves(values: Mapping[str, Any], n: Mapping[str, int]) -> go.Figure:
    """One line per class from plain values: `x`, `x_title`, `y_title`, and `lines` by class; `n` rows went into each."""
    figure = go.Figure()
    for name, y in values["lines"].items():
        colour, dash, _ = class_style(name)
        figure.add_scatter(
            x=values["x"], y=y, mode="lines", line={"color": colour, "dash": dash, "width": 2},
            name=f"{name} (n = {n[name]:,})", hovertemplate=f"{name}: %{{y:.3g}} at %{{x:.0f}}<extra></extra>",
        )  # fmt: skip
    finish(figure, values["x_title"], values["y_title"])
    return figure.update_yaxes(**LOG_AXIS).update_layout(height=260)


def columns(values: Mapping[str, Any]) -> dict[str, list[float]]:
    """The same as columns for a file."""
    return {values["x_title"]: list(values["x"]), **{name: list(y) for name, y in values["lines"].items()}}
