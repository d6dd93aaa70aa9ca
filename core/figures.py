"""Plotly figures shared by all experiments: numbers in, figure out. One meaning, one colour; a class also has its own dash.

Backgrounds are transparent and texts have no colour of their own, so that a light and a dark theme both fit.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.judge.efficiency import ClassTable
from core.judge.evaluation import Judged
from core.judge.histogram import Histogram, Histogram2d
from core.judge.roc import thinned

SIGNAL = "#0072B2"
BACKGROUND = "#D55E00"
OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", SIGNAL, BACKGROUND, "#CC79A7")
SEQUENCE = "Cividis"
NEUTRAL = "#888888"
TEXT_PX = 13

_FREE_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")
_LOG_AXIS = {"type": "log", "dtick": 1, "exponentformat": "power"}
_THRESHOLD = {"color": NEUTRAL, "width": 2, "dash": "dot"}
_KNOWN = {"signal": (SIGNAL, "solid", "circle"), "background": (BACKGROUND, "dash", "square")}


@dataclass(frozen=True)
class Curve:
    """One line of a training: `x` batches or epochs, `y` the loss (empty class name) or a class's efficiency."""

    run: str
    class_name: str
    x: Sequence[float]
    y: Sequence[float]
    is_validation: bool = False


def class_style(name: str, position: int = 0) -> tuple[str, str, str]:
    """Colour, dash and marker of a class; `position` counts the classes beyond signal and background."""
    free = _FREE_COLOURS[position % len(_FREE_COLOURS)], _DASHES[position % 4 + 2], _SYMBOLS[position % 4 + 2]
    return _KNOWN.get(name, free)


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
    free = [name for name in histograms if name not in _KNOWN]
    for name, found in histograms.items():
        colour, dash, symbol = class_style(name, free.index(name) if name in free else 0)
        figure.add_scatter(
            x=found.edges, y=np.append(found.counts, found.counts[-1:]), mode="lines",
            line={"shape": "hv", "color": colour, "dash": dash, "width": 2}, name=_legend(name, found),
            legendgroup=name, hoverinfo="skip",
        )  # fmt: skip
        bins = np.column_stack([found.edges[:-1], found.edges[1:], found.error_high, found.error_low])
        figure.add_scatter(
            x=(found.edges[:-1] + found.edges[1:]) / 2.0, y=found.counts, mode="markers", customdata=bins,
            marker={"color": colour, "symbol": symbol, "size": 4}, name=name, legendgroup=name, showlegend=False,
            error_y=_errors(found.error_high, found.error_low, colour),
            hovertemplate=f"{name}: %{{y:,.5g}} +%{{customdata[2]:.3g}} −%{{customdata[3]:.3g}}"
            f"<br>%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}} {unit}<extra></extra>",
        )  # fmt: skip
    if window is not None:
        figure.add_vrect(*window, fillcolor=NEUTRAL, opacity=0.15, line_width=0)
    if threshold is not None:
        figure.add_vline(threshold, line=_THRESHOLD, annotation_text=f"{threshold:g} {unit}".strip())
    highest = max((float(np.max(one.counts + one.error_high, initial=1.0)) for one in histograms.values()), default=1.0)
    half_an_event = {**_LOG_AXIS, "range": [math.log10(0.5), math.log10(1.5 * highest)]}
    figure.update_yaxes(**(half_an_event if log_y else {"rangemode": "tozero"}))
    return _finish(figure, f"{title} [{unit}]" if unit else title, _per_bin(rows, histograms, unit))


def score_spectrum(spectra: Mapping[str, Histogram], threshold: float, *, log_y: bool = True) -> go.Figure:
    """Scores per class with the threshold."""
    return step_histogram(spectra, "score (probability of signal)", log_y=log_y, threshold=threshold)


