"""The bin: what was deleted, moved whole by one rename, with a note that brings it back.

workspace/bin/<when>-<kind>-<name>/note.json        sealed: who deleted what, when, from where, its size; written first
    content/<file or folder>                        as it was
    rows.json                                       of a job: its rows of the list of jobs
workspace/bin/settings.json                         how long things stay

Whoever is killed in between leaves the thing where it was, and a note without content, which counts for nothing and is swept.
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from core import disk, parameters, workspace
from core.errors import DarkroomError, FullDiskError
from core.parameters import param
from core.plaintext import plain_line
from core.user import this_user

PLACES = {
    "dataset": "datasets", "run": "runs", "study": "studies", "sweep": "sweeps", "selection": "selections", "view": "views", "job": "jobs",
}  # fmt: skip
"""Where in the workspace things of each kind lie: nothing is brought back to any other folder."""
WORDS = {"dataset": "data set", "selection": "stored selection"}  # the others are called as they are
NOTE, CONTENT, ROWS, SETTINGS = "note.json", "content", "rows.json", "settings.json"
DAY_S = 86_400.0
_SHOWN_NAME = 60  # characters of a name in that of its entry


@dataclass(frozen=True)
class Retention:
    """How long deleted things stay."""

    days: int = param(30, "days until deleted things are removed for good; 0: never by themselves", low=0, high=3650)


@dataclass(frozen=True)
class Entry:
    """Something in the bin. `place` is where it lay, below the workspace; `deleted_at` Unix seconds; `problem` says why it
    cannot be brought back ('': it can).
    """

    id: str
    kind: str
    name: str
    place: str
    user: str
    deleted_at: float
    n_bytes: int
    problem: str = ""

    @property
    def what(self) -> str:
        """What it is and how it is called, for a sentence: "data set 'calibration'"."""
        return f"{WORDS.get(self.kind, self.kind or 'thing')} '{self.name}'"


def folder() -> Path:
    return workspace.folder("bin")


def put(kind: str, name: str, path: Path, rows: Any = None) -> str:
    """Move a file or folder of the workspace into the bin; returns the id of its entry. `rows` (plain values) are kept beside it."""
    place = path.relative_to(workspace.root()).as_posix()
    entry = _new_entry(kind, name)
    try:
        note = Entry(entry.name, kind, name, place, this_user(), time.time(), disk.tree_bytes(path))
        workspace.write_sealed(entry / NOTE, {f.name: getattr(note, f.name) for f in fields(Entry)})
        if rows is not None:
            workspace.write_json(entry / ROWS, rows)
        workspace.make_folder(entry / CONTENT)
        path.rename(entry / CONTENT / path.name)
    except BaseException as error:
        if not _contents(entry):
            shutil.rmtree(entry, ignore_errors=True)
        if isinstance(error, OSError | FullDiskError):
            raise _not_moved(kind, name, error) from None
        raise
    return entry.name


def discard(kind: str, name: str, path: Path, for_good: bool = False) -> str:
    """Into the bin (the id of its entry), or away for good ('')."""
    if not for_good:
        return put(kind, name, path)
    remove(path)
    return ""


def _new_entry(kind: str, name: str) -> Path:
    """An empty folder, its name free until now."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    stem, n = f"{stamp}-{kind}-{name[:_SHOWN_NAME]}", 1
    while True:
        entry = folder() / (stem if n == 1 else f"{stem}-{n}")
        try:
            entry.mkdir()
            return entry
        except FileExistsError:
            n += 1
        except OSError as error:
            raise _not_moved(kind, name, error) from None


def _not_moved(kind: str, name: str, error: OSError | FullDiskError) -> DarkroomError:
    """Why something stays where it is, and what helps."""
    kind = WORDS.get(kind, kind)
    if isinstance(error, FileNotFoundError):
        return DarkroomError(f"The {kind} '{name}' is gone: somebody else may have deleted it; look at the list again.")
    if isinstance(error, OSError) and error.errno == errno.EXDEV:
        why = "it lies on another disk than the bin"
    elif disk.is_full(error):
        why = "the disk is full"
    else:
        why = str(error.strerror if isinstance(error, OSError) else error)
    return DarkroomError(
        f"The {kind} '{name}' could not be moved into the bin ({why}): make room with `python -m core bin empty`, delete it with "
        "--for-good, or ask who owns its folder."
    )


def list_entries() -> list[Entry]:
    """What is in the bin, newest first; what cannot be brought back says why. Those without content count for nothing."""
    entries = [_entry(path) for path in sorted(folder().glob("[!.]*"), reverse=True) if _contents(path)]
    return sorted(entries, key=lambda entry: entry.deleted_at, reverse=True)


def hollow() -> list[Path]:
    """Entries that came to nothing: their writer was killed before the rename, or after it had brought the thing back."""
    return [path for path in sorted(folder().glob("[!.]*")) if path.is_dir() and not _contents(path)]


