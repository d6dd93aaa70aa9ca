"""Events looked at one by one: which rows a filter keeps, what stands beside and before them, what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core import times
from core.data.dataset import Dataset
from core.data.splits import SPLITS
from core.data.table import Table, columns_of
from core.errors import DarkroomError
from core.selection.region import Region, inside
from core.selection.selection import Selected
from core.statistics.efficiency import passes
from core.statistics.histogram import bin_indices
from core.statistics.multiclass import predicted_class

NO_LABEL, NO_CLASS, ALL = "neither", "no label", "all"
FLAGLESS = "none"


@dataclass(frozen=True)
class EventFilter:
    """What is asked of an event; what is None is not asked.

    label: class index or -1 (neither class); without: class index, of which an event with a label is not; low, high: window [low, high) of a quantity, NaN never inside; flag: number
    of a flag that is set, -1 for no flag at all. Of a run's scores: score window [low, high) with 1.0 inside the last one,
    split code, a threshold at which the label is missed (events without a label or score miss nothing; `signal` is the
    label of which the score is the probability), and what the event is called, an index into the run's classes, -1 for none
    (no probability reaches `reject_below`). tag: what somebody has tagged it with, '' for anything. region: in the plane of two
    quantities, of which `find` is given the values.
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
    tag: str = ""
    region: Region | None = None


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
        return None if self.outputs is None else predicted_class(self.outputs)


