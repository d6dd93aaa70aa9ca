"""Curves of a training, live or ended."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import FREE_COLOURS, LOG_AXIS, NEUTRAL, class_styles, finish, words
from core.statistics.efficiency import RIGHT

LOSS = NEUTRAL, "solid", "star"  # of no class


@dataclass(frozen=True)
class Curve:
    """One line of a training: `x` batches or epochs, `y` the loss (empty class name), a class's efficiency, or a `part` of the loss."""

    run: str
    class_name: str
    x: Sequence[float]
    y: Sequence[float]
    is_validation: bool = False
    part: str = ""


def training_curves(
    curves: Sequence[Curve], x_title: str = "batches", training: str = "latest batches", *, beside: bool = False,
    least: Mapping[str, float] | None = None,
) -> go.Figure:  # fmt: skip
    """Loss above efficiencies, or above the parts of the loss where it has parts (or `beside`; without either the loss alone). The line
    style tells the class; so does the colour, or, of several runs, the run.

    Validation has markers, the `training` values (by default the running mean over the latest batches) have none. `least` are the
    lowest values that parts of the loss can reach, drawn as dotted lines.
    """
    has_parts = any(curve.part for curve in curves)
    has_classes = has_parts or any(curve.class_name for curve in curves)
    places = [(1, 1), (1, 1) if not has_classes else (1, 2) if beside else (2, 1)]
    figure = make_subplots(*places[1], shared_xaxes=True, vertical_spacing=0.07, horizontal_spacing=0.12)
    runs = list(dict.fromkeys(curve.run for curve in curves))
    several = len(runs) > 1
    styles = class_styles(
        list(dict.fromkeys(curve.class_name or curve.part for curve in curves if curve.class_name or curve.part))
    )
    for curve in curves:
        colour, dash, symbol = styles.get(curve.class_name or curve.part, LOSS)
        if several:
            colour = FREE_COLOURS[runs.index(curve.run) % len(FREE_COLOURS)]
        what = (
            RIGHT.get(curve.class_name, f"{curve.class_name} efficiency") if curve.class_name else curve.part or "loss"
        )
        group, scale = words(curve.run) if several else what, 100.0 if curve.class_name else 1.0
        row, col = places[bool(curve.class_name or curve.part)]
        figure.add_scatter(
            x=list(curve.x), y=[scale * v for v in curve.y], row=row, col=col,
            name=group, legendgroup=group, showlegend=group not in [t.name for t in figure.data],
            mode="lines+markers" if curve.is_validation else "lines", marker={"symbol": symbol, "size": 7},
            line={"color": colour, "dash": dash, "width": 2 if curve.is_validation else 1.2},
            hovertemplate=f"{words(curve.run)}: {what}, {'validation' if curve.is_validation else training}"
            f"<br>%{{y:.4g}} at %{{x}} {x_title}<extra></extra>",
        )  # fmt: skip
    of_two = set(styles) <= {"signal", "background"}
    styled = "<br>(signal solid, background dashed)" if several and not beside and of_two else ""
    finish(figure, x_title, "part of the loss" if has_parts else f"efficiency [%]{styled}")
    figure.update_yaxes(title_text="loss", row=1, col=1)
    if has_parts:
        figure.update_yaxes(**LOG_AXIS, row=places[1][0], col=places[1][1])
    ends = [min((min(c.x) for c in curves if c.x), default=0), max((max(c.x) for c in curves if c.x), default=1)]
    for part, value in (least or {}).items():
        figure.add_scatter(
            x=ends, y=[value, value], row=places[1][0], col=places[1][1], mode="lines", name=f"least possible {part}",
            line={"color": styles.get(part, LOSS)[0], "width": 1.2, "dash": "dot"}, hovertemplate=f"%{{y:.3g}}<extra>least possible {part}</extra>",
        )  # fmt: skip
    if x_title == "epochs":
        figure.update_xaxes(dtick=math.ceil(max((x for c in curves for x in c.x), default=1) / 10))
    return figure.update_xaxes(title_text=x_title if beside or not has_classes else None, row=1, col=1)
