"""Tags and notes of the rows of a data set: who said what of which, and how they are added and taken back.

A row keeps them when its data set grows or is prepared again from the same files. What one person said, only that person
takes back; a row has a tag as long as anybody gives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core import workspace
from core.data.dataset import Dataset, locate
from core.errors import DarkroomError
from core.labels import tag_log
from core.labels.log import made_of
from core.labels.tag_log import NOTE, TAG, UIDS_PER_LINE, UNTAG, Mark

MAX_ROWS = 1_000_000  # at once: more is a selection, not a tag


@dataclass(frozen=True)
class RowMark:
    """A tag or note of a row: what, by whom, and when (unix time)."""

    text: str
    labeller: str
    time_ms: int


@dataclass(frozen=True)
class Tags:
    """The tags and notes of a data set as they are now.

    rows int64 (n,), ascending, with tag and person int64 (n,), indices into `names` and `people`, and time_ms int64 (n,): one
    for each tag that a person gives a row. notes: by row and person. `n_damaged` lines of the logs were passed over.
    """

    dataset: Dataset
    names: tuple[str, ...]
    people: tuple[str, ...]
    rows: np.ndarray
    tag: np.ndarray
    person: np.ndarray
    time_ms: np.ndarray
    notes: dict[int, dict[str, RowMark]]
    n_damaged: int

    def has(self, names: Sequence[str]) -> np.ndarray:
        """bool (n_rows,): rows to which anybody gives one of the tags; a tag that nobody knows is on no row."""
        out = np.zeros(self.dataset.n_rows, bool)
        places = [self.names.index(name) for name in names if name in self.names]
        out[self.rows[np.isin(self.tag, places)]] = True
        return out

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows with each tag, those with most first; tags that are on no row any more are left out."""
        pairs = np.unique(self.tag * self.dataset.n_rows + self.rows)  # of several people one
        numbers = np.bincount(pairs // max(self.dataset.n_rows, 1), minlength=len(self.names)).tolist()
        by_name = sorted(zip(self.names, numbers, strict=True), key=lambda item: (-item[1], item[0]))
        return {name: n for name, n in by_name if n}

    def of_row(self, row: int) -> list[RowMark]:
        """The tags of a row, the earliest first."""
        at = slice(*np.searchsorted(self.rows, [row, row + 1]))
        marks = [
            RowMark(self.names[tag], self.people[person], time_ms)
            for tag, person, time_ms in zip(
                *(v[at].tolist() for v in (self.tag, self.person, self.time_ms)), strict=True
            )
        ]
        return sorted(marks, key=lambda mark: mark.time_ms)

    def notes_of(self, row: int) -> list[RowMark]:
        """The notes of a row, one of each person, the earliest first."""
        return sorted(self.notes.get(row, {}).values(), key=lambda note: note.time_ms)

    def note_by(self, row: int, labeller: str) -> str:
        """What one person noted of a row, '' for nothing."""
        note = self.notes.get(row, {}).get(labeller)
        return note.text if note else ""


def open_tags(dataset: Dataset, mapping_type: type) -> Tags:
    """Read what was said of the rows of a data set; `mapping_type` is what its raw files are read by."""
    logs = [tag_log.read(dataset.experiment, name) for name in tag_log.people(dataset.experiment)]
    origin = made_of(dataset, mapping_type)
    marks = [mark for log, _ in logs for mark in log if mark.origin == origin]
    which, rows = _rows_of(dataset, marks)
    n_damaged = sum(n for _, n in logs)
    names = tuple(sorted({mark.text for mark in marks if mark.kind != NOTE}))
    people = tuple(sorted({mark.labeller for mark in marks}))
    return Tags(dataset, names, people, *_now(marks, which, rows, names, people), _notes(marks, which, rows), n_damaged)


def _rows_of(dataset: Dataset, marks: Sequence[Mark]) -> tuple[np.ndarray, np.ndarray]:
    """(index of the mark, row that it is about), int64 (n,) each: one for every row of a mark that the data set has."""
    sizes = [len(mark.uids) for mark in marks]
    which = np.repeat(np.arange(len(marks)), sizes)
    if not marks or not dataset.n_rows:
        return which[:0], np.zeros(0, np.int64)
    uid = np.fromiter((uid for mark in marks for uid in mark.uids), np.int64, sum(sizes))
    source = np.array([mark.source for mark in marks], np.int64)[which]
    rows, is_there = locate(dataset, uid, source, dataset.source_of)
    return which[is_there], rows[is_there]


def _now(
    marks: Sequence[Mark], which: np.ndarray, rows: np.ndarray, names: tuple[str, ...], people: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(rows, tag, person, time_ms), each (n,), of the tags that are not taken back: the last line of a person counts."""
    at, of = ({name: i for i, name in enumerate(known)} for known in (names, people))
    tag_of_mark = np.array([at.get(mark.text, 0) if mark.kind != NOTE else -1 for mark in marks], np.int64)
    is_tagging = tag_of_mark[which] >= 0
    which, rows = which[is_tagging], rows[is_tagging]
    tag = tag_of_mark[which]
    person = np.array([of[mark.labeller] for mark in marks], np.int64)[which]
    time_ms = np.array([mark.time_ms for mark in marks], np.int64)[which]
    is_on = np.array([mark.kind == TAG for mark in marks], bool)[which]
    key = (rows * len(names) + tag) * len(people) + person
    last = len(key) - 1 - np.unique(key[::-1], return_index=True)[1]  # ascending by row, then tag
    last = last[is_on[last]]
    return rows[last], tag[last], person[last], time_ms[last]


def _notes(marks: Sequence[Mark], which: np.ndarray, rows: np.ndarray) -> dict[int, dict[str, RowMark]]:
    is_note = np.array([mark.kind == NOTE for mark in marks], bool)[which]
    notes: dict[int, dict[str, RowMark]] = {}
    for i, row in zip(which[is_note].tolist(), rows[is_note].tolist(), strict=True):
        notes.setdefault(row, {})[marks[i].labeller] = RowMark(marks[i].text, marks[i].labeller, marks[i].time_ms)
    without_empty = {row: {who: note for who, note in of.items() if note.text} for row, of in notes.items()}
    return {row: of for row, of in without_empty.items() if of}


def add(dataset: Dataset, mapping_type: type, rows: Sequence[int] | np.ndarray, tag: str, labeller: str) -> str:
    """Give rows a tag, on the disk when this returns; returns the tag's name as it is kept."""
    return _write(dataset, mapping_type, TAG, rows, tag, labeller)


def remove(dataset: Dataset, mapping_type: type, rows: Sequence[int] | np.ndarray, tag: str, labeller: str) -> str:
    """Take a tag of this person back from rows; those without it stay as they are."""
    return _write(dataset, mapping_type, UNTAG, rows, tag, labeller)


def note(dataset: Dataset, mapping_type: type, row: int, text: str, labeller: str) -> str:
    """Note something of a row in place of this person's earlier note, an empty text to take it back; returns it as it is kept."""
    checked, name = tag_log.checked_note(text), workspace.checked_name(labeller, "labeller")
    tag_log.append(dataset.experiment, name, _marks(dataset, mapping_type, NOTE, np.array([row]), checked, name))
    return checked


def _write(
    dataset: Dataset, mapping_type: type, kind: str, rows: Sequence[int] | np.ndarray, tag: str, labeller: str
) -> str:
    name, person = tag_log.checked_tag(tag), workspace.checked_name(labeller, "labeller")
    wanted = np.unique(np.asarray(rows, np.int64))
    if not 0 < len(wanted) <= MAX_ROWS:
        raise DarkroomError(
            f"Tag '{name}' is for {len(wanted):,} rows: expected 1 to {MAX_ROWS:,} at once, choose others."
        )
    if wanted[0] < 0 or wanted[-1] >= dataset.n_rows:
        raise DarkroomError(
            f"Data set '{dataset.name}' has rows 0 to {dataset.n_rows - 1}: row {wanted[-1]} cannot be tagged."
        )
    tag_log.append(dataset.experiment, person, _marks(dataset, mapping_type, kind, wanted, name, person))
    return name


def _marks(dataset: Dataset, mapping_type: type, kind: str, rows: np.ndarray, text: str, labeller: str) -> list[Mark]:
    """Lines about rows (ascending), at most so many rows in each, all of one raw file."""
    uid, source, origin = dataset.column("uid")[rows], dataset.source_of(rows), made_of(dataset, mapping_type)
    edges = np.flatnonzero(np.diff(source)) + 1
    marks = []
    for part in np.split(np.arange(len(rows)), edges):
        for start in range(0, len(part), UIDS_PER_LINE):
            few = part[start : start + UIDS_PER_LINE]
            marks.append(tag_log.mark(kind, uid[few].tolist(), int(source[few[0]]), origin, text, labeller))
    return marks
