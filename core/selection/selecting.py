"""Selecting: cuts on the rows of an experiment and what the selection page shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from core.data.cuts import Cut
    from core.data.dataset import Dataset
    from core.selection.selection import Selected, Selection


@dataclass(frozen=True)
class Panel:
    """A histogram on the selection page, in which the cut on its column is drawn and can be moved.

    `fields` are those of the cuts dataclass that hold the ends of that cut, from low to high; without any, the ends are those
    of the limit on the column, where the cuts have limits of any column (`core.selection.panels`).
    """

    column: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """A selection that somebody published, and where."""

    selection: "Selection"
    explanation: str


@dataclass(frozen=True)
class Selecting:
    """The cuts of an experiment.

    `cuts` is their parameter dataclass, `cut_list(cuts)` what they do in order. `group(dataset)` int64 (n_rows,) numbers what
    a split must not tear apart. `warnings(cuts, scheme, dataset)` are sentences; `statistics(selected)` the rows of the
    data statistics table; `mapping` what raw files are read by, which tells whose tags a row has. `in_window(cuts, low, high)` are the cuts with another window of the axis that is judged by.
    """

    cuts: type
    cut_list: "Callable[[Any], list[Cut]]"
    group: "Callable[[Dataset], np.ndarray]"
    presets: Mapping[str, Preset]
    panels: tuple[Panel, ...]
    mapping: type
    statistics: "Callable[[Selected], list[dict[str, Any]]]"
    warnings: "Callable[[Any, str, Dataset], list[str]]" = lambda _cuts, _scheme, _dataset: []
    in_window: "Callable[[Any, float, float], Any] | None" = None
