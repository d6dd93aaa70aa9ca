"""A row as it is shown for labelling: alone, and in its surroundings. No class and no score is drawn: labels are blind."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.figures.style import NEUTRAL, OKABE_ITO, SEQUENCE, TEXT_PX
from core.labels.agreement import Pair
from core.labels.record import LOG, Look, Scale

MARK = OKABE_ITO[5]
HEIGHT = 350
N_STOPS = 33


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
    """The crop (height, width) at the left; at the right its surroundings, where it has any, on the same scale.

    It is drawn anew for every key, so it is put together as one dict: through the figure's methods it takes four times
    as long.
    """
    limits = colour_limits(crop, look, scale)
    height, width = crop.shape
    traces = [_colour_bar(look, limits, scale.unit), _heatmap(crop, 1, 1, 0.0, 0.0, look, limits, scale.unit)]
    split = 1.0 if around is None else 0.46
    axes = _axes(1, (0.0, split), (-0.5, width - 0.5), (-0.5, height - 0.5))
    if around is not None:
        n_rows, n_columns = around.values.shape
        middle = (around.factor - 1) / 2.0
        x0, y0 = around.x0 + middle, around.y0 + middle
        traces.append(_heatmap(around.values, 2, around.factor, x0, y0, look, limits, scale.unit))
        traces += [_boxes(around.others, NEUTRAL, 1.0), _boxes(around.own[None], MARK, 2.0)]
        x = around.x0 - 0.5, around.x0 + n_columns * around.factor - 0.5
        y = around.y0 - 0.5, around.y0 + n_rows * around.factor - 0.5
        axes |= _axes(2, (0.54, 1.0), x, y)
    layout = {
        **axes, "height": HEIGHT, "margin": {"l": 40, "r": 10, "t": 8, "b": 40}, "font": {"size": TEXT_PX},
        "showlegend": False, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
    }  # fmt: skip
    return go.Figure({"data": traces, "layout": layout})


def _axes(number: int, domain: tuple[float, float], x: tuple[float, float], y: tuple[float, float]) -> dict[str, Any]:
    """Both axes of a picture, of pixels that are square."""
    key = "" if number == 1 else str(number)
    bare = {"showgrid": False, "zeroline": False, "tickformat": "d", "nticks": 6, "constrain": "domain"}
    return {
        f"xaxis{key}": {**bare, "anchor": f"y{key}", "domain": domain, "range": x, "title": {"text": "x [px]", "standoff": 4}},
        f"yaxis{key}": {**bare, "anchor": f"x{key}", "range": y, "scaleanchor": f"x{key}"},
    }  # fmt: skip


def colour_limits(crop: np.ndarray, look: Look, scale: Scale) -> tuple[float, float]:
    """Values of the first and the last colour: the fixed ones, or up to the row's own highest pixel.

    The logarithm begins at the fixed lower limit, so that noise below it is not lifted to the eye; linear begins at 0.
    """
    low = scale.low if look.scale == LOG else 0.0
    values = crop[np.isfinite(crop)]
    if look.is_fixed or not values.size:
        return low, scale.high
    return low, max(float(values.max()), 2.0 * scale.low)


@cache
def _ramp() -> list[str]:
    return list(sample_colorscale(SEQUENCE, np.linspace(0.0, 1.0, N_STOPS).tolist()))


def _colours(look: Look, limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Colours over a linear axis, spread so that equal ratios look equal on the logarithmic scale: values stay values."""
    place = np.linspace(0.0, 1.0, N_STOPS)
    low, high = limits
    at = (low * (high / low) ** place - low) / (high - low) if look.scale == LOG else place
    return list(zip(np.clip(at, 0.0, 1.0).tolist(), _ramp(), strict=True))


def _heatmap(
    values: np.ndarray, number: int, step: int, x0: float, y0: float, look: Look, limits: tuple[float, float], unit: str
) -> dict[str, Any]:
    """Values in colour, in whole units: what is sent for every key is a quarter of the pixels' own numbers."""
    whole = np.rint(np.nan_to_num(values, nan=0.0))
    return {
        "type": "heatmap", "z": whole.astype(np.int16 if np.abs(whole).max(initial=0) < 32767 else np.int32),
        "x0": x0, "dx": step, "y0": y0, "dy": step, "zmin": limits[0], "zmax": limits[1],
        "colorscale": _colours(look, limits), "showscale": False, "name": "", **_on(number),
        "hovertemplate": f"%{{z:,}} {unit}<br>x %{{x:.0f}}, y %{{y:.0f}}<extra></extra>",
    }  # fmt: skip


def _colour_bar(look: Look, limits: tuple[float, float], unit: str) -> dict[str, Any]:
    """The colours with the values at which they are reached."""
    low, high = limits
    place = np.linspace(0.0, 1.0, 5)
    ticks = low * (high / low) ** place if look.scale == LOG else low + place * (high - low)
    bar = {
        "title": {"text": unit}, "thickness": 10, "xpad": 2, "tickvals": place.tolist(),
        "ticktext": [f"{t:,.0f}" for t in ticks],
    }  # fmt: skip
    marker = {"color": [0.0], "cmin": 0.0, "cmax": 1.0, "colorscale": SEQUENCE, "showscale": True, "colorbar": bar}
    return {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "hoverinfo": "skip", "marker": marker}


def _boxes(boxes: np.ndarray, colour: str, width: float) -> dict[str, Any]:
    """One line around all boxes (n, 4), in the surroundings."""
    x0, x1, y0, y1 = boxes.T.astype(np.float32)
    a, b, c, d = x0 - 1.5, x1 + 1.5, y0 - 1.5, y1 + 1.5
    gap = np.full_like(a, np.nan)
    x, y = np.stack([a, b, b, a, a, gap], axis=1).ravel(), np.stack([c, c, d, d, c, gap], axis=1).ravel()
    return {
        "type": "scatter", "x": x, "y": y, "mode": "lines", "line": {"color": colour, "width": width},
        "hoverinfo": "skip", **_on(2),
    }  # fmt: skip


def _on(number: int) -> dict[str, str]:
    key = "" if number == 1 else str(number)
    return {"xaxis": f"x{key}", "yaxis": f"y{key}"}


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
        height=330, margin={"l": 125, "r": 5, "t": 5, "b": 125}, font={"size": TEXT_PX},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
