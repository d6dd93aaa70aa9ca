"""Whether the list of jobs is whole and fits the folders of the jobs, and whether watched folders can be watched."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core import workspace
from core.errors import DarkroomError
from core.housekeeping.problem import DAMAGE, NOTE, WARNING, Problem, split_sentence, where
from core.jobs import queue, store, watched

ALL = 1_000_000  # jobs


def watches() -> Iterator[Problem]:
    """Rules of watched folders that cannot be read, whose folder or run is gone, or whose latest job came to no good."""
    rules, problems = watched.readable()
    for problem in problems:
        what, remedy = split_sentence(DarkroomError(problem))
        yield Problem(what, "watched", DAMAGE, remedy)
    for rule in rules:
        path, wrong = f"watched/{rule.name}.json", watched.state_of(rule.name).problem
        if not Path(rule.folder).is_dir():
            wrong = f"The folder {rule.folder} is not there"
        elif rule.run and not (workspace.root() / "runs" / rule.run).is_dir():
            wrong = f"Run '{rule.run}', which is to be applied, is no more"
        if wrong:
            yield Problem(
                f"Watched folder '{rule.name}': {wrong.removesuffix('.')}", path, WARNING,
                f"bring it back, or `python -m core watch remove {rule.name}` and add it again",
            )  # fmt: skip


def jobs() -> Iterator[Problem]:
    """A list that cannot be read, damaged rows, jobs without folder and folders without job."""
    try:
        broken = _quick_check()
        listed = queue.list_jobs(limit=ALL)
    except DarkroomError as error:
        what, remedy = split_sentence(error)
        yield Problem(what, where(store.path()), DAMAGE, remedy)
        return
    if broken:
        yield Problem(
            f"The list of jobs is damaged: {broken}", where(store.path()), DAMAGE,
            "stop the server and all jobs, move the file away, and Darkroom makes a new list; data sets and runs are not in it",
        )  # fmt: skip
    yield from _rows(listed)
    yield from _folders({job.id for job in listed})


def _quick_check() -> str:
    """What SQLite says of its file; '' if it is whole."""
    with store.reading() as db:
        try:
            lines = [str(row[0]) for row in db.execute("PRAGMA quick_check(5)")]
        except sqlite3.DatabaseError as error:
            return str(error)
    return "" if lines == ["ok"] else "; ".join(lines)[:300]


def _rows(listed: list[queue.Job]) -> Iterator[Problem]:
    folder = workspace.root() / "jobs"
    for job in listed:
        if not job.kind:
            yield Problem(
                job.message.removesuffix("."), where(store.path()), DAMAGE, f"`python -m core jobs delete {job.id}`"
            )
        elif job.is_ended and job.started_at is not None and not (folder / str(job.id)).is_dir():
            yield Problem(
                f"Job {job.id} ({job.title}) has no folder and so no log", where(folder / str(job.id)), NOTE,
                f"what it made is not in it; `python -m core jobs delete {job.id}` takes it off the list",
            )  # fmt: skip


def _folders(ids: set[int]) -> Iterator[Problem]:
    for path in sorted((workspace.root() / "jobs").glob("[!.]*")):
        if not path.name.isdecimal() or int(path.name) not in ids:
            yield Problem(
                f"The folder jobs/{path.name} belongs to no job of the list", where(path), NOTE,
                "it holds nothing but the log of a job that is no more: remove it by hand when that was read",
            )  # fmt: skip
