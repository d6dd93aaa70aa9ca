"""A real server on a free port, and a real headless Chromium to look at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from core.registry import EXPERIMENTS
from core.workflows import demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_TIMEOUT_S = 300  # a machine at work compiles and prepares slowly
SAMPLES = [demo.sample_name(experiment) for experiment in EXPERIMENTS.values()]


@dataclass(frozen=True)
class Server:
    """A running `python -m core serve`; its process is the Streamlit server itself."""

    url: str
    port: int
    workspace: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """End it as a crash would: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(workspace: Path, port: int | None = None, demo_events: int = 0, prefix: str = "") -> Server:
    """Start a server on a workspace and wait until it answers and has the shipped samples; `demo_events` as DARKROOM_DEMO_EVENTS,
    `prefix` as DARKROOM_PREFIX.
    """
    port = port or free_port()
    workspace.mkdir(parents=True, exist_ok=True)
    log = workspace / "server.log"
    environment = {
        **os.environ,
        "DARKROOM_WORKSPACE": str(workspace),
        "DARKROOM_DEMO_EVENTS": str(demo_events),
        "PORT": str(port),
        "DARKROOM_PREFIX": prefix,
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "serve"],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}{prefix}", port, workspace, process, log)
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and process.poll() is None:
        if healthy(server.url) and all((workspace / "datasets" / name / "dataset.json").exists() for name in SAMPLES):
            return server
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(
        f"The server did not start (status {process.wait()}):\n{log.read_text(errors='replace')[-4000:]}"
    )


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def stop(server: Server) -> None:
    """End a server as Ctrl-C does, and by force if that does not help."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)
        try:
            server.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture(scope="session")
def samples(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The data sets that a first server in an empty workspace has made of the shipped samples."""
    return once("browser", lambda folder: stop(launch(folder / "workspace"))) / "workspace" / "datasets"


@pytest.fixture
def start_server(samples: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`start_server(workspace=None, port=None, demo_events=0, prefix="")`: servers of this test's own, to be killed at will."""
    started: list[Server] = []

    def start(workspace: Path | None = None, port: int | None = None, demo_events: int = 0, prefix: str = "") -> Server:
        folder = workspace or tmp_path / "workspace"
        if not folder.exists():
            shutil.copytree(samples, folder / "datasets")
        started.append(launch(folder, port, demo_events, prefix))
        return started[-1]

    yield start
    for server in started:
        stop(server)


@pytest.fixture(scope="session")
def server(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that only look: its workspace holds the prepared sample."""
    workspace = tmp_path_factory.mktemp("browser") / "workspace"
    shutil.copytree(samples, workspace / "datasets")
    running = launch(workspace)
    yield running
    stop(running)


@pytest.fixture(scope="session")
def browser(missing: Callable[[str], NoReturn]) -> "Iterator[Browser]":
    """Headless Chromium (`CHROMIUM`, else Debian's)."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: `make test` installs requirements-dev.txt.")
    named = os.environ.get("CHROMIUM") or next(
        (p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), ""
    )
    if not named or not Path(named).exists():
        missing("Chromium was not found: install the package chromium, or set CHROMIUM=/path/to/chromium.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=named, args=list(CHROMIUM_FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A tab of a fresh browser profile at 1280x720."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
