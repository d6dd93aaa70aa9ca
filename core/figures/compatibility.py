"""What was trained on one region and tested on another: the heatmap whose cells can be read and clicked."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.figures.style import NEUTRAL, OKABE_ITO, SEQUENCE, TEXT_PX, finish
from core.judge.compatibility import METRICS, Matrix
from core.judge.compatibility_report import At, interval, numbers_of, text
from core.judge.report import DASH, PERCENT, Number, n_of
from core.statistics.intervals import Efficiency, Interval

DIAGONAL = OKABE_ITO[6]
PALE = 0.35
MANY, VERY_MANY, TOO_MANY = 6, 8, 16  # regions; beyond: value and interval, the value alone, no text
SMALLEST_SPAN = 0.01  # of the colours, so that equal numbers do not look different
HALF = 0.47  # of a cell's width


@dataclass(frozen=True)
class _Drawn:
    """The numbers of one metric (missing cells left out), the ends of its colours, what else is said of a cell."""

    matrix: Matrix
    metric: str
    numbers: Mapping[At, Number]
    published: Mapping[At, float]
    why_missing: Mapping[At, str]

    @property
    def n(self) -> int:
        return len(self.matrix.regions)

    @property
    def places(self) -> Iterator[At]:
        return ((i, j) for i in range(self.n) for j in range(self.n))

    @property
    def is_falling(self) -> bool:
        return METRICS[self.metric].is_falling

    @property
    def scale(self) -> str:
        return f"{SEQUENCE}_r" if self.is_falling else SEQUENCE

    def is_few(self, at: At) -> bool:
        cell = self.matrix.cells[at[0]][at[1]]
        return cell is not None and cell.few

    def shade(self, at: At) -> float:
        """The number that a cell's colour stands for; NaN where it has none."""
        value = self.numbers[at].value if at in self.numbers else math.nan
        if math.isnan(value) or not self.is_falling:
            return value
        return math.log10(max(value, 0.5 / n_of(self.numbers[at])))

    def range(self) -> tuple[float, float]:
        """From the lowest to the highest shade, rounded outwards, of the cells that are not pale (of all, if all are)."""
        shades = {at: self.shade(at) for at in self.places if not math.isnan(self.shade(at))}
        firm = [shade for at, shade in shades.items() if not self.is_few(at)] or list(shades.values()) or [0.0, 1.0]
        low, high = min(firm), max(firm)
        if self.is_falling:
            return math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        low = max(min(low, high - SMALLEST_SPAN), 0.0)
        high = max(high, low + SMALLEST_SPAN)
        step = 10.0 ** math.floor(math.log10(high - low))
        return max(math.floor(low / step) * step, 0.0), min(math.ceil(high / step) * step, 1.0)


