"""The table of a prepared data set: its columns, and what identifies and describes a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.uid import Uid

if TYPE_CHECKING:
    from core.data.dataset import Dataset


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
class Table:
    """The columns of an experiment's rows and what they mean.

    `uid` is what the identity of a row is made of. `truth` is the whole-number column that is 0 or above in simulated rows. `row_facts(dataset, row)` tells what is known
    of a row beyond its columns, what was simulated, say. `derived` are columns made after preparing. `catalog(dataset, path)`
    writes the rows in the field's own format, by the file's ending. `made_of` tells what a column is made of, as far as other
    columns tell it: column -> other column -> how it comes in, in words. `undefined(column_by_name, mapping)` gives
    sentences on what is undefined in many rows, and what would define it. `time_s(dataset, rows)` gives the times of
    rows float64 (k,) [s], unix seconds or those of the data set's own clock, NaN where it is not known; None where rows keep no time.
    """

    columns: tuple[Column, ...]
    flags: tuple[str, ...]
    uid: Uid
    truth: str = ""
    row_facts: "Callable[[Dataset, int], dict[str, str]]" = lambda _dataset, _row: {}
    derived: Mapping[str, Derived] = field(default_factory=dict)
    catalog: "Callable[[Dataset, Path], None] | None" = None
    made_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    undefined: "Callable[[Callable[[str], np.ndarray], Any], list[str]] | None" = None
    time_s: "Callable[[Dataset, np.ndarray], np.ndarray] | None" = None


def columns_of(table: Table, dataset: "Dataset") -> tuple[Column, ...]:
    """The columns in which any row of the data set has a value, and those derived ones that it has."""
    own = tuple(column for column in table.columns if dataset.defines(column.name))
    return own + tuple(derived.column for name, derived in table.derived.items() if name in dataset.derived)
