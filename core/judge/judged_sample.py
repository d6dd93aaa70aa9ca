"""The rows that a run is judged on under one label scheme: made once, and asked by everything that is judged of them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import DarkroomError
from core.judge.baselines import Method, Ranking, basis_of, of_run
from core.judge.evaluation import Baselines, Evaluation, evaluate, members_of
from core.judge.score_table import ScoreTable
from core.labels.labels import checked_scheme
from core.selection.selection import select


@dataclass(frozen=True)
class JudgedSample:
    """The rows of a data set that a run has scored, inside its own cuts: it may have scores of more, for a study of other
    regions, but is not judged by them.

    `table` holds these rows; `class_labels` int8 (n,) the place in the run's classes of each row's label under `scheme`, -1
    without one.
    """

    table: ScoreTable
    scheme: str
    class_labels: np.ndarray

    @cached_property
    def labels(self) -> np.ndarray:
        """int8 (n,): 1 for the class that is judged, 0 for the others, -1 without a label."""
        return self.table.against_the_rest(self.class_labels)

    @cached_property
    def other_labels(self) -> Mapping[str, np.ndarray]:
        """The same under every other scheme that labels any of the rows."""
        labels = {name: self.table.labels(name) for name in self.table.schemes() if name != self.scheme}
        return {name: values for name, values in labels.items() if (values >= 0).any()}

    @property
    def baselines(self) -> tuple[dict[str, Method], list[str]]:
        """What the network has to beat on these rows, and what is to be said of what cannot be judged."""
        return of_run(self.table, self.scheme)

    def members(self, which: str) -> np.ndarray:
        """Bool (n,): the rows of a split, or all."""
        return members_of(self.table.side, which)

    def basis(self, used: np.ndarray) -> tuple[np.ndarray, str]:
        """The rows on which thresholds are chosen, bool (n,), and their name (see `basis_of`)."""
        return basis_of(self.table.side, self.labels, used, self.table.score)


def judged_sample(scores: ScoreTable, scheme: str | None = None) -> JudgedSample:
    """The rows of a run under a label scheme (default: its own); kept with the scores, so that it is made once."""
    name = checked_scheme(scores.labels_facet, scheme or scores.selection.labels)
    if name not in scores.samples:
        selected = select(scores.selecting, scores.labels_facet, scores.dataset, scores.under(name))
        is_inside = selected.cutting.preselected[scores.rows]
        class_labels = scores.places_of(selected)[is_inside]
        scores.samples[name] = JudgedSample(scores.where(is_inside), name, class_labels)
    return scores.samples[name]


def judge_run(
    scores: ScoreTable, threshold: float = 0.5, which_split: str = "test", scheme: str | None = None
) -> Evaluation:
    """Everything that is judged of a run: the network and its baselines, under its own labels and the others."""
    need_truth(scores, scheme or scores.selection.labels)
    sample = judged_sample(scores, scheme)
    table = sample.table
    baselines, left_out = baselines_beside(sample)
    evaluation = evaluate(
        table.axis_values,
        table.score,
        sample.labels,
        table.side,
        judging=scores.judging,
        threshold=threshold,
        which_split=which_split,
        baselines=baselines,
        label_scheme=sample.scheme,
        other_labels=sample.other_labels,
    )
    return dataclasses.replace(evaluation, notes=(*evaluation.notes, *left_out, *_warnings(sample)))


def need_truth(scores: ScoreTable, scheme: str) -> None:
    """Refuse labels of a truth that measured data do not have."""
    if checked_scheme(scores.labels_facet, scheme) not in scores.schemes():
        raise DarkroomError(
            f"Data set '{scores.dataset.name}' is measured and has no truth: choose the labels "
            f"{' or '.join(scores.schemes())}."
        )


def baselines_beside(sample: JudgedSample) -> tuple[Baselines, list[str]]:
    """The baselines as quantities with a threshold, and what is to be said of those left out.

    A box, chosen to keep 99 % of the signal, and a fixed cut have no threshold of their own: they stand as decisions.
    """
    methods, notes = sample.baselines
    basis, _ = sample.basis(sample.labels >= 0)
    beside = {}
    for name, method in methods.items():
        if isinstance(method, Ranking):
            beside[name] = method.values, method.threshold
        elif (passed := method.usual(sample.labels, basis).accepted) is not None:
            beside[name] = np.asarray(passed, bool), 0.5
    return beside, notes


def _warnings(sample: JudgedSample) -> list[str]:
    """What must be known of the labels, the mapping and the rows before the numbers are believed."""
    table = sample.table
    notes = table.label_warnings(table.selection.cuts, sample.scheme)
    mapping = table.run.provenance["dataset"].get("mapping")
    if mapping is not None and mapping != table.dataset.meta["mapping"]:
        notes.append(
            "The rows were read by another mapping than those that the run was trained on: its input may mean something else."
        )
    if table.n_gone:
        notes.append(
            f"{table.n_gone:,} scored events are left out: the files that they came from have changed since, or are read by other features."
        )
    return notes
