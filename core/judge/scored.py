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
from core.judge import stored
from core.judge.baselines import Ranking, basis_of, of_run
from core.judge.evaluation import Baselines, Evaluation


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

    def baseline(self, name: str) -> np.ndarray:
        """float32 (n,): what a stored baseline gives the rows (`trees`), NaN where that was not made."""
        values = np.full(len(self.rows), np.nan, np.float32)
        known = stored.read_baseline(self.run.path, self.dataset.name, name)
        if known is None or not len(self.rows):
            return values
        rows, there = locate(self.dataset, known["uid"], known["source"])
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        there &= self.rows[at] == rows
        values[at[there]] = known[name][there]
        return values


def open_scored(run: runs.Run, experiment: Experiment, dataset: Dataset) -> Scored:
    """Join a run's scores to the table by uid."""
    if run.experiment != dataset.experiment:
        raise DarkroomError(
            f"Run '{run.id}' belongs to {run.experiment}, data set '{dataset.name}' to {dataset.experiment}."
        )
    known = runs.read_scores(run, dataset.name)
    rows, there = locate(dataset, known["uid"], known["source"])
    rows, score, split = rows[there], known["score"][there], known["split"][there]
    ascending = np.argsort(rows)
    return Scored(run, experiment, dataset, rows[ascending], score[ascending], split[ascending], int((~there).sum()))


def locate(dataset: Dataset, uid: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers int64 (n,) of events given by uid and file content, and bool (n,) whether they are there."""
    own = dataset.column("uid")
    order = np.argsort(own, kind="stable")
    rows = order[np.searchsorted(own, uid, sorter=order).clip(max=len(own) - 1)]
    return rows, (own[rows] == uid) & (dataset.source_of(rows) == source)


def version(run: runs.Run, dataset_name: str) -> str:
    """Changes whenever the run, its scores of the data set or its baselines' are written anew: a cache key; '' without
    scores.
    """
    files = run.path / "manifest.json", run.path / "scores" / f"{dataset_name}.parquet"
    baselines = stored.baseline_file(run.path, dataset_name)
    try:
        times = [str(file.stat().st_mtime_ns) for file in files]
        return "-".join([*times, str(baselines.stat().st_mtime_ns)] if baselines.exists() else times)
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
    scored = inside_own_cuts(scored)
    labels = scored.labels(own)
    beside, notes = baselines_beside(scored, labels, own)
    found: Evaluation = scored.experiment.evaluate(
        {name: scored.column(name) for name in scored.experiment.judge_columns},
        scored.score,
        labels,
        scored.split,
        threshold,
        which_split,
        cuts=scored.selection.cuts,
        baselines=beside,
        label_scheme=own,
        other_labels={s: scored.labels(s) for s in scored.schemes() if s != own},
    )
    if scored.n_gone:
        notes.append(f"{scored.n_gone:,} scored events are left out: the files that they came from have changed since.")
    return dataclasses.replace(found, notes=(*found.notes, *notes))


def inside_own_cuts(scored: Scored) -> Scored:
    """Without rows outside the run's cuts: it may have scores of more, for a study of other regions, but is not
    judged by them.
    """
    inside = select(scored.experiment, scored.dataset, scored.selection).cutting.preselected[scored.rows]
    rows, score, split = scored.rows[inside], scored.score[inside], scored.split[inside]
    return dataclasses.replace(scored, rows=rows, score=score, split=split)


def baselines_beside(scored: Scored, labels: np.ndarray, scheme: str) -> tuple[Baselines, list[str]]:
    """The baselines as quantities with a threshold, and what is to be said of those left out.

    A box has no threshold of its own: it stands as 1 inside and 0 outside, chosen to keep 99 % of the signal.
    """
    methods, notes = of_run(scored, scheme)
    basis, _ = basis_of(scored.split, labels, labels >= 0, scored.score)
    beside = {}
    for name, method in methods.items():
        if isinstance(method, Ranking):
            beside[name] = method.values, method.threshold
        elif (kept := method.usual(labels, basis).kept) is not None:
            beside[name] = kept.astype(np.float32), 0.5
    return beside, notes
