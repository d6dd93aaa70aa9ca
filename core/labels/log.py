"""Labels by hand: one append-only log per labeller (`person_log`), workspace/labels/<experiment>/<labeller>.jsonl.

A label belongs to an event, not to a data set: uid, content of the raw file (`source`) and how rows were made from it
(`made`, a digest of the mapping). To take a label back is another line. A line is on the disk before the next event is
shown.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import parameters
from core.data.dataset import Dataset, locate
from core.labels.person_log import LATEST_MS, PersonLogs

LABEL, SKIP, UNDO, ADJUDICATION = "label", "skip", "undo", "adjudication"
KINDS = (LABEL, SKIP, UNDO, ADJUDICATION)
LOGS = PersonLogs("labels", "label", max_line=4096)
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
    return LOGS.folder(experiment_key)


def labellers(experiment_key: str) -> list[str]:
    """Who has a log, by name."""
    return LOGS.people(experiment_key)


def append(experiment_key: str, entries: Sequence[Entry]) -> None:
    """Write lines to the end of their labellers' logs, on the disk when this returns."""
    texts: dict[str, list[str]] = {}
    for entry in entries:
        texts.setdefault(entry.labeller, []).append(_line(entry))
    for labeller, lines in texts.items():
        LOGS.append(experiment_key, labeller, lines)


def _line(entry: Entry) -> str:
    return LOGS.line(asdict(entry), entry.labeller)


def read(experiment_key: str, labeller: str) -> tuple[list[Entry], int]:
    """The lines of one labeller in order, and how many are damaged and were passed over."""
    parsed = [_parsed(values, labeller) for values in LOGS.read(experiment_key, labeller)]
    entries = [entry for entry in parsed if entry is not None]
    return entries, len(parsed) - len(entries)


def read_all(experiment_key: str) -> tuple[list[Entry], int]:
    """The lines of all labellers, and how many are damaged."""
    logs = [read(experiment_key, labeller) for labeller in labellers(experiment_key)]
    return [entry for entries, _ in logs for entry in entries], sum(n for _, n in logs)


def version(experiment_key: str, names: Iterable[str] | None = None) -> str:
    """Changes whenever a log does: a cache key."""
    return LOGS.version(experiment_key, names)


def digest(entries: Sequence[Entry]) -> str:
    """SHA-256 of lines in the order of their ids: what a frozen column was made from."""
    text = "".join(_line(entry) for entry in sorted(entries, key=lambda e: e.id))
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(values: Any, labeller: str) -> Entry | None:
    """The entry of a line; None if it is not one, or says it is somebody else's."""
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
    bounds = (
        (entry.source, 0, 1 << 63),
        (entry.spent_ms, 0, 1 << 63),
        (entry.time_ms, 0, LATEST_MS),
        (entry.uid, -(1 << 63), 1 << 63),
    )
    is_sane = entry.kind in KINDS and all(low <= n < high for n, low, high in bounds) and len(entry.label) <= MAX_LABEL
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
