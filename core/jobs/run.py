"""The process of one job: `python -m core.jobs.run JOB_ID`, started by the runner.

It holds its slot by a lock which the kernel frees on any death, does the work, and writes how it ended
before it goes. Output and traceback are the job's log.
"""

import errno
import faulthandler
import io
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from core import disk, workspace
from core.errors import DarkroomError
from core.jobs import kinds, local, locks, memory, queue
from core.jobs.queue import Job

REPORT_EVERY_S = 0.5
BELOW_PAGES, NICENESS = ("compute",), 10  # hours of training must not slow down pages and previews
END_PATIENCE_S, FULL_PATIENCE_S = 60.0, 3600.0
RESERVE_BYTES = 1_000_000

T = TypeVar("T")


class JobContext:
    """The interface of a job's function: its arguments, progress, metrics and requests to stop."""

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
        """Record which run folder this job makes, as soon as it is known."""
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


class _Log(io.FileIO):
    """The log of the job as its output: on a full disk what is printed is lost, and the work goes on."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            return len(data)


def main(job_id: int) -> int:
    """Do the job; 0 if it finished or was stopped, 1 if it failed, 3 if it was not ours to do."""
    faulthandler.enable()
    for name, number in (("stdout", 1), ("stderr", 2)):
        log = io.BufferedWriter(_Log(number, "w", closefd=False))
        setattr(sys, name, io.TextIOWrapper(log, "utf-8", "backslashreplace", write_through=True))
    job = queue.get(job_id)
    if job.state != "starting":
        print(f"Job {job_id} is {job.state}, not starting: nothing to do.")
        return 3
    if job.lane in BELOW_PAGES:
        os.nice(NICENESS)
    _take_slot(job)
    _hold_back(local.reserve_path(job_id))
    context = JobContext(job)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: context.request_stop())
    if not _patiently(lambda: queue.move(job_id, ("starting",), "running", progress_text="", **_me())):
        print(f"Job {job_id} is no longer starting: nothing to do.")
        return 3
    if queue.get(job_id).stop_requested_at is not None:
        context.request_stop()
    state, message = ("stopped", "Stopped before it began.") if context.stop_requested() else _work(job, context)
    local.reserve_path(job_id).unlink(missing_ok=True)
    context.flush()
    _end(job_id, state, message)
    return 1 if state == "failed" else 0


def _hold_back(file: Path) -> None:
    """Take space on the disk that is given back when the job has ended, so that its end can be told on a full one."""
    try:
        file.write_bytes(os.urandom(RESERVE_BYTES))
    except OSError as error:
        print(f"No space is held back for the end of this job: {error.strerror}.")


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
        limit = memory.limit_bytes()
        has_gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "") not in ("", "-1")
        memory.guard(limit, lambda: _give_up(job.id, memory.refusal(limit)), is_hard=not has_gpu)
        kinds.function_of(job.kind)(context)
    except DarkroomError as error:
        traceback.print_exc()
        ended = "failed", str(error)
    except Exception as error:  # noqa: BLE001  the boundary of the process: whatever it was is told to the user
        traceback.print_exc()
        ended = "failed", _in_words(error)
    else:
        ended = "finished", ""
    # A stop takes the workers of a job away as well, so an error after it is its consequence.
    return ("stopped", "Stopped on request.") if context.stop_requested() else ended


def _in_words(error: Exception) -> str:
    if memory.is_shortage(error):
        return memory.refusal(memory.limit_bytes())
    if disk.is_full(error):
        return disk.full_sentence(workspace.root(), "what the job writes", "more than that")
    return f"{type(error).__name__}: {error}"


def _give_up(job_id: int, message: str) -> None:
    """End the job from the thread that watches its memory: there is no time to wait for the work to notice."""
    print(message, file=sys.stderr)
    local.reserve_path(job_id).unlink(missing_ok=True)
    _end(job_id, "failed", message)
    local.end_rest(os.getpid(), job_id)  # this process is one of those
    os._exit(1)


def _end(job_id: int, state: str, message: str) -> None:
    """Write the end: a job that finished must not be told lost because the list was busy, or its disk full for a while."""
    _patiently(lambda: queue.move(job_id, ("running",), state, message=message, if_pid=os.getpid()))


def _patiently(write: Callable[[], T]) -> T:
    """Write to the list, waiting for a list that is busy or for space on its disk."""
    began = time.monotonic()
    while True:
        try:
            return write()
        except DarkroomError as error:
            if time.monotonic() - began > (FULL_PATIENCE_S if disk.is_full(error) else END_PATIENCE_S):
                raise
            time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
