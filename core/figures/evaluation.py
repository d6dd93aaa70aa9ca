"""Figures of what was judged: ROC curves, efficiency by energy, the table of energy and score."""

import math
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.figures.bins import add_efficiencies, is_uneven
from core.figures.style import (
    BACKGROUND,
    DASHES,
    FREE_COLOURS,
    LOG_AXIS,
    SEQUENCE,
    SHORT_LOG_AXIS,
    SYMBOLS,
    class_style,
    errors,
    finish,
    log10_counts,
    percent,
)
from core.judge.evaluation import Judged
from core.judge.report import DASH
from core.statistics.efficiency import RIGHT, ClassTable
from core.statistics.roc import NO_RANKING, thinned

LOST_TICKS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-4, 1e-5)


def roc_curve(judged: Mapping[str, Judged]) -> go.Figure:
    """Signal that is lost against background that leaks, both logarithmic, so that 99 and 99.9 % are told apart; the axis of the signal
    carries its efficiency. With area and operating point of each classifier.

    On a logarithmic axis nothing has no place: it is drawn at half an event.
    """
    figure = go.Figure()
    leakage_floors: list[float] = []
    lost_floors: list[float] = []
    for i, (name, classifier) in enumerate(judged.items()):
        floors = 0.5 / max(classifier.roc.n_background, 1), 0.5 / max(classifier.roc.n_signal, 1)
        leakage_floors.append(floors[0])
        lost_floors.append(floors[1])
        curve, colour = thinned(classifier.roc), FREE_COLOURS[i % len(FREE_COLOURS)]
        auc_text = f"AUC {classifier.auc.value:.4f} [{classifier.auc.low:.4f}, {classifier.auc.high:.4f}]".replace(
            "nan", DASH
        )
        area = "a cut, no curve" if classifier.auc.method == NO_RANKING else auc_text
        figure.add_scatter(
            x=np.maximum(curve.leakage, floors[0]), y=np.maximum(1.0 - curve.signal_efficiency, floors[1]), mode="lines",
            legendgroup=name, name=f"{name}, {area}", line={"color": colour, "dash": DASHES[i % len(DASHES)], "width": 2},
            customdata=np.column_stack([curve.leakage, curve.threshold, curve.signal_efficiency]),
            hovertemplate=f"{name}<br>signal efficiency %{{customdata[2]:.4f}}<br>leakage %{{customdata[0]:.3g}}"
            "<br>threshold %{customdata[1]:.4g}<extra></extra>",
        )  # fmt: skip
        _add_operating_point(figure, name, classifier, floors, colour, SYMBOLS[i % len(SYMBOLS)])
    figure.update_xaxes(**LOG_AXIS, range=[math.log10(min(leakage_floors, default=1e-3)), 0.0])
    least = math.log10(min(lost_floors, default=1e-3))
    ticks = {"tickvals": LOST_TICKS, "ticktext": [f"{100.0 * (1.0 - lost):.6g}" for lost in LOST_TICKS]}
    figure.update_yaxes(type="log", range=[0.02, least], **ticks)  # upside down: the better, the higher
    return finish(figure, "leakage (part of the background that passes)", "signal efficiency [%]")


def _add_operating_point(
    figure: go.Figure, name: str, classifier: Judged, floors: tuple[float, float], colour: str, symbol: str
) -> None:
    signal, background = classifier.point.signal, classifier.point.background
    least, leakage, most = (max(1.0 - v, floors[0]) for v in (background.high, background.value, background.low))
    few, lost, many = (max(1.0 - v, floors[1]) for v in (signal.high, signal.value, signal.low))
    figure.add_scatter(
        x=[leakage], y=[lost], mode="markers", legendgroup=name, showlegend=False, name=name,
        marker={"color": colour, "size": 10, "symbol": symbol},
        error_x=errors([most - leakage], [leakage - least], colour), error_y=errors([many - lost], [lost - few], colour),
        hovertemplate=f"{name} at {classifier.point.threshold:g}<br>signal {signal.k} of {signal.n} kept"
        f"<br>background {background.n - background.k} of {background.n} leaked<extra></extra>",
    )  # fmt: skip


