"""Where everything that Darkroom makes lives, and how it is written: never half a file.

workspace/datasets/<name>/   prepared data sets      workspace/selections/<dataset>/<name>.json
workspace/runs/<id>/         trained networks        workspace/jobs/<id>/log.txt
workspace/raw/               simulated raw files     workspace/studies/<id>.json
workspace/darkroom.sqlite    jobs
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import DarkroomError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def root() -> Path:
    """The workspace folder (`DARKROOM_WORKSPACE`, default `workspace/` beside the code), made if missing."""
    path = Path(os.environ.get("DARKROOM_WORKSPACE") or Path(__file__).resolve().parents[1] / "workspace")
    return _folder(path)


def folder(*parts: str) -> Path:
    """A folder inside the workspace, made if missing."""
    return _folder(root().joinpath(*parts))


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DarkroomError(
            f"The workspace folder {path} cannot be made ({error.strerror}): "
            "set DARKROOM_WORKSPACE to a folder that you may write to."
        ) from None
    if not os.access(path, os.W_OK):
        raise DarkroomError(
            f"The workspace folder {path} is not writable: set DARKROOM_WORKSPACE to a folder that you may write to."
        )
    return path


def is_name(name: str) -> bool:
    """Whether a text may name a file: letters, digits, `._-`, at most 64."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str, what: str) -> str:
    """Return `name` if it may name a file (letters, digits, `._-`, at most 64), else refuse it."""
    if not is_name(name):
        raise DarkroomError(
            f"The {what} name {name!r} is not allowed: use 1 to 64 letters, digits, '.', '_' or '-', "
            "starting with a letter or digit."
        )
    return name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it replaces `path` in one step, else it is removed."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise DarkroomError(f"{path} cannot be written ({error.strerror}): choose another place.") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically. NaN is refused: undefined is null."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of the workspace; a damaged one is named."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DarkroomError(
            f"{path} cannot be read as JSON ({error}): delete what it belongs to and make it again."
        ) from None


def need_free(path: Path, n_bytes: float) -> None:
    """Refuse to start writing `n_bytes` below `path` if the disk would not suffice."""
    free = shutil.disk_usage(path).free
    if n_bytes > free * 0.95:
        raise DarkroomError(
            f"The disk of {path} has {free / 1e9:.1f} GB free, {n_bytes / 1e9:.1f} GB are needed: "
            "free some space or set DARKROOM_WORKSPACE to another disk."
        )
