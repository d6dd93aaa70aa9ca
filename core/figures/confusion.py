"""The confusion matrix as a heatmap that carries its numbers."""

import numpy as np
import plotly.graph_objects as go

from core.figures.style import SEQUENCE, finish
from core.statistics.multiclass import Confusion

NONE, NO_LABEL = "none", "no label"


def confusion(matrix: Confusion) -> go.Figure:
    """True class (row) against called class (column): percent of the row and count in the cells, interval on hover.

    The column `none` is drawn where something was rejected, the row `no label` where there are events without one; their
    percents are of that row too. Each cell also has an invisible marker, because a click on a heatmap does not reach the
    page; its custom data are row, column, names, count, n, percent, low, high.
    """
    table, m = matrix.table, len(matrix.classes)
    n_rows, n_columns = m + bool(matrix.others.any()), m + bool(table[:, m].any())
    shown = table[:n_rows, :n_columns]
    n = table[:n_rows].sum(axis=1, keepdims=True)
    part = np.where(n > 0, 100.0 * shown / np.maximum(n, 1), np.nan)
    rows, columns = [*matrix.classes, NO_LABEL][:n_rows], [*matrix.classes, NONE][:n_columns]
    figure = go.Figure()
    figure.add_heatmap(
        z=part, zmin=0.0, zmax=100.0, colorscale=SEQUENCE, hoverinfo="skip", xgap=1, ygap=1,
        colorbar={"title": {"text": "% of row", "side": "right"}, "thickness": 14}, texttemplate="%{text}",
        text=[[_text(part[i, j], int(shown[i, j])) for j in range(n_columns)] for i in range(n_rows)], textfont={"size": 13},
    )  # fmt: skip
    cells = [_cell(matrix, i, j, rows, columns) for i in range(n_rows) for j in range(n_columns)]
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
    return f"{part:.1f} %<br>{k:,}" if k else ""  # nothing is blank


def _cell(matrix: Confusion, i: int, j: int, rows: list[str], columns: list[str]) -> list[object]:
    column = j if columns[j] != NONE else len(matrix.classes)
    if i == len(matrix.classes):
        k, n = int(matrix.others[column]), int(matrix.others.sum())
        return [i, j, rows[i], columns[j], k, n, 100.0 * k / max(n, 1), None, None]
    part = matrix.share(i, column)
    numbers = [None if np.isnan(v) else 100.0 * v for v in (part.value, part.low, part.high)]
    return [i, j, rows[i], columns[j], part.k, part.n, *numbers]
