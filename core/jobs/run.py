"""The process of one job: `python -m core.jobs.run JOB_ID`, started by the runner.

It holds its slot by a lock which the kernel frees on any death, does the work, and writes how it ended
before it goes. Output and traceback are the job's log.
"""

import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from core import workspace
from core.errors import DarkroomError
from core.jobs import kinds, local, locks, queue
from core.jobs.queue import Job

REPORT_EVERY_S = 0.5
END_PATIENCE_S = 60.0

T = TypeVar("T")


class JobContext:
    """What the function of a job is given: its arguments, and how to speak to those who watch."""

    def __init__(self, job: Job) -> None:
        self.id = job.id
        self.arguments = job.arguments
        self.folder: Path = local.folder(job.id)
        self._stop = threading.Event()
        self._waiting: tuple[float, float | None, str] | None = None
        self._reported_at = 0.0

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far the job is. Written at most twice a second, except for the last step; cheap to call often."""
        self._waiting = (done, total, text)
        is_last = total is not None and done >= total
        if is_last or time.monotonic() - self._reported_at >= REPORT_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write the latest report now."""
        if self._waiting is None:
            return
        done, total, text = self._waiting
        self._waiting, self._reported_at = None, time.monotonic()
        if _try(lambda: queue.set_progress(self.id, done, total, text)):
            self._stop.set()

    def metric(self, values: Mapping[str, Any]) -> None:
        """Add one point to the live curves."""
        _try(lambda: queue.append_metric(self.id, values))

    def set_run(self, run_id: str) -> None:
        """Say which run folder this job makes, as soon as it is known."""
        queue.set_run(self.id, run_id)

    def stop_requested(self) -> bool:
        """Whether to save what there is and return. Cheap."""
        return self._stop.is_set()

    def request_stop(self) -> None:
        """Ask the function to return; it is a signal that calls this."""
        self._stop.set()


def _try(write: Callable[[], T]) -> T | None:
    """A full disk or a locked list must not end hours of work for the sake of a progress bar."""
    try:
        return write()
    except DarkroomError as error:
        print(f"Not reported: {error}", file=sys.stderr)
        return None


def main(job_id: int) -> int:
    """Do the job; 0 if it finished or was cancelled, 1 if it failed, 3 if it was not ours to do."""
    faulthandler.enable()
    job = queue.get(job_id)
    if job.state != "starting":
        print(f"Job {job_id} is {job.state}, not starting: nothing to do.")
        return 3
    _take_slot(job)
    context = JobContext(job)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: context.request_stop())
    if not queue.move(job_id, ("starting",), "running", started_at=time.time(), progress_text="", **_me()):
        print(f"Job {job_id} is no longer starting: nothing to do.")
        return 3
    if queue.get(job_id).stop_requested_at is not None:
        context.request_stop()
    state, message = ("cancelled", "Stopped before it began.") if context.stop_requested() else _work(job, context)
    context.flush()
    _end(job_id, state, message)
    return 1 if state == "failed" else 0


def _me() -> dict[str, Any]:
    return local.identity(os.getpid())._asdict()


def _take_slot(job: Job) -> None:
    """Wait until the job before has really gone; the lock lives as long as this process and its workers."""
    lock = workspace.folder("slots") / f"{job.lane}{job.slot}.lock"
    if locks.take(lock, wait=False) is None:
        queue.set_progress(job.id, 0, None, "Waiting for the job before to leave its slot")
        locks.take(lock, wait=True)


def _work(job: Job, context: JobContext) -> tuple[str, str]:
    """Call the function of the job's kind; returns the state and the message to end with."""
    try:
        kinds.function_of(job.kind)(context)
    except DarkroomError as error:
        traceback.print_exc()
        ended = "failed", str(error)
    except Exception as error:  # noqa: BLE001  the boundary of the process: whatever it was is told to the user
        traceback.print_exc()
        ended = "failed", f"{type(error).__name__}: {error}"
    else:
        ended = "finished", ""
    # A stop takes the workers of a job away as well, so an error after it is its consequence.
    return ("cancelled", "Stopped on request.") if context.stop_requested() else ended


def _end(job_id: int, state: str, message: str) -> None:
    """Write the end, patiently: a job that finished must not be told lost because the list was busy."""
    deadline = time.monotonic() + END_PATIENCE_S
    while True:
        try:
            queue.move(job_id, ("running",), state, message=message, if_pid=os.getpid())
            return
        except DarkroomError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
