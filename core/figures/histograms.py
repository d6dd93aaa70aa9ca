"""Histograms as steps with statistical errors, and two-dimensional ones in colour."""

import math
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.figures.style import (
    LOG_AXIS,
    NEUTRAL,
    THRESHOLD_LINE,
    class_styles,
    errors,
    finish,
)
from core.statistics.histogram import Histogram


def step_histogram(
    histograms: Mapping[str, Histogram],
    title: str,
    unit: str = "",
    *,
    rows: str = "events",
    log_y: bool = False,
    threshold: float | None = None,
    window: tuple[float, float] | None = None,
) -> go.Figure:
    """One histogram per class as steps with statistical errors.

    `title` is the quantity without its unit; `rows` what is counted; `threshold` is drawn as a line, `window` as
    the band that a cut keeps. What lies outside the axis or is undefined is told in the legend.
    """
    figure = go.Figure()
    styles = class_styles(list(histograms))
    for name, histogram in histograms.items():
        colour, dash, symbol = styles[name]
        figure.add_scatter(
            x=histogram.edges, y=np.append(histogram.counts, histogram.counts[-1:]), mode="lines",
            line={"shape": "hv", "color": colour, "dash": dash, "width": 2}, name=_legend(name, histogram),
            legendgroup=name, hoverinfo="skip",
        )  # fmt: skip
        bins = np.column_stack([histogram.edges[:-1], histogram.edges[1:], histogram.error_high, histogram.error_low])
        figure.add_scatter(
            x=(histogram.edges[:-1] + histogram.edges[1:]) / 2.0, y=histogram.counts, mode="markers", customdata=bins,
            marker={"color": colour, "symbol": symbol, "size": 4}, name=name, legendgroup=name, showlegend=False,
            error_y=errors(histogram.error_high, histogram.error_low, colour),
            hovertemplate=f"{name}: %{{y:,.5g}} +%{{customdata[2]:.3g}} −%{{customdata[3]:.3g}}"
            f"<br>%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}} {unit}<extra></extra>",
        )  # fmt: skip
    if window is not None:
        figure.add_vrect(*window, fillcolor=NEUTRAL, opacity=0.15, line_width=0)
    if threshold is not None:
        figure.add_vline(threshold, line=THRESHOLD_LINE, annotation_text=f"{threshold:g} {unit}".strip())
    highest = max(
        (float(np.max(histogram.counts + histogram.error_high, initial=1.0)) for histogram in histograms.values()),
        default=1.0,
    )
    half_an_event = {**LOG_AXIS, "range": [math.log10(0.5), math.log10(1.5 * highest)]}
    figure.update_yaxes(**(half_an_event if log_y else {"rangemode": "tozero"}))
    return finish(figure, f"{title} [{unit}]" if unit else title, per_bin(rows, histograms, unit))


def score_spectrum(spectra: Mapping[str, Histogram], threshold: float, *, log_y: bool = True) -> go.Figure:
    """Scores per class with the threshold."""
    return step_histogram(spectra, "score (probability of signal)", log_y=log_y, threshold=threshold)


def per_bin(rows: str, histograms: Mapping[str, Histogram], unit: str) -> str:
    """Title of the axis of counts, with the bin width where all bins have the same."""
    widths = (
        np.concatenate([np.diff(histogram.edges) for histogram in histograms.values()]) if histograms else np.ones(0)
    )
    if len(widths) and np.allclose(widths, widths[0], rtol=1e-3):
        return f"{rows} / {widths[0]:.3g} {unit}".rstrip()
    return f"{rows} / bin"


def _legend(name: str, histogram: Histogram) -> str:
    left_out = [(histogram.n_under, "below"), (histogram.n_over, "above"), (histogram.n_missing, "undefined")]
    return ", ".join([f"{name} (n = {histogram.n:,}", *(f"{n:,} {where}" for n, where in left_out if n)]) + ")"
