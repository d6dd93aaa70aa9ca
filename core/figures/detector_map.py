"""A detector as a map: each channel coloured by its rate, dead and hot ones marked; and the same as a table."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.channels import Channels, DetectorMap, Hits
from core.figures.style import BACKGROUND, SEQUENCE, TEXT_PX
from core.statistics import channel_states, intervals

HOUR_S = 3600.0
MARKS = {channel_states.DEAD: ("x-thin", "dead"), channel_states.HOT: ("circle-open", "hot")}
LARGER_PX = 6


def rates(channels: Channels, hits: Hits) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """(value, low, high) float64 (n,) and their unit: events per hour of live time with Garwood's interval, or where it is not known for
    all channels, or not all rows were looked at, the share of the events that a channel sees, with Clopper and Pearson's.
    """
    counts = hits.counts(len(channels))
    if np.isfinite(channels.live_s).all() and (channels.live_s > 0).all() and hits.n_rows == hits.n_of:
        low, high = (np.array(side) for side in zip(*map(intervals.poisson, counts.tolist()), strict=True))
        per_hour = HOUR_S / channels.live_s
        return counts * per_hour, low * per_hour, high * per_hour, "events / h"
    n = max(hits.n_rows, 1)
    low, high = intervals.clopper_pearson(counts, np.full(len(counts), n))
    return counts / n, low, high, "share of events"


def states(channels: Channels, hits: Hits) -> np.ndarray:
    """int8 (n,): alive, dead or hot; see `core.statistics.channel_states`."""
    return channel_states.states(hits.counts(len(channels)), channels.position, channels.kind)


def columns(channels: Channels, hits: Hits) -> dict[str, list[Any]]:
    """The map as columns for a table or file."""
    value, low, high, unit = rates(channels, hits)
    return {
        "channel": list(channels.names), "kind": [channels.kinds[i] for i in channels.kind.tolist()],
        "events": hits.counts(len(channels)).tolist(), unit: value.tolist(), "low": low.tolist(), "high": high.tolist(),
        "state": [channel_states.WORDS[s] for s in states(channels, hits).tolist()],
    }  # fmt: skip


def draw(detector: DetectorMap, channels: Channels, hits: Hits, chosen: int | None = None) -> go.Figure:
    """The map; a point's custom data begin with the channel's number. `chosen` is framed."""
    value, low, high, unit = rates(channels, hits)
    counts, state = hits.counts(len(channels)), states(channels, hits)
    x, y = channels.place.T.astype(np.float32)
    numbers = np.arange(len(channels))
    details = np.column_stack([numbers, counts, value, low, high]).astype(np.float64)
    text = [
        f"{name}{f', {channel_states.WORDS[s]}' if s else ''}"
        for name, s in zip(channels.names, state.tolist(), strict=True)
    ]
    bar = {"title": {"text": unit}, "thickness": 10, "xpad": 2}
    kind = go.Scattergl if len(channels) > 3000 else go.Scatter
    figure = go.Figure(
        kind(
            x=x, y=y, mode="markers", customdata=details, text=text, showlegend=False,
            marker={"size": channels.size_px, "symbol": "square", "color": value.astype(np.float32), "colorscale": SEQUENCE, "colorbar": bar, "line": {"width": 0}},
            hovertemplate="%{text}<br>%{customdata[1]:,d} events<br>%{customdata[2]:.4g} [%{customdata[3]:.4g}, %{customdata[4]:.4g}] "
            f"{unit}<extra></extra>", selected={"marker": {"opacity": 1.0}}, unselected={"marker": {"opacity": 1.0}},
        )
    )  # fmt: skip
    for code, (symbol, name) in MARKS.items():
        here = np.flatnonzero(state == code)
        if len(here):
            _mark(figure, channels, here, symbol, f"{name} ({len(here):,})")
    if chosen is not None:
        _mark(figure, channels, np.array([chosen]), "square-open", channels.names[chosen])
    axis = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(title_text=detector.x_title, showticklabels=bool(detector.x_title), **axis)
    figure.update_yaxes(title_text=detector.y_title, showticklabels=bool(detector.y_title), scaleanchor="x", **axis)
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    return figure.update_layout(
        font={"size": TEXT_PX}, margin={"l": 50, "r": 10, "t": 30, "b": 40}, legend=legend, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", dragmode="pan", clickmode="event+select", uirevision=detector.title,
    )  # fmt: skip


def _mark(figure: go.Figure, channels: Channels, here: np.ndarray, symbol: str, name: str) -> None:
    x, y = channels.place[here].T.astype(np.float32)
    figure.add_scatter(
        x=x, y=y, mode="markers", name=name, hoverinfo="skip",
        marker={"symbol": symbol, "size": channels.size_px[here] + LARGER_PX, "color": BACKGROUND, "line": {"width": 2, "color": BACKGROUND}},
    )  # fmt: skip


def sentence(detector: DetectorMap, channels: Channels, hits: Hits) -> str:
    """What the map counts, of how many events, and what it marks."""
    state = states(channels, hits)
    looked = f"{hits.n_rows:,} events" + (f", taken evenly of {hits.n_of:,}" if hits.n_rows < hits.n_of else "")
    dead, hot = (int((state == code).sum()) for code in (channel_states.DEAD, channel_states.HOT))
    return f"{detector.sees}: {len(channels):,} channels, {looked}; {dead:,} dead, {hot:,} hot."
