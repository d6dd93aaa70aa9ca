"""Generated rows: what an experiment says of them, so that shared code can draw, judge and show them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.data.table import Column
from core.errors import DarkroomError
from core.figures.image_pairs import Frame, Picture
from core.statistics.axis import Axis

Conditions = Mapping[str, np.ndarray]
"""Column -> (n,): what each row was generated for."""
Geometry = Mapping[str, np.ndarray]
Drawn = Mapping[str, np.ndarray]
"""What belongs to one generated row, by name: `samples`, and more."""
Numbers = dict[str, np.ndarray]
"""Name -> float64 (n,): numbers of each row."""
Append = Callable[[np.ndarray, Conditions, np.ndarray], None]
"""Adds rows (n, ...) with their conditions and numbers int64 (n,) to a file."""
Writer = Callable[[Path, Geometry, Mapping[str, Any]], AbstractContextManager[Append]]
"""(path, geometry, plain facts that are kept with the rows) -> appends to a file that is at `path` when all is written, and not before."""


@dataclass(frozen=True)
class Generating:
    """How the rows that networks generate are judged and shown.

    `array` is the stored array that is generated, rows (n, ...) in its unit, zero where nothing was seen. `conditions` are the columns
    that may be given, with the range that can be asked for. Everything is repeated in the bins of `axis`, a condition.
    `features(rows, conditions, geometry)` are the high-level numbers that a judge is given, `more_features` those that the harder judge
    is given beside them, `pixels(rows, conditions, geometry)` float32 (n, k) the low-level ones. `separated` names the features whose
    separation power is quoted, by name -> title. `writers` write generated rows, by the layout of their file, the usual one first. `channels(rows)` are sums over rows that are compared as the field does, in the unit of the array.
    `images(drawn, conditions)` are the pictures of one row: of `drawn`, what a generator gave for it by name (`samples` (...), and what else
    belongs to it), or the stored array as `samples`; `frame(geometry)` says where their pixels lie. `element` is what an element of the array
    is called, `sameness` why a network without noise gives one row for each condition.
    """

    array: str
    unit: str
    conditions: tuple[Column, ...]
    axis: Axis
    features: Callable[[np.ndarray, Conditions, Geometry], Numbers]
    more_features: Callable[[np.ndarray, Conditions, Geometry], Numbers]
    pixels: Callable[[np.ndarray, Conditions, Geometry], np.ndarray]
    separated: Mapping[str, str]
    channels: Callable[[np.ndarray], Numbers]
    images: Callable[[Drawn, Mapping[str, float]], Sequence[Picture]]
    frame: Callable[[Geometry], Frame]
    element: str = "element"
    sameness: str = "Nothing in this network is left to chance: the same conditions give the same row."
    writers: Mapping[str, Writer] = field(default_factory=dict)


class Generated(Protocol):
    """What may be generated: the rows of an experiment."""

    @property
    def title(self) -> str: ...
    @property
    def generating(self) -> Generating | None: ...


def generating_of(experiment: Generated) -> Generating:
    """How generated rows of an experiment are judged, or a refusal."""
    if experiment.generating is None:
        raise DarkroomError(
            f"No network of {experiment.title} generates rows: choose a data set of another experiment."
        )
    return experiment.generating


def columns_of(generating: Generating) -> dict[str, Any]:
    """The conditions by the name of their column."""
    return {column.name: column for column in generating.conditions}