def roc_curve(judged: Mapping[str, Judged]) -> go.Figure:
    """Signal efficiency against leakage (logarithmic), with area and operating point of each classifier.

    On a logarithmic axis no leakage has no place: it is drawn at half an event.
    """
    figure = go.Figure()
    floors = [0.5 / max(one.roc.n_background, 1) for one in judged.values()]
    for i, ((name, one), floor) in enumerate(zip(judged.items(), floors, strict=True)):
        curve, colour = thinned(one.roc), _FREE_COLOURS[i % len(_FREE_COLOURS)]
        area = f"AUC {one.auc.value:.4f} [{one.auc.low:.4f}, {one.auc.high:.4f}]".replace("nan", "undefined")
        figure.add_scatter(
            x=np.maximum(curve.leakage, floor), y=curve.signal_efficiency, mode="lines", legendgroup=name,
            name=f"{name}, {area}", line={"color": colour, "dash": _DASHES[i % len(_DASHES)], "width": 2},
            customdata=np.column_stack([curve.leakage, curve.threshold]),
            hovertemplate=f"{name}<br>signal efficiency %{{y:.4f}}<br>leakage %{{customdata[0]:.3g}}"
            "<br>threshold %{customdata[1]:.4g}<extra></extra>",
        )  # fmt: skip
        _add_operating_point(figure, name, one, floor, colour, _SYMBOLS[i % len(_SYMBOLS)])
    figure.update_xaxes(**_LOG_AXIS, range=[math.log10(min(floors, default=1e-3)), 0.0])
    figure.update_yaxes(range=[0.0, 1.02])
    return _finish(figure, "leakage (part of the background that passes)", "signal efficiency")


def _add_operating_point(figure: go.Figure, name: str, one: Judged, floor: float, colour: str, symbol: str) -> None:
    signal, background = one.point.signal, one.point.background
    least, leakage, most = (max(1.0 - v, floor) for v in (background.high, background.value, background.low))
    figure.add_scatter(
        x=[leakage], y=[signal.value], mode="markers", legendgroup=name, showlegend=False, name=name,
        marker={"color": colour, "size": 10, "symbol": symbol},
        error_x=_errors([most - leakage], [leakage - least], colour),
        error_y=_errors([signal.high - signal.value], [signal.value - signal.low], colour),
        hovertemplate=f"{name} at {one.point.threshold:g}<br>signal {signal.k} of {signal.n} kept"
        f"<br>background {background.n - background.k} of {background.n} leaked<extra></extra>",
    )  # fmt: skip


def efficiency_vs_energy(tables: Mapping[str, ClassTable], unit: str = "keV") -> go.Figure:
    """Efficiency per energy row with its interval, one series per class; rows of fewer than 20 events are pale.

    Points stand a little beside the middle of their row, so that the classes do not hide each other.
    """
    figure = go.Figure()
    for i, (name, table) in enumerate(tables.items()):
        colour, _, symbol = class_style(name)
        edges = table.energy_edges_kev
        value = np.array([100.0 * row.value for row in table.rows])
        up = np.array([100.0 * row.high for row in table.rows]) - value
        down = value - np.array([100.0 * row.low for row in table.rows])
        pale, half = np.array(table.few), np.diff(edges) / 2.0
        aside = 0.2 * half * (i - (len(tables) - 1) / 2.0)
        k, n = [row.k for row in table.rows], [row.n for row in table.rows]
        details = np.column_stack([edges[:-1], edges[1:], k, n, up, down])
        hover = (
            f"{name} %{{y:.2f}} +%{{customdata[4]:.2f}} −%{{customdata[5]:.2f}} %<br>%{{customdata[2]:d}} of "
            f"%{{customdata[3]:d}}<br>%{{customdata[0]:g}} to %{{customdata[1]:g}} {unit}<extra></extra>"
        )
        for chosen, opacity, label in ((~pale, 1.0, name), (pale, 0.35, f"{name}, n < 20")):
            figure.add_scatter(
                x=(edges[:-1] + half + aside)[chosen], y=value[chosen], mode="markers", name=label,
                opacity=opacity, marker={"color": colour, "symbol": symbol, "size": 8}, legendgroup=label,
                error_y=_errors(up[chosen], down[chosen], colour), customdata=details[chosen], hovertemplate=hover,
                error_x=_errors((half - aside)[chosen], (half + aside)[chosen], colour), showlegend=bool(chosen.any()),
            )  # fmt: skip
    figure.update_yaxes(range=[0.0, 103.0])
    return _finish(figure, f"energy [{unit}]", "efficiency [%]")


