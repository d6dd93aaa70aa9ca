"""Figures of what depends on the axis: efficiency, score, calls, label schemes side by side, the threshold that follows it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.bins import add_efficiencies, by_number, is_uneven, middles
from core.figures.evaluation import efficiency_by_bin
from core.figures.style import LOG_AXIS, NEUTRAL, THRESHOLD_LINE, class_style, errors, finish
from core.judge.held_out import Events
from core.judge.lowenergy import LowEnergy
from core.judge.reach import round_width
from core.judge.threshold_curve import ThresholdCurve
from core.judge.threshold_quote import Quoted
from core.statistics.axis import Axis
from core.statistics.efficiency import CLASSES
from core.statistics.histogram import poisson_errors
from core.statistics.intervals import Efficiency
from core.statistics.logits import as_score, logit

MAX_POINTS = 2000
SCORE_TICKS = (1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999, 1 - 1e-6)
KINDS = {"curve": ("#009E73", "circle"), "constant": ("#CC79A7", "x")}


def efficiency(
    low_energy: LowEnergy, pe_per_unit: float = math.nan, gaps: Sequence[tuple[float, float]] = ()
) -> go.Figure:  # fmt: skip
    """Signal kept and background rejected per bin, a photoelectron axis on top; `gaps` are shaded."""
    return _dressed(efficiency_by_bin(low_energy.tables), low_energy.axis, pe_per_unit, gaps)


def scores(low_energy: LowEnergy, pe_per_unit: float = math.nan, gaps: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """Median score per bin with the central 68 % of the events as bars; bins of fewer than 20 are pale."""
    figure = go.Figure()
    edges = low_energy.axis.edges
    for i, (name, band) in enumerate(low_energy.bands.items()):
        colour, _, symbol = class_style(name)
        x = middles(edges, i, len(low_energy.bands))
        for chosen, opacity, label in by_number(band.n, name):
            figure.add_scatter(
                x=x[chosen], y=band.median[chosen], mode="markers", name=label, opacity=opacity,
                marker={"color": colour, "symbol": symbol, "size": 8}, showlegend=bool(chosen.any()),
                error_y=errors((band.high - band.median)[chosen], (band.median - band.low)[chosen], colour),
                error_x=errors((edges[1:] - x)[chosen], (x - edges[:-1])[chosen], colour),
                customdata=np.column_stack([band.low, band.high, band.n])[chosen],
                hovertemplate=f"{name}: median %{{y:.4f}}<br>68 % in %{{customdata[0]:.4f}} to %{{customdata[1]:.4f}}"
                "<br>n = %{customdata[2]}<extra></extra>",
            )  # fmt: skip
    figure.add_hline(low_energy.threshold, line=THRESHOLD_LINE)
    figure.update_yaxes(range=[-0.02, 1.02])
    finish(figure, low_energy.axis.title, "score (median, 68 % of events)")
    return _dressed(figure, low_energy.axis, pe_per_unit, gaps)


def calls(
    low_energy: LowEnergy, pe_per_unit: float = math.nan, gaps: Sequence[tuple[float, float]] = (), *,
    is_normalised: bool = False, is_log: bool = True,
) -> go.Figure:  # fmt: skip
    """What the network calls the events of each class, along the axis: counts, or parts of the class in each bin.

    Colour: what an event is; solid with full markers: called rightly; dotted with open markers: wrongly.
    """
    figure = go.Figure()
    edges, unit = low_energy.axis.edges, low_energy.axis.unit
    middle, least, most = middles(edges, 0, 1), 1.0, 1.0
    for name, table in low_energy.tables.items():
        colour, _, symbol = class_style(name)
        other = next(class_name for class_name in CLASSES if class_name != name)
        for called, is_right in ((name, True), (other, False)):
            low, value, high, k, n = _called(table.rows, is_right, is_normalised)
            least, most = min(least, 0.5 / max(n)) if is_normalised and n.any() else 0.5, max(most, np.nanmax(high))
            drawn = np.where(
                k == 0, value + least * is_log, value
            )  # on a logarithmic axis none is drawn at half an event
            label = f"{name} called {called}"
            style = {"shape": "hvh", "color": colour, "width": 2, "dash": "solid" if is_right else "dot"}
            figure.add_scatter(
                x=middle, y=drawn, mode="lines", line=style, name=label, legendgroup=label, hoverinfo="skip",
                opacity=0.5,
            )  # fmt: skip
            for chosen, opacity, _ in by_number(n, label):
                figure.add_scatter(
                    x=middle[chosen], y=drawn[chosen], mode="markers", legendgroup=label, showlegend=False, name=label,
                    marker={"color": colour, "symbol": symbol + ("" if is_right else "-open"), "size": 7},
                    opacity=opacity, error_y=errors((high - drawn)[chosen], np.fmax(drawn - low, 0.0)[chosen], colour),
                    customdata=np.column_stack([edges[:-1], edges[1:], k, n])[chosen],
                    hovertemplate=f"{label}: %{{customdata[2]:d}} of %{{customdata[3]:d}}<br>%{{customdata[0]:g}} to "
                    f"%{{customdata[1]:g}} {unit}<extra></extra>",
                )  # fmt: skip
    axis = (
        {**LOG_AXIS, "range": [math.log10(0.9 * least), math.log10(1.5 * most)]} if is_log else {"rangemode": "tozero"}
    )
    figure.update_yaxes(**axis)
    bin = "bin" if is_uneven(edges) else f"{edges[1] - edges[0]:g} {unit}"
    title = "part of the class in the bin" if is_normalised else f"events / {bin}"
    return _dressed(finish(figure, low_energy.axis.title, title), low_energy.axis, pe_per_unit, gaps)


def _called(rows: Sequence[Efficiency], is_right: bool, is_normalised: bool) -> tuple[np.ndarray, ...]:
    """(low, value, high, k, n of the class) per bin; NaN where the class has no events."""
    n = np.array([row.n for row in rows])
    k = np.array([row.k if is_right else row.n - row.k for row in rows])
    if is_normalised:
        ends = np.array([(row.low, row.value, row.high) for row in rows]).T
        low, value, high = ends if is_right else 1.0 - ends[::-1]
        return low, value, high, k, n
    down, up = poisson_errors(k)
    value = np.where(n > 0, k, np.nan)
    return value - down, value, value + up, k, n


def schemes(by_scheme: Mapping[str, LowEnergy]) -> go.Figure:
    """Efficiency by energy under each label scheme, side by side with the same axes."""
    figure = make_subplots(
        1, len(by_scheme), shared_yaxes=True, horizontal_spacing=0.02, subplot_titles=list(by_scheme)
    )
    named: set[str] = set()
    for i, low_energy in enumerate(by_scheme.values()):
        for trace in efficiency_by_bin(low_energy.tables).data:
            trace.showlegend = trace.showlegend is not False and trace.name not in named
            named |= {trace.name} if trace.showlegend else set()
            figure.add_trace(trace, 1, i + 1)
    finish(figure, low_energy.axis.title, "")
    figure.update_yaxes(range=[0.0, 103.0]).update_xaxes(**_whole(low_energy.axis))
    figure.update_yaxes(title_text="signal efficiency, background rejection [%]", col=1)
    return figure.update_layout(legend={"y": 1.14}, margin={"t": 70})


def threshold_plane(curve: ThresholdCurve, validation: Events, quoted: Quoted) -> go.Figure:
    """Left: the validation events in energy and logit score with the quantiles and the curve through them; right: the
    signal efficiency that curve and constant threshold have on held-out events, per bin.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.1, column_widths=[0.5, 0.5])
    for name, label in CLASSES.items():
        of_class = validation.where(validation.labels == label)
        every = max(1, math.ceil(len(of_class.score) / MAX_POINTS))
        colour, _, symbol = class_style(name)
        figure.add_scatter(
            x=of_class.axis_values[::every], y=logit(of_class.score[::every]), mode="markers", hoverinfo="skip", row=1, col=1,
            name=f"{name}, validation" + (f" (every {every}.)" if every > 1 else ""),
            marker={"color": colour, "symbol": symbol, "size": 4, "opacity": 0.4},
        )  # fmt: skip
    energy = (np.geomspace if is_uneven(quoted.axis.edges) else np.linspace)(*quoted.axis.range, 401)
    lines = {"curve": logit(curve.at(energy)), "constant": np.full(len(energy), float(logit(np.array(curve.constant))))}
    for kind, y in lines.items():
        colour, _ = KINDS[kind]
        figure.add_scatter(
            x=energy, y=y, mode="lines", name=f"{kind} threshold", legendgroup=kind, row=1, col=1, customdata=as_score(y),
            line={"color": colour, "width": 3, "dash": "solid" if kind == "curve" else "dot"},
            hovertemplate=f"{kind}: score %{{customdata:.5f}} at %{{x:.1f}} {quoted.axis.unit}<extra></extra>",
        )  # fmt: skip
    points = curve.points
    figure.add_scatter(
        x=points.values, y=points.logit, mode="markers", name=f"quantile at {100 * curve.wanted:g} %", row=1, col=1,
        marker={"color": NEUTRAL, "symbol": "diamond", "size": 9}, error_y=errors(points.error, points.error, NEUTRAL),
        error_x=errors(points.high - points.values, points.values - points.low, NEUTRAL),
        customdata=np.column_stack([as_score(points.logit), points.n]),
        hovertemplate="score %{customdata[0]:.5f}, n = %{customdata[1]:d}<extra></extra>",
    )  # fmt: skip
    for i, (kind, style) in enumerate(KINDS.items()):
        place = i, len(KINDS)
        add_efficiencies(
            figure, quoted.axis, quoted.rows[kind]["signal"], kind, style, place, in_legend=False, row=1, col=2
        )
    figure.add_hline(100.0 * curve.wanted, line=THRESHOLD_LINE, row=1, col=2)
    finish(figure, quoted.axis.title, "")
    reach = logit(np.array([1e-7, 1 - 1e-7]))
    ticks = [float(v) for v in logit(np.array(SCORE_TICKS))]
    texts = ["10⁻⁶", "10⁻⁴", "0.01", "0.1", "0.5", "0.9", "0.99", "0.9999", "1−10⁻⁶"]
    figure.update_yaxes(title_text="score", tickvals=ticks, ticktext=texts, range=(1.05 * reach).tolist(), col=1)
    figure.update_yaxes(title_text="signal efficiency [%], unseen events", range=[0.0, 103.0], col=2)
    return figure.update_xaxes(**_whole(quoted.axis))