def efficiency_by_bin(tables: Mapping[str, ClassTable]) -> go.Figure:
    """Efficiency along the axis with its interval, one series per class, in bins of 20 events or more."""
    figure = go.Figure()
    for i, (name, table) in enumerate(tables.items()):
        colour, _, symbol = class_style(name)
        add_efficiencies(figure, table.axis, table.rows, name, (colour, symbol), (i, len(tables)))
    figure.update_yaxes(range=[0.0, 103.0])
    if any(is_uneven(table.axis.edges) for table in tables.values()):
        figure.update_xaxes(**SHORT_LOG_AXIS)
    return finish(figure, next(iter(tables.values())).axis.title, "signal efficiency, background rejection [%]")


def count_heatmap(table: ClassTable) -> go.Figure:
    """The table of one class: events per energy row and score column, written in the cells, efficiency at the right.

    Each cell also has an invisible marker, because a click on a heatmap does not reach the page; its custom data
    are class, energy from, energy to, score from, score to, events.
    """
    edges, score, right = table.axis.edges, table.score_edges, RIGHT[table.name]
    uneven = is_uneven(edges)
    ends = np.arange(len(edges), dtype=float) if uneven else edges  # rows of different widths are drawn equally high
    x, y = (score[:-1] + score[1:]) / 2.0, (ends[:-1] + ends[1:]) / 2.0
    counts = np.asarray(table.counts)
    figure = go.Figure()
    figure.add_heatmap(
        x=x, y=y, z=log10_counts(counts), text=np.where(counts > 0, counts.astype(str), ""), texttemplate="%{text}",
        textfont={"size": 12}, hoverinfo="skip", colorscale=SEQUENCE, showscale=False, xgap=1, ygap=1,
    )  # fmt: skip
    row, column = (i.ravel() for i in np.indices(counts.shape))
    cells = [
        [table.name, float(edges[i]), float(edges[i + 1]), float(score[j]), float(score[j + 1]), int(counts[i, j])]
        for i, j in zip(row, column, strict=True)
    ]
    figure.add_scatter(
        x=x[column], y=y[row], mode="markers", customdata=cells, name="cells", showlegend=False,
        marker={"symbol": "square", "size": 22, "color": "rgba(0,0,0,0)"},
        hovertemplate=f"{table.name}: %{{customdata[5]}} events<br>%{{customdata[1]:g}} to %{{customdata[2]:g}} {table.axis.unit}"
        "<br>score %{customdata[3]:.2f} to %{customdata[4]:.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=np.full(len(y), score[-1]), y=y, mode="text", textposition="middle right", name=right,
        text=[percent(r.value) + (f" (n {r.n})" if few else "") for r, few in zip(table.rows, table.few, strict=True)],
        textfont={"size": 12}, showlegend=False, cliponaxis=False,
        customdata=[[100.0 * r.low, 100.0 * r.high, r.k, r.n] for r in table.rows],
        hovertemplate=f"{right} %{{customdata[2]}} of %{{customdata[3]}}: %{{customdata[0]:.1f}} to %{{customdata[1]:.1f}} %"
        "<extra></extra>",
    )  # fmt: skip
    figure.add_vline(table.threshold, line={"color": BACKGROUND, "width": 2, "dash": "dot"})
    figure.update_yaxes(range=[float(ends[-1]), float(ends[0])], showgrid=False, dtick=1.0)
    if uneven:
        figure.update_yaxes(tickvals=ends.tolist(), ticktext=[f"{e:g}" for e in edges])
    figure.update_xaxes(range=[float(score[0]), float(score[-1])], showgrid=False)
    x_title = f"score ({table.name} events / {score[1] - score[0]:.2g}), {right} at the right [%]"
    finish(figure, x_title, table.axis.title)
    return figure.update_layout(height=520, margin={"r": 110})
