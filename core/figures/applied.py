"""Figures of a run on new images: the classified picture, counts per class, spectra and angles."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.subplots import make_subplots

from core.figures.style import KNOWN, NEUTRAL, SIGNAL, class_style, errors, finish
from core.judge.applying import Angle, Count, Fit, Picture
from core.judge.histogram import poisson_errors

HEIGHT = 480
PAPER = (128, 128, 128, 20)


def picture(found: Picture) -> go.Figure:
    """Every cluster in the colour of its group; a cluster tells itself where the mouse is near its centre."""
    ny, nx = found.group.shape
    x0, y0 = found.window.x0 - 0.5, found.window.y0 - 0.5
    width, height = nx * found.step_px, ny * found.step_px
    figure = go.Figure()
    figure.add_layout_image(
        source=_png(found), xref="x", yref="y", x=x0, y=y0, sizex=width, sizey=height, sizing="stretch", layer="below",
        yanchor="bottom",
    )  # fmt: skip
    for i, name in enumerate(found.names):
        mine = found.row_group == i
        title = f"{name} ({int(mine.sum()):,})"
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=title, hoverinfo="skip",
            marker={"color": colour(name), "size": 10, "symbol": "square"},
        )  # fmt: skip
        # by WebGL: ten thousand invisible marks would else keep a browser busy for seconds
        figure.add_scattergl(
            x=found.row_x[mine], y=found.row_y[mine], mode="markers", showlegend=False, customdata=found.rows[mine][:, None],
            marker={"color": colour(name), "size": 10, "opacity": 0.0}, selected={"marker": {"opacity": 0.0}},
            unselected={"marker": {"opacity": 0.0}},
            text=[found.row_text[k] for k in np.flatnonzero(mine)],
            hovertemplate="%{text}<br>column %{x:.0f}, row %{y:.0f}<extra></extra>",
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


def _png(found: Picture) -> str:
    """The groups as a picture with a transparent ground, first row at the bottom."""
    table = np.zeros((len(found.names) + 1, 4), np.uint8)
    table[0] = PAPER
    for i, name in enumerate(found.names, 1):
        code = colour(name).lstrip("#")
        table[i] = (*(int(code[k : k + 2], 16) for k in (0, 2, 4)), 255)
    buffer = io.BytesIO()
    Image.fromarray(table[found.group[::-1].astype(np.int64) + 1]).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def counts(found: Sequence[Count]) -> go.Figure:
    """Rows per class as called, and corrected by the confusion matrix beside it; 95 % intervals."""
    figure = go.Figure()
    names = [one.name for one in found]
    for shift, kind, symbol in ((-0.12, "called", "circle"), (0.12, "corrected", "diamond-open")):
        values = [(i, getattr(one, kind)) for i, one in enumerate(found) if getattr(one, kind) is not None]
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


def spectrum(found: Fit, is_log: bool = False) -> go.Figure:
    """A histogram with its fit, and below the residuals in sigma."""
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    width = float(found.edges[1] - found.edges[0])
    middle = (found.edges[1:] + found.edges[:-1]) / 2.0
    down, up = poisson_errors(found.counts.astype(int))
    figure.add_scatter(
        x=middle, y=found.counts, mode="lines", line={"color": SIGNAL, "shape": "hvh", "width": 1.5}, name="clusters",
        error_y=errors(up, down, SIGNAL), row=1, col=1, hovertemplate="%{x:.2f}: %{y:d}<extra></extra>",
    )  # fmt: skip
    if len(found.curve_y):
        figure.add_scatter(
            x=found.curve_x, y=found.curve_y, mode="lines", name="fit", line={"color": NEUTRAL, "width": 2, "dash": "dash"},
            row=1, col=1, hovertemplate="fit %{y:.1f}<extra></extra>",
        )  # fmt: skip
        pull = (found.counts - found.curve_y) / np.sqrt(np.maximum(found.curve_y, 1.0))
        figure.add_scatter(
            x=middle, y=pull, mode="markers", marker={"color": SIGNAL, "size": 4}, showlegend=False, row=2, col=1,
            hovertemplate="%{y:+.1f} σ<extra></extra>",
        )  # fmt: skip
    figure.add_hline(0.0, line={"color": NEUTRAL, "width": 1}, row=2, col=1)
    finish(figure, "", f"clusters / {width:g} keV", 1)
    finish(figure, found.axis, "residual [σ]", 2)
    return figure.update_yaxes(type="log" if is_log else "linear", row=1, col=1)


def angle(found: Angle) -> go.Figure:
    """Counts of an angle with errors, and what is expected as a dashed line."""
    figure = go.Figure()
    middle = (found.edges_deg[1:] + found.edges_deg[:-1]) / 2.0
    down, up = poisson_errors(found.counts.astype(int))
    figure.add_scatter(
        x=middle, y=found.counts, mode="lines", line={"color": SIGNAL, "shape": "hvh", "width": 1.5}, name="clusters",
        error_y=errors(up, down, SIGNAL), hovertemplate="%{x:g}°: %{y:d}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=middle, y=found.expected, mode="lines", line={"color": NEUTRAL, "shape": "hvh", "width": 2, "dash": "dash"},
        name="expected", hovertemplate="expected %{y:.1f}<extra></extra>",
    )  # fmt: skip
    width = float(found.edges_deg[1] - found.edges_deg[0])
    return finish(figure, found.axis, f"clusters / {width:g}°")


def fit_columns(found: Fit) -> dict[str, list[float]]:
    """A spectrum as columns for a file."""
    columns = {"low": found.edges[:-1].tolist(), "high": found.edges[1:].tolist(), "n": found.counts.tolist()}
    return columns | ({"fit": found.curve_y.tolist()} if len(found.curve_y) else {})


def angle_columns(found: Angle) -> dict[str, list[float]]:
    """An angle's histogram as columns for a file."""
    return {
        "low": found.edges_deg[:-1].tolist(), "high": found.edges_deg[1:].tolist(), "n": found.counts.tolist(),
        "expected": found.expected.tolist(),
    }  # fmt: skip
