"""Starting, ending and starting again, as `make run` does it."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request
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


def answer(url: str, **headers: str) -> tuple[int, str, Any]:
    """Status, text and headers of an answer, whatever its status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_every_answer_has_the_headers_and_what_streamlit_tells_anybody_is_closed(server: Any) -> None:
    statuses = {}
    for path in ("/", "/select", "/_stcore/health", "/_stcore/metrics", "/_stcore/agent/openapi.json", "/nowhere.js"):
        statuses[path], text, headers = answer(server.url + path)
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "SAMEORIGIN", path
        assert "object-src 'none'" in headers["Content-Security-Policy"], path
        assert "cache_memory_bytes" not in text
    assert [statuses[path] for path in ("/", "/select", "/_stcore/health")] == [200] * 3
    assert [statuses[path] for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json")] == [404] * 2


def test_a_request_for_another_host_is_refused(server: Any) -> None:
    for host, status in (("localhost:8501", 200), ("evil.example", 400), ("127.0.0.1.evil.example", 400)):
        assert answer(server.url, Host=host)[0] == status, host


def test_the_policy_hinders_no_page(server: Any, page: Any) -> None:
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    for name in ("", "data", "select?data=sample", "inspect?data=sample", "label?data=connie-sample", "trigger"):
        page.goto(f"{server.url}/{name}")
        page.locator("h4").first.wait_for()
    page.goto(f"{server.url}/inspect?data=sample")
    page.locator(".js-plotly-plot").first.wait_for()
    assert refused == []


def test_an_interrupt_ends_a_server_that_somebody_looks_at(start_server: Callable[..., Any], page: Any) -> None:
    server = start_server()
    page.goto(server.url)
    page.locator("h4").first.wait_for()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=15) == 0
    assert "Traceback" not in server.log.read_text()