def spread(
    n_rows: int, rows: np.ndarray, score: np.ndarray, split: np.ndarray, outputs: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> RowScores:  # fmt: skip
    """Scores (k,), splits (k,) and, of more than two classes, outputs (k, n_classes) of some rows, put where they stand."""
    whole = None if outputs is None or len(classes) < 3 else np.full((n_rows, outputs.shape[1]), np.nan, np.float32)
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
    wanted: EventFilter,
    tagged: np.ndarray | None = None,
    plane: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Row numbers int64 (k,), ascending, that pass; every array is (n_rows,), `values` the quantity of the window, `tagged`
    whether a row has the tag that is asked for, `plane` the quantities of the region.

    What is asked of scores is not asked where there are none (`scores` None).
    """
    keep = preselected.copy()
    if wanted.label is not None:
        keep &= labels == wanted.label
    if wanted.without is not None:
        keep &= (labels >= 0) & (labels != wanted.without)
    if wanted.low is not None:
        keep &= values >= wanted.low
    if wanted.high is not None:
        keep &= values < wanted.high
    if wanted.flag is not None:
        keep &= flags == 0 if wanted.flag < 0 else (flags >> wanted.flag) & 1 == 1
    if tagged is not None:
        keep &= tagged
    if wanted.region is not None and plane is not None:
        keep &= inside(wanted.region, *plane)
    if scores is not None:
        _ask_scores(keep, labels, scores, wanted)
    return np.flatnonzero(keep)


def _ask_scores(keep: np.ndarray, labels: np.ndarray, scores: RowScores, wanted: EventFilter) -> None:
    """Narrow `keep` in place."""
    if wanted.score_low > 0.0 or wanted.score_high < 1.0:
        if wanted.score_low >= wanted.score_high:
            raise DarkroomError(
                f"The score window is empty ({wanted.score_low:g} to {wanted.score_high:g}): choose a wider one."
            )
        window = np.array([wanted.score_low, wanted.score_high])
        inside = bin_indices(scores.score, window) == 0
        if wanted.score_high < 1.0:
            inside &= scores.score < np.float32(wanted.score_high)
        keep &= inside
    if wanted.split is not None:
        keep &= scores.split == wanted.split
    if wanted.misclassified_at is not None:
        passed = passes(scores.score, wanted.misclassified_at)
        is_signal = (labels == wanted.signal) & (labels >= 0)
        keep &= ~np.isnan(scores.score) & np.where(is_signal, ~passed, (labels >= 0) & passed)
    if wanted.predicted is not None and scores.outputs is not None:
        keep &= ~np.isnan(scores.score) & (predicted_class(scores.outputs, wanted.reject_below) == wanted.predicted)


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
    rows = np.flatnonzero(dataset.column("uid") == uid)
    if not len(rows):
        raise DarkroomError(
            f"Data set '{dataset.name}' has no event with the number {uid}: take one from the event table."
        )
    return int(rows[0])


def uid_text(table: Table, dataset: Dataset, row: int) -> str:
    """The identity of a row, as it stands in the address of a page."""
    return table.uid.text(int(dataset.column("uid")[row]))


def class_names(selected: Selected) -> dict[int, str]:
    """Class index -> name, -1 for rows of neither class, in the words of the label scheme where it has its own; without
    labels -1 are all rows.
    """
    classes, labels = selected.classes, selected.labels_facet
    unlabelled = labels.schemes[selected.selection.labels].unlabelled if labels else ALL
    return {-1: unlabelled or (NO_LABEL if len(classes) == 2 else NO_CLASS), **dict(enumerate(classes))}


def flag_names(table: Table, flags: int) -> str:
    """The flags that are set, or 'none'."""
    return ", ".join(name for i, name in enumerate(table.flags) if flags >> i & 1) or FLAGLESS


def by_class(selected: Selected, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Rows (k,) parted by their label. Empty parts are left out."""
    labels = selected.cutting.labels[rows]
    parts = {name: rows[labels == index] for index, name in class_names(selected).items()}
    return {name: part for name, part in parts.items() if len(part)}


def event_table(
    table: Table, selected: Selected, rows: np.ndarray, scores: RowScores | None, n_columns: int
) -> dict[str, Any]:
    """Columns of a table of rows (k,): identity, label, score and the first `n_columns` quantities.

    Of a run with several classes, also what each row is called and the probability of that.
    """
    dataset = selected.dataset
    names, labels = class_names(selected), selected.cutting.labels
    columns: dict[str, Any] = {
        "event": [table.uid.text(u) for u in dataset.column("uid")[rows].tolist()],
    }
    if selected.labels_facet is not None:
        columns["label"] = [names[i] for i in labels[rows].tolist()]
    if scores is not None:
        if scores.outputs is not None and scores.called is not None:
            names_of = {-1: "", **dict(enumerate(scores.classes))}
            columns["called"] = [names_of[i] for i in scores.called[rows].tolist()]
            columns["probability"] = scores.outputs[rows].max(axis=1)
        columns["score"] = scores.score[rows]
        columns["split"] = ["" if s < 0 else SPLITS[s] for s in scores.split[rows].tolist()]
    for column in columns_of(table, dataset)[:n_columns]:
        columns[column.title] = dataset.column(column.name)[rows]
    columns["flags"] = [flag_names(table, f) for f in dataset.column("flags")[rows].tolist()]
    return columns


def facts(table: Table, selected: Selected, row: int, scores: RowScores | None) -> dict[str, str]:
    """What is known of one row, in words: label, score, flags, the experiment's own facts, every quantity.

    Of a run with several classes, also what it is called, and the probability of each class.
    """
    dataset = selected.dataset
    known = {"label": class_names(selected)[int(selected.cutting.labels[row])]} if selected.labels_facet else {}
    if scores is not None:
        if scores.outputs is not None and scores.called is not None and scores.called[row] >= 0:
            p = dict(zip(scores.classes, scores.outputs[row].tolist(), strict=True))
            known["called"] = f"{scores.classes[scores.called[row]]} ({max(p.values()):.4f})"
            known |= {f"p({name})": f"{value:.4f}" for name, value in p.items()}
        score, split = float(scores.score[row]), int(scores.split[row])
        known["score"] = "not scored" if np.isnan(score) else f"{score:.4f}"
        known["split"] = "not scored" if split < 0 else SPLITS[split]
    known["flags"] = flag_names(table, int(dataset.column("flags")[row]))
    if table.time_s is not None and np.isfinite(at_s := float(table.time_s(dataset, np.array([row]))[0])):
        known["time"] = times.in_words(at_s)
    known |= table.row_facts(dataset, row)
    for column in columns_of(table, dataset):
        value = float(dataset.column(column.name)[row])
        known[column.title] = "undefined" if np.isnan(value) else f"{value:,.{column.decimals}f}"
    return known
