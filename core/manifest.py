"""The manifest of a run's folder: the SHA-256 of every file that a judgement rests on, held against the files where they are read.

A file counts from the moment when the manifest names it, and one that it does not name is not there. A hash that was
computed is remembered until the file's time or size changes.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath

from core import workspace
from core.errors import DarkroomError

FILE = "manifest.json"
FORMAT = 2  # format 1 named no scores
_SCORES = {
    "scores": "predict",
    "outputs": "predict",
    "baselines": "baselines",
    "maps": "map",
}  # folder -> the command that makes what is in it


def is_there(folder: Path) -> bool:
    """Whether the folder has been sealed."""
    return (folder / FILE).exists()


def write(folder: Path, names: Iterable[str]) -> None:
    """Seal the folder: name these files, by their paths below it."""
    workspace.write_json(
        folder / FILE, {"format": FORMAT, "sha256": {n: sha256(folder / n) for n in names if n != FILE}}
    )


def read(folder: Path) -> dict[str, str]:
    """SHA-256 of each file by its path below the folder, in the order in which they were added."""
    try:
        return dict(_read(*_stamp(folder / FILE)))
    except OSError:
        return dict(workspace.read_json(folder / FILE))  # refuses with its own sentence


@lru_cache(maxsize=4096)
def _read(path: str, *_stamp: int) -> dict[str, str]:
    content = workspace.read_json(Path(path))
    hashes = content.get("sha256") if isinstance(content, dict) else None
    if not isinstance(hashes, dict) or not all(isinstance(v, str) and _is_inside(k) for k, v in hashes.items()):
        raise DarkroomError(
            f"{FILE} of run '{Path(path).parent.name}' is damaged: found no list of hashes by file name; train again."
        )
    return hashes


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


@contextmanager
def adding(folder: Path, name: str) -> Iterator[Path]:
    """Give a temporary path; on success it becomes the file `name` and the manifest, if there is one, names it.

    Everything is on the disk before the first of the two is renamed, so that a full disk leaves both as they were.
    """
    file = folder / name
    with only_writer(folder):
        if not is_there(folder):
            with workspace.replacing(file) as temporary:
                yield temporary
            return
        with workspace.replacing(folder / FILE) as new_manifest, workspace.replacing(file) as temporary:
            yield temporary
            _write(new_manifest, {**read(folder), name: sha256(temporary)})


def drop(folder: Path, names: Iterable[str]) -> None:
    """Take files out of the manifest, then remove them."""
    gone = set(names)
    with only_writer(folder), workspace.replacing(folder / FILE) as new_manifest:
        _write(new_manifest, {name: value for name, value in read(folder).items() if name not in gone})
    for name in gone:
        (folder / name).unlink(missing_ok=True)


def _write(path: Path, hashes: dict[str, str]) -> None:
    path.write_text(json.dumps({"format": FORMAT, "sha256": hashes}, indent=1) + "\n", encoding="utf-8")


def checked(folder: Path, name: str) -> Path:
    """The path of a file that is as it was written, or a refusal that says what mends it."""
    expected = read(folder).get(name, "")
    file = folder / name
    digest = sha256(file) if file.is_file() else "no file"
    if digest != expected:
        raise DarkroomError(
            f"{name} of run '{folder.name}' is damaged or was changed: found {digest[:12]}, expected "
            f"{expected[:12] or f'an entry in {FILE}'}: {_remedy(folder.name, name)}."
        )
    return file


def _remedy(run: str, name: str) -> str:
    kind, *below = PurePosixPath(name).parts
    if kind in _SCORES and len(below) == 2:
        return f"make the scores again with `python -m core {_SCORES[kind]} {run} {below[0]}`"
    return f"fit it again with `python -m core calibrate {run} --refit`" if "calibration" in kind else "train again"


def problem(folder: Path, names: Iterable[str]) -> str:
    """Why one of these files is not the one that was written; '' if all are."""
    try:
        for name in names:
            checked(folder, name)
    except DarkroomError as error:
        return str(error)
    return ""


def version(folder: Path, names: Iterable[str]) -> str:
    """Changes whenever the manifest names something else or one of these files is written anew: a cache key."""
    return "-".join(
        str(_stamp(path)[1:]) if path.exists() else "" for path in (folder / FILE, *map(folder.joinpath, names))
    )


def state(folder: Path) -> str:
    """The `version` of everything that a sealed folder's manifest names, or of a manifest that cannot be read; '' without one."""
    stamp = version(folder, ())
    try:
        return stamp and version(folder, _names(folder, stamp))
    except DarkroomError:
        return stamp


@lru_cache(maxsize=4_096)
def _names(folder: Path, stamp: str) -> tuple[str, ...]:
    del stamp
    return tuple(read(folder))


def sha256(path: Path) -> str:
    """SHA-256 of a file as hexadecimal digits."""
    try:
        return _sha256(*_stamp(path))
    except OSError as error:
        raise DarkroomError(f"{path} cannot be read ({error.strerror}): ask who owns the file.") from None


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    """The path and what changes when something else is written to it."""
    stat = path.stat()
    return str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


@lru_cache(maxsize=16_384)
def _sha256(path: str, *_stamp: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the manifest against other writers for the moment that writing takes; they wait."""
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise DarkroomError(
            f"{folder} cannot be written ({error.strerror}): nothing is kept in it; ask who owns the folder."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
