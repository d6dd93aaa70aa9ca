"""The planes of an image one by one and as colours, with times as they are or without their flight."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset
from core.figures.style import SEQUENCE
from core.juno.images import steps
from core.juno.recipe import VERTICES, PmtImage
from core.juno.views import panels
from core.juno.views.event import event_of, images_of
from core.parameters import param

MODES = ("raw", "tof", "both")
WORDS = {
    "first": "first hit time", "mean": "mean hit time", "std": "spread of times", "charge": "charge", "mask": "hit or not",
    "sharp": "sharpness of the PMT's times",
}  # fmt: skip
TITLES = {"raw": "times as they are", "tof": "without the flight from the vertex"}


@dataclass(frozen=True)
class ChannelsView:
    """Which image is drawn."""

    mode: str = param("raw", "times as they are, without flight from the vertex, or the colours of both", choices=MODES)
    vertex: str = param("fitted", "vertex that times of flight are from", choices=tuple(VERTICES))
    third: str = param("std", "third colour, blue", choices=("std", "charge"))
    rotation: str = param("charge_centre", "what is turned into the middle", choices=("charge_centre", "none"))
    roll: str = param("minimal", "turn about the middle: least, or by the track's axis", choices=("minimal", "pca"))
    truth: bool = param(True, "show where the event was simulated")


def draw_channels(dataset: Dataset, row: int, parameters: ChannelsView) -> go.Figure:
    """Three planes and the colour image that they make, or two colour images."""
    modes = [parameters.mode] if parameters.mode != "both" else ["raw", "tof"]
    channels = ("first", "mean", parameters.third)
    shared: dict[str, Any] = {"vertex": parameters.vertex, "rotation": parameters.rotation, "roll": parameters.roll}
    recipes = [PmtImage(mode=mode, channels=channels, **shared) for mode in modes]
    images = [images_of(dataset, [row], recipe)[0] for recipe in recipes]
    event = event_of(dataset, row, parameters.truth)
    is_turned = parameters.rotation == "charge_centre"
    where = steps.places(event.light, event.sensors, True, True, parameters.roll == "pca", is_turned)
    traces: list[Any] = []
    titles = []
    if len(modes) == 1:
        for i, name in enumerate(channels):
            traces += _plane(images[0][..., i], i + 1)
            traces.append(panels.over_hits(event, where, i + 1))
            titles.append(f"{('red', 'green', 'blue')[i]}: {WORDS[name]}")
    for mode, image in zip(modes, images, strict=True):
        titles.append(f"colours, {TITLES[mode]}")
        traces += panels.coloured(event, where, image, len(titles))
    canvas = where.height, where.width
    return go.Figure(traces, panels.layout(titles, event.sentence(), dict.fromkeys(range(1, 5), canvas)))


def _plane(values: np.ndarray, number: int) -> list[dict[str, Any]]:
    """One channel as a heatmap from 0 to 1; pixels without a hit are empty."""
    shown = np.where(values > 0.0, values, np.nan).astype(np.float32)
    look = {"type": "heatmap", "colorscale": SEQUENCE, "zmin": 0.0, "zmax": 1.0, "showscale": number == 2, "hoverinfo": "skip"}  # fmt: skip
    bar = {"thickness": 10, "x": 1.0, "xpad": 2, "y": 0.75, "len": 0.4}
    return [look | {"z": shown, "colorbar": bar, **panels.axes_of(number)}]
