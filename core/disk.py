"""A full disk in a sentence, and removal of the temporary files of killed writers."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
import uuid
from functools import lru_cache
from pathlib import Path

import psutil

FULL_BYTES = 4_000_000  # with less free space not even the list of jobs can be kept
LEFT_AFTER_S = 86_400.0  # a temporary file of another machine is taken for left behind after a day
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Libraries in C tell the number only in their texts, some of them in a RuntimeError.
_FULL_TEXT = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|disk is full|The disk of .* is full|errno ?= ?(28|122|27)\b",
    re.IGNORECASE | re.DOTALL,
)
_TEMPORARY = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.part", re.DOTALL)


def size_text(n_bytes: float) -> str:
    """'12 kB', '3.4 MB', '1.2 GB'."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= 0.1 * size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes / 1e3:.0f} kB"


def tree_bytes(path: Path) -> int:
    """The bytes of a file, or of all files below a folder (links are not followed); 0 if it is gone."""
    try:
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        with os.scandir(path) as entries:
            return sum(tree_bytes(Path(entry.path)) for entry in entries)
    except OSError:  # it went meanwhile
        return 0


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, is that of a full disk, a used-up quota or a limit on a file's size."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if (isinstance(error, OSError) and error.errno in _FULL) or _FULL_TEXT.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def full_sentence(folder: Path, what: str, needed: str) -> str:
    """The one sentence about a full disk: `needed` is a size or 'more than' one."""
    while not folder.exists():
        folder = folder.parent
    free = size_text(shutil.disk_usage(folder).free)
    return (
        f"The disk of {folder} is full ({free} free, {needed} needed for {what}): free some space or set "
        "DARKROOM_WORKSPACE to another disk, then do it again; what was on the disk is unharmed."
    )


@lru_cache(maxsize=1)
def boot_id() -> str:
    """A text that is new after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode()}-{psutil.boot_time():.0f}"


def _here() -> str:
    """Eight digits for this start of this machine, and in a container for its own numbering of processes."""
    try:
        numbering = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        numbering = ""
    return hashlib.sha256(f"{boot_id()} {numbering}".encode()).hexdigest()[:8]


def temporary_name(name: str) -> str:
    """A hidden name beside `name` that says which process writes it."""
    return f".{name}.{_here()}-{os.getpid()}-{secrets.token_hex(4)}.part"


def sweep(folder: Path) -> int:
    """Remove below `folder` the temporary files and folders of writers that are gone; returns how many there were."""
    left = leftovers(folder)
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(left)


def leftovers(folder: Path) -> list[Path]:
    """The temporary files and folders below `folder` whose writers are gone."""
    return [path for path in folder.rglob(".*") if _is_left(path)]


def _is_left(path: Path) -> bool:
    if not path.name.endswith(".part") and not path.name.startswith(".deleted-"):
        return False
    try:
        is_old = time.time() - path.stat().st_mtime > LEFT_AFTER_S
    except OSError:
        return False
    writer = _TEMPORARY.fullmatch(path.name)
    is_dead = writer is not None and writer[1] == _here() and not psutil.pid_exists(int(writer[2]))
    return is_dead or is_old