def heatmap(
    matrix: Matrix,
    metric: str,
    published: Mapping[At, float] | None = None,
    why_missing: Mapping[At, str] | None = None,
) -> go.Figure:
    """Rows: trained on, columns: tested on; value, interval and n written in each cell, the diagonal framed.

    `metric` is one of `METRICS`. `published` are printed values (parts of 1) by (trained, tested), written below ours.
    A cell that is not there is hatched, with `why_missing` in its hover; an undefined number says so; neither has a
    colour. Cells of fewer than 20 events are pale and do not set the range of the colours, which the bar tells. Where
    lower is better the colours are turned round and logarithmic (no leakage: half an event), so bright is good
    everywhere. From 7 regions on the lines get fewer, from 9 on only the value stays: the hover tells all. An invisible
    marker on each cell carries [trained, tested] as custom data, because a click on a heatmap does not reach a page.
    """
    drawn = _Drawn(matrix, metric, numbers_of(matrix, metric), published or {}, why_missing or {})
    figure = go.Figure()
    low, high = drawn.range()
    _add_colours(figure, drawn, low, high)
    _add_missing(figure, drawn)
    _add_texts(figure, drawn, low, high)
    _add_markers(figure, drawn)
    for i in range(drawn.n):
        figure.add_shape(
            type="rect", x0=i - HALF, x1=i + HALF, y0=i - HALF, y1=i + HALF, line={"color": DIAGONAL, "width": 3}
        )
    names = [region.name for region in matrix.regions]
    broken = [name.replace(" ", "<br>", 1) for name in names]
    axis = {"tickvals": list(range(drawn.n)), "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(**axis, ticktext=broken if drawn.n > MANY else names, range=[-0.5, drawn.n - 0.5])
    figure.update_yaxes(**axis, ticktext=names if drawn.n > MANY else broken, range=[drawn.n - 0.5, -0.5])
    finish(figure, "tested on", "trained on")
    left, bottom = (120, 60) if drawn.n > MANY else (85, 45)
    layout = {"showlegend": False, "barmode": "overlay", "hoverdistance": -1}  # a click counts anywhere in a cell
    return figure.update_layout(**layout, margin={"l": left, "r": 10, "t": 5, "b": bottom})


def _colour_bar(metric: str, low: float, high: float) -> dict[str, object]:
    title, _, unit, is_falling = METRICS[metric]
    ticks = np.arange(low, high + 1) if is_falling else np.linspace(low, high, 5)
    values = (100.0 if unit == PERCENT else 1.0) * (10.0**ticks if is_falling else ticks)
    return {
        "thickness": 14, "outlinewidth": 0, "title": {"text": f"{title} [{unit}]" if unit else title, "side": "right"},
        "tickvals": ticks.tolist(), "ticktext": [f"{value:.5g}" for value in values],
    }  # fmt: skip


def _add_colours(figure: go.Figure, drawn: _Drawn, low: float, high: float) -> None:
    """Two layers with the same colours: cells of enough events, and pale ones."""
    indices = range(drawn.n)
    for few in (False, True):
        z = [[drawn.shade((i, j)) if drawn.is_few((i, j)) == few else math.nan for j in indices] for i in indices]
        figure.add_heatmap(
            z=z, zmin=low, zmax=high, colorscale=drawn.scale, xgap=2, ygap=2, hoverinfo="skip", hoverongaps=False,
            showscale=not few, opacity=PALE if few else 1.0, name="few" if few else "enough",
            colorbar=_colour_bar(drawn.metric, low, high),
        )  # fmt: skip


def _add_missing(figure: go.Figure, drawn: _Drawn) -> None:
    """Hatched where there is no cell."""
    missing = [at for at in drawn.places if at not in drawn.numbers]
    pattern = {
        "shape": "/",
        "size": 9,
        "solidity": 0.1,
        "fgcolor": NEUTRAL,
        "fgopacity": 0.6,
        "bgcolor": "rgba(0,0,0,0)",
    }
    figure.add_bar(
        x=[j for _, j in missing], y=[2 * HALF] * len(missing), base=[i - HALF for i, _ in missing], width=2 * HALF,
        marker={"color": "rgba(0,0,0,0)", "pattern": pattern, "line": {"width": 0}}, hoverinfo="skip", name="missing",
    )  # fmt: skip


def _add_texts(figure: go.Figure, drawn: _Drawn, low: float, high: float) -> None:
    """The lines of each cell: dark on bright and bright on dark colours, else in the colour of the page's texts."""
    if drawn.n > TOO_MANY:
        return
    grounds = {at: _ground(drawn, at, low, high) for at in drawn.places}
    for name, colour in (("on bright", "#000000"), ("on dark", "#ffffff"), ("on the page", None)):
        chosen = [at for at, ground in grounds.items() if ground == name]
        figure.add_scatter(
            x=[j for _, j in chosen], y=[i for i, _ in chosen], mode="text", hoverinfo="skip", name=name,
            text=[_lines(drawn, at) for at in chosen], textfont={"size": TEXT_PX - 1, "color": colour},
        )  # fmt: skip


def _ground(drawn: _Drawn, at: At, low: float, high: float) -> str:
    shade = drawn.shade(at)
    if math.isnan(shade) or drawn.is_few(at):
        return "on the page"
    place = min(max((shade - low) / (high - low), 0.0), 1.0)
    red, green, blue = sample_colorscale(drawn.scale, [place], colortype="tuple")[0]
    return "on bright" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.46 else "on dark"


def _lines(drawn: _Drawn, at: At) -> str:
    number, metric = drawn.numbers.get(at), drawn.metric
    if number is None:
        return "<b>–</b>"
    if math.isnan(number.value):
        return DASH if drawn.n <= VERY_MANY else "?"
    value = text(metric, number.value)
    if drawn.n > VERY_MANY:
        return value
    first = value if drawn.n > MANY else f"<b>{value}</b>  n {_short_counts(number)}"
    printed = f"<br>slides {text(metric, drawn.published[at])}" if at in drawn.published else ""
    return f"{first}<br>{interval(metric, number, drawn.n > MANY)}{printed}"


def _short_counts(number: Number) -> str:
    counts = (number.n,) if isinstance(number, Interval) else (number.n_signal, number.n_background)
    return "+".join(f"{n}" if n < 10_000 else f"{n / 1000:.0f}k" for n in counts)


def _add_markers(figure: go.Figure, drawn: _Drawn) -> None:
    """Invisible squares that can be clicked and tell the rest."""
    size = max(16, min(50, 300 // max(drawn.n, 1)))
    figure.add_scatter(
        x=[j for _, j in drawn.places], y=[i for i, _ in drawn.places], mode="markers", name="cells",
        marker={"symbol": "square", "size": size, "color": "rgba(0,0,0,0)"}, customdata=[list(at) for at in drawn.places],
        hovertext=[_hover(drawn, at) for at in drawn.places], hovertemplate="%{hovertext}<extra></extra>",
        hoverlabel={"align": "left", "bgcolor": "#333333", "font": {"color": "#ffffff"}},
    )  # fmt: skip


def _hover(drawn: _Drawn, at: At) -> str:
    trained, tested = (drawn.matrix.regions[i].name for i in at)
    lines = [f"trained on {trained}", f"tested on {tested}"]
    number, cell, title = drawn.numbers.get(at), drawn.matrix.cells[at[0]][at[1]], METRICS[drawn.metric].title
    if number is None or cell is None:
        return "<br>".join([*lines, f"missing: {drawn.why_missing.get(at, 'no scores')}"])
    if math.isnan(number.value):
        lines += [f"{title}: {DASH}", _counted(number)]
    else:
        lines += [f"{title}: {text(drawn.metric, number.value)} {interval(drawn.metric, number)}", _counted(number)]
    if cell.few:
        lines.append("fewer than 20 events of a class")
    if at in drawn.published:
        lines.append(f"slides: {text(drawn.metric, drawn.published[at])}")
    for n, what in ((cell.n_left_out, "left out: trained or validated with"), (cell.n_missing, "without a score")):
        lines += [f"{n:,} {what}"] if n else []
    return "<br>".join(lines)


def _counted(number: Number) -> str:
    if isinstance(number, Efficiency):
        return f"{number.k:,} of {number.n:,} events"
    if isinstance(number, Interval):
        return f"n = {number.n:,}"
    return f"n = {number.n_signal:,} signal, {number.n_background:,} background"
