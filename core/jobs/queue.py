"""The list of jobs: plain functions on the workspace's SQLite file, each one short transaction.

A job's state moves `queued -> starting -> running -> finished | failed | stopped | lost`, always by
compare-and-set, so of two processes that disagree exactly one wins. Times are Unix seconds.
"""

import json
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import DarkroomError
from core.jobs import kinds, store
from core.plaintext import plain_line, plain_text
from core.user import MAX_USER
from core.user import this_user as this_user

ACTIVE = ("starting", "running")
ENDED = ("finished", "failed", "stopped", "lost")
STATES = ("queued", *ACTIVE, *ENDED)
MAX_TITLE, MAX_MESSAGE = 200, 4000
ANY_PID = -1


@dataclass(frozen=True)
class Job:
    """One row of the list; None and '' mean not known (yet)."""

    id: int
    kind: str
    title: str
    arguments: dict[str, Any]
    lane: str
    user: str
    state: str
    run: str | None
    slot: int | None
    pid: int | None
    create_time: float | None  # seconds after the boot `boot_id`
    boot_id: str | None
    submitted_at: float
    started_at: float | None
    ended_at: float | None
    progress_done: float | None
    progress_total: float | None
    progress_text: str
    heartbeat: float | None
    message: str
    stop_requested_at: float | None
    stop_grace_s: float | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


_NUMBER, _MAYBE = (int, float), type(None)
_COLUMNS: dict[str, tuple[type, ...]] = {
    "id": (int,), "kind": (str,), "title": (str,), "arguments": (dict,), "lane": (str,), "user": (str,), "state": (str,),
    "run": (str, _MAYBE), "slot": (int, _MAYBE), "pid": (int, _MAYBE), "create_time": (*_NUMBER, _MAYBE),
    "boot_id": (str, _MAYBE), "submitted_at": _NUMBER, "started_at": (*_NUMBER, _MAYBE), "ended_at": (*_NUMBER, _MAYBE),
    "progress_done": (*_NUMBER, _MAYBE), "progress_total": (*_NUMBER, _MAYBE), "progress_text": (str,),
    "heartbeat": (*_NUMBER, _MAYBE), "message": (str,), "stop_requested_at": (*_NUMBER, _MAYBE),
    "stop_grace_s": (*_NUMBER, _MAYBE),
}  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """One point of a job's live curves; `values` has None where a number was NaN or infinite."""

    id: int
    time: float
    values: dict[str, Any]


def submit(
    kind: str, title: str, arguments: Mapping[str, Any], lane: str | None = None, user: str | None = None
) -> Job:
    """Append a job to its lane (default: the lane of its kind). `arguments` must be plain JSON values."""
    lane = lane or kinds.kind_of(kind).lane
    if lane not in kinds.LANES:
        raise DarkroomError(f"Unknown lane {lane!r}: expected one of {', '.join(kinds.LANES)}.")
    kinds.kind_of(kind)
    row = (
        kind,
        plain_line(title, MAX_TITLE),
        json.dumps(dict(arguments), allow_nan=False),
        lane,
        user or this_user(),
        time.time(),
    )
    with store.connection() as db:
        cursor = db.execute(
            "INSERT INTO jobs (kind, title, arguments, lane, user, state, submitted_at) "
            "VALUES (?, ?, ?, ?, ?, 'queued', ?)",
            row,
        )
        _note(db, int(cursor.lastrowid or 0), row[4], "submitted")
        return _get(db, int(cursor.lastrowid or 0))


def get(job_id: int) -> Job:
    """The job with this number, or a refusal."""
    with store.reading() as db:
        return _get(db, job_id)


def list_jobs(limit: int = 100, states: Sequence[str] = STATES) -> list[Job]:
    """The newest jobs in any of `states`, newest first, as they stand in the file."""
    query = f"SELECT * FROM jobs WHERE state IN ({_marks(states)}) ORDER BY id DESC LIMIT ?"
    with store.reading() as db:
        return [_job(row) for row in db.execute(query, (*states, limit))]


def next_queued(lane: str) -> Job | None:
    """The job that has waited longest in `lane`."""
    with store.reading() as db:
        row = db.execute(
            "SELECT * FROM jobs WHERE state = 'queued' AND lane = ? ORDER BY id LIMIT 1", (lane,)
        ).fetchone()
        return None if row is None else _job(row)


def n_ahead(job: Job) -> int:
    """How many queued jobs of the same lane come before `job`."""
    query = "SELECT count(*) FROM jobs WHERE state = 'queued' AND lane = ? AND id < ?"
    with store.reading() as db:
        return int(db.execute(query, (job.lane, job.id)).fetchone()[0])