def count_heatmap(table: ClassTable, unit: str = "keV") -> go.Figure:
    """The table of one class: events per energy row and score column, written in the cells, efficiency at the right.

    Each cell also has an invisible marker, because a click on a heatmap does not reach the page; its custom data
    are class, energy from, energy to, score from, score to, events.
    """
    energy, score = table.energy_edges_kev, table.score_edges
    x, y = (score[:-1] + score[1:]) / 2.0, (energy[:-1] + energy[1:]) / 2.0
    counts = np.asarray(table.counts)
    figure = go.Figure()
    figure.add_heatmap(
        x=x, y=y, z=_log10(counts), text=np.where(counts > 0, counts.astype(str), ""), texttemplate="%{text}",
        textfont={"size": 12}, hoverinfo="skip", colorscale=SEQUENCE, showscale=False, xgap=1, ygap=1,
    )  # fmt: skip
    row, column = (i.ravel() for i in np.indices(counts.shape))
    cells = [
        [table.name, float(energy[i]), float(energy[i + 1]), float(score[j]), float(score[j + 1]), int(counts[i, j])]
        for i, j in zip(row, column, strict=True)
    ]
    figure.add_scatter(
        x=x[column], y=y[row], mode="markers+text", customdata=cells, name="cells", showlegend=False,
        text=["" if cell[-1] else "0" for cell in cells], textfont={"size": 12, "color": NEUTRAL},
        marker={"symbol": "square", "size": 22, "color": "rgba(0,0,0,0)"},
        hovertemplate=f"{table.name}: %{{customdata[5]}} events<br>%{{customdata[1]:g}} to %{{customdata[2]:g}} {unit}"
        "<br>score %{customdata[3]:.2f} to %{customdata[4]:.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=np.full(len(y), score[-1]), y=y, mode="text", textposition="middle right", name="efficiency",
        text=[_percent(r.value) + (f" (n {r.n})" if few else "") for r, few in zip(table.rows, table.few, strict=True)],
        textfont={"size": 12}, showlegend=False, cliponaxis=False,
        customdata=[[100.0 * r.low, 100.0 * r.high, r.k, r.n] for r in table.rows],
        hovertemplate="efficiency %{customdata[2]} of %{customdata[3]}: %{customdata[0]:.1f} to %{customdata[1]:.1f} %"
        "<extra></extra>",
    )  # fmt: skip
    figure.add_vline(table.threshold, line={"color": BACKGROUND, "width": 2, "dash": "dot"})
    figure.update_yaxes(range=[float(energy[-1]), float(energy[0])], showgrid=False, dtick=1.0)
    figure.update_xaxes(range=[float(score[0]), float(score[-1])], showgrid=False)
    x_title = f"score ({table.name} events / {score[1] - score[0]:.2g}), efficiency at the right [%]"
    _finish(figure, x_title, f"energy [{unit}]")
    return figure.update_layout(height=520, margin={"r": 110})


