"""Labels by hand: one append-only log per labeller, one JSON object per line, nothing ever changed or deleted.

workspace/labels/<experiment>/<labeller>.jsonl

A label belongs to an event, not to a data set: uid, content of the raw file (`source`) and how rows were made from it
(`made`, a digest of the mapping). To take a label back is another line. A line is on the disk before the next event is
shown; what a crash leaves of a half line is passed over and counted.
"""

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import parameters, workspace
from core.data.dataset import Dataset, locate
from core.errors import DarkroomError

LABEL, SKIP, UNDO, ADJUDICATION = "label", "skip", "undo", "adjudication"
KINDS = (LABEL, SKIP, UNDO, ADJUDICATION)
ENDING = ".jsonl"
MAX_LINE = 4096  # bytes; a longer one is not ours
MAX_LABEL = 64  # characters of a class name
_TYPES = {
    "id": str, "kind": str, "uid": int, "source": int, "made": str, "label": str, "labeller": str, "time_ms": int,
    "spent_ms": int, "is_difficult": bool, "queue": str, "is_blind": bool, "look": dict, "of": str,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A line of a log.

    kind: label, skip, undo (`of` is the id of the line taken back) or adjudication (what counts after a disagreement);
    time_ms: unix time; spent_ms: how long the event was looked at; queue: why it was shown (see `core.labels.queue`);
    look: scale and recipe of the picture.
    """

    id: str
    kind: str
    uid: int
    source: int
    made: str
    label: str
    labeller: str
    time_ms: int
    spent_ms: int = 0
    is_difficult: bool = False
    queue: str = ""
    is_blind: bool = False
    look: dict[str, Any] = field(default_factory=dict)
    of: str = ""

    @property
    def event(self) -> tuple[int, int, str]:
        """What was labelled."""
        return self.uid, self.source, self.made


def made_of(dataset: Dataset, mapping_type: type) -> str:
    """How the rows of a data set were made from the raw files: with another mapping the same number is another row.

    Only what differs from the defaults counts, so that a parameter that is added later changes nothing.
    """
    mapping: Any = parameters.build(mapping_type, dataset.meta["mapping"])
    text = json.dumps(sorted(parameters.as_assignments(mapping, mapping_type())))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def new_id() -> str:
    return secrets.token_hex(6)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def folder(experiment_key: str) -> Path:
    return workspace.folder("labels", experiment_key)


def labellers(experiment_key: str) -> list[str]:
    """Who has a log, by name; a file that is no log of ours by its name is passed over."""
    stems = (p.stem for p in folder(experiment_key).glob(f"*{ENDING}"))
    return sorted(stem for stem in stems if workspace.is_name(stem))


def path_of(experiment_key: str, labeller: str) -> Path:
    """The log of a labeller; a name that could not name a file is refused."""
    return folder(experiment_key) / f"{workspace.checked_name(labeller, 'labeller')}{ENDING}"


def append(experiment_key: str, entries: Sequence[Entry]) -> None:
    """Write lines to the end of their labellers' logs, on the disk when this returns."""
    texts: dict[str, list[str]] = {}
    for entry in entries:
        texts.setdefault(entry.labeller, []).append(_line(entry))
    for labeller, lines in texts.items():
        _write(path_of(experiment_key, labeller), "".join(lines).encode())


def _line(entry: Entry) -> str:
    text = json.dumps(asdict(entry), allow_nan=False, separators=(",", ":")) + "\n"
    if len(text.encode()) > MAX_LINE:
        raise DarkroomError(f"A label of {entry.labeller} takes {len(text)} characters, at most {MAX_LINE} are kept.")
    return text


def _write(path: Path, data: bytes) -> None:
    """One write at the end of the file, under a lock: two tabs of one labeller do not tear each other's lines."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data  # a crash left half a line: what follows stands on its own
            if os.write(handle, data) != len(data):
                raise OSError(28, "No space left on device")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise DarkroomError(f"{path} cannot be written ({error.strerror}): the label was not kept; free some space or ask who owns the file.") from None  # fmt: skip


def read(experiment_key: str, labeller: str) -> tuple[list[Entry], int]:
    """The lines of one labeller in order, and how many are damaged and were passed over."""
    path = path_of(experiment_key, labeller)
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise DarkroomError(f"{path} cannot be read ({error.strerror}): ask who owns the file.") from None
    parsed = [_parsed(line, labeller) for line in data.split(b"\n") if line.strip()]
    entries = [entry for entry in parsed if entry is not None]
    return entries, len(parsed) - len(entries)


def read_all(experiment_key: str) -> tuple[list[Entry], int]:
    """The lines of all labellers, and how many are damaged."""
    logs = [read(experiment_key, labeller) for labeller in labellers(experiment_key)]
    return [entry for entries, _ in logs for entry in entries], sum(n for _, n in logs)


def version(experiment_key: str, names: Iterable[str] | None = None) -> str:
    """Changes whenever a log does: a cache key."""
    paths = (path_of(experiment_key, n) for n in (labellers(experiment_key) if names is None else names))
    return "|".join(f"{p.stem}:{p.stat().st_size}" for p in paths if p.exists())


def digest(entries: Sequence[Entry]) -> str:
    """SHA-256 of lines in the order of their ids: what a frozen column was made from."""
    text = "".join(_line(entry) for entry in sorted(entries, key=lambda e: e.id))
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(line: bytes, labeller: str) -> Entry | None:
    """The entry of a line; None if it is not one, or says it is somebody else's."""
    try:
        values = json.loads(line) if len(line) <= MAX_LINE else None
    except (ValueError, RecursionError):  # the second: brackets without end
        return None
    entry = from_values(values)
    return entry if entry is not None and entry.labeller == labeller else None


def from_values(values: Any) -> Entry | None:
    """An entry from plain values of the right names and types, else None."""
    if not isinstance(values, dict) or set(values) - set(_TYPES) or {"id", "kind", "uid", "source"} - set(values):
        return None
    if any(type(value) is not _TYPES[name] for name, value in values.items()):
        return None
    try:
        entry = Entry(**values)
    except TypeError:
        return None
    numbers = (entry.uid, entry.source, entry.time_ms, entry.spent_ms)
    is_sane = entry.kind in KINDS and all(0 <= n < 1 << 63 for n in numbers) and len(entry.label) <= MAX_LABEL
    return entry if is_sane and (bool(entry.label) == (entry.kind in (LABEL, ADJUDICATION))) else None


def live(entries: Sequence[Entry]) -> list[Entry]:
    """Labels, skips and adjudications that their labeller has not taken back, in order."""
    gone = {(entry.labeller, entry.of) for entry in entries if entry.kind == UNDO}
    return [entry for entry in entries if entry.kind != UNDO and (entry.labeller, entry.id) not in gone]


def rows_of(dataset: Dataset, entries: Sequence[Entry], mapping_type: type) -> np.ndarray:
    """int64 (n,): the row of each entry in a data set, -1 where the data set does not have that event."""
    rows = np.full(len(entries), -1, np.int64)
    origin = made_of(dataset, mapping_type)
    same_origin = [i for i, entry in enumerate(entries) if entry.made == origin]
    if not same_origin:
        return rows
    uid = np.array([entries[i].uid for i in same_origin], np.int64)
    source = np.array([entries[i].source for i in same_origin], np.int64)
    places, is_there = locate(dataset, uid, source, dataset.source_of)
    rows[np.array(same_origin)[is_there]] = places[is_there]
    return rows
