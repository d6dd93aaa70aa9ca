"""How studies and sweeps are kept: a sealed file each, that a job of their kind works on, and that goes into the bin."""

import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core import bin, workspace
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import ACTIVE, Job

T = TypeVar("T")
STUDY, SWEEP = "study", "sweep"
FOLDERS = {STUDY: "studies", SWEEP: "sweeps"}


def new_id(network: str) -> str:
    """The time, the network and four random digits."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{network}-{secrets.token_hex(2)}"


def folder(kind: str) -> Path:
    """Where those of this workspace are kept."""
    return workspace.folder(FOLDERS[kind])


def existing(kind: str, name: str) -> Path:
    """The file of one by its id, or a refusal."""
    path = folder(kind) / f"{workspace.checked_name(name, kind)}.json"
    if not path.exists():
        raise DarkroomError(f"There is no {kind} '{name}': take an id from the list of {FOLDERS[kind]}.")
    return path


def readable(kind: str, opener: Callable[[str], T]) -> list[T]:
    """All that can be opened, newest first."""
    opened: list[T] = []
    for path in sorted(folder(kind).glob("[!.]*.json"), reverse=True):
        with contextlib.suppress(DarkroomError):
            opened.append(opener(path.stem))
    return opened


def busy_job(kind: str, name: str) -> Job | None:
    """The job that waits for one or works on it."""
    listed = control.list_jobs(states=("queued", *ACTIVE))
    return next((job for job in listed if job.kind == kind and job.arguments.get(kind) == name), None)


def discard(kind: str, name: str) -> str:
    """Move one into the bin and return the id of its entry; its runs stay. Refused while a job works on it."""
    path, busy = existing(kind, name), busy_job(kind, name)
    if busy is not None:
        raise DarkroomError(f"Job {busy.id} works on {kind} '{name}': stop the job first, then delete the {kind}.")
    return bin.put(kind, name, path)
