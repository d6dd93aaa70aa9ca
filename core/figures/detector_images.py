"""A window of an image in colour, the rows in it outlined by class, and a bar that tells its scale."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.data.image_rows import OUTSIDE, Outlines, Spots, Window
from core.figures.style import NEUTRAL, SEQUENCE, TEXT_PX, class_styles
from core.parameters import param

N_STOPS = 48
BESIDE_PX = 190  # for the legend, and below it the colours
FAR = 4  # pixels a cell, from which rows are lines and not frames
LOG_STRENGTH, ASINH_STRENGTH = 1000.0, 30.0
HANDLE_PX = (9.0, 26.0)  # diameters of the invisible mark that takes the click on a row
BAR_PARTS = 0.22  # of the width, at most, for the scale bar
GREYS = {"light": ["#FFFFFF", "#000000"], "dark": ["#000000", "#FFFFFF"]}


@dataclass(frozen=True)
class ImageDisplay:
    """How pixel values become colours."""

    stretch: str = param("asinh", "how values spread over the colours", choices=("linear", "log", "asinh"))
    colours: str = param("grey", "grey lets outlines stand out", choices=("grey", "cividis"))
    low_percentile: float = param(2.0, "of the cells shown, drawn in the first colour", unit="%", low=0.0, high=100.0)
    high_percentile: float = param(99.8, "of the cells shown, drawn in the last colour", unit="%", low=0.0, high=100.0)
    low: float | None = param(None, "typed lower limit in place of the percentile")
    high: float | None = param(None, "typed upper limit in place of the percentile")
    large: bool = param(False, "twice as high, for a large screen")


def limits(values: np.ndarray, how: ImageDisplay) -> tuple[float, float]:
    """The values of the first and the last colour, the second always above the first; (0, 1) if nothing is finite."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(q) for q in np.percentile(finite, [how.low_percentile, how.high_percentile]))
    low, high = low if how.low is None else how.low, high if how.high is None else how.high
    return low, high if high > low else low + max(abs(low), 1.0) * 1e-3


def spread(part: np.ndarray, stretch: str) -> np.ndarray:
    """Where in the colours (0 to 1) a value lies that is `part` of the way from the lower to the upper limit."""
    if stretch == "log":
        return np.asarray(np.log1p(LOG_STRENGTH * part) / math.log1p(LOG_STRENGTH))
    if stretch == "asinh":
        return np.asarray(np.arcsinh(ASINH_STRENGTH * part) / math.asinh(ASINH_STRENGTH))
    return part


def gathered(place: np.ndarray, stretch: str) -> np.ndarray:
    """The inverse of `spread`."""
    if stretch == "log":
        return np.asarray(np.expm1(place * math.log1p(LOG_STRENGTH)) / LOG_STRENGTH)
    if stretch == "asinh":
        return np.asarray(np.sinh(place * math.asinh(ASINH_STRENGTH)) / ASINH_STRENGTH)
    return place


def colourscale(how: ImageDisplay, theme: str = "light") -> list[tuple[float, str]]:
    """Colours that make a linear axis look stretched: the values themselves stay in the figure, for the hover."""
    place = np.linspace(0.0, 1.0, N_STOPS)
    at = gathered(place, how.stretch)
    at[[0, -1]] = 0.0, 1.0  # a scale that ends a rounding error before 1 is refused by the browser, without a word
    return list(zip(at.tolist(), sample_colorscale(_ramp(how, theme), place.tolist()), strict=True))


def _ramp(how: ImageDisplay, theme: str) -> Any:
    return GREYS[theme] if how.colours == "grey" else SEQUENCE


