"""Reliability diagrams: what part of the events with a score is signal."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.bins import by_number
from core.figures.style import NEUTRAL, SIGNAL, errors, finish
from core.judge.reliability import Bin
from core.statistics.logits import logit

ENDS = 1e-4  # a part of exactly 0 or 1 has no place on an axis of odds: drawn here
ODDS_TICKS = {1e-4: "10⁻⁴", 1e-3: "0.001", 0.01: "0.01", 0.1: "0.1", 0.5: "0.5", 0.9: "0.9", 0.99: "0.99", 0.999: "0.999",
              1 - 1e-4: "1−10⁻⁴"}  # fmt: skip


def reliability(
    panels: Mapping[str, Sequence[Bin]],
    *,
    is_odds: bool = False,
    score: str = "score",
    observed: str = "signal observed",
) -> go.Figure:
    """One diagram per title, side by side with the same axes: the part `observed` with its interval against the mean
    `score` of each bin; on the diagonal a score means what it says. `is_odds`: both axes in logarithmic odds, for rare
    signal. Bins of fewer than 20 events are pale.
    """
    figure = make_subplots(1, len(panels), shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=list(panels))
    at = _odds if is_odds else np.asarray
    ends = at(np.array([0.0, 1.0]))
    for i, bins in enumerate(panels.values()):
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip", showlegend=i == 0,
            name=f"the {score} means what it says", row=1, col=i + 1,
        )  # fmt: skip
        details = np.array([(b.low, b.high, b.mean_score, b.observed.value, b.observed.low, b.observed.high, b.observed.n)
                         for b in bins])  # fmt: skip
        x, y, low, high = (at(details[:, k]) for k in (2, 3, 4, 5))
        for chosen, opacity, label in by_number(np.array([b.observed.n for b in bins], int), observed):
            figure.add_scatter(
                x=x[chosen], y=y[chosen], mode="markers", name=label, legendgroup=label, opacity=opacity, row=1, col=i + 1,
                marker={"color": SIGNAL, "size": 8}, error_y=errors((high - y)[chosen], (y - low)[chosen], SIGNAL),
                customdata=details[chosen], showlegend=i == 0 and bool(chosen.any()),
                hovertemplate=f"{score} %{{customdata[0]:.4g}} to %{{customdata[1]:.4g}}, mean %{{customdata[2]:.4g}}"
                f"<br>{observed} %{{customdata[3]:.4g}} [%{{customdata[4]:.4g}}, %{{customdata[5]:.4g}}]"
                "<br>n = %{customdata[6]:d}<extra></extra>",
            )  # fmt: skip
    finish(figure, f"mean {score} of the bin", "")
    figure.update_yaxes(title_text=f"part of {observed}", col=1)
    reach = 0.03 * (ends[1] - ends[0])
    axis: dict[str, Any] = {"range": [ends[0] - reach, ends[1] + reach]}
    if is_odds:
        axis |= {"tickvals": at(np.array(list(ODDS_TICKS))), "ticktext": list(ODDS_TICKS.values())}
    figure.update_xaxes(**axis).update_yaxes(**axis)
    return figure.update_layout(legend={"y": 1.12}, margin={"t": 66})


def _odds(p: np.ndarray) -> np.ndarray:
    return logit(np.clip(p, ENDS, 1.0 - ENDS))
