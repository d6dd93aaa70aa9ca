"""The confusion matrix as a heatmap that carries its numbers, and the reliability of the called class."""

import numpy as np
import plotly.graph_objects as go

from core.figures.style import NEUTRAL, SEQUENCE, SIGNAL, errors, finish
from core.judge.multiclass import Confusion
from core.judge.topcalibration import TopCalibration

NONE, NO_LABEL = "none", "no label"


def confusion(found: Confusion) -> go.Figure:
    """True class (row) against called class (column): percent of the row and count in the cells, interval on hover.

    The column `none` is drawn where something was rejected, the row `no label` where there are events without one; their
    percents are of that row too. Each cell also has an invisible marker, because a click on a heatmap does not reach the
    page; its custom data are row, column, names, count, n, percent, low, high.
    """
    table, m = found.table, len(found.classes)
    n_rows, n_columns = m + bool(found.others.any()), m + bool(table[:, m].any())
    shown = table[:n_rows, :n_columns]
    n = table[:n_rows].sum(axis=1, keepdims=True)
    part = np.where(n > 0, 100.0 * shown / np.maximum(n, 1), np.nan)
    rows, columns = [*found.classes, NO_LABEL][:n_rows], [*found.classes, NONE][:n_columns]
    figure = go.Figure()
    figure.add_heatmap(
        z=part, zmin=0.0, zmax=100.0, colorscale=SEQUENCE, hoverinfo="skip", xgap=1, ygap=1,
        colorbar={"title": {"text": "% of row", "side": "right"}, "thickness": 14}, texttemplate="%{text}",
        text=[[_text(part[i, j], int(shown[i, j])) for j in range(n_columns)] for i in range(n_rows)], textfont={"size": 13},
    )  # fmt: skip
    cells = [_cell(found, i, j, rows, columns) for i in range(n_rows) for j in range(n_columns)]
    figure.add_scatter(
        x=[cell[1] for cell in cells], y=[cell[0] for cell in cells], mode="markers", customdata=cells, showlegend=False,
        marker={"symbol": "square", "size": 40, "color": "rgba(0,0,0,0)"}, name="cells",
        hovertemplate="true %{customdata[2]}, called %{customdata[3]}<br>%{customdata[4]:,d} of %{customdata[5]:,d}: "
        "%{customdata[6]:.2f} % [%{customdata[7]:.2f}, %{customdata[8]:.2f}]<extra></extra>",
    )  # fmt: skip
    finish(figure, "called", "true class")
    figure.update_xaxes(tickvals=list(range(n_columns)), ticktext=columns, showgrid=False, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(n_rows)), ticktext=[f"{name} ({int(k):,})" for name, k in zip(rows, n[:, 0], strict=True)],
        range=[n_rows - 0.5, -0.5], showgrid=False, zeroline=False,
    )  # fmt: skip
    figure.update_layout(hovermode="closest", hoverdistance=-1)  # wherever in a cell the mouse is, its marker is meant
    return figure.update_layout(margin={"l": 10, "t": 15}, yaxis={"automargin": True})


def _text(part: float, k: int) -> str:
    return "" if np.isnan(part) else f"{part:.1f} %<br>{k:,}" if k else "0"


def _cell(found: Confusion, i: int, j: int, rows: list[str], columns: list[str]) -> list[object]:
    called = j if columns[j] != NONE else len(found.classes)
    if i == len(found.classes):
        k, n = int(found.others[called]), int(found.others.sum())
        return [i, j, rows[i], columns[j], k, n, 100.0 * k / max(n, 1), None, None]
    one = found.share(i, called)
    numbers = [None if np.isnan(v) else 100.0 * v for v in (one.value, one.low, one.high)]
    return [i, j, rows[i], columns[j], one.k, one.n, *numbers]


def top_reliability(found: TopCalibration) -> go.Figure:
    """Part of the events that is called rightly against the probability of the called class, per bin with interval."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip", showlegend=False
    )
    x = np.array([one.mean_score for one in found.bins])
    low, y, high = (np.array([getattr(one.observed, end) for one in found.bins]) for end in ("low", "value", "high"))
    n, few = [one.observed.n for one in found.bins], np.array([one.is_few for one in found.bins], bool)
    for chosen, opacity, name in ((~few, 1.0, "called rightly"), (few, 0.35, "called rightly, n < 20")):
        figure.add_scatter(
            x=x[chosen], y=y[chosen], mode="markers", name=name, opacity=opacity, marker={"color": SIGNAL, "size": 9},
            error_y=errors((high - y)[chosen], (y - low)[chosen], SIGNAL), customdata=np.array(n)[chosen],
            hovertemplate="probability %{x:.3f}: %{y:.4f} right, n = %{customdata:,d}<extra></extra>",
            showlegend=bool(chosen.any()),
        )  # fmt: skip
    figure.update_xaxes(range=[0.0, 1.02])
    figure.update_yaxes(range=[0.0, 1.02])
    return finish(figure, "probability of the called class (at the mix of these events)", "part called rightly")