def get(entry_id: str) -> Entry:
    """An entry by its id, or a refusal."""
    path = folder() / Path(entry_id).name
    if entry_id != path.name or entry_id.startswith(".") or not _contents(path):
        raise DarkroomError(
            f"There is no '{plain_line(entry_id, 120)}' in the bin: take an id from `python -m core bin`."
        )
    return _entry(path)


def _entry(path: Path) -> Entry:
    try:
        values = workspace.read_sealed(path / NOTE, "move what is in its folder `content` back by hand, or remove it")
        entry = Entry(**{**values, "id": path.name})
        _checked_place(entry)
        return entry
    except DarkroomError as error:
        problem = str(error)
    except (TypeError, ValueError, AttributeError) as error:
        problem = f"{path / NOTE} is no note of the bin ({error}): move what is in its folder `content` back by hand."
    return Entry(path.name, "", path.name, "", "", path.stat().st_mtime, disk.tree_bytes(path / CONTENT), problem)


def _checked_place(entry: Entry) -> Path:
    """Where an entry lay; refused if that is not where things of its kind lie, whatever its note says."""
    parts = PurePosixPath(entry.place).parts
    content = _contents(folder() / entry.id)
    is_inside = 2 <= len(parts) <= 3 and parts[0] == PLACES.get(entry.kind) and not {"..", "."} & set(parts)
    if not is_inside or [path.name for path in content] != [parts[-1]] or not isinstance(entry.deleted_at, int | float):
        raise DarkroomError(
            f"The note of '{entry.id}' in the bin does not fit what lies there: move its folder `content` back by hand, or remove "
            "it."
        )
    return workspace.root().joinpath(*parts)


def _contents(entry: Path) -> list[Path]:
    try:
        return [path for path in (entry / CONTENT).iterdir() if path.name != ".lock"]
    except (OSError, ValueError):  # the second: a name with a null byte
        return []


def restore(entry_id: str, before: Callable[[Path], None] | None = None) -> Entry:
    """Bring something back to where it lay; refused when its name was taken again. `before` is called with the entry's folder
    when nothing hinders any more.
    """
    entry = get(entry_id)
    if entry.problem:
        raise DarkroomError(entry.problem)
    target = _checked_place(entry)
    if os.path.lexists(target):
        raise DarkroomError(
            f"The {entry.what} cannot come back: there is one of this name again; delete or rename that one first."
        )
    workspace.make_folder(target.parent)
    if before is not None:
        before(folder() / entry.id)
    (content,) = _contents(folder() / entry.id)
    try:
        content.rename(target)
    except OSError as error:
        raise DarkroomError(f"The {entry.what} cannot be brought back ({error.strerror}): ask who owns {target.parent}.") from None  # fmt: skip
    shutil.rmtree(folder() / entry.id, ignore_errors=True)
    return entry


def empty(entry_ids: Sequence[str]) -> int:
    """Remove entries for good; returns the bytes that this gave back."""
    entries = [get(entry_id) for entry_id in entry_ids]
    for entry in entries:
        remove(folder() / entry.id)
    return sum(entry.n_bytes for entry in entries)


def remove(path: Path) -> None:
    """Remove a file or folder for good; it leaves its place in one step, however long the rest takes."""
    hidden = path.with_name(disk.temporary_name(path.name))  # killed in between, it is swept as what a writer left
    try:
        path.rename(hidden)
        if hidden.is_dir() and not hidden.is_symlink():
            shutil.rmtree(hidden)
        else:
            hidden.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DarkroomError(f"{path} cannot be removed ({error.strerror}): ask who owns it.") from None


def retention() -> Retention:
    """How long things stay; a damaged setting counts as the default."""
    path = folder() / SETTINGS
    try:
        return (
            parameters.build(Retention, workspace.read_sealed(path, "set it again")) if path.exists() else Retention()
        )
    except DarkroomError:
        return Retention()


def set_retention(days: int) -> Retention:
    """Keep how long things stay in this workspace's bin."""
    chosen = parameters.build(Retention, {"days": days})
    workspace.write_sealed(folder() / SETTINGS, parameters.to_dict(chosen))
    return chosen


def expired(now: float | None = None) -> list[Entry]:
    """Entries that have been in the bin for longer than is kept."""
    days, now = retention().days, time.time() if now is None else now
    return [entry for entry in list_entries() if days and now - entry.deleted_at > days * DAY_S]


def remove_expired() -> None:
    """Remove for good what is past its time; what cannot be removed stays."""
    for entry in expired():
        with contextlib.suppress(DarkroomError):
            remove(folder() / entry.id)


def age_text(entry: Entry, now: float) -> str:
    """How long something has been in the bin, and when it goes: '3 days, goes in 27'."""
    days, kept_days = max(0.0, now - entry.deleted_at) / DAY_S, retention().days
    so_far = f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} h"
    return f"{so_far}, goes in {max(0.0, kept_days - days):.0f} days" if kept_days else so_far
