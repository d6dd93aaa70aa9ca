"""A run's stored scores beside the data set's table: rows, labels under any scheme, the judgement. No network runs."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.data.selection import Selection, checked_scheme, from_dict, select, signal_index, usable_schemes
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import stored
from core.judge.baselines import Ranking, basis_of, of_run
from core.judge.evaluation import Baselines, Evaluation


@dataclass(frozen=True)
class Scored:
    """The rows of a data set that a run has scored.

    rows int64 (n,): row numbers, ascending; score float32 (n,), probability of the class `signal`; split int8 (n,).
    `n_gone`: scored events that the data set no longer has, because a file was changed since. `outputs` float32
    (n, n_classes) of runs with more than two classes. `of_class`: what is judged against the rest, '' for the run's own
    signal class (see `of`).
    """

    run: runs.Run
    experiment: Experiment
    dataset: Dataset
    rows: np.ndarray
    score: np.ndarray
    split: np.ndarray
    n_gone: int
    outputs: np.ndarray | None = None
    of_class: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """What the run's outputs stand for, in order."""
        return self.run.classes

    @property
    def is_multiclass(self) -> bool:
        return len(self.classes) > 2

    @property
    def signal(self) -> str:
        """The class that `score` is the probability of, and that `labels` tells from the rest."""
        return self.of_class or self.classes[signal_index(self.experiment, self.classes)]

    @property
    def at(self) -> int:
        """The place of `signal` in `classes`."""
        return self.classes.index(self.signal)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """float32 (n, n_classes) in the order of `classes`; rows without a score are NaN."""
        if self.outputs is not None:
            return self.outputs
        return np.stack([self.score if k == self.at else 1.0 - self.score for k in range(2)], axis=1)

    def of(self, name: str) -> "Scored":
        """The same run with another class in the place of the signal; '' leaves it as it is."""
        if name in ("", self.signal):
            return self
        if name not in self.classes:
            raise DarkroomError(
                f"Run '{self.run.id}' has no class '{name}': expected one of {', '.join(self.classes)}."
            )
        score = self.probabilities[:, self.classes.index(name)]
        return dataclasses.replace(self, score=score, outputs=self.outputs, of_class=name)

    def where(self, chosen: np.ndarray) -> "Scored":
        """Of the rows only those chosen, bool (n,)."""
        outputs = None if self.outputs is None else self.outputs[chosen]
        kept = {name: getattr(self, name)[chosen] for name in ("rows", "score", "split")}
        return dataclasses.replace(self, outputs=outputs, **kept)

    @cached_property
    def selection(self) -> Selection:
        return from_dict(self.experiment, self.run.selection)

    def class_labels(self, asked: Selection) -> np.ndarray:
        """int8 (n,): place in `classes` of each row's label under a selection, -1 without one or of another class."""
        selected = select(self.experiment, self.dataset, asked)
        places = [self.classes.index(name) if name in self.classes else -1 for name in selected.classes]
        return np.array([*places, -1], np.int8)[selected.cutting.labels[self.rows]]  # a label of -1 takes the last one

    def labels_of(self, asked: Selection) -> np.ndarray:
        """int8 (n,): 1 for the class `signal`, 0 for the others, -1 without a label under a selection."""
        found = self.class_labels(asked)
        return np.where(found < 0, -1, found == self.at).astype(np.int8)

    def under(self, scheme: str) -> Selection:
        """The run's own cuts with the labels of a scheme."""
        return Selection(self.selection.cuts, checked_scheme(self.experiment, scheme), self.selection.split)

    def labels(self, scheme: str) -> np.ndarray:
        """int8 (n,) labels under a scheme with the run's own cuts: 1 signal, 0 the rest, -1 neither."""
        return self.labels_of(self.under(scheme))

    def schemes(self) -> list[str]:
        """Label schemes that mean something on this data set."""
        return [
            s
            for s in usable_schemes(self.experiment, self.dataset)
            if self.dataset.simulated or s not in self.experiment.truth_schemes
        ]

    def column(self, name: str) -> np.ndarray:
        return self.dataset.column(name)[self.rows]

    def baseline(self, name: str) -> np.ndarray:
        """float32 (n,): the probability of `signal` that a stored baseline (`trees`) gives the rows, NaN where it was not
        made.
        """
        return self.baseline_outputs(name)[:, self.at]

    def baseline_outputs(self, name: str) -> np.ndarray:
        """float32 (n, n_classes): what a stored baseline gives every class, NaN where it was not made."""
        values = np.full((len(self.rows), len(self.classes)), np.nan, np.float32)
        known = stored.read_baseline(self.run.path, self.dataset.name, name)
        if known is None or not len(self.rows):
            return values
        rows, there = locate(self.dataset, known["uid"], known["source"])
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        there &= self.rows[at] == rows
        outputs = stored.outputs_of(known, name, len(self.classes), signal_index(self.experiment, self.classes))
        values[at[there]] = outputs[there]
        return values


def open_scored(run: runs.Run, experiment: Experiment, dataset: Dataset) -> Scored:
    """Join a run's scores to the table by uid."""
    if run.experiment != dataset.experiment:
        raise DarkroomError(
            f"Run '{run.id}' belongs to {run.experiment}, data set '{dataset.name}' to {dataset.experiment}."
        )
    known = runs.read_scores(run, dataset.name)
    rows, there = locate(dataset, known["uid"], known["source"])
    order = np.flatnonzero(there)[np.argsort(rows[there])]
    n_classes = len(run.classes)
    outputs = np.stack([known[f"p_{k}"][order] for k in range(n_classes)], axis=1) if n_classes > 2 else None
    found = rows[order], known["score"][order], known["split"][order], int((~there).sum())
    return Scored(run, experiment, dataset, *found, outputs)


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
    return scored.where(select(scored.experiment, scored.dataset, scored.selection).cutting.preselected[scored.rows])


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
