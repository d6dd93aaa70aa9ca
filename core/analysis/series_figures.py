"""Figures of a rate in time: a panel per source, errors, mean, outliers, gaps and bands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.rates import Band, Series
from core.figures.style import BACKGROUND, FREE_COLOURS, NEUTRAL, SIGNAL, errors, finish

PANEL_PX = 150
LEAST_PX = 330
OUTLIER = {"symbol": "diamond-open", "size": 13, "color": BACKGROUND, "line": {"width": 2}}


def times(seconds: np.ndarray) -> list[datetime]:
    """Unix seconds as UTC."""
    return [datetime.fromtimestamp(float(s), UTC) for s in seconds]


def rate_in_time(panels: Sequence[Series], bands: Sequence[Band], unit: str, particle: str) -> go.Figure:
    """Rate per image with its error, the mean as a line, outliers ringed, bands shaded; lines break at gaps.

    The panels share their scales, so that what differs between them is seen.
    """
    n = len(panels)
    figure = make_subplots(n, 1, shared_xaxes=True, shared_yaxes="all", vertical_spacing=min(0.09, 0.3 / n))
    for i, series in enumerate(panels, 1):
        _panel(figure, series, i, unit)
    names = list(dict.fromkeys(band.name for band in bands))
    for band in bands:
        start, stop = times(np.array([band.start_s, band.stop_s]))
        figure.add_vrect(
            start, stop, fillcolor=FREE_COLOURS[names.index(band.name) % len(FREE_COLOURS)], opacity=0.15, line_width=0,
            annotation_text=band.name, annotation_position="top left",
        )  # fmt: skip
    finish(figure, "", "")
    figure.update_yaxes(title_text=f"{particle}s {unit}", row=(n + 1) // 2)
    figure.update_xaxes(title_text="middle of the exposure (UTC)", row=n)
    return figure.update_layout(height=max(LEAST_PX, 90 + PANEL_PX * n), showlegend=False)


def _panel(figure: go.Figure, series: Series, row: int, unit: str) -> None:
    when = times(series.time_s)
    figure.add_scatter(
        x=when, y=series.rate, mode="markers", name=series.panel, row=row, col=1, marker={"color": SIGNAL, "size": 6},
        error_y=errors(series.error_high, series.error_low, SIGNAL), customdata=np.column_stack([series.pull, series.error_high]),
        hovertemplate=f"{series.panel}<br>%{{x|%Y-%m-%d %H:%M}}: %{{y:.4g}} ± %{{customdata[1]:.2g}} {unit}"
        "<br>%{customdata[0]:+.1f} σ from the mean<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=_broken(when, series.gap), y=_broken(series.rate.tolist(), series.gap), mode="lines", hoverinfo="skip", row=row, col=1,
        line={"color": SIGNAL, "width": 0.7}, connectgaps=False,
    )  # fmt: skip
    odd = np.flatnonzero(series.outlier)
    figure.add_scatter(
        x=[when[i] for i in odd], y=series.rate[odd], mode="markers", marker=OUTLIER, hoverinfo="skip", row=row, col=1
    )
    figure.add_hline(series.mean.value, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, row=row, col=1)
    p = "" if np.isnan(series.p_value) else f", p = {series.p_value:.2g}"
    figure.add_annotation(
        text=f"{series.panel}: mean {series.mean.value:.4g}, χ²/ndf {series.chi2:.1f}/{series.ndf}{p}", showarrow=False,
        xref="x domain", yref="y domain", x=0.0, y=1.0, xanchor="left", yanchor="bottom", row=row, col=1,
    )  # fmt: skip


def _broken(values: Sequence[Any], gap: np.ndarray) -> list[Any]:
    """The values with nothing after each gap, where a line shall break."""
    broken: list[Any] = []
    for value, ends in zip(values, gap, strict=True):
        broken += [value, None] if ends else [value]
    return broken


def series_columns(panels: Sequence[Series]) -> dict[str, list[object]]:
    """The points of all panels as columns for a file."""
    names = ("frame", "time_s", "rate", "error_low", "error_high", "pull", "outlier", "gap")
    columns: dict[str, list[object]] = {"panel": [series.panel for series in panels for _ in series.rate]}
    return columns | {name: [v for series in panels for v in getattr(series, name).tolist()] for name in names}
