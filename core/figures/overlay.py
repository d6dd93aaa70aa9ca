"""A figure over a pale one of the same kind: the row that is looked at over one that is held for comparison."""

from typing import Any

import plotly.graph_objects as go

from core.figures.style import NEUTRAL

PALE = 0.55


def over(figure: go.Figure, held: go.Figure, name: str) -> go.Figure:
    """`figure` with the lines and bars of `held`, of the same view, in pale grey under it; other traces of it are left out.

    The hover and the legend tell the held one by `name`. Axes stay those of the figure.
    """
    traces = [
        _pale(trace.to_plotly_json(), name) for trace in held.data if trace.type in ("scatter", "scattergl", "bar")
    ]
    pale = go.Figure(traces)
    pale.add_traces(figure.data)
    return pale.update_layout(figure.layout).update_layout(barmode="overlay")


def _pale(trace: dict[str, Any], name: str) -> dict[str, Any]:
    own = str(trace.get("name") or "")
    label = f"held: {name}" + (f", {own}" if own else "")
    look: dict[str, Any] = {
        "name": label, "opacity": PALE, "showlegend": False, "hovertemplate": f"%{{y:.4g}}<extra>{label}</extra>",
    }  # fmt: skip
    if trace["type"] == "bar":
        return trace | look | {"marker": {"color": NEUTRAL}}
    line = {**trace.get("line", {}), "color": NEUTRAL, "width": 1.0}
    return trace | look | {"line": line}
