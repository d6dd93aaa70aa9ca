"""Jobs that have ended: another title, into the bin with log and curves, and back."""

import json
from pathlib import Path
from typing import Any

from core import bin, workspace
from core.errors import DarkroomError
from core.jobs import local, queue, store
from core.jobs.queue import Job
from core.plaintext import plain_line

TABLES = {"jobs": "id", "metrics": "job", "events": "job"}
"""What the list has of a job: the table, and its column with the job's number."""


def rename(job_id: int, title: str) -> Job:
    """Give a job another title."""
    line = plain_line(title, queue.MAX_TITLE).strip()
    if not line:
        raise DarkroomError(f"The new title of job {job_id} is empty: write a few words.")
    queue.get(job_id)
    with store.connection() as db:
        db.execute("UPDATE jobs SET title = ? WHERE id = ?", (line, job_id))
    return queue.get(job_id)


def delete(job_id: int) -> str:
    """Move an ended job with its log and curves into the bin; returns the id of its entry. What it made stays."""
    job = queue.get(job_id)
    if not job.is_ended:
        raise DarkroomError(f"Job {job_id} is {job.state}: stop it first, then delete it.")
    path = local.folder(job_id)  # one that was stopped before it began has none
    with store.reading() as db:
        rows = {
            table: [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (job_id,))]
            for table, column in TABLES.items()
        }
    entry = bin.put("job", str(job_id), path, _plain(rows))
    with store.connection() as db:
        for table, column in TABLES.items():
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (job_id,))
    return entry


def restore(entry_id: str) -> bin.Entry:
    """Bring a job back from the bin: its rows, then its folder; broken off in between, it is done again."""
    return bin.restore(entry_id, _put_rows_back)


def _put_rows_back(entry: Path) -> None:
    rows = workspace.read_json(entry / bin.ROWS)
    try:
        with store.connection() as db:
            for table in TABLES:
                for row in rows[table]:
                    _insert(db, table, row)
    except (KeyError, TypeError, AttributeError) as error:
        raise DarkroomError(f"{entry / bin.ROWS} holds no rows of a job ({error}): it cannot come back.") from None


def _insert(db: Any, table: str, row: dict[str, Any]) -> None:
    """Only columns that the table has are named, so that no text of a file becomes part of the statement."""
    known = [str(column["name"]) for column in db.execute(f"PRAGMA table_info({table})")]
    names = [name for name in known if name in row]
    marks = ", ".join("?" * len(names))
    db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", [row[name] for name in names])


def _plain(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows as JSON can hold them: a damaged one may have bytes in it."""
    plain: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(rows, default=repr))
    return plain
