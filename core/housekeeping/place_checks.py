"""Whether the place itself is in order: leftovers, the bin, space, permissions, and the packages that are installed."""

import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from core import bin, disk, workspace
from core import views as kept_views
from core.errors import DarkroomError
from core.housekeeping import rubbish
from core.housekeeping.problem import DAMAGE, NOTE, WARNING, Problem, split_sentence, where

CODE = Path(__file__).resolve().parents[2]
LITTLE_BYTES = 500_000_000
PYTHONS = ((3, 11), (3, 13))


def leftovers() -> Iterator[Problem]:
    """What killed writers left, and things in the bin that are past their time."""
    for piece in rubbish.leftovers():
        yield Problem(f"{piece.why} ({disk.size_text(piece.n_bytes)})", where(piece.path), NOTE, "`python -m core gc`")


def binned() -> Iterator[Problem]:
    """What cannot be brought back from the bin."""
    for entry in bin.list_entries():
        if entry.problem:
            yield Problem(
                f"What lies in the bin as '{entry.id}' cannot be brought back by itself: {entry.problem.removesuffix('.')}",
                where(bin.folder() / entry.id), DAMAGE, "move what is in its folder `content` back by hand, or remove it",
            )  # fmt: skip


def views() -> Iterator[Problem]:
    """Views that cannot be opened."""
    for problem in kept_views.readable()[1]:
        what, remedy = split_sentence(DarkroomError(problem))
        yield Problem(what, "views", DAMAGE, remedy)


def space() -> Iterator[Problem]:
    """A disk that is full or nearly so."""
    free = shutil.disk_usage(workspace.root()).free
    if free < LITTLE_BYTES:
        yield Problem(
            f"The disk of the workspace has {disk.size_text(free)} free", str(workspace.root()),
            DAMAGE if free < disk.FULL_BYTES else WARNING,
            "`python -m core gc`, then `python -m core bin empty`, or set DARKROOM_WORKSPACE to another disk",
        )  # fmt: skip


def permissions() -> Iterator[Problem]:
    """Folders that this account may not write to, and a key that others may read."""
    root = workspace.root()
    folders = [root, *(path for path in root.glob("[!.]*") if path.is_dir())]
    folders += [path for name in ("datasets", "runs") for path in (root / name).glob("[!.]*") if path.is_dir()]
    for path in folders:
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield Problem(
                f"The folder {path} may not be read and written by this account", where(path), WARNING,
                "ask who owns it, or look only",
            )  # fmt: skip
    secret = root / ".cookie_secret"
    if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        yield Problem(
            "The key that signs cookies may be read by others", where(secret), DAMAGE, f"`chmod 600 {secret}`",
        )  # fmt: skip


def packages(lock: Path = CODE / "requirements.txt") -> Iterator[Problem]:
    """Python and packages that are not those that Darkroom is tested with."""
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        yield Problem(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}, tested is 3.11 to 3.13", sys.executable, WARNING,
            "make the environment again with `make setup PYTHON=python3.12`",
        )  # fmt: skip
    for line in lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else ():
        try:
            requirement = Requirement(line.partition("#")[0].strip())
        except InvalidRequirement:  # an empty line, an option
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield from _package(requirement)


def _package(requirement: Requirement) -> Iterator[Problem]:
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        version = ""
    if not version or not requirement.specifier.contains(version, prereleases=True):
        state = f"is {version}" if version else "is not installed"
        yield Problem(
            f"The package {requirement.name} {state}, tested is {requirement.specifier}", "requirements.txt", WARNING,
            "`make setup`",
        )  # fmt: skip
