"""Real processes: a workspace, the kind 'sleep', and nothing left running after a test."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.jobs import kinds, local, queue, runner

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def jobs(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace, with `ensure_runner()` starting a runner that knows the kind 'sleep' and sees no GPU."""
    command = (*runner.RUNNER_COMMAND[:1], "-m", "tests.jobs.sleepy", "runner")
    monkeypatch.setattr(runner, "RUNNER_COMMAND", command)
    monkeypatch.setattr(runner, "STARTING_S", 1.0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setitem(kinds.KINDS, "sleep", kinds.Kind("tests.jobs.sleepy:run_job", "compute"))
    yield workspace
    with contextlib.suppress(ValueError, OSError):
        os.kill(int((workspace / "runner.lock").read_text()), signal.SIGKILL)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(local.TAG, "").startswith(f"{workspace.resolve()}:"):
                process.kill()


@pytest.fixture
def until() -> Until:
    """Wait until something holds, at most 15 s, within which the list of jobs must tell the truth."""

    def wait_until(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + 15.0
        while not holds():
            assert time.monotonic() < deadline, queue.list_jobs()
            time.sleep(0.05)

    return wait_until
