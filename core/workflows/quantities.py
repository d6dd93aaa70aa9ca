"""Quantities of rows by the names that regions give them: a column of the table, or what a run says of each row.

`energy_kev`        a column
`RUN/score`         the score of a run; of several classes `RUN/p.0`, `RUN/p.1`, ...: the probability of each
`RUN/pca.1`, ...    the place on a map of what the last layer of the run's network sees (`core.maps`)
"""

import numpy as np

from core import manifest, maps, outputs, runs
from core.data.dataset import Dataset
from core.data.table import Column, columns_of
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.stored import beside_rows
from core.selection.plane import PlaneAxis
from core.selection.region import Region, inside
from core.workflows.scored import open_scored

SCORE = "score"
ABOVE_ONE = 1.0000001  # so that a score of 1 lies in the last cell


def run_of(name: str) -> str:
    """The run that a quantity is of, '' of a column."""
    return name.partition("/")[0] if "/" in name else ""


def values(experiment: Experiment, dataset: Dataset, name: str) -> np.ndarray:
    """The quantity of every row, (n_rows,) of a real type; NaN where a run says nothing of it."""
    run_id, _, what = name.rpartition("/")
    if not run_id:
        _column(experiment, dataset, name)
        return dataset.column(name)
    run = runs.open_run(run_id)
    method, _, number = what.partition(".")
    if method in maps.METHODS and number in ("1", "2"):
        rows, columns, _ = beside_rows(run, dataset, maps.read(run.path, dataset.name, method))
        return _spread(dataset.n_rows, rows, columns[f"x{number}"])
    scored = open_scored(run, experiment, dataset)
    if what == SCORE:
        return _spread(dataset.n_rows, scored.rows, scored.score)
    if method == "p" and number in map(str, range(len(scored.classes))):
        return _spread(dataset.n_rows, scored.rows, scored.probabilities[:, int(number)])
    raise DarkroomError(
        f"Run '{run_id}' says no '{what}' of rows: expected {SCORE}, p.0 to p.{len(scored.classes) - 1}, or of a map "
        f"{', '.join(f'{m}.1' for m in maps.METHODS)}."
    )


def version(dataset: Dataset, name: str) -> str:
    """Changes whenever the values of a quantity may: a cache key."""
    if not (run_id := run_of(name)):
        return dataset.id
    path = runs.existing(run_id)
    if not manifest.is_there(path):
        return ""
    names = [*outputs.files(path, dataset.name), *maps.files(path, dataset.name)]
    return f"{dataset.id}-{manifest.version(path, names)}"


def rows_inside(experiment: Experiment, dataset: Dataset, region: Region) -> np.ndarray:
    """bool (n_rows,): the rows that are inside a region."""
    return inside(region, *(values(experiment, dataset, name) for name in (region.x, region.y)))


def axis_of_column(
    experiment: Experiment, dataset: Dataset, name: str, window: tuple[float, float], is_log: bool = False
) -> PlaneAxis:
    """A column as a side of a plane, drawn from low to high."""
    column = _column(experiment, dataset, name)
    return PlaneAxis(name, column.label, column.unit, *window, is_log)


def axis_of_score(run_id: str, what: str, label: str) -> PlaneAxis:
    """A score, or the probability of a class, as a side of a plane."""
    return PlaneAxis(f"{run_id}/{what}", label, "", 0.0, ABOVE_ONE)


def _column(experiment: Experiment, dataset: Dataset, name: str) -> Column:
    columns = {column.name: column for column in columns_of(experiment.table, dataset)}
    if name not in columns:
        raise DarkroomError(
            f"Data set '{dataset.name}' has no quantity '{name[:60]}' (it has {', '.join(columns)}): draw the region again."
        )
    return columns[name]


def _spread(n_rows: int, rows: np.ndarray, some: np.ndarray) -> np.ndarray:
    every = np.full(n_rows, np.nan, np.float32)
    every[rows] = some
    return every
