"""What a run's network gave for the rows of a data set, where it tells no classes apart: regressed columns, or samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.judge import stored
from core.judge.evaluation import members_of
from core.learn.task import Task
from core.statistics.axis import Axis

RECORDED = ("uid", "source", "split")


@dataclass(frozen=True)
class OutputTable:
    """The rows of a data set that a run has outputs of.

    rows int64 (n,): row numbers, ascending; split int8 (n,): what the training did with them; `outputs` (n, ...) by name, as
    `task` stores them. `n_gone`: rows with outputs that the data set no longer has.
    """

    run: runs.Run
    task: Task
    dataset: Dataset
    rows: np.ndarray
    split: np.ndarray
    outputs: Mapping[str, np.ndarray]
    n_gone: int

    def where(self, chosen: np.ndarray) -> dict[str, Any]:
        """The task's numbers on some of the rows, bool (n,)."""
        return self.task.summary(
            {name: values[chosen] for name, values in self.outputs.items()}, self.dataset, self.rows[chosen]
        )

    def members(self, which: str) -> np.ndarray:
        """Bool (n,): the rows of a split, or all."""
        return members_of(self.split, which)

    def summary(self, which: str) -> dict[str, Any]:
        """The task's numbers on a split, or on all rows."""
        return self.where(self.members(which))

    def by_axis(self, axis: Axis, which: str) -> list[dict[str, Any]]:
        """The same in each bin of an axis; rows outside of it, or without its quantity, are in none."""
        values, members = self.dataset.column(axis.column)[self.rows], self.members(which)
        return [self.where(members & (values >= low) & (values < high)) for low, high in pairwise(axis.edges.tolist())]


def open_outputs(run: runs.Run, task: Task, dataset: Dataset) -> OutputTable:
    """Join what a run gave to the rows of the table by uid."""
    rows, columns, n_gone = stored.beside_rows(run, dataset, runs.read_outputs(run, dataset.name))
    outputs = {name: values for name, values in columns.items() if name not in RECORDED}
    return OutputTable(run, task, dataset, rows, columns["split"], outputs, n_gone)
