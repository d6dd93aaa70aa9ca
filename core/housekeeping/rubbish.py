"""What is surely rubbish: leftovers of killed writers, hollow and expired entries of the bin, caches while nobody computes."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import bin, disk, workspace
from core.errors import DarkroomError
from core.jobs import control, local, queue

SETTLED_S = 60.0  # an entry of the bin is without content for an instant while it is made


@dataclass(frozen=True)
class Piece:
    """Something that nobody will miss: where it lies, what it takes, and why it is rubbish."""

    path: Path
    n_bytes: int
    why: str


def listing() -> list[Piece]:
    """Everything that `remove` would remove now, in the order in which it would."""
    return [*leftovers(), *_caches()]


def leftovers() -> list[Piece]:
    """What killed writers left, and what is past its time in the bin."""
    return [*_of_writers(), *_of_the_bin(), *_reserves()]


def remove(pieces: list[Piece]) -> int:
    """Remove pieces; returns the bytes that this gave back. What came into use meanwhile, or is gone, is passed over."""
    freed = 0
    for piece in pieces:
        with contextlib.suppress(DarkroomError):
            bin.remove(piece.path)
            freed += piece.n_bytes
    return freed


def _of_writers() -> Iterator[Piece]:
    for path in disk.leftovers(workspace.root()):
        yield Piece(path, disk.tree_bytes(path), "a killed writer left it")


def _of_the_bin() -> Iterator[Piece]:
    for path in bin.hollow():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > SETTLED_S:
                yield Piece(path, disk.tree_bytes(path), "an entry of the bin that came to nothing")
    for entry in bin.expired():
        yield Piece(bin.folder() / entry.id, entry.n_bytes, f"{entry.what} has been in the bin for too long")


def _reserves() -> Iterator[Piece]:
    """Space that jobs held back for their end, of those that have none any more."""
    alive = {job.id for job in control.list_jobs(limit=1000, states=queue.ACTIVE)}
    for path in sorted((workspace.root() / "jobs").glob(f"*/{local.reserve_path(0).name}")):
        if path.parent.name.isdecimal() and int(path.parent.name) not in alive:
            yield Piece(path, disk.tree_bytes(path), "space held back for the end of a job that has ended")


def _caches() -> Iterator[Piece]:
    """Inputs of networks that are made again where they are missing; none while a job computes, which may need them."""
    if control.list_jobs(limit=1, states=queue.ACTIVE):
        return
    for path in sorted((workspace.root() / "inputs").glob("[!.]*.npy")):
        if os.access(path.parent, os.W_OK):
            yield Piece(path, disk.tree_bytes(path), "inputs of networks, which are made again when they are needed")
