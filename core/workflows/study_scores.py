"""Opening a study: labels once for all its regions, and the scores of every run that there still is."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from core import runs
from core.data.columncache import ColumnCache, with_cache
from core.data.dataset import Dataset
from core.data.splits import OTHER
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import memory
from core.judge.compatibility import Matrix, RunScores, Sample, matrix
from core.judge.grid import Region, grid_of
from core.judge.judging import judging_of
from core.labels.labels import checked_scheme, labels_of
from core.selection.selection import Selection, from_dict, rows_key, select
from core.workflows.cross_training import Study
from core.workflows.label_warnings import of_any_network
from core.workflows.scored import open_scored


def open_sample(study: Study, experiment: Experiment, dataset: Dataset, scheme: str | None = None) -> Sample:
    """Read what a study has: labels once for all regions, and the scores of every run that there still is.

    `scheme` replaces the study's own label scheme. Runs of different data sets are refused.
    """
    dataset = with_cache(dataset, ColumnCache(memory.machine_bytes()))  # the same few columns for every run
    hull = from_dict(experiment.selecting, experiment.labels, study.selection)
    labelled = dataclasses.replace(hull, labels=_usable_scheme(experiment, dataset, scheme or hull.labels))
    cutting = select(experiment.selecting, experiment.labels, dataset, labelled).cutting
    rows = np.flatnonzero(cutting.preselected)
    labels = cutting.labels[rows]
    opened = [runs.open_run(run) if run and runs.is_sealed(run) else None for run in study.runs]
    _refuse_mixed([run for run in opened if run is not None], dataset)
    notes = [
        *of_any_network(experiment, dataset, hull.cuts, labelled.labels),
        *experiment.selecting.warnings(hull.cuts, labelled.labels, dataset),
    ]
    if rows_key(experiment.selecting, experiment.labels, dataset, hull) != study.rows_key:
        notes = [*notes, f"Data set '{dataset.name}' has changed since the study was made: ask for the study again."]
    return Sample(
        regions=study.regions,
        rows=rows,
        axis_values=dataset.column(judging_of(experiment).axis.column)[rows],
        labels=labels,
        members=_members(experiment, dataset, labelled, study.regions, rows, labels),
        runs=tuple(None if run is None else _scores_of(run, experiment, dataset, rows) for run in opened),
        scheme=labelled.labels,
        cuts=hull.cuts,
        notes=tuple(notes),
    )


def _usable_scheme(experiment: Experiment, dataset: Dataset, scheme: str) -> str:
    if labels_of(experiment).schemes[checked_scheme(experiment.labels, scheme)].needs_truth and not dataset.simulated:
        raise DarkroomError(f"Data set '{dataset.name}' is measured and has no truth: choose other labels.")
    return scheme


def _members(
    experiment: Experiment, dataset: Dataset, hull: Selection, regions: Sequence[Region], rows: np.ndarray,
    labels: np.ndarray,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    members = []
    for region in regions:
        inside = select(
            experiment.selecting, experiment.labels, dataset, grid_of(experiment).widened(hull, [region])
        ).cutting.preselected[rows]
        members.append(np.flatnonzero(inside & (labels >= 0)))
    return tuple(members)


def _scores_of(run: runs.Run, experiment: Experiment, dataset: Dataset, rows: np.ndarray) -> RunScores:
    """A run's scores of these rows (m,) of a data set; a row without a score has NaN and the split OTHER."""
    score = np.full(dataset.n_rows, np.nan, np.float32)
    split = np.full(dataset.n_rows, OTHER, np.int8)
    if dataset.name in runs.scored_datasets(run):
        known = open_scored(run, experiment, dataset)
        score[known.rows], split[known.rows] = known.score, known.side
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


def open_matrix(
    study: Study, experiment: Experiment, dataset: Dataset, threshold: float = 0.5, scheme: str | None = None
) -> Matrix:
    """The matrix of a study from what is stored."""
    return matrix(open_sample(study, experiment, dataset, scheme), threshold)
