"""The contract between an experiment and everything shared: a frozen record of functions and names.

Pages and shared modules draw what the record offers and never name an experiment.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.records import (
    AttributionView,
    Average,
    Block,
    BoxSide,
    Column,
    CutBaseline,
    Derived,
    EnergyScale,
    Network,
    Panel,
    Preset,
    Published,
    Region,
    RegionGrid,
    ScaledSample,
    Trigger,
    TriggerPoint,
    View,
)

if TYPE_CHECKING:
    from core.data.cuts import Cut
    from core.data.dataset import Dataset
    from core.data.imaging import Imaging
    from core.data.selection import Selected, Selection
    from core.judge.applying import Applying
    from core.judge.compatibility import Matrix
    from core.labels.record import Labelling

__all__ = [
    "AttributionView",
    "Average",
    "Block",
    "BoxSide",
    "Column",
    "CutBaseline",
    "Derived",
    "EnergyScale",
    "Experiment",
    "Network",
    "Panel",
    "Preset",
    "Published",
    "Region",
    "RegionGrid",
    "ScaledSample",
    "Trigger",
    "TriggerPoint",
    "View",
]


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
    nothing_found: str  # what is said of a file without a single row
    # simulating
    simulation: type
    simulate: Callable[..., list[Path]]
    sample: Path
    # selecting
    cuts: type
    cut_list: "Callable[[Any], list[Cut]]"
    label_cuts: "Callable[[Any, str, Dataset], dict[str, list[Cut]]]"  # the keys are the classes
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
    uid_text: Callable[[int], str]
    parse_uid: Callable[[str], int]
    row_facts: "Callable[[Dataset, int], dict[str, str]]"  # of a row, beyond its columns: what was simulated, say
    judge_columns: tuple[str, ...]
    evaluate: Callable[..., Any]
    signal: str = "signal"  # the class that a score is the probability of, and that is judged against the rest
    average: Average | None = None
    imaging: "Imaging | None" = None  # images that hold many rows
    labelling: "Labelling | None" = None  # labels by hand
    applying: "Applying | None" = None  # what a run says of new data: counts, rates, spectra
    soft_labels: "Callable[[Dataset, Selection], np.ndarray | None] | None" = (
        None  # (n_rows, n_classes), rows add up to 1
    )
    energy_scale: EnergyScale | None = None
    catalog: "Callable[[Dataset, Path], None] | None" = None  # the rows in the field's own format, by the file's ending
    light_yield: "Callable[[Dataset], float] | None" = None  # photoelectrons per keV, for a second energy axis
    in_window: "Callable[[Any, float, float], Any] | None" = None  # cuts with another energy window [keV]
    scheme_meaning: Mapping[str, str] = field(default_factory=dict)  # what efficiencies under a label scheme can tell
    cut_baseline: Callable[[Any], CutBaseline] | None = None  # of the cuts
    box: tuple[BoxSide, ...] = ()
    judge_windows: tuple[tuple[float, float], ...] = ()  # of the first judged column, in which methods are compared
    tree_features: tuple[str, ...] = ()  # columns that the trees may use
    trees: str = "boosted"  # or "forest": which trees stand beside the networks
    # cuts that keep the signal class, bool (n,) of rows (n,), by name
    class_baselines: "Callable[[Dataset, np.ndarray], Mapping[str, np.ndarray]] | None" = None
    judge_range_kev: tuple[float, float] = (0.0, 20.0)  # in which a run is judged at every energy
    truth_bound: str = ""  # column with the log-likelihood ratio that simulated truth allows
    grid: RegionGrid | None = None
    attribution: AttributionView | None = None
    derived: Mapping[str, Derived] = field(default_factory=dict)
    trigger: Trigger | None = None
    published: Published | None = None
    published_pairs: "Callable[[Matrix], list[dict[str, Any]]] | None" = None  # printed pairs beside a study's cells
