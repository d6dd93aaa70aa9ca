"""A row as it is shown for labelling: alone, and in its surroundings. No class and no score is drawn: labels are blind."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import NEUTRAL, OKABE_ITO, SEQUENCE, TEXT_PX
from core.labels.agreement import Pair
from core.labels.record import LOG, Look, Scale

MARK = OKABE_ITO[5]
HEIGHT = 400


@dataclass(frozen=True)
class Surroundings:
    """Part of the image around a row: values (h, w), cells of `factor` pixels; first pixel x0, y0; boxes (n, 4) of the
    other rows and own (4,), first and last pixel: x, x, y, y.
    """

    values: np.ndarray
    factor: int
    x0: int
    y0: int
    own: np.ndarray
    others: np.ndarray


def row(crop: np.ndarray, around: Surroundings | None, look: Look, scale: Scale) -> go.Figure:
    """The crop (height, width) at the left; at the right its surroundings, where it has any."""
    low, high = colour_limits(crop, look, scale)
    unit = scale.unit
    n = 1 if around is None else 2
    figure = make_subplots(1, n, horizontal_spacing=0.08)
    _heatmap(figure, crop, 1, 1, 0.0, 0.0, look, (low, high), unit)
    if around is not None:
        middle = (around.factor - 1) / 2.0
        _heatmap(
            figure, around.values, 2, around.factor, around.x0 + middle, around.y0 + middle, look, (low, high), unit
        )
        _boxes(figure, around.others, NEUTRAL, 1.0)
        _boxes(figure, around.own[None], MARK, 2.0)
        height, width = around.values.shape
        ends = around.x0 + width * around.factor - 0.5, around.y0 + height * around.factor - 0.5
        figure.update_xaxes(range=[around.x0 - 0.5, ends[0]], row=1, col=2)
        figure.update_yaxes(range=[around.y0 - 0.5, ends[1]], row=1, col=2)
    for column in range(1, n + 1):
        anchor = "x" if column == 1 else "x2"
        figure.update_yaxes(scaleanchor=anchor, constrain="domain", row=1, col=column)
    bare = {"showgrid": False, "zeroline": False, "tickformat": "d", "nticks": 6}
    figure.update_xaxes(constrain="domain", title_text="x [px]", title_standoff=4, **bare).update_yaxes(**bare)
    return figure.update_layout(
        height=HEIGHT, margin={"l": 40, "r": 10, "t": 8, "b": 40}, font={"size": TEXT_PX}, showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip


def colour_limits(crop: np.ndarray, look: Look, scale: Scale) -> tuple[float, float]:
    """Values of the first and last colour: the fixed ones, or the row's own extremes."""
    if look.is_fixed:
        return scale.low, scale.high
    values = crop[np.isfinite(crop) & (crop > 0)] if look.scale == LOG else crop[np.isfinite(crop)]
    if not values.size:
        return scale.low, scale.high
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - max(abs(low), 1.0) / 2, high + max(abs(high), 1.0) / 2)


def _heatmap(
    figure: go.Figure, values: np.ndarray, column: int, step: int, x0: float, y0: float, look: Look,
    limits: tuple[float, float], unit: str,
) -> None:  # fmt: skip
    """Values in colour; on the logarithmic scale what is not positive has the first colour."""
    low, high = limits
    shown = values.astype(np.float32)
    bar = {"title": {"text": unit}, "thickness": 10, "xpad": 2, "x": 1.0}
    if look.scale == LOG:
        floor = max(low, high * 1e-4, 1e-3)
        shown = np.log10(np.maximum(np.nan_to_num(shown, nan=0.0), floor)).astype(np.float32)
        low, high = float(np.log10(floor)), float(np.log10(max(high, floor * 1.1)))
        powers = [p for p in np.arange(np.floor(low), np.ceil(high) + 0.1, 0.5) if low <= p <= high]
        bar |= {"tickvals": powers, "ticktext": [f"{10**p:,.0f}" for p in powers]}
    figure.add_heatmap(
        z=shown, customdata=values.astype(np.float32), x0=x0, dx=step, y0=y0, dy=step, zmin=low, zmax=high,
        colorscale=SEQUENCE, colorbar=bar, showscale=column == 1, hoverongaps=False, row=1, col=column, name="",
        hovertemplate=f"%{{customdata:,.1f}} {unit}<br>x %{{x:.0f}}, y %{{y:.0f}}<extra></extra>",
    )  # fmt: skip


def _boxes(figure: go.Figure, boxes: np.ndarray, colour: str, width: float) -> None:
    """One line around all boxes (n, 4), in the surroundings."""
    if not len(boxes):
        return
    x0, x1, y0, y1 = boxes.T.astype(np.float32)
    a, b, c, d = x0 - 1.5, x1 + 1.5, y0 - 1.5, y1 + 1.5
    gap = np.full_like(a, np.nan)
    x, y = np.stack([a, b, b, a, a, gap], axis=1).ravel(), np.stack([c, c, d, d, c, gap], axis=1).ravel()
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip", row=1, col=2)


def confusion(pair: Pair, classes: tuple[str, ...]) -> go.Figure:
    """What the first labeller called the rows, against the second; every cell carries its number."""
    names = list(classes)
    figure = go.Figure(
        go.Heatmap(
            z=pair.table,
            x=names,
            y=names,
            colorscale=SEQUENCE,
            showscale=False,
            text=pair.table,
            texttemplate="%{text}",
            hovertemplate="%{y} / %{x}: %{z}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=pair.second, showgrid=False)
    figure.update_yaxes(title_text=pair.first, autorange="reversed", showgrid=False)
    return figure.update_layout(
        height=360, margin={"l": 120, "r": 10, "t": 10, "b": 80}, font={"size": TEXT_PX},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
