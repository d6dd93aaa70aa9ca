"""Figures of what depends on energy: efficiency, score, calls, label schemes side by side, the threshold that follows it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.judged import efficiency_vs_energy
from core.figures.style import LOG_AXIS, NEUTRAL, THRESHOLD_LINE, class_style, errors, finish
from core.judge.efficiency import CLASSES, FEW
from core.judge.histogram import poisson_errors
from core.judge.intervals import Efficiency
from core.judge.logits import as_score, logit
from core.judge.lowenergy import LowEnergy
from core.judge.threshold_curve import ThresholdCurve
from core.judge.threshold_quote import Quoted
from core.judge.unseen import Events

UNIT = "keV"
PALE = 0.35
MAX_POINTS = 2000
SCORE_TICKS = (1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999, 1 - 1e-6)
KINDS = {"curve": ("#009E73", "circle"), "constant": ("#CC79A7", "x")}


def efficiency(
    found: LowEnergy, pe_per_kev: float = math.nan, gaps: Sequence[tuple[float, float]] = ()
) -> go.Figure:  # fmt: skip
    """Signal kept and background rejected per energy bin, a photoelectron axis on top; `gaps` are shaded."""
    return _dressed(efficiency_vs_energy(found.tables), found.edges_kev, pe_per_kev, gaps)


def scores(found: LowEnergy, pe_per_kev: float = math.nan, gaps: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """Median score per energy bin with the central 68 % of the events as bars; bins of fewer than 20 are pale."""
    figure = go.Figure()
    middle, half = (found.edges_kev[1:] + found.edges_kev[:-1]) / 2.0, np.diff(found.edges_kev) / 2.0
    for i, (name, band) in enumerate(found.bands.items()):
        colour, _, symbol = class_style(name)
        aside = 0.3 * half * (i - 0.5)
        for chosen, opacity, label in _by_number(band.n, name):
            figure.add_scatter(
                x=(middle + aside)[chosen], y=band.median[chosen], mode="markers", name=label, opacity=opacity,
                marker={"color": colour, "symbol": symbol, "size": 8}, showlegend=bool(chosen.any()),
                error_y=errors((band.high - band.median)[chosen], (band.median - band.low)[chosen], colour),
                error_x=errors((half - aside)[chosen], (half + aside)[chosen], colour),
                customdata=np.column_stack([band.low, band.high, band.n])[chosen],
                hovertemplate=f"{name}: median %{{y:.4f}}<br>68 % in %{{customdata[0]:.4f}} to %{{customdata[1]:.4f}}"
                "<br>n = %{customdata[2]}<extra></extra>",
            )  # fmt: skip
    figure.add_hline(found.threshold, line=THRESHOLD_LINE)
    figure.update_yaxes(range=[-0.02, 1.02])
    finish(figure, f"energy [{UNIT}]", "score (median, 68 % of events)")
    return _dressed(figure, found.edges_kev, pe_per_kev, gaps)


def calls(
    found: LowEnergy, pe_per_kev: float = math.nan, gaps: Sequence[tuple[float, float]] = (), *,
    is_normalised: bool = False, is_log: bool = True,
) -> go.Figure:  # fmt: skip
    """What the network calls the events of each class, against energy: counts, or parts of the class in each bin.

    Colour: what an event is; solid with full markers: called rightly; dotted with open markers: wrongly.
    """
    figure = go.Figure()
    edges = found.edges_kev
    middle, least, most = (edges[1:] + edges[:-1]) / 2.0, 1.0, 1.0
    for name, table in found.tables.items():
        colour, _, symbol = class_style(name)
        other = next(one for one in CLASSES if one != name)
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
            for chosen, opacity, _ in _by_number(n, label):
                figure.add_scatter(
                    x=middle[chosen], y=drawn[chosen], mode="markers", legendgroup=label, showlegend=False, name=label,
                    marker={"color": colour, "symbol": symbol + ("" if is_right else "-open"), "size": 7},
                    opacity=opacity, error_y=errors((high - drawn)[chosen], np.fmax(drawn - low, 0.0)[chosen], colour),
                    customdata=np.column_stack([edges[:-1], edges[1:], k, n])[chosen],
                    hovertemplate=f"{label}: %{{customdata[2]:d}} of %{{customdata[3]:d}}<br>%{{customdata[0]:g}} to "
                    f"%{{customdata[1]:g}} {UNIT}<extra></extra>",
                )  # fmt: skip
    axis = (
        {**LOG_AXIS, "range": [math.log10(0.9 * least), math.log10(1.5 * most)]} if is_log else {"rangemode": "tozero"}
    )
    figure.update_yaxes(**axis)
    title = "part of the class in the bin" if is_normalised else f"events / {edges[1] - edges[0]:g} {UNIT}"
    return _dressed(finish(figure, f"energy [{UNIT}]", title), edges, pe_per_kev, gaps)


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


def schemes(found: Mapping[str, LowEnergy]) -> go.Figure:
    """Efficiency by energy under each label scheme, side by side with the same axes."""
    figure = make_subplots(1, len(found), shared_yaxes=True, horizontal_spacing=0.02, subplot_titles=list(found))
    named: set[str] = set()
    for i, one in enumerate(found.values()):
        for trace in efficiency_vs_energy(one.tables).data:
            trace.showlegend = trace.showlegend is not False and trace.name not in named
            named |= {trace.name} if trace.showlegend else set()
            figure.add_trace(trace, 1, i + 1)
    finish(figure, f"energy [{UNIT}]", "")
    figure.update_yaxes(range=[0.0, 103.0]).update_xaxes(range=[one.edges_kev[0], one.edges_kev[-1]])
    figure.update_yaxes(title_text="efficiency [%]", col=1)
    return figure.update_layout(legend={"y": 1.14}, margin={"t": 70})


def threshold_plane(curve: ThresholdCurve, validation: Events, quoted: Quoted) -> go.Figure:
    """Left: the validation events in energy and logit score with the quantiles and the curve through them; right: the
    signal efficiency that curve and constant threshold have on unseen events, per energy bin.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.1, column_widths=[0.5, 0.5])
    for name, label in CLASSES.items():
        mine = validation.where(validation.labels == label)
        every = max(1, math.ceil(len(mine.score) / MAX_POINTS))
        colour, _, symbol = class_style(name)
        figure.add_scatter(
            x=mine.energy_kev[::every], y=logit(mine.score[::every]), mode="markers", hoverinfo="skip", row=1, col=1,
            name=f"{name}, validation" + (f" (every {every}.)" if every > 1 else ""),
            marker={"color": colour, "symbol": symbol, "size": 4, "opacity": 0.4},
        )  # fmt: skip
    ends = [float(quoted.edges_kev[0]), float(quoted.edges_kev[-1])]
    energy = np.linspace(ends[0], ends[1], 401)
    lines = {"curve": logit(curve.at(energy)), "constant": np.full(len(energy), float(logit(np.array(curve.constant))))}
    for kind, y in lines.items():
        colour, _ = KINDS[kind]
        figure.add_scatter(
            x=energy, y=y, mode="lines", name=f"{kind} threshold", legendgroup=kind, row=1, col=1, customdata=as_score(y),
            line={"color": colour, "width": 3, "dash": "solid" if kind == "curve" else "dot"},
            hovertemplate=f"{kind}: score %{{customdata:.5f}} at %{{x:.1f}} {UNIT}<extra></extra>",
        )  # fmt: skip
    points = curve.points
    figure.add_scatter(
        x=points.energy_kev, y=points.logit, mode="markers", name=f"quantile at {100 * curve.wanted:g} %", row=1, col=1,
        marker={"color": NEUTRAL, "symbol": "diamond", "size": 9}, error_y=errors(points.error, points.error, NEUTRAL),
        error_x=errors(points.high_kev - points.energy_kev, points.energy_kev - points.low_kev, NEUTRAL),
        customdata=np.column_stack([as_score(points.logit), points.n]),
        hovertemplate="score %{customdata[0]:.5f}, n = %{customdata[1]:d}<extra></extra>",
    )  # fmt: skip
    _add_held(figure, curve.wanted, quoted)
    finish(figure, f"energy [{UNIT}]", "")
    reach = logit(np.array([1e-7, 1 - 1e-7]))
    ticks = [float(v) for v in logit(np.array(SCORE_TICKS))]
    texts = ["10⁻⁶", "10⁻⁴", "0.01", "0.1", "0.5", "0.9", "0.99", "0.9999", "1−10⁻⁶"]
    figure.update_yaxes(title_text="score", tickvals=ticks, ticktext=texts, range=(1.05 * reach).tolist(), col=1)
    figure.update_yaxes(title_text="signal efficiency [%], unseen events", range=[0.0, 103.0], col=2)
    return figure.update_xaxes(range=ends)


