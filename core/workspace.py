"""The workspace: the place of everything that Darkroom makes, and atomic writing.

workspace/datasets/<name>/   prepared data sets      workspace/selections/<dataset>/<name>.json
workspace/runs/<id>/         trained networks        workspace/jobs/<id>/log.txt
workspace/raw/               simulated raw files     workspace/studies/<id>.json, workspace/sweeps/<id>.json
workspace/darkroom.sqlite    jobs                    workspace/bin/, views/, watched/   see `core.bin`, `core.views`, `core.jobs.watched`
"""

import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import disk
from core.errors import DarkroomError, FullDiskError

SEAL = "seal"
MAX_NAME, MAX_NAME_BYTES = 64, 160  # a file name may have 255 bytes, and some is added before and behind


def root() -> Path:
    """The workspace folder (`DARKROOM_WORKSPACE`, default `workspace/` beside the code), made if missing."""
    path = Path(os.environ.get("DARKROOM_WORKSPACE") or Path(__file__).resolve().parents[1] / "workspace")
    if not path.is_dir():
        make_folder(path, "set DARKROOM_WORKSPACE to a folder that you may write to")
    return path


def is_writable() -> bool:
    """Whether this account may write to the workspace; one that may only be read can be looked at."""
    return os.access(root(), os.W_OK)


def trouble() -> str:
    """Why nothing new can be kept in the workspace; '' if it can."""
    if not is_writable():
        return f"The workspace {root()} may only be read: everything can be looked at, nothing new can be kept."
    free = shutil.disk_usage(root()).free
    if free < disk.FULL_BYTES:
        return disk.full_sentence(root(), "anything new", disk.size_text(disk.FULL_BYTES))
    return ""


def folder(*parts: str) -> Path:
    """A folder inside the workspace, made if missing; where nothing may be written it stays missing."""
    path = root().joinpath(*parts)
    if is_writable():
        make_folder(path)
    return path


def make_folder(path: Path, remedy: str = "free some space or ask who owns the folder above it") -> None:
    """Make a folder where there is none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if disk.is_full(error):
            raise FullDiskError(disk.full_sentence(path.parent, path.name, "some more")) from None
        raise DarkroomError(f"The folder {path} cannot be made ({error.strerror}): {remedy}.") from None


def rename(path: Path, name: str, what: str) -> Path:
    """Give a file or folder another name in its folder; refused if that is taken. `what` says what it is, for the sentence."""
    new = path.with_name(name)
    if os.path.lexists(new):
        raise DarkroomError(f"The {what} cannot be called '{new.stem}': there is one of this name; choose another.")
    try:
        path.rename(new)
    except OSError as error:
        raise DarkroomError(f"The {what} cannot be renamed ({error.strerror}): ask who owns {path.parent}.") from None
    return new


def is_name(name: str) -> bool:
    """Whether a text may name a file as it is: letters and digits of any script, composed (NFC), and `._-`; at most 64."""
    is_short = 0 < len(name) <= MAX_NAME and len(name.encode(errors="replace")) <= MAX_NAME_BYTES
    kinds = [unicodedata.category(c)[0] for c in name]  # L letters, M the marks that belong to them, N digits
    fits = all(kind in "LMN" or c in "._-" for c, kind in zip(name, kinds, strict=True))
    return is_short and fits and kinds[0] in "LN" and unicodedata.is_normalized("NFC", name)


def checked_name(name: str, what: str) -> str:
    """The name in its composed form (NFC), so that one way of typing an accent is the other; refused if it is none."""
    composed = unicodedata.normalize("NFC", name)
    if not is_name(composed):
        raise DarkroomError(
            f"The {what} name {name!r} is not allowed: use 1 to {MAX_NAME} letters or digits of any script, '.', '_' or '-', "
            f"starting with a letter or digit, at most {MAX_NAME_BYTES} bytes in UTF-8."
        )
    return composed


@contextmanager
def replacing(path: Path, *, n_bytes: int = 0, mode: int = 0o666) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it replaces `path` in one step, else it is removed.

    `n_bytes` is what will be written, where that is known: a full disk is told with it. `mode` is narrowed by the umask.
    """
    temporary = path.with_name(disk.temporary_name(path.name))
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
    except OSError as error:
        raise _not_written(path, error, n_bytes) from None
    try:
        yield temporary
        try:
            temporary.replace(path)
        except OSError as error:
            raise _not_written(path, error, n_bytes) from None
    except Exception as error:
        if isinstance(error, DarkroomError) or not disk.is_full(error):
            raise
        written = temporary.stat().st_size if temporary.exists() else 0
        temporary.unlink(missing_ok=True)
        raise _full(path, n_bytes, written) from error
    finally:
        temporary.unlink(missing_ok=True)


def _not_written(path: Path, error: OSError, n_bytes: int) -> DarkroomError:
    if disk.is_full(error):
        return _full(path, n_bytes, 0)
    return DarkroomError(f"{path} cannot be written ({error.strerror}): choose another place.")


def _full(path: Path, n_bytes: int, written: int) -> DarkroomError:
    needed = disk.size_text(n_bytes) if n_bytes else f"more than {disk.size_text(written)}" if written else "some more"
    return FullDiskError(disk.full_sentence(path.parent, path.name, needed))


def json_text(value: Any) -> str:
    """Plain values as JSON. NaN is refused: undefined is null."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically. NaN is refused: undefined is null."""
    data = json_text(value).encode()
    with replacing(path, n_bytes=len(data)) as temporary:
        temporary.write_bytes(data)


def read_json(path: Path) -> Any:
    """Read a JSON file of the workspace; a damaged one is named."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:  # the last: brackets without end
        raise DarkroomError(
            f"{path} cannot be read as JSON ({error}): delete what it belongs to and make it again."
        ) from None


def write_sealed(path: Path, values: dict[str, Any]) -> None:
    """Write a table of plain values as JSON with a digest of itself, by which `read_sealed` knows it."""
    plain = {name: value for name, value in json.loads(json_text(values)).items() if name != SEAL}
    write_json(path, {**plain, SEAL: _digest(plain)})


def read_sealed(path: Path, remedy: str) -> dict[str, Any]:
    """Read what `write_sealed` wrote; refused with `remedy` if something else was written there since."""
    values = read_json(path)
    if not isinstance(values, dict):
        raise DarkroomError(f"{path} is damaged: found {type(values).__name__}, expected a table of values: {remedy}.")
    seal = values.pop(SEAL, None)  # an earlier version wrote none
    if seal is not None and seal != _digest(values):
        raise DarkroomError(f"{path} is damaged or was changed since Darkroom wrote it: {remedy}.")
    return values


def _digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def need_free(path: Path, n_bytes: float) -> None:
    """Refuse to start writing `n_bytes` below `path` if the disk would not suffice."""
    free = shutil.disk_usage(path).free
    if n_bytes > free * 0.95:
        raise DarkroomError(
            f"The disk of {path} has {disk.size_text(free)} free, {disk.size_text(n_bytes)} are needed: "
            "free some space or set DARKROOM_WORKSPACE to another disk."
        )
