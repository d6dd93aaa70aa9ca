"""A run's stored scores beside the data set's table: rows, labels under any scheme, the judgement. No network runs."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.data.selection import Selection, checked_scheme, from_dict, select
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.evaluation import Evaluation


@dataclass(frozen=True)
class Scored:
    """The rows of a data set that a run has scored.

    rows int64 (n,): row numbers, ascending; score float32 (n,), probability of signal; split int8 (n,).
    `n_gone`: scored events that the data set no longer has, because a file was changed since.
    """

    run: runs.Run
    experiment: Experiment
    dataset: Dataset
    rows: np.ndarray
    score: np.ndarray
    split: np.ndarray
    n_gone: int

    @cached_property
    def selection(self) -> Selection:
        return from_dict(self.experiment, self.run.selection)

    def labels(self, scheme: str) -> np.ndarray:
        """int8 (n,) labels under a scheme with the run's own cuts, -1 for neither."""
        asked = Selection(self.selection.cuts, checked_scheme(self.experiment, scheme), self.selection.split)
        return select(self.experiment, self.dataset, asked).cutting.labels[self.rows]

    def schemes(self) -> list[str]:
        """Label schemes that mean something on this data set."""
        return [
            s for s in self.experiment.label_schemes if self.dataset.simulated or s not in self.experiment.truth_schemes
        ]

    def column(self, name: str) -> np.ndarray:
        return self.dataset.column(name)[self.rows]


def open_scored(run: runs.Run, experiment: Experiment, dataset: Dataset) -> Scored:
    """Join a run's scores to the table by uid."""
    if run.experiment != dataset.experiment:
        raise DarkroomError(
            f"Run '{run.id}' belongs to {run.experiment}, data set '{dataset.name}' to {dataset.experiment}."
        )
    stored = runs.read_scores(run, dataset.name)
    uid = dataset.column("uid")
    order = np.argsort(uid, kind="stable")
    at = np.minimum(np.searchsorted(uid, stored["uid"], sorter=order), len(uid) - 1)
    rows = order[at]
    known = (uid[rows] == stored["uid"]) & (dataset.source_of(rows) == stored["source"])
    rows, score, split = rows[known], stored["score"][known], stored["split"][known]
    ascending = np.argsort(rows)
    return Scored(run, experiment, dataset, rows[ascending], score[ascending], split[ascending], int((~known).sum()))


def version(run: runs.Run, dataset_name: str) -> str:
    """Changes whenever the run or its scores of the data set are written anew: a cache key; '' without scores."""
    files = run.path / "manifest.json", run.path / "scores" / f"{dataset_name}.parquet"
    try:
        return "-".join(str(file.stat().st_mtime_ns) for file in files)
    except FileNotFoundError:
        return ""


def n_unscored(scored: Scored) -> int:
    """Rows inside the run's own cuts that have no score, for example because the data set has grown since."""
    wanted = select(scored.experiment, scored.dataset, scored.selection).cutting.preselected.copy()
    wanted[scored.rows] = False
    return int(wanted.sum())


def judge_run(
    scored: Scored, threshold: float = 0.5, which_split: str = "test", scheme: str | None = None
) -> Evaluation:
    """Everything that is judged of a run: the network and its baselines, under its own labels and the others."""
    own = checked_scheme(scored.experiment, scheme or scored.selection.labels)
    if own not in scored.schemes():
        raise DarkroomError(
            f"Data set '{scored.dataset.name}' is measured and has no truth: choose the labels "
            f"{' or '.join(scored.schemes())}."
        )
    found: Evaluation = scored.experiment.evaluate(
        {name: scored.column(name) for name in scored.experiment.judge_columns},
        scored.score,
        scored.labels(own),
        scored.split,
        threshold,
        which_split,
        cuts=scored.selection.cuts,
        label_scheme=own,
        other_labels={s: scored.labels(s) for s in scored.schemes() if s != own},
    )
    if scored.n_gone:
        gone = f"{scored.n_gone:,} scored events are left out: the files that they came from have changed since."
        found = dataclasses.replace(found, notes=(*found.notes, gone))
    return found