def _add_held(figure: go.Figure, wanted: float, quoted: Quoted) -> None:
    """Signal efficiency per energy bin of both thresholds, with the wanted one as a line."""
    middle, half = (quoted.edges_kev[1:] + quoted.edges_kev[:-1]) / 2.0, np.diff(quoted.edges_kev) / 2.0
    for i, (kind, (colour, symbol)) in enumerate(KINDS.items()):
        rows = quoted.rows[kind]["signal"]
        low, value, high = (100.0 * np.array([getattr(row, end) for row in rows]) for end in ("low", "value", "high"))
        n = np.array([row.n for row in rows])
        for chosen, opacity, _ in _by_number(n, kind):
            figure.add_scatter(
                x=(middle + 0.3 * half * (i - 0.5))[chosen], y=value[chosen], mode="markers", legendgroup=kind,
                showlegend=False, opacity=opacity, marker={"color": colour, "symbol": symbol, "size": 8}, row=1, col=2,
                error_y=errors((high - value)[chosen], (value - low)[chosen], colour), name=kind,
                customdata=np.column_stack([low, high, n])[chosen],
                hovertemplate=f"{kind}: %{{y:.1f}} % [%{{customdata[0]:.1f}}, %{{customdata[1]:.1f}}]"
                "<br>n = %{customdata[2]:d}<extra></extra>",
            )  # fmt: skip
    figure.add_hline(100.0 * wanted, line=THRESHOLD_LINE, row=1, col=2)


