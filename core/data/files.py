"""Which files the server may open: those below the data roots, and nothing a link leads out of them.

The roots bound the pages, not a user's own command line. Files from elsewhere are parsed in a child process with a
memory and time limit, so that a crafted one cannot end the server.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import DarkroomError

CODE = Path(__file__).resolve().parents[2]
PREVIEW_BYTES = 6 << 30
PREVIEW_CPU_SECONDS = 30  # what parsing may take; waiting for a disk or a busy machine costs none of it
PREVIEW_WALL_SECONDS = 300
MAX_LISTED = 2000


@dataclass(frozen=True)
class RawFile:
    """A file below a data root: `name` relative to the root, size in bytes, modification time."""

    root: Path
    name: str
    size: int
    mtime_ns: int

    @property
    def path(self) -> Path:
        return self.root / self.name


def data_roots() -> list[Path]:
    """Folders that the pages may read: `DARKROOM_DATA_ROOTS` (separated by ':'), the samples, the workspace's raw files."""
    named = [p for p in os.environ.get("DARKROOM_DATA_ROOTS", "").split(os.pathsep) if p]
    roots = [*(Path(p) for p in named), CODE / "data_samples", workspace.root() / "raw"]
    return [p.resolve() for p in roots if p.is_dir()]


def below_roots(path: Path) -> Path:
    """The resolved path if it lies below a data root, links followed; else refused without telling what is there."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        real = None
    if real is not None and real.is_file() and any(real.is_relative_to(root) for root in data_roots()):
        return real
    raise DarkroomError(
        f"'{path.name}' is not a file below the data roots: choose one of the listed files, or let the "
        "administrator add its folder to DARKROOM_DATA_ROOTS."
    )


def list_files(
    root: Path, patterns: tuple[str, ...], without: frozenset[Path] = frozenset()
) -> tuple[list[RawFile], int]:
    """Files below a root that fit one of the patterns, sorted, at most MAX_LISTED; and how many there are in all.

    Files that a link leads out of the roots are left out, and those below a folder of `without`.
    """
    if root.resolve() not in data_roots():
        raise DarkroomError(f"'{root.name}' is not a data root: choose one of those listed.")
    paths = sorted({p for pattern in patterns for p in root.rglob(pattern) if without.isdisjoint(p.parents)})
    inside = []
    for path in paths:
        try:
            stat = below_roots(path).stat()
        except DarkroomError:
            continue
        inside.append(RawFile(root, str(path.relative_to(root)), stat.st_size, stat.st_mtime_ns))
    return inside[:MAX_LISTED], len(inside)


def list_mappings() -> dict[str, Path]:
    """Mapping files (.toml) below the data roots, by their place in them."""
    files = [file for root in data_roots() for file in list_files(root, ("*.toml",))[0]]
    return {f"{file.root.name}/{file.name}": file.path for file in files}


def preview(experiment_key: str, path: Path, mapping_options: Sequence[str] = ()) -> dict[str, Any]:
    """What a file holds and whether a mapping reads it, by a child process that may fail, hang or eat memory.

    `mapping_options` are those of the command `preview`.
    """
    return in_child(["preview", experiment_key, str(below_roots(path)), "--json", *mapping_options], path.name)


def in_child(arguments: Sequence[str], name: str) -> dict[str, Any]:
    """What a command that reads files prints as JSON, run in a child process that may fail, hang or eat memory.

    `name` is what is read, for sentences about it.
    """
    command = [sys.executable, "-m", "core", *arguments]
    try:
        done = subprocess.run(
            command, cwd=CODE, capture_output=True, text=True, timeout=PREVIEW_WALL_SECONDS, check=False,
            preexec_fn=_limit,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise DarkroomError(
            f"{name}: reading did not end within {PREVIEW_WALL_SECONDS // 60} minutes, of which it computed less than "
            f"{PREVIEW_CPU_SECONDS} s: the disk is slow or the machine is busy, the file may be whole. Try again, or copy it "
            "to a faster disk."
        ) from None
    if done.returncode == 0:
        printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return printed
    lines = done.stderr.strip().splitlines() or ["its reader ended without a word"]
    if done.returncode == 2 and lines[-1].startswith("darkroom: "):
        raise DarkroomError(lines[-1].removeprefix("darkroom: "))
    raise DarkroomError(f"{name} cannot be looked at here: {_why(done.returncode, lines[-1])}.")


def _why(returncode: int, last_line: str) -> str:
    """How a child ended that did not end in a sentence; it says nothing of the file's bytes, so nor does this."""
    if returncode == -signal.SIGXCPU:
        return f"reading it took more than {PREVIEW_CPU_SECONDS} s of computing. `python -m core` has no such limit"
    if last_line.startswith("MemoryError") or returncode == -signal.SIGKILL:
        return f"reading it took more than {PREVIEW_BYTES >> 30} GiB of memory. `python -m core` has no such limit"
    if returncode < 0:
        return f"its reader was ended by signal {-returncode} ({signal.Signals(-returncode).name})"
    return f"its reader failed ({last_line[:200]}). This is a fault of the program, not of the file"


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (PREVIEW_BYTES, PREVIEW_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PREVIEW_CPU_SECONDS, PREVIEW_CPU_SECONDS + 5))
