"""Starting, ending and starting again, as `make run` does it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.browser


def test_the_second_start_shows_the_first_page_within_10_s(start_server: Callable[..., Any], page: Any) -> None:
    first = start_server()
    page.goto(first.url)
    page.locator("h1").first.wait_for()
    first.kill()
    start_s = time.monotonic()
    second = start_server(first.workspace, first.port)
    page.goto(second.url)
    page.locator("h1").first.wait_for()
    assert time.monotonic() - start_s < 10


def test_an_interrupt_ends_the_server_and_the_port_can_be_used_again(start_server: Callable[..., Any]) -> None:
    server = start_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=15) == 0
    assert start_server(server.workspace, server.port).process.poll() is None


def test_a_second_server_on_the_same_port_is_refused(start_server: Callable[..., Any]) -> None:
    server = start_server()
    command = [sys.executable, "-m", "core", "serve", "--port", str(server.port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert f"Port {server.port} on 127.0.0.1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
