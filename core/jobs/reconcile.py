"""Reconcile the list of jobs with the processes that exist.

Anybody may call it at any time (each listing does), so the truth does not depend on a runner being alive.
"""

import shutil
import signal
import time

from core import disk, workspace
from core.jobs import local, queue
from core.jobs.queue import Job

CLAIM_GRACE_S = 10.0

_first_seen: dict[tuple[int, str, float | None], float] = {}


def reconcile() -> None:
    """Give back claims that came to nothing, enforce stops, and mark jobs whose process is gone."""
    for job in queue.list_jobs(limit=1000, states=queue.ACTIVE):
        if job.pid is None:
            _unclaim(job)
        elif local.is_alive(identity(job), job.id):
            _enforce_stop(job)
        else:
            _bury(job)


def identity(job: Job) -> local.Identity:
    """The process of a job that has one."""
    return local.Identity(job.pid or 0, job.create_time or 0.0, job.boot_id or "")


def _unclaim(job: Job) -> None:
    """A runner died between taking the job and starting it: back to the queue, the stop request included.

    A process that comes up all the same finds another state than its own and goes away.
    """
    if not _is_overdue((job.id, "claim", job.started_at), CLAIM_GRACE_S):
        return
    if job.stop_requested_at is None:
        queue.move(job.id, ("starting",), "queued", if_pid=None, slot=None, started_at=None)
    else:
        queue.move(job.id, ("starting",), "stopped", if_pid=None, message="Stopped before it began.")


def _enforce_stop(job: Job) -> None:
    if job.stop_requested_at is None:
        return
    if _is_overdue((job.id, "stop", job.stop_requested_at), job.stop_grace_s or 0.0):
        local.send(identity(job), job.id, signal.SIGKILL)


def _is_overdue(key: tuple[int, str, float | None], grace_s: float) -> bool:
    """Whether this process has seen something for `grace_s`; the machine's clock may be set meanwhile, to any time."""
    now = time.monotonic()
    return now - _first_seen.setdefault(key, now) >= grace_s


def _bury(job: Job) -> None:
    """The process is gone without having written its end; if it did meanwhile, nothing is changed."""
    is_copy = local.is_of_another(identity(job), job.id)
    if not is_copy:
        local.reserve_path(job.id).unlink(missing_ok=True)
    if job.stop_requested_at is not None:
        moved = queue.move(job.id, queue.ACTIVE, "stopped", if_pid=job.pid, message="Stopped on request.")
    elif is_copy:
        message = f"The process {job.pid} of this job works for another workspace, of which this one is a copy."
        moved = queue.move(job.id, queue.ACTIVE, "lost", if_pid=job.pid, message=message)
    else:
        free = shutil.disk_usage(workspace.root()).free
        why = "it was killed, ran out of memory, or the machine was restarted"
        if free < disk.FULL_BYTES:
            why = f"the disk of the workspace is full ({disk.size_text(free)} free)"
        message = (
            f"The process {job.pid} of this job is gone and left no word: {why}. The end of its log may tell more."
        )
        moved = queue.move(job.id, queue.ACTIVE, "lost", if_pid=job.pid, message=message)
    if moved:
        local.end_rest(job.pid or 0, job.id)
