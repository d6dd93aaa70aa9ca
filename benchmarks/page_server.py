"""A workspace with simulated events and a run of every experiment, and a server on it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made_up import made_up_run
from core import runs
from core.data.dataset import list_datasets
from core.registry import EXPERIMENTS
from core.workflows import demo
from core.workflows.prepare_job import prepare

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted("" if p.parent.name == "overview" else p.parent.name for p in (ROOT / "pages").glob("*/page.py"))
SEED = 20260101
START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Shown:
    """What a visitor looks at: a data set and a run on it."""

    experiment: str
    dataset: str
    run: str

    @property
    def query(self) -> str:
        return f"data={self.dataset}&run={self.run}"


def workspace_with_data(path: Path, n_events: int) -> list[Shown]:
    """Simulate, prepare and judge (made up) what is missing."""
    path.mkdir(parents=True, exist_ok=True)
    os.environ["DARKROOM_WORKSPACE"] = str(path)
    shown = []
    for experiment in EXPERIMENTS.values():
        name = demo.demo_name(experiment, n_events)
        if name not in list_datasets():
            raw = demo.simulate_once(experiment, name, n_events, SEED, lambda _done, _of: None)
            prepare(experiment, demo.raw_files(experiment, raw), name, demo.default_mapping(experiment))
        ready = [run.id for run in runs.list_runs() if run.dataset == name and run.state == "finished"]
        shown.append(Shown(experiment.key, name, ready[0] if ready else made_up_run(name)))
    return shown


@contextlib.contextmanager
def running_server(workspace: Path) -> Iterator[tuple[str, int]]:
    """(address, process) of a server that answers; it is ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "DARKROOM_WORKSPACE": str(workspace), "DARKROOM_DEMO_EVENTS": "0", "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and process.poll() is None and not _answers(url):
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
        return bool(answer.status == 200)
    return False
