"""Make the list of jobs true: what it says of a process is held against the processes there are.

Anybody may call it at any time (each listing does), so the truth does not depend on a runner being alive.
"""

import signal
import time

from core.jobs import local, queue
from core.jobs.queue import Job

CLAIM_GRACE_S = 10.0


def reconcile() -> None:
    """Give back claims that came to nothing, enforce stops, and mark jobs whose process is gone."""
    for job in queue.list_jobs(limit=1000, states=queue.ACTIVE):
        if job.pid is None:
            _unclaim(job)
        elif local.is_alive(identity(job)):
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
    if time.time() - (job.started_at or 0.0) < CLAIM_GRACE_S:
        return
    if job.stop_requested_at is None:
        queue.move(job.id, ("starting",), "queued", if_pid=None, slot=None, started_at=None)
    else:
        queue.move(job.id, ("starting",), "cancelled", if_pid=None, message="Stopped before it began.")


def _enforce_stop(job: Job) -> None:
    if job.stop_requested_at is None:
        return
    if time.time() - job.stop_requested_at > (job.stop_grace_s or 0.0):
        local.send(identity(job), signal.SIGKILL)


def _bury(job: Job) -> None:
    """The process is gone without having written its end; if it did meanwhile, nothing is changed."""
    if job.stop_requested_at is not None:
        moved = queue.move(job.id, queue.ACTIVE, "cancelled", if_pid=job.pid, message="Stopped on request.")
    else:
        message = (
            f"The process {job.pid} of this job is gone and left no word: it was killed, ran out of memory, "
            "or the machine was restarted. The end of its log may tell more."
        )
        moved = queue.move(job.id, queue.ACTIVE, "lost", if_pid=job.pid, message=message)
    if moved:
        local.end_rest(job.pid or 0, job.id)
