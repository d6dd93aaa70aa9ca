"""A job kind for the tests, with a runner that knows it: `python -m tests.jobs.sleepy runner | job ID`."""

import json
import signal
import subprocess
import sys
import time

from core import workspace
from core.errors import DarkroomError
from core.jobs import kinds, local, run, runner
from core.jobs.run import JobContext

COMMAND = (sys.executable, "-m", "tests.jobs.sleepy")


def run_job(job: JobContext) -> None:
    """Sleep for `seconds` as the argument `how` says, and leave behind when that was."""
    began = time.monotonic()
    how = job.arguments.get("how", "politely")
    if how == "refuse":
        raise DarkroomError("The window is upside down: give the lower end first.")
    if how == "crash":
        raise ValueError("a shape does not fit")
    if how == "stubbornly":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if how == "allocate":
        job.report(1, 2, "allocating")
        print(len(bytearray(900_000_000)))
    if how == "workers":
        code = "import time; held = bytearray(b'1') * 250_000_000; time.sleep(60)"
        workers = [subprocess.Popen((sys.executable, "-c", code)) for _ in range(3)]
        workers[0].wait()
    if how == "write":
        job.report(1, 2, "waiting")
        while not (job.folder / "go").is_symlink():
            time.sleep(0.05)
        workspace.write_json(job.folder / "big.json", "x" * 4_000_000)
    if how == "with a worker":
        worker = subprocess.Popen(("sleep", "60"))
        (job.folder / "worker.pid").write_text(str(worker.pid))
    job.set_run(f"run-{job.id}")
    n_steps = round(job.arguments.get("seconds", 0.3) / 0.05)
    for step in range(n_steps):
        if job.stop_requested() and how != "stubbornly":
            print("Saved what there was.")
            break
        time.sleep(0.05)
        job.report(step + 1, n_steps, "sleeping")
        job.metric({"step": step, "loss": float("nan") if step == 0 else 1.0 / step})
    (job.folder / "interval.json").write_text(json.dumps([began, time.monotonic()]))


def register() -> None:
    """Make the kind known and let jobs be started by this module."""
    kinds.KINDS["sleep"] = kinds.Kind("tests.jobs.sleepy:run_job", "compute")
    local.JOB_COMMAND = (*COMMAND, "job")


if __name__ == "__main__":
    register()
    if sys.argv[1] == "runner":
        sys.exit(0 if runner.serve(idle_s=1.5) else 5)
    sys.exit(run.main(int(sys.argv[2])))
