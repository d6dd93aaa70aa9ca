"""The contract between an experiment and everything shared: a frozen record of functions and names.

Pages and shared modules draw what the record offers and never name an experiment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.cuts import Cut
    from core.data.dataset import Dataset
    from core.data.selection import Selected, Selection
    from core.judge.comparison import Comparison, Inconsistency, Sources
    from core.judge.compatibility import Matrix
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
    """A few hundred rows on their way into a prepared data set.

    `table`: column name -> (n,); `array`: what is stored per row, first axis n.
    """

    table: dict[str, np.ndarray]
    array: np.ndarray


@dataclass(frozen=True)
class Network:
    """A network that can be trained on the rows of an experiment.

    `recipe_for(parameters)` gives the recipe (`core.data.loader.Recipe`, with `shape(dataset)`) that makes its input.
    `build(parameters, input_shape, n_classes)` returns an uncompiled keras model whose last layer is a softmax.
    `training` holds this network's own defaults of the training parameters; `cpu_events_per_s` is a first guess.
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

    `compute(dataset, selected, progress)` returns the values float32 (n_rows,) and the plain facts and arrays that
    they were made with; `progress(done, total)`.
    """

    column: Column
    explanation: str
    compute: "Callable[[Dataset, Selected, Callable[[int, int], None]], tuple[np.ndarray, dict[str, Any]]]"


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


@dataclass(frozen=True)
class Experiment:
    """One detector, as a record of functions and names."""

    key: str
    title: str
    row: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]
    flags: tuple[str, ...]
    # reading: a mapping says how a file's branches become ours
    mappings: Mapping[str, Path]
    mapping: type
    load_mapping: Callable[[Path], Any]
    blocks: Callable[[Path, Any], Iterator[Block]]
    source: Callable[[Path, Any], dict[str, Any]]
    record_meta: Callable[[Any], dict[str, Any]]
    preview: Callable[[Path], dict[str, Any]]
    file_patterns: tuple[str, ...]
    is_simulated: Callable[[Any], bool]
    # simulating
    simulation: type
    simulate: Callable[..., list[Path]]
    sample: Path
    # selecting
    cuts: type
    cut_list: "Callable[[Any], list[Cut]]"
    label_cuts: "Callable[[Any, str], dict[str, list[Cut]]]"
    label_schemes: Mapping[str, str]
    truth_schemes: tuple[str, ...]
    group: "Callable[[Dataset], np.ndarray]"
    warnings: "Callable[[Any, str, Dataset], list[str]]"
    presets: Mapping[str, Preset]
    panels: tuple[Panel, ...]
    statistics: "Callable[[Selected], list[dict[str, Any]]]"
    # learning, looking, judging
    networks: Mapping[str, Network]
    describe_network: Callable[[str, Any], dict[str, Any]]
    views: Mapping[str, View]
    average: Average
    uid_text: Callable[[int], str]
    parse_uid: Callable[[str], int]
    row_facts: "Callable[[Dataset, int], dict[str, str]]"  # of a row, beyond its columns: what was simulated, say
    judge_columns: tuple[str, ...]
    evaluate: Callable[..., Any]
    light_yield: "Callable[[Dataset], float] | None" = None  # photoelectrons per keV, for a second energy axis
    in_window: "Callable[[Any, float, float], Any] | None" = None  # cuts with another energy window [keV]
    scheme_meaning: Mapping[str, str] = field(default_factory=dict)  # what efficiencies under a label scheme can tell
    cut_baseline: Callable[[Any], CutBaseline] | None = None  # of the cuts
    box: tuple[BoxSide, ...] = ()
    judge_windows: tuple[tuple[float, float], ...] = ()  # of the first judged column, in which methods are compared
    tree_features: tuple[str, ...] = ()  # columns that the boosted trees may use
    truth_bound: str = ""  # column with the log-likelihood ratio that simulated truth allows
    grid: RegionGrid | None = None
    attribution: AttributionView | None = None
    derived: Mapping[str, Derived] = field(default_factory=dict)
    trigger: Trigger | None = None
    published: Published | None = None
    published_pairs: "Callable[[Matrix], list[dict[str, Any]]] | None" = None  # printed pairs beside a study's cells
