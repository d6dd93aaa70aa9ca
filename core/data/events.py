"""Events looked at one by one: which rows a filter keeps, what stands beside and before them, what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.data.derive import columns_of
from core.data.selection import Selected
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.efficiency import passes
from core.judge.histogram import bin_indices
from core.judge.multiclass import called

NO_LABEL, NO_CLASS = "neither", "no label"
FLAGLESS = "none"


@dataclass(frozen=True)
class EventFilter:
    """What is asked of an event; what is None is not asked.

    label: class index or -1 (neither class); without: class index, of which an event with a label is not; low, high: window [low, high) of a quantity, NaN never inside; flag: number
    of a flag that is set, -1 for no flag at all. Of a run's scores: score window [low, high) with 1.0 inside the last one,
    split code, a threshold at which the label is missed (events without a label or score miss nothing; `signal` is the
    label of which the score is the probability), and what the event is called, an index into the run's classes, -1 for none
    (no probability reaches `reject_below`).
    """

    label: int | None = None
    low: float | None = None
    high: float | None = None
    flag: int | None = None
    score_low: float = 0.0
    score_high: float = 1.0
    split: int | None = None
    misclassified_at: float | None = None
    signal: int = 1
    predicted: int | None = None
    reject_below: float = 0.0
    without: int | None = None


@dataclass(frozen=True)
class RowScores:
    """A run's scores for every row of a data set: score float32 (n_rows,), NaN without; split int8 (n_rows,), -1 without.

    `outputs` float32 (n_rows, n_classes) of a run with more than two `classes`, else None.
    """

    score: np.ndarray
    split: np.ndarray
    outputs: np.ndarray | None = None
    classes: tuple[str, ...] = ()

    @cached_property
    def called(self) -> np.ndarray | None:
        """int8 (n_rows,): the most probable class, -1 without a score; None of a run with two classes."""
        return None if self.outputs is None else called(self.outputs)


def spread(
    n_rows: int, rows: np.ndarray, score: np.ndarray, split: np.ndarray, outputs: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> RowScores:  # fmt: skip
    """Scores (k,), splits (k,) and outputs (k, n_classes) of some rows (k,), put where their rows stand."""
    whole = None if outputs is None else np.full((n_rows, outputs.shape[1]), np.nan, np.float32)
    every = RowScores(np.full(n_rows, np.nan, np.float32), np.full(n_rows, -1, np.int8), whole, tuple(classes))
    every.score[rows], every.split[rows] = score, split
    if whole is not None:
        whole[rows] = outputs
    return every


def find(
    preselected: np.ndarray,
    labels: np.ndarray,
    values: np.ndarray,
    flags: np.ndarray,
    scores: RowScores | None,
    asked: EventFilter,
) -> np.ndarray:
    """Row numbers int64 (k,), ascending, that pass; every array is (n_rows,), `values` the quantity of the window.

    What is asked of scores is not asked where there are none (`scores` None).
    """
    keep = preselected.copy()
    if asked.label is not None:
        keep &= labels == asked.label
    if asked.without is not None:
        keep &= (labels >= 0) & (labels != asked.without)
    if asked.low is not None:
        keep &= values >= asked.low
    if asked.high is not None:
        keep &= values < asked.high
    if asked.flag is not None:
        keep &= flags == 0 if asked.flag < 0 else (flags >> asked.flag) & 1 == 1
    if scores is not None:
        _ask_scores(keep, labels, scores, asked)
    return np.flatnonzero(keep)


def _ask_scores(keep: np.ndarray, labels: np.ndarray, scores: RowScores, asked: EventFilter) -> None:
    """Narrow `keep` in place."""
    if asked.score_low > 0.0 or asked.score_high < 1.0:
        if asked.score_low >= asked.score_high:
            raise DarkroomError(
                f"The score window is empty ({asked.score_low:g} to {asked.score_high:g}): choose a wider one."
            )
        window = np.array([asked.score_low, asked.score_high])
        inside = bin_indices(scores.score, window) == 0
        if asked.score_high < 1.0:
            inside &= scores.score < np.float32(asked.score_high)
        keep &= inside
    if asked.split is not None:
        keep &= scores.split == asked.split
    if asked.misclassified_at is not None:
        kept = passes(scores.score, asked.misclassified_at)
        is_signal = (labels == asked.signal) & (labels >= 0)
        keep &= ~np.isnan(scores.score) & np.where(is_signal, ~kept, (labels >= 0) & kept)
    if asked.predicted is not None and scores.outputs is not None:
        keep &= ~np.isnan(scores.score) & (called(scores.outputs, asked.reject_below) == asked.predicted)


def step(rows: np.ndarray, row: int, by: int) -> int:
    """The row `by` places after `row` (negative: before) in ascending `rows`, which need not hold it; ends hold."""
    at = int(np.searchsorted(rows, row, side="left"))
    inside = at < len(rows) and rows[at] == row
    wanted = at + by if inside or by < 0 else at + by - 1
    return int(rows[min(max(wanted, 0), len(rows) - 1)])


def place(rows: np.ndarray, row: int) -> int | None:
    """The place of `row` among ascending `rows`, the first being 1; None if it is not there."""
    at = int(np.searchsorted(rows, row))
    return at + 1 if at < len(rows) and rows[at] == row else None


def stretch(rows: np.ndarray, row: int, n_at_most: int) -> tuple[int, np.ndarray]:
    """(number of rows before it, the stretch of at most `n_at_most` rows that holds `row` or begins the list)."""
    at = place(rows, row)
    start = 0 if at is None else (at - 1) // n_at_most * n_at_most
    return start, rows[start : start + n_at_most]


def row_of(dataset: Dataset, uid: int) -> int:
    """The row with an identity."""
    found = np.flatnonzero(dataset.column("uid") == uid)
    if not len(found):
        raise DarkroomError(
            f"Data set '{dataset.name}' has no event with the number {uid}: take one from the event table."
        )
    return int(found[0])


def uid_text(experiment: Experiment, dataset: Dataset, row: int) -> str:
    """The identity of a row, as it stands in the address of a page."""
    return experiment.uid_text(int(dataset.column("uid")[row]))


def class_names(classes: Sequence[str]) -> dict[int, str]:
    """Class index -> name, -1 for rows of neither class."""
    return {-1: NO_LABEL if len(classes) == 2 else NO_CLASS, **dict(enumerate(classes))}


def flag_names(experiment: Experiment, flags: int) -> str:
    """The flags that are set, or 'none'."""
    return ", ".join(name for i, name in enumerate(experiment.flags) if flags >> i & 1) or FLAGLESS


def by_class(selected: Selected, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Rows (k,) parted by their label. Empty parts are left out."""
    labels = selected.cutting.labels[rows]
    parts = {name: rows[labels == index] for index, name in class_names(selected.classes).items()}
    return {name: part for name, part in parts.items() if len(part)}


