"""Tags and notes as they are kept: one append-only log per person, workspace/tags/<experiment>/<person>.jsonl.

They belong to events, as labels by hand do (`core.labels.log`): uid, content of the raw file and how rows were made from it.
One line tags many events of one raw file, or takes the tag from them; a note is of one event, and the newest of a person
counts, an empty one being none.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import workspace
from core.errors import DarkroomError
from core.labels.person_log import LATEST_MS, PersonLogs

TAG, UNTAG, NOTE = "tag", "untag", "note"
MAX_NOTE = 2000  # characters
UIDS_PER_LINE = 1000
LOGS = PersonLogs("tags", "tag or note", max_line=1 << 16)
_TYPES = {
    "id": str,
    "kind": str,
    "uids": list,
    "source": int,
    "origin": str,
    "text": str,
    "labeller": str,
    "time_ms": int,
}


@dataclass(frozen=True)
class Mark:
    """A line: what (`text`: a tag's name, a note) was said of the rows `uids` of the raw file `source`, or taken from them."""

    id: str
    kind: str
    uids: tuple[int, ...]
    source: int
    origin: str
    text: str
    labeller: str
    time_ms: int


def mark(kind: str, uids: Sequence[int], source: int, origin: str, text: str, labeller: str) -> Mark:
    """A line that is not yet written."""
    return Mark(secrets.token_hex(6), kind, tuple(uids), source, origin, text, labeller, time.time_ns() // 1_000_000)


def checked_tag(name: str) -> str:
    """The name of a tag as it is kept, or a refusal."""
    return workspace.checked_name(name.strip(), "tag")


def checked_note(text: str) -> str:
    """A note as it is kept, or a refusal."""
    note = text.strip()
    if len(note) > MAX_NOTE:
        raise DarkroomError(f"The note has {len(note):,} characters: at most {MAX_NOTE:,} are kept, shorten it.")
    if not _is_text(note):
        raise DarkroomError("The note holds characters that are no text: type it again.")
    return note


def append(experiment_key: str, labeller: str, marks: Sequence[Mark]) -> None:
    """Write lines to the end of a person's log, on the disk when this returns."""
    LOGS.append(experiment_key, labeller, [LOGS.line(asdict(mark), labeller) for mark in marks])


def people(experiment_key: str) -> list[str]:
    """Who has tagged or noted something, by name."""
    return LOGS.people(experiment_key)


def version(experiment_key: str) -> str:
    """Changes whenever somebody tags or notes: a cache key."""
    return f"{LOGS.folder(experiment_key)}|{LOGS.version(experiment_key)}"


def read(experiment_key: str, labeller: str) -> tuple[tuple[Mark, ...], int]:
    """The lines of one person in order, and how many are damaged and were passed over; only those that are new are read."""
    key, version = str(LOGS.path_of(experiment_key, labeller)), LOGS.version(experiment_key, [labeller])
    known = _read_before.get(key, NOTHING)
    if known.version != version:
        known = _read_on(experiment_key, labeller, known, version)
        while len(_read_before) >= MAX_LOGS and key not in _read_before:
            _read_before.pop(next(iter(_read_before)), None)
        _read_before[key] = known
    return known.marks, known.n_damaged + known.n_torn


@dataclass(frozen=True)
class _Known:
    """What was read of a log: marks and damaged lines up to the byte `end`; behind it lie `n_torn` lines without an end."""

    version: str
    end: int
    marks: tuple[Mark, ...]
    n_damaged: int
    n_torn: int


NOTHING, MAX_LOGS = _Known("", 0, (), 0, 0), 64
_read_before: dict[str, _Known] = {}  # logs are only added to, so what was read of one holds


def _read_on(experiment_key: str, labeller: str, known: _Known, version: str) -> _Known:
    whole, rest, end = LOGS.read_from(experiment_key, labeller, known.end)
    if end < known.end or (not whole and not rest and known.end):  # shorter than it was: put back from a copy, say
        known = NOTHING
        whole, rest, end = LOGS.read_from(experiment_key, labeller, 0)
    parsed = [_from_values(values, labeller) for values in whole]
    marks = tuple(mark for mark in parsed if mark is not None)
    return _Known(version, end, known.marks + marks, known.n_damaged + len(parsed) - len(marks), len(rest))


def _from_values(values: Any, labeller: str) -> Mark | None:
    """The mark of a line; None if it is none, or says it is somebody else's."""
    if not isinstance(values, dict) or set(values) != set(_TYPES):
        return None
    if any(type(value) is not _TYPES[name] for name, value in values.items()) or values["labeller"] != labeller:
        return None
    mark = Mark(**{**values, "uids": tuple(values["uids"])})
    return mark if _is_sane(mark) else None


def _is_sane(mark: Mark) -> bool:
    has_rows = 0 < len(mark.uids) <= UIDS_PER_LINE and all(
        type(uid) is int and -(1 << 63) <= uid < 1 << 63 for uid in mark.uids
    )
    is_known = 0 <= mark.source < 1 << 63 and 0 <= mark.time_ms < LATEST_MS
    if mark.kind == NOTE:
        return has_rows and is_known and len(mark.uids) == 1 and len(mark.text) <= MAX_NOTE and _is_text(mark.text)
    return has_rows and is_known and mark.kind in (TAG, UNTAG) and workspace.is_name(mark.text)


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: JSON may hold halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
