"""The scores of a study's runs on the rows of all its regions, read once: what its matrix is computed from."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.data.selection import Selection, checked_scheme, from_dict, of_regions, rows_key, select
from core.data.splits import OTHER
from core.errors import DarkroomError
from core.experiment import Experiment, Region
from core.judge.scored import open_scored

if TYPE_CHECKING:
    from core.learn.study import Study


@dataclass(frozen=True)
class RunScores:
    """What a run says of the m rows of a sample: score float32 (m,), NaN where there is none; split int8 (m,)."""

    run: str
    score: np.ndarray
    split: np.ndarray


@dataclass(frozen=True)
class Sample:
    """Everything that a matrix is computed from, as arrays over the m rows that the regions together hold.

    rows int64 (m,) row numbers of the data set; energy_kev float32 (m,); labels int8 (m,), -1 neither class;
    `members`: of each region the positions in these arrays of its labelled rows; `runs`: of each region its run's
    scores, None where there is none; `cuts`: the experiment's own.
    """

    regions: tuple[Region, ...]
    rows: np.ndarray
    energy_kev: np.ndarray
    labels: np.ndarray
    members: tuple[np.ndarray, ...]
    runs: tuple[RunScores | None, ...]
    scheme: str = ""
    cuts: Any = None
    notes: tuple[str, ...] = ()


def open_sample(study: "Study", experiment: Experiment, dataset: Dataset, scheme: str | None = None) -> Sample:
    """Read what a study has: labels once for all regions, and the scores of every run that there still is.

    `scheme` replaces the study's own label scheme. Runs of different data sets are refused.
    """
    dataset = dataclasses.replace(dataset, read_column=cache(dataset.read_column))  # the same few columns for every run
    hull = from_dict(experiment, study.selection)
    labelled = Selection(hull.cuts, _usable_scheme(experiment, dataset, scheme or hull.labels), hull.split)
    cutting = select(experiment, dataset, labelled).cutting
    rows = np.flatnonzero(cutting.preselected)
    labels = cutting.labels[rows]
    opened = [runs.open_run(run) if run and runs.is_sealed(run) else None for run in study.runs]
    _refuse_mixed([run for run in opened if run is not None], dataset)
    notes = experiment.warnings(hull.cuts, labelled.labels, dataset)
    if rows_key(experiment, dataset, hull) != study.rows_key:
        notes = [*notes, f"Data set '{dataset.name}' has changed since the study was made: ask for the study again."]
    return Sample(
        regions=study.regions,
        rows=rows,
        energy_kev=dataset.column("energy_kev")[rows],
        labels=labels,
        members=_members(experiment, dataset, labelled, study.regions, rows, labels),
        runs=tuple(None if run is None else _scores_of(run, experiment, dataset, rows) for run in opened),
        scheme=labelled.labels,
        cuts=hull.cuts,
        notes=tuple(notes),
    )


def _usable_scheme(experiment: Experiment, dataset: Dataset, scheme: str) -> str:
    if scheme in experiment.truth_schemes and not dataset.simulated:
        raise DarkroomError(f"Data set '{dataset.name}' is measured and has no truth: choose other labels.")
    return checked_scheme(experiment, scheme)


def _members(
    experiment: Experiment, dataset: Dataset, hull: Selection, regions: Sequence[Region], rows: np.ndarray,
    labels: np.ndarray,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    members = []
    for region in regions:
        inside = select(experiment, dataset, of_regions(experiment, hull, [region])).cutting.preselected[rows]
        members.append(np.flatnonzero(inside & (labels >= 0)))
    return tuple(members)


def _scores_of(run: runs.Run, experiment: Experiment, dataset: Dataset, rows: np.ndarray) -> RunScores:
    """A run's scores of these rows (m,) of a data set; a row without a score has NaN and the split OTHER."""
    score = np.full(dataset.n_rows, np.nan, np.float32)
    split = np.full(dataset.n_rows, OTHER, np.int8)
    if dataset.name in runs.scored_datasets(run):
        known = open_scored(run, experiment, dataset)
        score[known.rows], split[known.rows] = known.score, known.split
    return RunScores(run.id, score[rows], split[rows])


def _refuse_mixed(opened: Sequence[runs.Run], dataset: Dataset) -> None:
    """Refuse runs that were not all trained on the same state of one data set."""
    for run in opened:
        trained, first = run.provenance["dataset"], opened[0].provenance["dataset"]
        if run.dataset != dataset.name or trained.get("rows_key") != first.get("rows_key"):
            raise DarkroomError(
                f"Runs of different data sets are mixed: run '{run.id}' was trained on '{run.dataset}' "
                f"({trained.get('rows_key')}), expected '{dataset.name}' ({first.get('rows_key')}): ask for the study again."
            )
