"""Figures of what was judged: ROC curves, efficiency by energy, the table of energy and score."""

import math
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.figures.classcurves import is_uneven, middles
from core.figures.style import (
    BACKGROUND,
    DASHES,
    FREE_COLOURS,
    LOG_AXIS,
    NEUTRAL,
    SEQUENCE,
    SYMBOLS,
    class_style,
    errors,
    finish,
    log10_counts,
    percent,
)
from core.judge.efficiency import ClassTable
from core.judge.evaluation import Judged
from core.judge.roc import thinned


def roc_curve(judged: Mapping[str, Judged]) -> go.Figure:
    """Signal efficiency against leakage (logarithmic), with area and operating point of each classifier.

    On a logarithmic axis no leakage has no place: it is drawn at half an event.
    """
    figure = go.Figure()
    floors = [0.5 / max(one.roc.n_background, 1) for one in judged.values()]
    for i, ((name, one), floor) in enumerate(zip(judged.items(), floors, strict=True)):
        curve, colour = thinned(one.roc), FREE_COLOURS[i % len(FREE_COLOURS)]
        area = f"AUC {one.auc.value:.4f} [{one.auc.low:.4f}, {one.auc.high:.4f}]".replace("nan", "undefined")
        figure.add_scatter(
            x=np.maximum(curve.leakage, floor), y=curve.signal_efficiency, mode="lines", legendgroup=name,
            name=f"{name}, {area}", line={"color": colour, "dash": DASHES[i % len(DASHES)], "width": 2},
            customdata=np.column_stack([curve.leakage, curve.threshold]),
            hovertemplate=f"{name}<br>signal efficiency %{{y:.4f}}<br>leakage %{{customdata[0]:.3g}}"
            "<br>threshold %{customdata[1]:.4g}<extra></extra>",
        )  # fmt: skip
        _add_operating_point(figure, name, one, floor, colour, SYMBOLS[i % len(SYMBOLS)])
    figure.update_xaxes(**LOG_AXIS, range=[math.log10(min(floors, default=1e-3)), 0.0])
    figure.update_yaxes(range=[0.0, 1.02])
    return finish(figure, "leakage (part of the background that passes)", "signal efficiency")


def _add_operating_point(figure: go.Figure, name: str, one: Judged, floor: float, colour: str, symbol: str) -> None:
    signal, background = one.point.signal, one.point.background
    least, leakage, most = (max(1.0 - v, floor) for v in (background.high, background.value, background.low))
    figure.add_scatter(
        x=[leakage], y=[signal.value], mode="markers", legendgroup=name, showlegend=False, name=name,
        marker={"color": colour, "size": 10, "symbol": symbol},
        error_x=errors([most - leakage], [leakage - least], colour),
        error_y=errors([signal.high - signal.value], [signal.value - signal.low], colour),
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
        pale, x = np.array(table.few), middles(edges, i, len(tables))
        k, n = [row.k for row in table.rows], [row.n for row in table.rows]
        details = np.column_stack([edges[:-1], edges[1:], k, n, up, down])
        hover = (
            f"{name} %{{y:.2f}} +%{{customdata[4]:.2f}} −%{{customdata[5]:.2f}} %<br>%{{customdata[2]:d}} of "
            f"%{{customdata[3]:d}}<br>%{{customdata[0]:g}} to %{{customdata[1]:g}} {unit}<extra></extra>"
        )
        for chosen, opacity, label in ((~pale, 1.0, name), (pale, 0.35, f"{name}, n < 20")):
            figure.add_scatter(
                x=x[chosen], y=value[chosen], mode="markers", name=label,
                opacity=opacity, marker={"color": colour, "symbol": symbol, "size": 8}, legendgroup=label,
                error_y=errors(up[chosen], down[chosen], colour), customdata=details[chosen], hovertemplate=hover,
                error_x=errors((edges[1:] - x)[chosen], (x - edges[:-1])[chosen], colour), showlegend=bool(chosen.any()),
            )  # fmt: skip
    figure.update_yaxes(range=[0.0, 103.0])
    if any(is_uneven(table.energy_edges_kev) for table in tables.values()):
        figure.update_xaxes(type="log")
    return finish(figure, f"energy [{unit}]", "efficiency [%]")


def count_heatmap(table: ClassTable, unit: str = "keV") -> go.Figure:
    """The table of one class: events per energy row and score column, written in the cells, efficiency at the right.

    Each cell also has an invisible marker, because a click on a heatmap does not reach the page; its custom data
    are class, energy from, energy to, score from, score to, events.
    """
    energy, score = table.energy_edges_kev, table.score_edges
    uneven = is_uneven(energy)
    ends = np.arange(len(energy), dtype=float) if uneven else energy  # rows of different widths are drawn equally high
    x, y = (score[:-1] + score[1:]) / 2.0, (ends[:-1] + ends[1:]) / 2.0
    counts = np.asarray(table.counts)
    figure = go.Figure()
    figure.add_heatmap(
        x=x, y=y, z=log10_counts(counts), text=np.where(counts > 0, counts.astype(str), ""), texttemplate="%{text}",
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
        text=[percent(r.value) + (f" (n {r.n})" if few else "") for r, few in zip(table.rows, table.few, strict=True)],
        textfont={"size": 12}, showlegend=False, cliponaxis=False,
        customdata=[[100.0 * r.low, 100.0 * r.high, r.k, r.n] for r in table.rows],
        hovertemplate="efficiency %{customdata[2]} of %{customdata[3]}: %{customdata[0]:.1f} to %{customdata[1]:.1f} %"
        "<extra></extra>",
    )  # fmt: skip
    figure.add_vline(table.threshold, line={"color": BACKGROUND, "width": 2, "dash": "dot"})
    figure.update_yaxes(range=[float(ends[-1]), float(ends[0])], showgrid=False, dtick=1.0)
    if uneven:
        figure.update_yaxes(tickvals=ends.tolist(), ticktext=[f"{e:g}" for e in energy])
    figure.update_xaxes(range=[float(score[0]), float(score[-1])], showgrid=False)
    x_title = f"score ({table.name} events / {score[1] - score[0]:.2g}), efficiency at the right [%]"
    finish(figure, x_title, f"energy [{unit}]")
    return figure.update_layout(height=520, margin={"r": 110})
