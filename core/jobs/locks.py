"""File locks that the kernel frees when their holder dies, however it dies."""

import fcntl
import os
from pathlib import Path

from core.errors import DarkroomError


def take(path: Path, *, wait: bool) -> int | None:
    """Lock `path` for this process and its forks until they end or the returned descriptor is closed.

    None if another process holds it and `wait` is false.
    """
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def release(handle: int | None) -> None:
    """Give back what `take` returned."""
    if handle is not None:
        os.close(handle)


def is_taken(path: Path) -> bool:
    """Whether a process holds `path`. Askers share the lock, so they never see each other."""
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise DarkroomError(
            f"The lock file {path} cannot be opened ({error.strerror}): "
            "set DARKROOM_WORKSPACE to a folder that you may write to."
        ) from None