def image(
    values: np.ndarray,
    factor: int,
    window: Window,
    unit: str,
    how: ImageDisplay,
    parts: Mapping[str, Outlines],
    classes: Sequence[str],
    facts: Mapping[str, tuple[np.ndarray, str]],
    shown: np.ndarray | None = None,
    pixel_um: float | None = None,
    theme: str = "light",
    spots: Spots | None = None,
    names: Mapping[int, str] | None = None,
) -> go.Figure:
    """Cells (h, w) of `factor` pixels a side with outlines; a point's custom data begin with its row number. `classes`: all
    that there may be, in the order of their colours.

    `facts`: title -> values (n_rows,) and their format, told when the mouse is over a row; `shown` (4,): a marked box.
    `spots`: where the mouse hits a row; without them near its middle only. `names`: row -> what it is called. Custom data of marks
    end with the box of the row, for who outlines what is under the mouse.
    """
    low, high = limits(values, how)
    x0, y0 = window.x0 // factor * factor, window.y0 // factor * factor
    middle = (factor - 1) / 2.0
    covered = f"<br>largest of {factor} x {factor} pixels" if factor > 1 else ""
    figure = go.Figure()
    figure.add_heatmap(
        z=values, x0=x0 + middle, dx=factor, y0=y0 + middle, dy=factor, zmin=low, zmax=high, showscale=False,
        colorscale=colourscale(how, theme), hoverongaps=False, name="",
        hovertemplate=f"%{{z:,.1f}} {unit}<br>x %{{x:.0f}}, y %{{y:.0f}}{covered}<extra></extra>",
    )  # fmt: skip
    _colour_bar(figure, low, high, unit, how, theme)
    styles = class_styles(classes)
    for name, part in parts.items():
        colour = styles[name][0] if name in classes else NEUTRAL
        _outline(figure, name, colour, part, factor, facts, window, spots, names or {})
    if shown is not None:
        _mark(figure, shown, factor, theme)
    _scale_bar(figure, window, pixel_um, theme)
    axis = {"showgrid": False, "zeroline": False, "constrain": "domain", "tickformat": "d"}
    figure.update_xaxes(
        title_text="x [px]", range=[window.x0 - 0.5, window.x1 - 0.5], constraintoward="right", title_standoff=4, **axis
    )
    figure.update_yaxes(
        title_text="y [px]", range=[window.y0 - 0.5, window.y1 - 0.5], scaleanchor="x", title_standoff=4, **axis
    )
    legend = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1.0, "yanchor": "top", "itemsizing": "constant"}
    return figure.update_layout(
        font={"size": TEXT_PX}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", legend=legend,
        margin={"l": 60, "r": BESIDE_PX, "t": 10, "b": 45}, hoverdistance=1,
    )  # fmt: skip


def _mark(figure: go.Figure, box: np.ndarray, factor: int, theme: str) -> None:
    """The row that is shown: framed, or ringed where a frame would be too small to see."""
    ink = "#FFFFFF" if theme == "dark" else "#000000"
    if factor >= FAR:
        ring = {"symbol": "circle-open", "size": 18, "color": ink, "line": {"width": 3}}
        middle = {"x": [(box[0] + box[1]) / 2.0], "y": [(box[2] + box[3]) / 2.0]}
        figure.add_scatter(**middle, mode="markers", marker=ring, name="shown", hoverinfo="skip")
        return
    x, y = _corners(box[None], 2.5)
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": ink, "width": 2.5}, name="shown", hoverinfo="skip")


def _colour_bar(figure: go.Figure, low: float, high: float, unit: str, how: ImageDisplay, theme: str) -> None:
    """The stretched colours with the values at which they are reached."""
    place = np.linspace(0.0, 1.0, 5)
    ticks = low + gathered(place, how.stretch) * (high - low)
    bar = {
        "title": {"text": unit}, "tickvals": place.tolist(), "ticktext": [f"{t:,.3g}" if abs(t) < 1000 else f"{t:,.0f}" for t in ticks],
        "thickness": 12, "x": 1.02, "xpad": 4, "y": 0.0, "yanchor": "bottom", "len": 0.5, "ypad": 0,
    }  # fmt: skip
    figure.add_scatter(
        x=[None], y=[None], mode="markers", showlegend=False, hoverinfo="skip",
        marker={"color": [0.0], "cmin": 0.0, "cmax": 1.0, "colorscale": _ramp(how, theme), "showscale": True, "colorbar": bar},
    )  # fmt: skip


