"""A run's stored scores beside the data set's table: rows, and labels under any scheme. No network runs."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core import manifest, outputs, runs
from core.data.dataset import Dataset, locate
from core.errors import DarkroomError
from core.judge import stored
from core.judge.judging import Judging
from core.judge.reach import fitted
from core.labels.labels import Labels, checked_scheme, signal_index
from core.learn.split_sides import side_of
from core.selection.schemes import meaningful_schemes
from core.selection.selecting import Selecting
from core.selection.selection import Selected, Selection, from_dict, select
from core.selection.tag_cut import TagCut
from core.statistics.axis import Axis

if TYPE_CHECKING:
    from core.judge.judged_sample import JudgedSample

LabelWarnings = Callable[[Any, str], list[str]]


@dataclass(frozen=True)
class ScoreTable:
    """The rows of a data set that a run has scored.

    rows int64 (n,): row numbers, ascending; probabilities float32 (n, n_classes) in the order of `classes`; split int8 (n,),
    what the training did with them; side int8 (n,), where their group lies (`core.learn.split_sides`): what is judged goes
    by it. `n_gone`: scored events that the data set no longer has, because a file was changed since. `of_class`: what is
    judged against the rest, '' for the run's own signal class (see `of`). `label_warnings(cuts, scheme)` are sentences on labels that the run's input determines.
    """

    run: runs.Run
    dataset: Dataset
    selecting: Selecting
    labels_facet: Labels | None
    judging: Judging
    label_warnings: LabelWarnings
    rows: np.ndarray
    probabilities: np.ndarray
    split: np.ndarray
    side: np.ndarray
    n_gone: int
    of_class: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """What the run's outputs stand for, in order."""
        return self.run.classes

    @property
    def has_axis(self) -> bool:
        """Whether the data set knows the axis' quantity of any row: small pictures, say, have no energy."""
        return self.dataset.defines(self.judging.axis.column)

    @property
    def is_multiclass(self) -> bool:
        return len(self.classes) > 2

    @property
    def signal(self) -> str:
        """The class that `score` is the probability of, and that `labels` tells from the rest."""
        return self.of_class or self.classes[signal_index(self.labels_facet, self.classes)]

    @property
    def is_own_signal(self) -> bool:
        """Whether `signal` is the class that the experiment calls so: what its own cuts keep."""
        return self.labels_facet is not None and self.signal == self.labels_facet.signal

    @property
    def at(self) -> int:
        """The place of `signal` in `classes`."""
        return self.classes.index(self.signal)

    @cached_property
    def score(self) -> np.ndarray:
        """float32 (n,): the probability of the class `signal`."""
        return np.ascontiguousarray(self.probabilities[:, self.at])

    def of(self, name: str) -> "ScoreTable":
        """The same run with another class in the place of the signal; '' leaves it as it is."""
        if name in ("", self.signal):
            return self
        if name not in self.classes:
            raise DarkroomError(
                f"Run '{self.run.id}' has no class '{name}': expected one of {', '.join(self.classes)}."
            )
        return dataclasses.replace(self, of_class=name)

    def where(self, chosen: np.ndarray) -> "ScoreTable":
        """Of the rows only those chosen, bool (n,)."""
        columns = {name: getattr(self, name)[chosen] for name in ("rows", "probabilities", "split", "side")}
        return dataclasses.replace(self, **columns)

    @cached_property
    def selection(self) -> Selection:
        return from_dict(self.selecting, self.labels_facet, self.run.selection)

    def class_labels(self, selection: Selection) -> np.ndarray:
        """int8 (n,): place in `classes` of each row's label under a selection, -1 without one or of another class.

        What was tagged since rows were scored changes no label.
        """
        untagged = dataclasses.replace(selection, tags=TagCut())
        return self.places_of(select(self.selecting, self.labels_facet, self.dataset, untagged))

    def places_of(self, selected: Selected) -> np.ndarray:
        """int8 (n,): the same, of a selection that was applied."""
        places = [self.classes.index(name) if name in self.classes else -1 for name in selected.classes]
        return np.array([*places, -1], np.int8)[selected.cutting.labels[self.rows]]  # a label of -1 takes the last one

    def against_the_rest(self, class_labels: np.ndarray) -> np.ndarray:
        """int8 (n,): 1 for the class `signal`, 0 for the others, -1 without a label, of places in `classes`."""
        return np.where(class_labels < 0, -1, class_labels == self.at).astype(np.int8)

    def labels_of(self, selection: Selection) -> np.ndarray:
        """int8 (n,): 1 for the class `signal`, 0 for the others, -1 without a label under a selection."""
        return self.against_the_rest(self.class_labels(selection))

    def under(self, scheme: str) -> Selection:
        """The run's own cuts with the labels of a scheme. Tags have chosen the rows when they were scored, and choose none now."""
        return dataclasses.replace(self.selection, labels=checked_scheme(self.labels_facet, scheme), tags=TagCut())

    def labels(self, scheme: str) -> np.ndarray:
        """int8 (n,) labels under a scheme with the run's own cuts: 1 signal, 0 the rest, -1 neither."""
        return self.labels_of(self.under(scheme))

    def meaning(self, scheme: str) -> str:
        """What numbers under a label scheme can and cannot tell."""
        return self.labels_facet.schemes[scheme].meaning if self.labels_facet else ""

    def needs_truth(self, scheme: str) -> bool:
        """Whether the labels of a scheme are those of a simulated truth."""
        return self.labels_facet is not None and self.labels_facet.schemes[scheme].needs_truth

    def schemes(self) -> list[str]:
        """Label schemes that mean something on this data set."""
        return list(self._schemes)

    @cached_property
    def _schemes(self) -> tuple[str, ...]:
        return tuple(meaningful_schemes(self.selecting, self.labels_facet, self.dataset))

    @cached_property
    def samples(self) -> "dict[str, JudgedSample]":
        """What was made of these rows by `judged_sample`, by label scheme."""
        return {}

    def column(self, name: str) -> np.ndarray:
        return self.dataset.column(name)[self.rows]

    @cached_property
    def axis_values(self) -> np.ndarray:
        """What the rows are judged by, (n,); NaN where unknown."""
        return self.column(self.judging.axis.column)

    @cached_property
    def axis(self) -> Axis:
        """Bins and windows that the run is judged in: the experiment's, or those of rows that mostly lie elsewhere."""
        return fitted(self.judging.axis, self.axis_values)

    def baseline(self, name: str) -> np.ndarray:
        """float32 (n,): the probability of `signal` that a stored baseline (`trees`) gives the rows, NaN where it was not
        made.
        """
        return self.baseline_outputs(name)[:, self.at]

    def baseline_outputs(self, name: str) -> np.ndarray:
        """float32 (n, n_classes): what a stored baseline gives every class, NaN where it was not made; read again
        only when it was made again.
        """
        files = tuple(stored.baseline_files(self.run.path, self.dataset.name))
        if (name, files) not in self._of_baselines:
            self._of_baselines[name, files] = self._read_baseline(name)
        return self._of_baselines[name, files]

    @cached_property
    def _of_baselines(self) -> dict[tuple[str, tuple[str, ...]], np.ndarray]:
        return {}

    def _read_baseline(self, name: str) -> np.ndarray:
        values = np.full((len(self.rows), len(self.classes)), np.nan, np.float32)
        known = stored.read_baseline(self.run, self.dataset.name, name)
        if known is None or not len(self.rows):
            return values
        rows, there = locate(self.dataset, known["uid"], known["source"], self.dataset.origin_of)
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        there &= self.rows[at] == rows
        outputs = stored.outputs_of(known, (name, name), self.classes, signal_index(self.labels_facet, self.classes))
        values[at[there]] = outputs[there]
        return values


