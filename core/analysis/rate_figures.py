"""Figures of a run on new images: the classified picture, counts per class, spectra and angles."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.subplots import make_subplots

from core.analysis.rates import Angle, Count, Fit, Overlay
from core.figures.style import KNOWN, NEUTRAL, SIGNAL, class_style, errors, finish
from core.statistics.histogram import poisson_errors

MAX_TOLD = 20_000  # cells with a text of their own: more make a slow page
HEIGHT = 480
PAPER = (128, 128, 128, 20)


def overlay(picture: Overlay) -> go.Figure:
    """Every cluster in the colour of its group; a cluster tells itself where the mouse is near its centre."""
    ny, nx = picture.group.shape
    x0, y0 = picture.window.x0 - 0.5, picture.window.y0 - 0.5
    width, height = nx * picture.step_px, ny * picture.step_px
    figure = go.Figure()
    figure.add_layout_image(
        source=_png(picture), xref="x", yref="y", x=x0, y=y0, sizex=width, sizey=height, sizing="stretch", layer="below",
        yanchor="bottom",
    )  # fmt: skip
    for i, name in enumerate(picture.names):
        in_group = picture.row_group == i
        title = f"{name} ({int(in_group.sum()):,})"
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=title, hoverinfo="skip",
            marker={"color": colour(name), "size": 10, "symbol": "square"},
        )  # fmt: skip
        # by WebGL: ten thousand invisible marks would else keep a browser busy for seconds
        figure.add_scattergl(
            x=picture.row_x[in_group], y=picture.row_y[in_group], mode="markers", showlegend=False, customdata=picture.rows[in_group][:, None],
            marker={"color": colour(name), "size": 10, "opacity": 0.0}, selected={"marker": {"opacity": 0.0}},
            unselected={"marker": {"opacity": 0.0}},
            text=[picture.row_text[k] for k in np.flatnonzero(in_group)],
            hovertemplate="%{text}<br>column %{x:.0f}, row %{y:.0f}<extra></extra>",
        )  # fmt: skip
    y, x = np.nonzero(
        picture.owner >= 0
    )  # every pixel of a cluster takes a click; of too many only the centres tell more
    owner = picture.owner[y, x]
    hover = (
        {"hoverinfo": "none"}
        if len(owner) > MAX_TOLD
        else {"hoverinfo": "text", "text": [picture.row_text[k] for k in owner]}
    )
    figure.add_scattergl(
        **hover,
        x=x0 + (x + 0.5) * picture.step_px, y=y0 + (y + 0.5) * picture.step_px, mode="markers", showlegend=False,
        customdata=picture.rows[owner][:, None], marker={"size": 5, "opacity": 0.0},
        selected={"marker": {"opacity": 0.0}}, unselected={"marker": {"opacity": 0.0}},
    )  # fmt: skip
    finish(figure, "column [px]", "row [px]")
    look = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(range=[x0, x0 + width], **look)
    figure.update_yaxes(range=[y0, y0 + height], scaleanchor="x", scaleratio=1, **look)
    beside = {"orientation": "v", "x": 1.01, "y": 1.0, "xanchor": "left", "yanchor": "top"}
    return figure.update_layout(height=HEIGHT, legend=beside, margin={"t": 10})


def colour(name: str) -> str:
    """The colour of a class; what has none of its own is grey."""
    return class_style(name)[0] if name in KNOWN else NEUTRAL


def _png(picture: Overlay) -> str:
    """The groups as a picture with a transparent ground, first row at the bottom."""
    table = np.zeros((len(picture.names) + 1, 4), np.uint8)
    table[0] = PAPER
    for i, name in enumerate(picture.names, 1):
        code = colour(name).lstrip("#")
        table[i] = (*(int(code[k : k + 2], 16) for k in (0, 2, 4)), 255)
    buffer = io.BytesIO()
    Image.fromarray(table[picture.group[::-1].astype(np.int64) + 1]).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def counts(per_class: Sequence[Count]) -> go.Figure:
    """Rows per class as called, and corrected by the confusion matrix beside it; 95 % intervals."""
    figure = go.Figure()
    names = [count.name for count in per_class]
    for shift, kind, symbol in ((-0.12, "called", "circle"), (0.12, "corrected", "diamond-open")):
        values = [(i, getattr(count, kind)) for i, count in enumerate(per_class) if getattr(count, kind) is not None]
        if not values:
            continue
        up, down = [v.high - v.value for _, v in values], [v.value - v.low for _, v in values]
        figure.add_scatter(
            x=[i + shift for i, _ in values], y=[v.value for _, v in values], mode="markers", name=kind,
            marker={"color": [colour(names[i]) for i, _ in values], "symbol": symbol, "size": 10},
            error_y=errors(up, down, NEUTRAL), customdata=[[v.low, v.high] for _, v in values],
            hovertemplate=f"{kind}: %{{y:,.0f}} [%{{customdata[0]:,.0f}}, %{{customdata[1]:,.0f}}]<extra></extra>",
        )  # fmt: skip
    finish(figure, "", "clusters")
    return figure.update_xaxes(tickvals=list(range(len(names))), ticktext=names)


def spectrum(fit: Fit, is_log: bool = False) -> go.Figure:
    """A histogram with its fit, and below the residuals in sigma."""
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    width = float(fit.edges[1] - fit.edges[0])
    middle = (fit.edges[1:] + fit.edges[:-1]) / 2.0
    down, up = poisson_errors(fit.counts.astype(int))
    figure.add_scatter(
        x=middle, y=fit.counts, mode="lines", line={"color": SIGNAL, "shape": "hvh", "width": 1.5}, name="clusters",
        error_y=errors(up, down, SIGNAL), row=1, col=1, hovertemplate="%{x:.2f}: %{y:d}<extra></extra>",
    )  # fmt: skip
    if len(fit.curve_y):
        name = f"bad fit (p = {fit.p_value:.1g})" if fit.is_bad else "fit"
        figure.add_scatter(
            x=fit.curve_x, y=fit.curve_y, mode="lines", name=name, line={"color": NEUTRAL, "width": 2, "dash": "dash"},
            row=1, col=1, hovertemplate="fit %{y:.1f}<extra></extra>",
        )  # fmt: skip
        pull = (fit.counts - fit.curve_y) / np.sqrt(np.maximum(fit.curve_y, 1.0))
        figure.add_scatter(
            x=middle, y=pull, mode="markers", marker={"color": SIGNAL, "size": 4}, showlegend=False, row=2, col=1,
            hovertemplate="%{y:+.1f} σ<extra></extra>",
        )  # fmt: skip
    figure.add_hline(0.0, line={"color": NEUTRAL, "width": 1}, row=2, col=1)
    finish(figure, "", f"clusters / {width:g} keV", 1)
    finish(figure, fit.axis, "residual [σ]", 2)
    return figure.update_yaxes(type="log" if is_log else "linear", row=1, col=1)


def angle(histogram: Angle) -> go.Figure:
    """Counts of an angle with errors, and what is expected as a dashed line."""
    figure = go.Figure()
    middle = (histogram.edges_deg[1:] + histogram.edges_deg[:-1]) / 2.0
    down, up = poisson_errors(histogram.counts.astype(int))
    figure.add_scatter(
        x=middle, y=histogram.counts, mode="lines", line={"color": SIGNAL, "shape": "hvh", "width": 1.5}, name="clusters",
        error_y=errors(up, down, SIGNAL), hovertemplate="%{x:g}°: %{y:d}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=middle, y=histogram.expected, mode="lines", line={"color": NEUTRAL, "shape": "hvh", "width": 2, "dash": "dash"},
        name="expected", hovertemplate="expected %{y:.1f}<extra></extra>",
    )  # fmt: skip
    width = float(histogram.edges_deg[1] - histogram.edges_deg[0])
    return finish(figure, histogram.axis, f"clusters / {width:g}°")


def fit_columns(fit: Fit) -> dict[str, list[float]]:
    """A spectrum as columns for a file."""
    columns = {"low": fit.edges[:-1].tolist(), "high": fit.edges[1:].tolist(), "n": fit.counts.tolist()}
    return columns | ({"fit": fit.curve_y.tolist()} if len(fit.curve_y) else {})


def angle_columns(histogram: Angle) -> dict[str, list[float]]:
    """An angle's histogram as columns for a file."""
    return {
        "low": histogram.edges_deg[:-1].tolist(), "high": histogram.edges_deg[1:].tolist(), "n": histogram.counts.tolist(),
        "expected": histogram.expected.tolist(),
    }  # fmt: skip
