"""A meeting: what is there from the first minute, a tour that outlives a reload, a report that needs nobody, a path before every address."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.registry import EXPERIMENTS
from core.workflows import shipped

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "/lab/darkroom"

pytestmark = pytest.mark.browser


def command(workspace: Path, *words: str) -> dict[str, Any]:
    """What a command with --json prints of a workspace."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *words, "--json"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DARKROOM_WORKSPACE": str(workspace)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def is_asset(url: str) -> bool:
    """Whether it is no question of the page for where its server is: of a deep link it tries every folder."""
    return "/_stcore/" not in url


def test_every_shipped_run_fits_its_sample_and_a_report_needs_no_network(
    server: Any, browser: Any, tmp_path: Path
) -> None:
    for experiment in EXPERIMENTS.values():
        answer = command(server.workspace, "evaluate", shipped.run_id(experiment))
        assert answer["simulated"] is True
        assert answer["split"] == "test" and (answer.get("n") or answer["signal_efficiency"]["n"]) > 0
    file, run = tmp_path / "report.html", shipped.run_id(next(iter(EXPERIMENTS.values())))
    written = command(server.workspace, "report", run, "--out", str(file))
    judged = command(server.workspace, "evaluate", run)
    assert {name: judged[name] for name in written["values"]} == written["values"]
    context = browser.new_context(offline=True)
    page, errors, requests = context.new_page(), [], []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request",
        lambda request: requests.append(request.url) if not re.match("file:|data:|blob:", request.url) else None,
    )
    page.goto(file.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn")
    assert page.locator(".js-plotly-plot .plot-container").count() == len(written["figures"]) > 3
    assert errors == requests == []
    signal = judged["signal_efficiency"]
    shown = f"[{100 * signal['low']:.2f}, {100 * signal['high']:.2f}] n={signal['n']:,}"
    assert shown in page.locator(".numbers").first.inner_text()
    context.close()


def test_a_tour_below_a_prefix_outlives_a_reload(start_server: Callable[..., Any], page: Any) -> None:
    server = start_server(prefix=PREFIX)
    assert f"http://127.0.0.1:{server.port}{PREFIX} " in server.log.read_text()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.on(
        "response", lambda answer: refused.append(answer.url) if answer.status >= 400 and is_asset(answer.url) else None
    )
    key = next(iter(EXPERIMENTS))
    page.goto(f"{server.url}/select?data=sample&guide={key}")
    page.get_by_text("Tour, step 1 of").wait_for()
    page.locator("[data-figure]").first.wait_for()
    page.get_by_role("link", name="next: Inspect").click()
    page.get_by_text("Tour, step 2 of").wait_for()
    assert page.url.startswith(f"{server.url}/inspect?")
    page.keyboard.press("j")  # our own component
    page.wait_for_url(re.compile("uid="))
    page.reload()
    page.get_by_text("Tour, step 2 of").wait_for()
    page.get_by_role("link", name="all steps").click()
    page.get_by_text(re.compile(r"2 of \d+ done")).wait_for()
    page.reload()
    page.get_by_text(re.compile(r"2 of \d+ done")).wait_for()
    assert refused == []
    for path, status in (("/_stcore/health", 200), ("/_stcore/metrics", 404), ("/_stcore/agent/openapi.json", 404)):
        assert page.request.get(server.url + path).status == status
    assert page.request.get(f"http://127.0.0.1:{server.port}/_stcore/metrics").status == 404
