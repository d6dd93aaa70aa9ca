"""Curves of a training, live or ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import FREE_COLOURS, NEUTRAL, class_styles, finish
from core.statistics.efficiency import RIGHT

LOSS = NEUTRAL, "solid", "star"  # of no class


@dataclass(frozen=True)
class Curve:
    """One line of a training: `x` batches or epochs, `y` the loss (empty class name) or a class's efficiency."""

    run: str
    class_name: str
    x: Sequence[float]
    y: Sequence[float]
    is_validation: bool = False


def training_curves(
    curves: Sequence[Curve], x_title: str = "batches", training: str = "latest batches", *, beside: bool = False
) -> go.Figure:
    """Loss above efficiencies (or `beside`; without classes the loss alone). The line style tells the class; so does the colour, or, of several runs, the run.

    Validation has markers, the `training` values (by default the running mean over the latest batches) have none.
    """
    has_classes = any(curve.class_name for curve in curves)
    places = [(1, 1), (1, 1) if not has_classes else (1, 2) if beside else (2, 1)]
    figure = make_subplots(*places[1], shared_xaxes=True, vertical_spacing=0.07, horizontal_spacing=0.12)
    runs = list(dict.fromkeys(curve.run for curve in curves))
    several = len(runs) > 1
    styles = class_styles(list(dict.fromkeys(curve.class_name for curve in curves if curve.class_name)))
    for curve in curves:
        colour, dash, symbol = styles.get(curve.class_name, LOSS)
        if several:
            colour = FREE_COLOURS[runs.index(curve.run) % len(FREE_COLOURS)]
        what = RIGHT.get(curve.class_name, f"{curve.class_name} efficiency") if curve.class_name else "loss"
        group, scale = curve.run if several else what, 100.0 if curve.class_name else 1.0
        row, col = places[bool(curve.class_name)]
        figure.add_scatter(
            x=list(curve.x), y=[scale * v for v in curve.y], row=row, col=col,
            name=group, legendgroup=group, showlegend=group not in [t.name for t in figure.data],
            mode="lines+markers" if curve.is_validation else "lines", marker={"symbol": symbol, "size": 7},
            line={"color": colour, "dash": dash, "width": 2 if curve.is_validation else 1.2},
            hovertemplate=f"{curve.run}: {what}, {'validation' if curve.is_validation else training}"
            f"<br>%{{y:.4g}} at %{{x}} {x_title}<extra></extra>",
        )  # fmt: skip
    of_two = set(styles) <= {"signal", "background"}
    styled = "<br>(signal solid, background dashed)" if several and not beside and of_two else ""
    finish(figure, x_title, f"efficiency [%]{styled}")
    figure.update_yaxes(title_text="loss", row=1, col=1)
    if x_title == "epochs":
        figure.update_xaxes(dtick=math.ceil(max((x for c in curves for x in c.x), default=1) / 10))
    return figure.update_xaxes(title_text=x_title if beside or not has_classes else None, row=1, col=1)