def _whole(axis: Axis) -> dict[str, Any]:
    """The whole range of the axis, logarithmic where its bins are."""
    if not is_uneven(axis.edges):
        return {"range": list(axis.range)}
    return {"type": "log", "range": np.log10(axis.range).tolist(), "dtick": 1}


def _dressed(figure: go.Figure, axis: Axis, pe_per_unit: float, gaps: Sequence[tuple[float, float]]) -> go.Figure:
    """With the whole range, its gaps shaded and, where the light yield is known, photoelectrons on top."""
    for low, high in gaps:
        figure.add_vrect(
            low, high, fillcolor=NEUTRAL, opacity=0.15, line_width=0, annotation_text="not scored",
            annotation_position="top left",
        )  # fmt: skip
    whole = _whole(axis)
    figure.update_xaxes(**whole)
    if not math.isfinite(pe_per_unit):
        return figure
    first, last = axis.range
    if "type" in whole:
        pe = 10.0 ** np.arange(math.ceil(math.log10(first * pe_per_unit)), math.log10(last * pe_per_unit))
    else:
        step = round_width(last * pe_per_unit / 8.0)
        pe = np.arange(0.0, last * pe_per_unit + step / 2.0, step)
    figure.add_scatter(x=[first], y=[None], xaxis="x2", showlegend=False, hoverinfo="skip")
    top = {
        "overlaying": "x", "matches": "x", "side": "top", "tickvals": pe / pe_per_unit, "showgrid": False,
        "ticktext": [f"{v:,.0f}" for v in pe], "zeroline": False,
        "title": {"text": f"photoelectrons (nominal {pe_per_unit:,.4g} PE/{axis.unit})", "standoff": 4},
    } | ({"type": "log"} if "type" in whole else {})  # fmt: skip
    return figure.update_layout(xaxis2=top, margin={"t": 82}, legend={"yref": "container", "y": 0.99, "yanchor": "top"})