def _corners(boxes: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """One line around every box (n, 4), `margin` pixels outside of it; NaN between them."""
    x0, x1, y0, y1 = boxes.T.astype(np.float32)
    a, b, c, d = x0 - margin, x1 + margin, y0 - margin, y1 + margin
    gap = np.full_like(a, np.nan)
    return np.stack([a, b, b, a, a, gap], axis=1).ravel(), np.stack([c, c, d, d, c, gap], axis=1).ravel()


def _segments(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One line along every row's axis (n, 4); NaN between them."""
    gap = np.full((len(lines), 1), np.nan, np.float32)
    return np.hstack([lines[:, :2], gap]).ravel(), np.hstack([lines[:, 2:], gap]).ravel()


def _outline(
    figure: go.Figure, name: str, colour: str, part: Outlines, factor: int,
    facts: Mapping[str, tuple[np.ndarray, str]], window: Window, spots: Spots | None, names: Mapping[int, str],
) -> None:  # fmt: skip
    """One class: one line around all its rows, and invisible marks on each that take the mouse.

    Zoomed out frames would hide the image: there each row is a line along its axis.
    """
    hidden = "legendonly" if name == OUTSIDE else True
    is_far = factor >= FAR
    x, y = _segments(part.lines) if is_far else _corners(part.boxes, 1.0)
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": 1.8 if is_far else 1.4}, name=f"{name} ({len(part.rows):,})",
        legendgroup=name, hoverinfo="skip", visible=hidden, connectgaps=False,
    )  # fmt: skip
    rows, x, y, size = _handles(part, window, spots)
    boxes = part.boxes[np.searchsorted(part.rows, rows)]
    details = np.column_stack([rows, *(values[rows] for values, _ in facts.values()), boxes]).astype(np.float64)
    lines = [f"{title}: %{{customdata[{k + 1}]:{style}}}" for k, (title, (_, style)) in enumerate(facts.items())]
    figure.add_scatter(
        x=x, y=y, mode="markers", name=name, legendgroup=name, showlegend=False, visible=hidden, customdata=details,
        marker={"size": size.astype(np.float32), "color": colour, "opacity": 0.0, "symbol": "square"},
        selected={"marker": {"opacity": 0.0}}, unselected={"marker": {"opacity": 0.0}},
        text=[names.get(row, "") for row in rows.tolist()],
        hovertemplate="<br>".join([name + " %{text}", *lines]) + "<extra></extra>",
    )  # fmt: skip


def screen_px(window: Window) -> float:
    """Pixels of the screen per pixel of the image, about."""
    return 400.0 / max(window.x1 - window.x0, window.y1 - window.y0)


def _handles(
    part: Outlines, window: Window, spots: Spots | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What takes the mouse: (rows, x, y, diameter on the screen) of one mark in the middle of each row, or of its spots."""
    screen = screen_px(window)
    if spots is not None:
        in_part = np.isin(spots.rows, part.rows)
        return (
            spots.rows[in_part],
            spots.x[in_part],
            spots.y[in_part],
            np.full(int(in_part.sum()), spots.step_px * screen + 1.0),
        )
    x0, x1, y0, y1 = part.boxes.T
    size = np.clip((np.minimum(x1 - x0, y1 - y0) + 3) * screen, *HANDLE_PX)
    return part.rows, (x0 + x1) / 2.0, (y0 + y1) / 2.0, size


def _scale_bar(figure: go.Figure, window: Window, pixel_um: float | None, theme: str) -> None:
    """A round length near the lower left corner, in millimetres or micrometres where the pixel's size is known."""
    width = window.x1 - window.x0
    longest = BAR_PARTS * width * (pixel_um or 1.0)
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(m * power for m in (1.0, 2.0, 5.0) if m * power <= longest)
    px = length / (pixel_um or 1.0)
    text = f"{length:g} px" if pixel_um is None else f"{length / 1000:g} mm" if length >= 1000 else f"{length:g} µm"
    ink, paper = ("#FFFFFF", "#000000") if theme == "dark" else ("#000000", "#FFFFFF")
    x, y = window.x0 + 0.04 * width, window.y0 + 0.04 * (window.y1 - window.y0)
    figure.add_shape(type="line", x0=x, x1=x + px, y0=y, y1=y, line={"color": ink, "width": 4})
    figure.add_annotation(
        x=x + px / 2.0, y=y, text=text, showarrow=False, yanchor="bottom", yshift=4, font={"size": TEXT_PX, "color": ink},
        bgcolor=paper, opacity=0.85, borderpad=1,
    )  # fmt: skip
