"""The contract between an experiment and everything shared: a frozen record of functions and names.

Pages and shared modules draw what the record offers and never name an experiment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

    from core.data.cuts import Cut
    from core.data.dataset import Dataset
    from core.data.selection import Selection


@dataclass(frozen=True)
class Column:
    """A physics quantity of a row: how it is named, plotted and cut.

    `low`, `high` and `n_bins` give the default histogram; `decimals` the precision in tables.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    n_bins: int = 100
    decimals: int = 3
    help: str = ""

    @property
    def title(self) -> str:
        """Axis title with unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True)
class Network:
    """A network that can be trained on the rows of an experiment.

    `recipe` is a frozen parameter dataclass with `shape(dataset) -> tuple` and
    `make(raw_batch, table_batch, dataset) -> float32 array`; `recipe_for(parameters)` gives the one to use.
    `build(parameters, input_shape, n_classes)` returns an uncompiled keras model whose last layer is a softmax.
    `training` holds the default training parameters of this network.
    """

    title: str
    parameters: type
    recipe_for: Callable[[Any], Any]
    build: Callable[[Any, tuple[int, ...], int], Any]
    training: Mapping[str, Any]
    cpu_events_per_s: float


@dataclass(frozen=True)
class View:
    """A picture of one row. `draw(dataset, row, parameters)` returns a figure."""

    title: str
    explanation: str
    parameters: type
    draw: "Callable[[Dataset, int, Any], go.Figure]"


@dataclass(frozen=True)
class Experiment:
    """One detector, as a record of functions and names."""

    key: str
    title: str
    row: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]
    flags: tuple[str, ...]
    # reading and simulating
    mappings: Mapping[str, Path]
    load_mapping: Callable[[Path], Any]
    prepare_file: Callable[..., Any]
    preview: Callable[..., Any]
    simulation: type
    simulate: Callable[..., Any]
    sample: Path
    # selecting
    cuts: type
    cut_list: "Callable[[Any], list[Cut]]"
    label_cuts: "Callable[[Any, str], list[Cut]]"
    label_schemes: Mapping[str, str]
    label: "Callable[[Mapping[str, np.ndarray], Any, str], np.ndarray]"
    label_columns: Callable[[str], tuple[str, ...]]
    preselection: Callable[[Any], Any]
    warnings: Callable[[Any, str], list[str]]
    presets: "Mapping[str, Selection]"
    statistics: "Callable[..., list[dict[str, Any]]]"
    # learning, looking, judging
    networks: Mapping[str, Network]
    views: Mapping[str, View]
    baselines: Mapping[str, Callable[..., Any]]
    published: Mapping[str, Any] = field(default_factory=dict)
