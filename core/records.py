"""The records that an experiment is described with: columns, networks, views, presets and what pages draw from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.ragged import Ragged

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.dataset import Dataset
    from core.data.frames import Frame
    from core.data.selection import Selection
    from core.judge.comparison import Comparison, Inconsistency, Sources
    from core.judge.intervals import Efficiency


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
class Block:
    """Rows on their way into a prepared data set.

    `table`: column name -> (n,); `array`: what is stored per row, first axis n, or n records of varying size; `frames`:
    images that these and maybe later rows lie in.
    """

    table: dict[str, np.ndarray]
    array: np.ndarray | Ragged
    frames: "tuple[Frame, ...]" = ()


@dataclass(frozen=True)
class Network:
    """A network that can be trained on the rows of an experiment.

    `recipe_for(parameters)` gives the recipe (`core.data.loader.Recipe`, with `shape(dataset)`) that makes its input.
    `build(parameters, input_shape, n_classes)` returns an uncompiled keras model whose last layer is a softmax.
    `training` holds this network's own defaults of the training parameters; `cpu_events_per_s` is a first guess.
    `augment(input, generator)` varies the rows of a training batch; validation and prediction never see it.
    """

    title: str
    parameters: type
    recipe_for: Callable[[Any], Any]
    build: Callable[[Any, Any, int], Any]
    training: Mapping[str, Any]
    cpu_events_per_s: float
    augment: Callable[[Any, np.random.Generator], Any] | None = None


@dataclass(frozen=True)
class View:
    """A picture of one row. `draw(dataset, row, parameters)` returns a figure.

    `thumbnails(dataset, rows, titles)` draws many rows small in one figure; each has a point whose custom data begin with
    the row's number. Without it the first view's figures are drawn small.
    """

    title: str
    explanation: str
    parameters: type
    draw: "Callable[[Dataset, int, Any], go.Figure]"
    thumbnails: "Callable[[Dataset, np.ndarray, Sequence[str]], go.Figure] | None" = None


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

    `channels` names the channels of the input. `draw(dataset, row, attribution, parameters)` takes the parameters of the
    first view; `draw_mean({class: attribution}, {class: colour})` draws means.
    """

    channels: tuple[str, ...]
    draw: "Callable[[Dataset, int, Any, Any], go.Figure]"
    draw_mean: "Callable[[Mapping[str, Any], Mapping[str, str]], go.Figure]"


@dataclass(frozen=True)
class Panel:
    """A histogram on the selection page; `lines(cuts)` are the values at which the cuts are drawn in it."""

    column: str
    lines: Callable[[Any], tuple[float, ...]]


@dataclass(frozen=True)
class Preset:
    """A selection that somebody published, and where."""

    selection: "Selection"
    explanation: str


@dataclass(frozen=True)
class Region:
    """A part of a data set on which a network is trained or tested, such as a detector in an energy window.

    `facts` are plain values that name it in machine-readable output.
    """

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class RegionGrid:
    """How regions are spanned, for studies of what was trained on one and tested on another.

    `parameters` is a dataclass of the axes; `regions(axes)` lists its regions in order; `cuts_of(cuts, regions)` are
    the cuts that keep these regions (of several: the smallest selection that holds all of them).
    """

    parameters: type
    regions: Callable[[Any], tuple[Region, ...]]
    cuts_of: Callable[[Any, Sequence[Region]], Any]


@dataclass(frozen=True)
class CutBaseline:
    """The one cut that every network has to beat: kept is where `column` is at or above `threshold`."""

    name: str
    column: str
    threshold: float


@dataclass(frozen=True)
class BoxSide:
    """A side of the rectangular cut beside the networks: a limit `above` or `below` which a column is kept, or `inside`
    which its absolute value is.
    """

    column: str
    keep: str


@dataclass(frozen=True)
class Derived:
    """A column that is made after preparing, from the data set itself, because it depends on a selection of it.

    `compute(dataset, selected, progress)` returns the values float32 (n_rows,) (or, by name, several columns that are
    kept together, the column's own among them), and the plain facts and arrays that they were made with;
    `progress(done, total)`. Without `needs_selection` it is made from something else, and `selected` is None.
    """

    column: Column
    explanation: str
    compute: "Callable[[Dataset, Any, Callable[[int, int], None]], tuple[np.ndarray | Mapping[str, np.ndarray], dict[str, Any]]]"
    needs_selection: bool = True


@dataclass(frozen=True)
class EnergyScale:
    """The energy scale from a line of known energy in raw files.

    `measure(paths, mapping, parameters)` returns one plain record per channel: place of the line, gain, each with its
    interval, and n.
    """

    title: str
    explanation: str
    parameters: type
    measure: Callable[[Sequence[Path], Any, Any], list[dict[str, Any]]]


@dataclass(frozen=True)
class ScaledSample:
    """Simulated raw files in the numbers of a published table, or in a fraction of them.

    `cost(fraction)` tells n_events, seconds and gb beforehand. `simulate(folder, fraction, seed, progress)` writes the
    files that are not there yet and returns all of them; `progress(done, total)` may raise to stop.
    """

    title: str
    cost: Callable[[float], Mapping[str, float]]
    simulate: Callable[[Path, float, int, Callable[[int, int], None]], list[Path]]


@dataclass(frozen=True)
class Published:
    """Printed results of earlier studies, what follows from their own numbers, and what ours are.

    `tables`: what is compared, key -> title. `rows(sources)` compares everything; any of the sources may be missing.
    `network` is the one whose newest run stands for `run` if none is named. `inconsistencies()`: what does not add up.
    """

    tables: Mapping[str, str]
    rows: "Callable[[Sources], list[Comparison]]"
    inconsistencies: "Callable[[], list[Inconsistency]]"
    network: str
    scaled: ScaledSample | None = None


@dataclass(frozen=True)
class TriggerPoint:
    """Simulated events of one true energy: recorded by their own light, only with a dark count, or by dark counts alone.

    Only the first is an efficiency; the three add up to the part of the events with a record.
    """

    energy_kev: float
    light: "Efficiency"
    helped: "Efficiency"
    accidental: "Efficiency"


@dataclass(frozen=True)
class Trigger:
    """A simulated trigger: which part of the events is recorded at all.

    `scan(energies_kev, parameters, n, seed)` simulates; `closed_form(energies_kev, parameters)` (m,) is what holds
    without threshold and window, `above_threshold` the same with the threshold; `accidental_hz(parameters)` the rate
    without any event, `light_yield(parameters)` the photoelectrons per keV. `true_energy` is the column with it [keV], for the efficiency of a selection.
    """

    title: str
    parameters: type
    scan: "Callable[[Sequence[float], Any, int, int], tuple[TriggerPoint, ...]]"
    closed_form: Callable[[Sequence[float], Any], np.ndarray]
    above_threshold: Callable[[Sequence[float], Any], np.ndarray]
    accidental_hz: Callable[[Any], float]
    light_yield: Callable[[Any], float]
    true_energy: str