def joined(
    run: runs.Run, dataset: Dataset, selecting: Selecting, labels: Labels | None, judging: Judging,
    label_warnings: LabelWarnings,
) -> ScoreTable:  # fmt: skip
    """A run's scores beside the rows of a data set, joined by uid."""
    rows, columns, n_gone = stored.beside_rows(run, dataset, runs.read_scores(run, dataset.name))
    probabilities = stored.outputs_of(columns, ("score", "p"), run.classes, signal_index(labels, run.classes))
    side = side_of(run, columns["uid"], dataset.source_of(rows))
    facets = selecting, labels, judging, label_warnings
    return ScoreTable(run, dataset, *facets, rows, probabilities, columns["split"], side, n_gone)


def version(run: runs.Run, dataset_name: str) -> str:
    """Changes whenever the run, its scores of the data set or its baselines' are written anew: a cache key; '' without
    scores.
    """
    if not manifest.is_there(run.path):
        return ""
    scores = outputs.files(run.path, dataset_name)
    names = *scores, *stored.baseline_files(run.path, dataset_name)
    return manifest.version(run.path, (*runs.SEALED, *names)) if scores else ""


def n_unscored(scored: ScoreTable) -> int:
    """Rows inside the run's own cuts that have no score, for example because the data set has grown since."""
    wanted = select(scored.selecting, scored.labels_facet, scored.dataset, scored.selection).cutting.preselected.copy()
    wanted[scored.rows] = False
    return int(wanted.sum())
