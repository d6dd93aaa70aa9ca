"""Watched folders: which new raw files are offered or prepared by themselves, and what is known of them.

workspace/watched/<name>.json          sealed: folder, experiment, mapping, data set, what is done; written by people
workspace/watched/state/<name>.json    what was handed over, what waits; written by the runner, which looks (`core.jobs.arriving`)
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core import bin, workspace
from core.errors import DarkroomError
from core.jobs import locks, queue
from core.jobs.queue import Job

OFFER, PREPARE = "offer", "prepare"
MAX_PER_JOB = 2000

Fingerprint = tuple[int, int]
"""Size in bytes and time of change [ns]: a file with another one has other content."""


@dataclass(frozen=True)
class Watch:
    """A rule: new files below `folder` that fit `patterns` belong to `dataset`, read by `mapping` (plain values).

    `does` is 'offer' or 'prepare' (by themselves); `run`, if any, is applied to them then. `is_bounded`: only files below
    the data roots.
    """

    name: str
    folder: str
    experiment: str
    patterns: tuple[str, ...]
    mapping: dict[str, Any]
    dataset: str
    does: str = OFFER
    run: str = ""
    is_bounded: bool = True
    user: str = ""
    since: float = 0.0


@dataclass
class State:
    """What is known of a watched folder: files handed over to a preparation, those that wait, the latest job, and what is wrong."""

    handed: dict[str, Fingerprint] = field(default_factory=dict)
    waiting: dict[str, Fingerprint] = field(default_factory=dict)
    job: int = 0
    applied: int = 0
    looked_at: float = 0.0
    problem: str = ""


def is_any() -> bool:
    """Whether any folder is watched. Cheap."""
    try:
        return any(not name.startswith(".") and name.endswith(".json") for name in os.listdir(_folder()))  # noqa: PTH208
    except OSError:
        return False


def names() -> list[str]:
    return sorted(path.stem for path in _folder().glob("[!.]*.json"))


def read(name: str) -> Watch:
    """A rule by its name, or a refusal."""
    path = _existing(name)
    values = workspace.read_sealed(path, f"`python -m core watch remove {path.stem}` and add it again")
    try:
        watch = Watch(**{**values, "name": path.stem, "patterns": tuple(values["patterns"])})
    except (KeyError, TypeError) as error:
        raise DarkroomError(f"{path} is no rule of a watched folder ({error}): remove it and add it again.") from None
    if watch.does not in (OFFER, PREPARE) or not Path(watch.folder).is_absolute():
        raise DarkroomError(f"{path} is no rule of a watched folder: remove it and add it again.")
    return watch


def readable() -> tuple[list[Watch], list[str]]:
    """The rules, and of each other file a sentence that says why it is none."""
    watches, problems = [], []
    for name in names():
        try:
            watches.append(read(name))
        except DarkroomError as error:
            problems.append(str(error))
    return watches, problems


def store(watch: Watch) -> None:
    """Keep a rule under its name; refused if that is taken."""
    path = _folder() / f"{workspace.checked_name(watch.name, 'watch')}.json"
    if path.exists():
        raise DarkroomError(
            f"There is a watched folder '{watch.name}' already: remove it first, or choose another name."
        )
    workspace.make_folder(path.parent)
    values = {**asdict(watch), "user": queue.this_user(), "since": time.time()}
    workspace.write_sealed(path, {name: value for name, value in values.items() if name != "name"})


def remove(name: str) -> None:
    """Watch a folder no longer; its files and data set stay."""
    bin.remove(_existing(name))
    bin.remove(_state_path(name))


def state_of(name: str) -> State:
    """What is known of a watched folder; a state that cannot be read begins anew, which costs a second look at the files."""
    path = _state_path(name)
    try:
        values = workspace.read_json(path) if path.exists() else {}
        known = {f.name: values[f.name] for f in fields(State) if f.name in values}
        for key in ("handed", "waiting"):
            known[key] = {str(file): (int(size), int(at)) for file, (size, at) in known.get(key, {}).items()}
        return State(**known)
    except (DarkroomError, AttributeError, TypeError, ValueError):
        return State()


@contextmanager
def changing(name: str) -> Iterator[State]:
    """The state of a watched folder, for changes that are kept at the end; two who change it wait for each other."""
    workspace.make_folder(_folder() / "state")
    handle = locks.take(_folder() / "state" / ".lock", wait=True)
    try:
        state = state_of(name)
        before = asdict(state)
        yield state
        if asdict(state) != before and (_folder() / f"{name}.json").exists():
            workspace.write_json(_state_path(name), asdict(state))
    finally:
        locks.release(handle)


def hand_over(watch: Watch) -> Job | None:
    """Queue the preparation of the files that wait, at most `MAX_PER_JOB` at once; None if none does or one is at it."""
    busy = queue.list_jobs(limit=1000, states=("queued", *queue.ACTIVE))
    if any(job.kind == "prepare" and job.arguments.get("name") == watch.dataset for job in busy):
        return None
    with changing(watch.name) as state:
        files = dict(sorted(state.waiting.items())[:MAX_PER_JOB])
        if not files:
            return None
        arguments = {
            "experiment": watch.experiment, "files": list(files), "name": watch.dataset, "mapping": watch.mapping,
            "is_bounded": watch.is_bounded,
        }  # fmt: skip
        n = f"{len(files):,} new file{'s' * (len(files) != 1)}"
        job = queue.submit("prepare", f"prepare {watch.dataset}: {n} of {watch.name}", arguments)
        state.handed |= files
        state.waiting = {file: at for file, at in state.waiting.items() if file not in files}
        state.job = job.id
    return job


def _folder() -> Path:
    return workspace.root() / "watched"


def _state_path(name: str) -> Path:
    return _folder() / "state" / f"{workspace.checked_name(name, 'watch')}.json"


def _existing(name: str) -> Path:
    path = _folder() / f"{workspace.checked_name(name, 'watch')}.json"
    if not path.exists():
        known = ", ".join(names()[:10]) or "none yet"
        raise DarkroomError(f"There is no watched folder '{name}' (there are: {known}).")
    return path