def _by_number(n: np.ndarray, name: str) -> list[tuple[np.ndarray, float, str]]:
    """The bins that are filled, in two groups: (which, opacity, name in the legend)."""
    return [(n >= FEW, 1.0, name), ((n > 0) & (n < FEW), PALE, f"{name}, n < {FEW}")]


def _dressed(
    figure: go.Figure, edges_kev: np.ndarray, pe_per_kev: float, gaps: Sequence[tuple[float, float]]
) -> go.Figure:
    """With the whole energy window, its gaps shaded and, where the light yield is known, photoelectrons on top."""
    for low, high in gaps:
        figure.add_vrect(
            low, high, fillcolor=NEUTRAL, opacity=0.15, line_width=0, annotation_text="not scored",
            annotation_position="top left",
        )  # fmt: skip
    first, last = float(edges_kev[0]), float(edges_kev[-1])
    figure.update_xaxes(range=[first, last])
    if not math.isfinite(pe_per_kev):
        return figure
    step = _round_step(last * pe_per_kev / 8.0)
    pe = np.arange(0.0, last * pe_per_kev + step / 2.0, step)
    figure.add_scatter(x=[first], y=[None], xaxis="x2", showlegend=False, hoverinfo="skip")
    top = {
        "overlaying": "x", "matches": "x", "side": "top", "tickvals": pe / pe_per_kev, "showgrid": False,
        "ticktext": [f"{v:g}" for v in pe], "zeroline": False,
        "title": {"text": f"photoelectrons (nominal {pe_per_kev:.3g} PE/{UNIT})", "standoff": 4},
    }  # fmt: skip
    return figure.update_layout(xaxis2=top, margin={"t": 82}, legend={"yref": "container", "y": 0.99, "yanchor": "top"})


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... that is at least so large."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= least)
