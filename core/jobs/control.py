"""Listing jobs, stopping them, waiting for them and reading their logs, for pages and commands."""

import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from core import workspace
from core.errors import DarkroomError
from core.jobs import local, queue
from core.jobs.queue import Job
from core.jobs.reconcile import identity, reconcile
from core.jobs.runner import ensure_runner
from core.plaintext import plain_text

STOP_GRACE_S = 30.0
TAIL_BYTES = 256 * 1024


def submit(kind: str, title: str, arguments: dict[str, Any], lane: str | None = None, user: str | None = None) -> Job:
    """Append a job to its lane and see to it that a runner is there to start it."""
    job = queue.submit(kind, title, arguments, lane, user)
    ensure_runner()
    return job


def list_jobs(limit: int = 100, states: Sequence[str] = queue.STATES) -> list[Job]:
    """The newest jobs, newest first, after their states were held against the processes there are.

    Where nothing can be written (a full disk, a workspace that may only be read) it is the list as it stands.
    """
    _refresh_if_possible()
    return queue.list_jobs(limit, states)


def get(job_id: int) -> Job:
    """One job, its state held against its process where that can be written."""
    _refresh_if_possible()
    return queue.get(job_id)


def refresh() -> None:
    """Make the list true, and see to it that a runner is there if anything waits."""
    reconcile()
    ensure_runner()


def _refresh_if_possible() -> None:
    if workspace.is_writable():
        with contextlib.suppress(DarkroomError):  # if the list cannot even be read, reading it says why
            refresh()


def stop(job_id: int, user: str | None = None, grace_s: float = STOP_GRACE_S) -> Job:
    """Ask a job to end, without waiting: it may save its work for `grace_s`, then it is killed.

    A queued job is stopped at once, one that has ended stays as it is. Returns the job as it is now.
    """
    job = queue.request_stop(job_id, user or queue.this_user(), grace_s)
    if job.state in queue.ACTIVE and job.pid is not None:
        local.send(identity(job), job.id, signal.SIGTERM)
    ensure_runner()
    return job


def wait(job_id: int, timeout_s: float | None = None, on_progress: Callable[[Job], None] | None = None) -> Job:
    """Return the job when it has ended or `timeout_s` is over; `on_progress` is called when it has changed.

    An interrupt ends the waiting, not the job.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    seen = None
    while True:
        job = get(job_id)
        if on_progress is not None and job != seen:
            on_progress(job)
        if job.is_ended or (deadline is not None and time.monotonic() >= deadline):
            return job
        seen = job
        time.sleep(0.2)


def position(job: Job) -> int | None:
    """The place of a queued job in its lane, 1 being the next to start; None if it is not queued."""
    return queue.n_ahead(job) + 1 if job.state == "queued" else None


def log_tail(job_id: int, n_lines: int = 200) -> str:
    """The last lines of a job's output as plain text; '' if there is none.

    Escape sequences and control characters are taken out, and of a line that was overwritten (a progress
    bar) its last form is kept.
    """
    path = local.log_path(job_id)
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = file.read(TAIL_BYTES).decode("utf-8", errors="replace")
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")]
    if lines and not lines[-1]:
        lines.pop()
    return plain_text("\n".join(lines[-n_lines:]))
