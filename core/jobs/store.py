"""The SQLite file of the workspace: opening it safely, and saying in a sentence what is wrong with it."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core import disk, workspace
from core.errors import DarkroomError
from core.jobs import locks

SCHEMA_VERSION = 2  # 2: a job that was stopped is called so, not cancelled
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, arguments TEXT NOT NULL,
    lane TEXT NOT NULL, user TEXT NOT NULL, state TEXT NOT NULL, run TEXT, slot INTEGER,
    pid INTEGER, create_time REAL, boot_id TEXT,
    submitted_at REAL NOT NULL, started_at REAL, ended_at REAL,
    progress_done REAL, progress_total REAL, progress_text TEXT NOT NULL DEFAULT '', heartbeat REAL,
    message TEXT NOT NULL DEFAULT '', stop_requested_at REAL, stop_grace_s REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, lane, id);
CREATE TABLE IF NOT EXISTS metrics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, time REAL NOT NULL, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS metrics_by_job ON metrics (job, id);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, job INTEGER NOT NULL,
    user TEXT NOT NULL, what TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_job ON events (job, id);
"""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DISK = (
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
)  # fmt: skip


def path() -> Path:
    """The database file of the workspace."""
    return workspace.root() / "darkroom.sqlite"


@contextmanager
def connection(*, busy_timeout_s: float = 10.0) -> Iterator[sqlite3.Connection]:
    """A connection for one transaction: committed at the end, rolled back on an error, always closed."""
    file = path()
    with _in_words(file), closing(_opened(file, busy_timeout_s)) as db:
        db.execute("PRAGMA synchronous = NORMAL")
        with db:
            yield db


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection that only reads: also on a full disk, and where the workspace may only be read."""
    file = path()
    with _in_words(file), closing(_opened_to_read(file)) as db:
        yield db


@contextmanager
def _in_words(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        sentence = _sentence(file, error)
        if sentence is None:
            raise
        raise DarkroomError(sentence) from error


def _opened(file: Path, busy_timeout_s: float) -> sqlite3.Connection:
    if not file.exists():
        with suppress(OSError):  # SQLite would not follow the umask; what hinders it, it says itself
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))
    db = sqlite3.connect(file, timeout=busy_timeout_s)
    try:
        db.row_factory = sqlite3.Row
        _ready(db, file)
    except BaseException:
        db.close()
        raise
    return db


def _opened_to_read(file: Path) -> sqlite3.Connection:
    """The list, by the way that works: SQLite needs a file beside it to read, and may not be able to make one."""
    if not file.exists() and not workspace.is_writable():
        empty = sqlite3.connect(":memory:")
        empty.row_factory = sqlite3.Row
        empty.executescript(SCHEMA)
        return empty
    try:
        return _opened(file, 10.0)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DISK or not file.is_file():
            raise
    return _snapshot(file)


def _snapshot(file: Path) -> sqlite3.Connection:
    """The list as its files are now, in memory: the main file and what was not yet moved into it."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        copy = Path(folder) / file.name
        for ending in ("", "-wal"):
            with suppress(FileNotFoundError):  # a writer that ends takes the second one away at any moment
                shutil.copyfile(file.with_name(file.name + ending), copy.with_name(copy.name + ending))
        memory = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(copy)) as db:
            db.backup(memory)
    memory.row_factory = sqlite3.Row
    return memory


def _ready(db: sqlite3.Connection, file: Path) -> None:
    """Make the tables in a new file; refuse a file of a newer Darkroom."""
    version = _version(db)
    if version == 0:
        # Two processes that switch a new file to WAL at once collide in spite of the busy timeout.
        handle = locks.take(file.with_suffix(".lock"), wait=True)
        try:
            if _version(db) == 0:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        finally:
            locks.release(handle)
    elif version == 1:
        db.executescript(
            "BEGIN IMMEDIATE; UPDATE jobs SET state = 'stopped' WHERE state = 'cancelled'; "
            f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
    elif version > SCHEMA_VERSION:
        raise DarkroomError(
            f"{file} was written by a newer Darkroom (schema {version}, this one knows {SCHEMA_VERSION}): "
            "update Darkroom or set DARKROOM_WORKSPACE to another folder."
        )


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _sentence(file: Path, error: sqlite3.DatabaseError) -> str | None:
    """What the user should know of a database error; None where it is our own mistake."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in _DAMAGED:
        return (
            f"The job list {file} is damaged ({error}): move it away and Darkroom makes a new one; "
            "data sets and runs are not in it and stay."
        )
    if primary in _BUSY:
        return f"The job list {file} is locked by another process ({error}): wait a moment and try again."
    if primary in _DISK and shutil.disk_usage(file.parent).free < disk.FULL_BYTES:
        return disk.full_sentence(file.parent, "the job list", disk.size_text(disk.FULL_BYTES))
    if primary in _DISK:
        return (
            f"The job list {file} cannot be opened or written ({error}): "
            "check that its folder is writable and its disk is not full."
        )
    return None
