"""Generated rows beside true ones: numbers along an axis, distributions. Truth is grey and dashed, generated blue."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.bins import is_uneven, middles
from core.figures.style import DASHES, FREE_COLOURS, NEUTRAL, SHORT_LOG_AXIS, SIGNAL, SYMBOLS, errors, finish
from core.statistics.axis import Axis
from core.statistics.histogram import Histogram, histogram
from core.statistics.intervals import Interval, PairInterval

GENERATED, TRUTH = "generated", "truth"
STYLES = {GENERATED: (SIGNAL, "solid", "circle"), TRUTH: (NEUTRAL, "dash", "square")}
Number = Interval | PairInterval | None


def along_axis(
    axis: Axis, series: Mapping[str, Sequence[Number]], y_title: str, *, level: float | None = None, log_y: bool = False
) -> go.Figure:  # fmt: skip
    """One series of numbers by name, one per bin, None where there is none. `level` is drawn as a line: what would be right."""
    figure = go.Figure()
    free = [name for name in series if name not in STYLES]
    for place, (name, numbers) in enumerate(series.items()):
        i = free.index(name) if name in free else 0
        style = (FREE_COLOURS[i % len(FREE_COLOURS)], DASHES[i % len(DASHES)], SYMBOLS[i % len(SYMBOLS)])
        colour, _, symbol = STYLES.get(name, style)
        known = np.array([number is not None for number in numbers], bool)
        value, low, high = (
            np.array([getattr(number, end) for number in numbers if number is not None], float)
            for end in ("value", "low", "high")
        )
        middle = middles(axis.edges, place, len(series))
        figure.add_scatter(
            x=middle[known], y=value, mode="markers", name=name, marker={"color": colour, "symbol": symbol, "size": 8},
            error_y=errors(high - value, value - low, colour),
            error_x=errors((axis.edges[1:] - middle)[known], (middle - axis.edges[:-1])[known], colour),
            hovertemplate=f"{name}: %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    if level is not None:
        figure.add_hline(level, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    if is_uneven(axis.edges):
        figure.update_xaxes(**SHORT_LOG_AXIS)
    if log_y:
        figure.update_yaxes(type="log", exponentformat="power")
    return finish(figure, axis.title, y_title)


def distributions(truth: np.ndarray, generated: np.ndarray, edges: np.ndarray, title: str) -> go.Figure:
    """Shares of both samples in bins as steps, with their statistical errors; what lies outside is told in the legend."""
    samples = {TRUTH: truth, GENERATED: generated}
    counted = {name: histogram(np.asarray(values, float), edges) for name, values in samples.items()}
    return overlaid(counted, title)


def overlaid(histograms: Mapping[str, Histogram], title: str, what: str = "rows") -> go.Figure:
    """Histograms in the same bins as shares, as steps with their statistical errors: truth, and generators by name."""
    figure = go.Figure()
    free = [name for name in histograms if name not in STYLES]
    for name, counted in histograms.items():
        i = free.index(name) if name in free else 0
        colour, dash, _ = STYLES.get(name, ((SIGNAL, *FREE_COLOURS)[i % 6], DASHES[2 * i % len(DASHES)], ""))
        edges, shares = counted.edges, counted.fractions()
        outside = f", {counted.n_under + counted.n_over:,} outside" if counted.n_under + counted.n_over else ""
        figure.add_scatter(
            x=edges, y=np.append(shares.counts, shares.counts[-1:]), mode="lines", name=f"{name} (n = {counted.n:,}{outside})",
            line={"shape": "hv", "color": colour, "dash": dash, "width": 2}, legendgroup=name, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2.0, y=shares.counts, mode="markers", marker={"color": colour, "size": 4},
            error_y=errors(shares.error_high, shares.error_low, colour), legendgroup=name, showlegend=False,
            hovertemplate=f"{name}: %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    width = next((counted.edges[1] - counted.edges[0] for counted in histograms.values()), 1.0)
    return finish(figure, title, f"share of {what} / {width:.3g}").update_yaxes(rangemode="tozero")
