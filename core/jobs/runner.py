"""The runner: one detached process that starts queued jobs, each when a slot of its lane is free.

`python -m core.jobs.runner`, or `ensure_runner()` from a page, the command line or `make run`. It holds no
state: whatever kills it, the jobs go on, and the next runner finds them in the list.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

from core import bin, disk, workspace
from core.errors import DarkroomError
from core.jobs import kinds, local, locks, queue, watched
from core.jobs.arriving import Arrivals
from core.jobs.reconcile import reconcile

RUNNER_COMMAND = (sys.executable, "-m", "core.jobs.runner")
IDLE_S = 20.0
PERIOD_S = 0.3
# A new Python needs this long at most before it holds the lock; until then no second one is started.
STARTING_S = 5.0

_started_at: dict[Path, float] = {}


def ensure_runner() -> bool:
    """Start a runner if there is work and none is running. Cheap. True if one was started."""
    lock = _lock_path()
    if time.monotonic() - _started_at.get(lock, -STARTING_S) < STARTING_S or locks.is_taken(lock):
        return False
    if not _has_work():
        return False
    _started_at[lock] = time.monotonic()
    log = workspace.root() / "runner.log"
    try:
        process = local.launch(RUNNER_COMMAND, log, local.environment_of_child())
    except OSError as error:
        raise DarkroomError(f"The job runner cannot be started ({error.strerror}): try again.") from None
    # Somebody has to collect the child when it ends, and a page must not wait for it.
    threading.Thread(target=process.wait, daemon=True).start()
    return True


def serve(*, idle_s: float = IDLE_S) -> bool:
    """Run jobs until there has been nothing to do for `idle_s`. False if another runner is there."""
    disk.sweep(workspace.root())
    bin.remove_expired()
    slots = {"compute": max(1, len(gpus := visible_gpus())), "data": 1}
    while (lock := _take_lock()) is not None:
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        _serve_until_idle(slots, gpus, idle_s)
        locks.release(lock)
        # Who submitted while the lock was still held saw a runner and started none.
        if not _has_work():
            return True
    return False


def _serve_until_idle(slots: dict[str, int], gpus: list[str], idle_s: float) -> None:
    busy_at, arrivals = time.monotonic(), Arrivals()
    while time.monotonic() - busy_at < idle_s:
        try:
            _step(slots, gpus)
            arrivals.poll()
            if _has_work():
                busy_at = time.monotonic()
        except DarkroomError as error:
            print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {error}", flush=True)
            time.sleep(2.0)
        time.sleep(PERIOD_S)


def _step(slots: dict[str, int], gpus: list[str]) -> None:
    local.collect()
    reconcile()
    for lane in kinds.LANES:
        for slot in _free_slots(lane, slots[lane]):
            job = queue.next_queued(lane)
            if job is None:
                break
            _start(job.id, slot, gpus[slot] if lane == "compute" and gpus else None)


def _free_slots(lane: str, n_slots: int) -> list[int]:
    used = {job.slot for job in queue.list_jobs(limit=1000, states=queue.ACTIVE) if job.lane == lane}
    return [slot for slot in range(n_slots) if slot not in used]


def _start(job_id: int, slot: int, device: str | None) -> None:
    """Take the job, then start its process; the order makes that nobody else starts it too."""
    if not queue.move(job_id, ("queued",), "starting", slot=slot, started_at=time.time()):
        return
    try:
        who = local.start(job_id, device=device)
    except DarkroomError as error:
        queue.move(job_id, ("starting",), "failed", message=str(error))
        return
    queue.move(job_id, ("starting",), "starting", if_pid=None, **who._asdict())


def _has_work() -> bool:
    """Whether a job waits or works, or folders are watched: then the runner stays."""
    return watched.is_any() or bool(queue.list_jobs(limit=1, states=("queued", *queue.ACTIVE)))


def _lock_path() -> Path:
    return workspace.root() / "runner.lock"


def _take_lock() -> int | None:
    """The runner's lock; tried for a second because those who ask whether it is taken hold it for an instant."""
    for _ in range(10):
        if (lock := locks.take(_lock_path(), wait=False)) is not None:
            return lock
        time.sleep(0.1)
    return None


CUDA_PACKAGES = ("nvidia", "jax_cuda12_plugin", "jax_cuda13_plugin")


def visible_gpus() -> list[str]:
    """The GPUs that jobs may use, as CUDA_VISIBLE_DEVICES names them, found without importing a framework."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    if not any(find_spec(name) for name in CUDA_PACKAGES):
        return []  # without CUDA libraries every training would run on the same processors, however many GPUs there are
    command = shutil.which("nvidia-smi")
    if command is None:
        driver = Path("/proc/driver/nvidia/gpus")
        return [str(i) for i, _ in enumerate(driver.iterdir())] if driver.is_dir() else []
    try:
        listing = subprocess.run((command, "-L"), capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [str(i) for i, _ in enumerate(line for line in listing.stdout.splitlines() if line.startswith("GPU "))]


if __name__ == "__main__":
    if not serve():
        print("Another runner is at work in this workspace.", flush=True)