def histogram_2d(
    found: Histogram2d, x_title: str, y_title: str, *, log: bool = True, rows: str = "events"
) -> go.Figure:
    """Events per cell in colour, empty cells left free; axis titles with units. n and what is outside stand above."""
    counts = np.asarray(found.counts).T
    z = _log10(counts) if log else np.where(counts > 0, counts, np.nan)
    bar: dict[str, Any] = {"title": {"text": rows}}
    if log:
        powers = np.arange(0, math.ceil(math.log10(max(float(counts.max(initial=1)), 1.0))) + 1)
        bar |= {"tickvals": powers, "ticktext": [f"{10**p:,}" for p in powers.tolist()]}
    figure = go.Figure()
    figure.add_heatmap(
        x=found.x_edges, y=found.y_edges, z=z, customdata=counts, colorscale=SEQUENCE, colorbar=bar, hoverongaps=False,
        hovertemplate=f"%{{customdata:,}} {rows}<br>{x_title} %{{x:.4g}}<br>{y_title} %{{y:.4g}}<extra></extra>",
    )  # fmt: skip
    note = f"{found.n:,} {rows}, {found.n_outside:,} of them outside or undefined"
    place = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    figure.add_annotation(text=note, showarrow=False, **place)
    return _finish(figure, x_title, y_title)


def training_curves(
    curves: Sequence[Curve], x_title: str = "batches", training: str = "latest batches", *, beside: bool = False
) -> go.Figure:
    """Loss above efficiencies (or `beside`). The line style tells the class; so does the colour, or, of several runs, the run.

    Validation has markers, the `training` values (by default the running mean over the latest batches) have none.
    """
    places = [(1, 1), (1, 2)] if beside else [(1, 1), (2, 1)]
    figure = make_subplots(*places[1], shared_xaxes=True, vertical_spacing=0.07, horizontal_spacing=0.12)
    runs = list(dict.fromkeys(curve.run for curve in curves))
    several = len(runs) > 1
    for curve in curves:
        colour, dash, symbol = class_style(curve.class_name or "loss")
        if several:
            colour = _FREE_COLOURS[runs.index(curve.run) % len(_FREE_COLOURS)]
        what = f"{curve.class_name} efficiency" if curve.class_name else "loss"
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
    _finish(figure, x_title, f"efficiency [%]{'<br>(signal solid, background dashed)' * (several and not beside)}")
    figure.update_yaxes(title_text="loss", row=1, col=1)
    if x_title == "epochs":
        figure.update_xaxes(dtick=math.ceil(max((x for c in curves for x in c.x), default=1) / 10))
    return figure.update_xaxes(title_text=x_title if beside else None, row=1, col=1)


def _per_bin(rows: str, histograms: Mapping[str, Histogram], unit: str) -> str:
    widths = np.concatenate([np.diff(found.edges) for found in histograms.values()]) if histograms else np.ones(0)
    if len(widths) and np.allclose(widths, widths[0], rtol=1e-3):
        return f"{rows} / {widths[0]:.3g} {unit}".rstrip()
    return f"{rows} / bin"


def _legend(name: str, found: Histogram) -> str:
    left_out = [(found.n_under, "below"), (found.n_over, "above"), (found.n_missing, "undefined")]
    return ", ".join([f"{name} (n = {found.n:,}", *(f"{n:,} {where}" for n, where in left_out if n)]) + ")"


def _errors(up: Any, down: Any, colour: str) -> dict[str, Any]:
    style = {"color": colour, "thickness": 1.2, "width": 0}
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, **style}


def _log10(counts: np.ndarray) -> np.ndarray:
    return np.log10(np.where(counts > 0, counts, np.nan))


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100.0 * value:.2f}"


def _finish(figure: go.Figure, x_title: str, y_title: str, row: int | None = None) -> go.Figure:
    where = {"row": row, "col": 1} if row else {}
    figure.update_xaxes(title_text=x_title, **where)
    figure.update_yaxes(title_text=y_title, **where)
    return figure.update_layout(
        font={"size": TEXT_PX},
        hoverlabel={"font": {"size": TEXT_PX}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=400,
        margin={"l": 65, "r": 20, "t": 40, "b": 50},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        uirevision="keep",
    )
