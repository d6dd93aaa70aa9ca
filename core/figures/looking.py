"""Looking: the pictures of a row and of a class, as an experiment offers them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.channels import DetectorMap
    from core.data.dataset import Dataset
    from core.data.image_rows import ImageView


@dataclass(frozen=True)
class View:
    """A picture of one row. `draw(dataset, row, parameters)` returns a figure.

    `thumbnails(dataset, rows, titles)` draws many rows small in one figure; each has a point whose custom data begin with
    the row's number. Without it the first view's figures are drawn small. `has_same_axes` says that all rows are drawn on the same
    axes, so that a zoom of one holds for the next; `is_overlaid` that another row, or more, can be drawn under one on them.
    """

    title: str
    explanation: str
    parameters: type
    draw: "Callable[[Dataset, int, Any], go.Figure]"
    thumbnails: "Callable[[Dataset, np.ndarray, Sequence[str]], go.Figure] | None" = None
    has_same_axes: bool = True
    is_overlaid: bool = False


@dataclass(frozen=True)
class Average:
    """The typical row of a class. `compute(dataset, rows)` gives one class's, `draw({class: it}, {class: colour})` all."""

    title: str
    explanation: str
    compute: "Callable[[Dataset, np.ndarray], Any]"
    draw: "Callable[[Mapping[str, Any], Mapping[str, str]], go.Figure]"


@dataclass(frozen=True)
class AttributionView:
    """How it is drawn which light a network's answer rests on (`core.learn.explain.Attribution`).

    `channels(dataset)` names the channels of the input. `draw(dataset, row, attribution, parameters)` takes the parameters
    of the first view; `draw_mean(dataset, {class: attribution}, {class: colour})` draws means.
    """

    channels: "Callable[[Dataset], tuple[str, ...]]"
    draw: "Callable[[Dataset, int, Any, Any], go.Figure]"
    draw_mean: "Callable[[Dataset, Mapping[str, Any], Mapping[str, str]], go.Figure]"


@dataclass(frozen=True)
class Looking:
    """How an experiment's rows are looked at: views of a row, the typical row of a class, the images that hold many rows,
    what a network's answer rests on, and the detector as a map of its channels.
    """

    views: Mapping[str, View]
    average: Average | None = None
    images: "ImageView | None" = None
    attribution: AttributionView | None = None
    detector: "DetectorMap | None" = None
