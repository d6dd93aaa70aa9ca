"""Generated rows: what an experiment says of them, so that shared code can draw, judge and show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from core.data.table import Column
from core.errors import DarkroomError
from core.statistics.axis import Axis

Conditions = Mapping[str, np.ndarray]
"""Column -> (n,): what each row was generated for."""
Geometry = Mapping[str, np.ndarray]
Numbers = dict[str, np.ndarray]
"""Name -> float64 (n,): numbers of each row."""


@dataclass(frozen=True)
class Generating:
    """How the rows that networks generate are judged and shown.

    `array` is the stored array that is generated, rows (n, ...) in its unit, zero where nothing was seen. `conditions` are the columns
    that may be given, with the range that can be asked for. Everything is repeated in the bins of `axis`, a condition.
    `features(rows, conditions, geometry)` are the high-level numbers that a judge is given, `more_features` those that the harder judge
    is given beside them, `pixels(rows, conditions, geometry)` float32 (n, k) the low-level ones. `separated` names the features whose
    separation power is quoted, by name -> title. `channels(rows)` are sums over rows that are compared as the field does, in the unit of the array.
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
