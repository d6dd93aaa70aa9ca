"""Starting, ending and starting again, as `make run` does it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.browser


def test_a_killed_server_starts_again_on_its_port(start_server: Callable[..., Any], page: Any) -> None:
    first = start_server()
    page.goto(first.url)
    page.locator("h4").first.wait_for()
    first.kill()
    second = start_server(first.workspace, first.port)
    page.goto(second.url)
    page.locator("h4").first.wait_for()


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
