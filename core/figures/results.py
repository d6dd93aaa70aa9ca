"""Numbers of several runs beside each other, as points with intervals."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.style import FREE_COLOURS, NEUTRAL, finish, words

ROW_PX, LEAST_PX = 24, 160


def points_and_intervals(
    names: Sequence[str], values: Sequence[tuple[float, float, float]], texts: Sequence[str], title: str
) -> go.Figure:  # fmt: skip
    """One row for each name, from above: (value, low, high); NaN leaves its row blank. `texts` are what hover says."""
    figure = go.Figure()
    for i, (plain, (value, low, high), text) in enumerate(zip(names, values, texts, strict=True)):
        name = words(plain)
        colour = FREE_COLOURS[i % len(FREE_COLOURS)] if len(names) <= len(FREE_COLOURS) else NEUTRAL
        figure.add_scatter(
            x=[value], y=[name], mode="markers", marker={"size": 9, "color": colour}, showlegend=False, name=name,
            error_x={"type": "data", "symmetric": False, "array": [high - value], "arrayminus": [value - low], "thickness": 1.4,
                     "color": colour}, hovertemplate=f"{name}: {words(text)}<extra></extra>",
        )  # fmt: skip
    finish(figure, title, "")
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    return figure.update_layout(height=max(LEAST_PX, 70 + ROW_PX * len(names)))
