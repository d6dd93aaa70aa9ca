"""Runs in a real browser: named, compared, and the list shortened by dragging along an axis of their parameters."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from benchmarks.made_up import made_up_run
from core import run_names

SLOW_MS = 120_000
pytestmark = pytest.mark.browser


def test_a_run_is_named_and_found_by_dragging_along_its_parameters(
    samples: Path, start_server: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Any
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(samples, workspace / "datasets")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(workspace))
    first, second, third = (made_up_run("sample", preset) for preset in ("", "", "dnn2020"))
    for run_id, name in ((first, "first"), (second, "second"), (third, "third")):
        run_names.rename(run_id, name, "ann")
    url = start_server(workspace).url
    page.goto(f"{url}/runs?compared={first}&runs-show=name+and+note")
    field = page.get_by_role("textbox", name="name", exact=True)
    expect(field).to_have_value("first", timeout=SLOW_MS)
    field.fill("the reference")
    field.press("Enter")
    expect(page.get_by_role("link", name="evaluate the reference")).to_be_visible()
    assert run_names.of(first).name == "the reference"
    assert page.url.count(first) == 1

    page.get_by_role("tab", name="parameters").click()
    lines = page.locator(".darkroom-parallel path")
    expect(lines.nth(2)).to_be_attached()
    n_all = lines.count()  # with those that ship
    grip = page.locator(".darkroom-parallel [data-axis]").first
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3, steps=4)
    page.mouse.up()
    left = page.locator(".darkroom-parallel path.kept")
    expect(left).not_to_have_count(n_all)
    n = left.count()
    assert 0 < n < n_all
    expect(page.get_by_text(re.compile(rf"^{n} of {n_all} runs in "))).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
