"""The sensors in space, lit by an event, and its hits played in time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset
from core.figures.style import NEUTRAL, SEQUENCE, TEXT_PX
from core.juno.views.event import LOOKS, TIMES, Event, event_of
from core.parameters import param

N_FRAMES, LATEST = 40, 0.98  # of the hits; the rest come with the last frame
UNLIT_PX, LIT_PX = 1.2, 4.0


@dataclass(frozen=True)
class SphereView:
    """How the sphere is drawn."""

    colour: str = param("time", "what gives the colour", choices=("time", "charge"))
    times: str = param(TIMES[0], "times as they are, or less the flight from the vertex", choices=TIMES)
    play: bool = param(False, "a slider plays the hits in time")
    unlit: bool = param(True, "draw sensors without a hit")
    truth: bool = param(True, "show where the event was simulated")


def draw_sphere(dataset: Dataset, row: int, parameters: SphereView) -> go.Figure:
    """All sensors as points, those that were hit in colour; drag turns them."""
    event = event_of(dataset, row, parameters.truth)
    figure = go.Figure(layout=_layout(event))
    if parameters.unlit:
        figure.add_trace(_unlit(event))
    times = event.times_ns(parameters.times)
    figure.add_trace(_lit(event, times, parameters.colour))
    lit = len(figure.data) - 1
    for name, point in event.points.items():
        figure.add_trace(_point(name, point))
    if parameters.play and len(times):
        _play(figure, times, lit)
    return figure


def colours(event: Event, times: np.ndarray, colour: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Values float32 (m,) that give the colour, and the range and the bar that belong to them."""
    if colour == "time":
        low, high = (float(np.quantile(times, share)) for share in (0.01, 0.95)) if len(times) else (0.0, 1.0)
        return times.astype(np.float32), {"cmin": low, "cmax": max(high, low + 1.0), "title": "ns"}
    charge = np.log10(np.maximum(event.light.charge_pe, 0.1))
    high = float(charge.max(initial=1.0))
    ticks = [v for v in (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000) if v <= 10**high]
    return charge.astype(np.float32), {
        "cmin": -0.5, "cmax": high, "title": "pe", "tickvals": np.log10(ticks).tolist(), "ticktext": [f"{v:g}" for v in ticks],
    }  # fmt: skip


def bar(scale: dict[str, Any], **where: Any) -> dict[str, Any]:
    ticks: dict[str, Any] = {name: scale[name] for name in ("tickvals", "ticktext") if name in scale}
    return {"title": {"text": scale["title"]}, "thickness": 10, "xpad": 2, **ticks, **where}


def _unlit(event: Event) -> go.Scatter3d:
    is_dark = np.ones(len(event.sensors), bool)
    is_dark[event.light.place] = False
    x, y, z = event.sensors.position_m[is_dark].T.astype(np.float32)
    marker = {"size": UNLIT_PX, "color": NEUTRAL, "opacity": 0.3}
    return go.Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker, hoverinfo="skip", name="no hit", showlegend=False)


def _lit(event: Event, times: np.ndarray, colour: str) -> go.Scatter3d:
    x, y, z = event.sensors.position_m[event.light.place].T.astype(np.float32)
    values, scale = colours(event, times, colour)
    data, text = event.hover()
    marker = {
        "size": LIT_PX, "color": values, "colorscale": SEQUENCE, "cmin": scale["cmin"], "cmax": scale["cmax"],
        "colorbar": bar(scale, x=1.0), "line": {"width": 0},
    }  # fmt: skip
    return go.Scatter3d(
        x=x, y=y, z=z, mode="markers", marker=marker, customdata=data, hovertemplate=text, name="hit", showlegend=False
    )


def _point(name: str, point: np.ndarray) -> go.Scatter3d:
    colour, symbol = LOOKS[name]
    where = ", ".join(f"{v:.2f}" for v in point)
    return go.Scatter3d(
        x=point[:1], y=point[1:2], z=point[2:], mode="markers", name=name,
        marker={"size": 7, "color": colour, "symbol": symbol, "line": {"color": "#FFFFFF", "width": 1}},
        hovertemplate=f"{name}<br>({where}) m, {np.linalg.norm(point):.2f} m from the centre<extra></extra>",
    )  # fmt: skip


def _play(figure: go.Figure, times: np.ndarray, lit: int) -> None:
    """Frames that light the sensors up to a time: of the points only their sizes change, positions are sent once."""
    ends = np.linspace(float(times.min()), float(np.quantile(times, LATEST)), N_FRAMES)
    names = [f"{end:.0f}" for end in ends]
    figure.frames = [
        go.Frame(data=[{"type": "scatter3d", "marker": {"size": (LIT_PX * (times <= end)).astype(np.uint8)}}], traces=[lit], name=name)
        for name, end in zip(names, [*ends[:-1], np.inf], strict=True)
    ]  # fmt: skip
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    run = {"mode": "immediate", "fromcurrent": True, "frame": {"duration": 80, "redraw": True}, "transition": {"duration": 0}}  # fmt: skip
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    figure.update_layout(
        sliders=[{
            "active": N_FRAMES - 1, "currentvalue": {"prefix": "hits until ", "suffix": " ns"}, "x": 0.22, "len": 0.76, "y": 0.0,
            "pad": {"t": 5}, "steps": [{"label": name, "method": "animate", "args": [[name], at_once]} for name in names],
        }],
        updatemenus=[{
            "type": "buttons", "direction": "right", "x": 0.0, "y": 0.0, "xanchor": "left", "yanchor": "top", "pad": {"t": 18},
            "buttons": [
                {"label": "play", "method": "animate", "args": [None, run]},
                {"label": "stop", "method": "animate", "args": [[None], stop]},
            ],
        }],
        margin={"b": 85},
    )  # fmt: skip


def _layout(event: Event) -> dict[str, Any]:
    axis = {"showbackground": False, "gridcolor": NEUTRAL, "nticks": 4, "zeroline": False}
    return {
        "height": 440, "margin": {"l": 0, "r": 0, "t": 22, "b": 0}, "uirevision": "keep", "paper_bgcolor": "rgba(0,0,0,0)",
        "scene": {
            "xaxis": {"title": {"text": "x [m]"}, **axis}, "yaxis": {"title": {"text": "y [m]"}, **axis},
            "zaxis": {"title": {"text": "z [m]"}, **axis}, "aspectmode": "data", "uirevision": "keep",
            "camera": {"eye": {"x": 1.4, "y": 1.4, "z": 0.67}, "center": {"x": 0.0, "y": 0.0, "z": -0.12}},
        },
        "legend": {"orientation": "h", "x": 0.0, "y": 0.98, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)"},
        "font": {"size": TEXT_PX},
        "annotations": [{
            "text": event.sentence(), "showarrow": False, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left",
            "yanchor": "bottom", "font": {"size": TEXT_PX},
        }],
    }  # fmt: skip