def move(
    job_id: int, from_states: Sequence[str], to_state: str, *, if_pid: int | None = ANY_PID, **fields: Any
) -> bool:
    """Compare-and-set: to `to_state` if the job is in `from_states` and, where given, its process is `if_pid`.

    `fields` are further columns to set in the same step. False if another process was first.
    """
    fields = {"state": to_state, **fields}
    if to_state in ENDED:
        fields.setdefault("ended_at", time.time())
    columns = ", ".join(f"{name} = ?" for name in fields)
    query = f"UPDATE jobs SET {columns} WHERE id = ? AND state IN ({_marks(from_states)})"
    values = [*fields.values(), job_id, *from_states]
    if if_pid != ANY_PID:
        query, values = query + " AND pid IS ?", [*values, if_pid]
    with store.connection() as db:
        moved = db.execute(query, values).rowcount == 1
        if moved and to_state in ENDED:
            _note(db, job_id, this_user(), to_state)
        return moved


def request_stop(job_id: int, user: str, grace_s: float) -> Job:
    """Note that `user` wants the job to end; a queued one is stopped here and now, an ended one stays as it is."""
    now = time.time()
    with store.connection() as db:
        if _get(db, job_id).is_ended:
            return _get(db, job_id)
        db.execute(
            "UPDATE jobs SET stop_requested_at = ?, stop_grace_s = ? "
            f"WHERE id = ? AND stop_requested_at IS NULL AND state IN ({_marks(ACTIVE)})",
            (now, grace_s, job_id, *ACTIVE),
        )
        db.execute(
            "UPDATE jobs SET state = 'stopped', ended_at = ?, message = ? WHERE id = ? AND state = 'queued'",
            (now, f"Stopped by {user} before it began.", job_id),
        )
        _note(db, job_id, user, "stop requested")
        return _get(db, job_id)


def set_progress(job_id: int, done: float, total: float | None, text: str) -> bool:
    """Store how far a running job is, with the time as its heartbeat. True if a stop was requested."""
    with store.connection() as db:
        db.execute(
            "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_text = ?, heartbeat = ? WHERE id = ?",
            (done, total, text, time.time(), job_id),
        )
        return _get(db, job_id).stop_requested_at is not None


def set_run(job_id: int, run: str) -> None:
    """Store which run folder the job makes."""
    with store.connection() as db:
        db.execute("UPDATE jobs SET run = ? WHERE id = ?", (run, job_id))


def append_metric(job_id: int, values: Mapping[str, Any]) -> None:
    """Add one point to the job's curves; numbers that are not finite become null."""
    text = json.dumps(_finite(values), allow_nan=False)
    with store.connection() as db:
        db.execute("INSERT INTO metrics (job, time, data) VALUES (?, ?, ?)", (job_id, time.time(), text))


def read_metrics(job_id: int, since: int = 0) -> list[Metric]:
    """The job's points after the row `since` (0: all), in order: pass the last `id` to get only what is new."""
    query = "SELECT id, time, data FROM metrics WHERE job = ? AND id > ? ORDER BY id"
    with store.reading() as db:
        return [point for row in db.execute(query, (job_id, since)) if (point := _metric(row)) is not None]


def _get(db: sqlite3.Connection, job_id: int) -> Job:
    fits = 0 < job_id < 2**63
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone() if fits else None
    if row is None:
        raise DarkroomError(
            f"There is no job {job_id} in {store.path()}: list those there are with `python -m core jobs`."
        )
    return _job(row)


def _job(row: sqlite3.Row) -> Job:
    """The job of a row; one whose row was damaged is a failed one that says so."""
    values = dict(row)
    try:
        values["arguments"] = json.loads(values["arguments"])
        damaged = [n for n, kinds_ in _COLUMNS.items() if not isinstance(values[n], kinds_)]
    except (TypeError, ValueError, RecursionError):
        damaged = ["arguments"]
    if damaged or values["state"] not in STATES:
        what = damaged[0] if damaged else "state"
        values = dict.fromkeys(values) | {
            "id": values["id"], "kind": "", "title": "(damaged)", "arguments": {}, "lane": "", "user": "",
            "state": "failed", "submitted_at": 0.0, "progress_text": "",
            "message": f"The row of this job in {store.path().name} is damaged: its {what} cannot be read.",
        }  # fmt: skip
    for name, n_at_most in (("title", MAX_TITLE), ("user", MAX_USER), ("progress_text", MAX_MESSAGE)):
        values[name] = plain_line(values[name], n_at_most)
    return Job(**{**values, "message": plain_text(values["message"])[:MAX_MESSAGE]})


def _metric(row: sqlite3.Row) -> Metric | None:
    """The point of a row; None where it was damaged."""
    try:
        values = json.loads(row["data"])
    except (TypeError, ValueError, RecursionError):
        return None
    is_whole = isinstance(values, dict) and isinstance(row["time"], int | float)
    return Metric(row["id"], row["time"], values) if is_whole else None


def _note(db: sqlite3.Connection, job_id: int, user: str, what: str) -> None:
    """Who did what to a job, and when: kept for whoever administers the workspace."""
    db.execute("INSERT INTO events (time, job, user, what) VALUES (?, ?, ?, ?)", (time.time(), job_id, user, what))


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _finite(value: Any) -> Any:
    """A JSON value: NumPy scalars and arrays as Python numbers and lists, NaN and infinities as None, at any depth."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, Mapping):
        return {str(name): _finite(inner) for name, inner in plain.items()}
    if isinstance(plain, list | tuple):
        return [_finite(inner) for inner in plain]
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