def event_table(selected: Selected, rows: np.ndarray, scores: RowScores | None, n_columns: int) -> dict[str, Any]:
    """Columns of a table of rows (k,): identity, label, score and the first `n_columns` quantities.

    Of a run with several classes, also what each row is called and the probability of that.
    """
    experiment, dataset = selected.experiment, selected.dataset
    names, labels = class_names(selected.classes), selected.cutting.labels
    table: dict[str, Any] = {
        "event": [experiment.uid_text(u) for u in dataset.column("uid")[rows].tolist()],
        "label": [names[i] for i in labels[rows].tolist()],
    }
    if scores is not None:
        if scores.outputs is not None and scores.called is not None:
            said = {-1: "", **dict(enumerate(scores.classes))}
            table["called"] = [said[i] for i in scores.called[rows].tolist()]
            table["probability"] = scores.outputs[rows].max(axis=1)
        table["score"] = scores.score[rows]
        table["split"] = ["" if s < 0 else SPLITS[s] for s in scores.split[rows].tolist()]
    for column in columns_of(experiment, dataset)[:n_columns]:
        table[column.title] = dataset.column(column.name)[rows]
    table["flags"] = [flag_names(experiment, f) for f in dataset.column("flags")[rows].tolist()]
    return table


def facts(selected: Selected, row: int, scores: RowScores | None) -> dict[str, str]:
    """What is known of one row, in words: label, score, flags, the experiment's own facts, every quantity.

    Of a run with several classes, also what it is called, and the probability of each class.
    """
    experiment, dataset = selected.experiment, selected.dataset
    told = {"label": class_names(selected.classes)[int(selected.cutting.labels[row])]}
    if scores is not None:
        if scores.outputs is not None and scores.called is not None and scores.called[row] >= 0:
            p = dict(zip(scores.classes, scores.outputs[row].tolist(), strict=True))
            told["called"] = f"{scores.classes[scores.called[row]]} ({max(p.values()):.4f})"
            told |= {f"p({name})": f"{value:.4f}" for name, value in p.items()}
        score, split = float(scores.score[row]), int(scores.split[row])
        told["score"] = "not scored" if np.isnan(score) else f"{score:.4f}"
        told["split"] = "not scored" if split < 0 else SPLITS[split]
    told["flags"] = flag_names(experiment, int(dataset.column("flags")[row]))
    told |= experiment.row_facts(dataset, row)
    for column in columns_of(experiment, dataset):
        value = float(dataset.column(column.name)[row])
        told[column.title] = "undefined" if np.isnan(value) else f"{value:,.{column.decimals}f}"
    return told
