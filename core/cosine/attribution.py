"""Attribution of a network's logit drawn on the waveforms of all channels, and the mean of a class."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.cosine.features import WINDOWS_NS
from core.cosine.plot import WaveformView, draw_event
from core.cosine.pulse import stored_records
from core.data.dataset import Dataset
from core.figures import NEUTRAL, class_style
from core.figures.looking import AttributionView

if TYPE_CHECKING:
    from core.learn.explain import Attribution  # it knows the registry, which knows this module

PER_NS = 100.0  # attributions are drawn per 100 ns, whatever the samples of the input are
# Vermillion through nothing to blue: what does not matter leaves the background of either theme as it is.
DIVERGING = [
    [0.0, "rgba(213,94,0,0.7)"],
    [0.5, "rgba(213,94,0,0)"],
    [0.5, "rgba(0,114,178,0)"],
    [1.0, "rgba(0,114,178,0.7)"],
]
MEAN_RANGE_NS = (-200.0, 1500.0)


def draw(dataset: Dataset, row: int, attribution: "Attribution", parameters: WaveformView) -> go.Figure:
    """The waveforms of a row, as on the page of events, over a band that is blue where light speaks for signal."""
    figure = draw_event(dataset, row, dataclasses.replace(parameters, form="baseline-subtracted", channels="stacked"))
    figure.update_traces(line={"color": NEUTRAL, "width": 1.2})
    density = attribution.values * (PER_NS / attribution.sample_ns)
    limit = float(np.abs(density).max()) or 1.0
    traces = [np.asarray(trace.y) for trace in figure.data]
    for p, (trace, band) in enumerate(zip(traces, density, strict=True)):
        margin = 0.06 * float(trace.max() - trace.min()) or 1.0
        low, high = float(trace.min()) - margin, float(trace.max()) + margin
        figure.add_heatmap(
            x0=float(attribution.times_ns[0]), dx=attribution.sample_ns, y0=(low + high) / 2, dy=high - low,
            z=band[None].astype(np.float32), zmin=-limit, zmax=limit, colorscale=DIVERGING, showscale=p == 0,
            colorbar={"title": {"text": "logit per<br>100 ns"}, "thickness": 12, "tickformat": "+.2g"},
            hovertemplate="%{x:.0f} ns: %{z:+.3f} per 100 ns<extra>attribution</extra>", row=p + 1, col=1,
        )  # fmt: skip
        figure.update_yaxes(range=[low, high], row=p + 1, col=1)
    return figure


def draw_mean(dataset: Dataset, means: "Mapping[str, Attribution]", colours: Mapping[str, str]) -> go.Figure:
    """Mean attribution of the classes, the channels below each other, with a band of one standard error."""
    names = stored_records.channel_names(dataset)
    figure = make_subplots(rows=len(names), cols=1, shared_xaxes=True, vertical_spacing=0.06 / max(len(names) - 1, 1))
    for i, (name, mean) in enumerate(means.items()):
        scale = PER_NS / mean.sample_ns
        dash = class_style(name, i)[1]
        for p, (values, error) in enumerate(zip(mean.values * scale, mean.error * scale, strict=True)):
            where = {"row": p + 1, "col": 1, "legendgroup": name}
            for sign in (-1, 1):
                figure.add_scatter(
                    x=mean.times_ns, y=(values + sign * error).astype(np.float32), mode="lines", showlegend=False,
                    line={"width": 0, "color": colours[name]}, fill="tonexty" if sign == 1 else None, hoverinfo="skip",
                    **where,
                )  # fmt: skip
            figure.add_scatter(
                x=mean.times_ns, y=values.astype(np.float32), mode="lines", showlegend=p == 0,
                name=f"{name} (n = {mean.n:,} of {mean.n_of:,})", line={"color": colours[name], "dash": dash, "width": 2},
                hovertemplate="%{x:.0f} ns: %{y:+.3f} per 100 ns", **where,
            )  # fmt: skip
    for p, channel in enumerate(names, 1):
        figure.update_yaxes(
            title_text=f"{channel} [logit / 100 ns]", zeroline=True, zerolinecolor=NEUTRAL, row=p, col=1
        )
    figure.update_xaxes(title_text="time from the trigger [ns]", row=len(names), col=1)
    scale = stored_records.windows_ns(dataset)[3] / WINDOWS_NS[3]
    figure.update_xaxes(range=[scale * edge for edge in MEAN_RANGE_NS])
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}
    figure.update_layout(height=440, margin={"l": 60, "r": 20, "t": 30, "b": 45}, legend=legend, hovermode="x")
    return figure


ATTRIBUTION = AttributionView(channels=stored_records.channel_names, draw=draw, draw_mean=draw_mean)
