"""The memory that a job may take: a share of the machine, held by a limit of the kernel and by watching.

The kernel refuses what a process asks for beyond the limit (where there is a GPU its libraries reserve more than they use, and
only the watching holds). The watching counts the workers too, which share the limit.
"""

import os
import re
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from core.disk import size_text
from core.errors import DarkroomError

VARIABLE, DEFAULT_SHARE = "DARKROOM_JOB_MEMORY", 0.5
WATCH_EVERY_S = 0.25
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)", re.IGNORECASE)
_UNITS = {"mb": 1e6, "gb": 1e9, "tb": 1e12}


def machine_bytes() -> int:
    """The memory of this machine, or of the container that this process runs in."""
    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = (Path("/sys/fs/cgroup") / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            limits.append(int(text))
    return min(limits)


def limit_bytes() -> int:
    """The limit of a job: `DARKROOM_JOB_MEMORY` as a share of the machine (0.8) or a size (12GB); half the machine by default."""
    text = os.environ.get(VARIABLE, "").strip() or str(DEFAULT_SHARE)
    if size := _SIZE.fullmatch(text):
        return int(float(size[1]) * _UNITS[size[2].lower()])
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise DarkroomError(
            f"{VARIABLE} is {text!r}: expected a share of the machine's memory above 0 and at most 1, such as 0.8, or a size "
            "such as 12GB."
        )
    return int(share * machine_bytes())


def refusal(limit: int) -> str:
    """The sentence for a job that came to its limit."""
    return (
        f"The job needs more memory than it may take ({size_text(limit)} of the machine's {size_text(machine_bytes())}): give "
        f"it less at once (fewer or smaller files, a smaller batch), or raise {VARIABLE}, such as {VARIABLE}=0.8 or 12GB."
    )


def used_bytes() -> int:
    """What this process and its workers hold; pages that they share with files or each other are not counted."""
    total = 0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        try:
            info = process.memory_info()
        except psutil.Error:
            continue
        total += info.rss - getattr(info, "shared", 0)
    return total


def guard(limit: int, on_over: Callable[[], None], *, is_hard: bool) -> None:
    """Hold this process and those that it starts to `limit` bytes; `on_over` is called when together they took more.

    `is_hard`: the kernel refuses more to each of them, which raises MemoryError.
    """
    if is_hard:
        _, highest = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = limit if highest == resource.RLIM_INFINITY else min(limit, highest)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, highest))

    def watch() -> None:
        pause = threading.Event()
        while used_bytes() <= limit:
            pause.wait(WATCH_EVERY_S)
        on_over()

    threading.Thread(target=watch, daemon=True).start()


def is_shortage(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, is that of memory which was refused."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False
