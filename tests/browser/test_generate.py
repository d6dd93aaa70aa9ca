"""What a physicist does with a generator in a real browser: the energy slider, another draw by key, the next event."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core import runs
from tests.zdc.conftest import trained as trained

SLOW_MS = 120_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
DRAWN = "document.querySelector('.js-plotly-plot')?._fullLayout?.meta"


@pytest.fixture
def url(trained: dict[str, str], samples: Path, tmp_path: Path, start_server: Callable[..., Any]) -> str:
    """The page with a trained generator, on a server of its own."""
    workspace = tmp_path / "workspace"
    shutil.copytree(runs.runs_folder().parent, workspace)
    shutil.copytree(samples, workspace / "datasets", dirs_exist_ok=True)
    return f"{start_server(workspace).url}/generate?data=few&run={trained['vae']}"


def step(page: Any, act: Callable[[], None]) -> str:
    """What is drawn after an act that leads to another picture."""
    page.wait_for_function(f"() => {DRAWN}", timeout=SLOW_MS)
    before = page.evaluate(DRAWN)
    act()
    page.wait_for_function(f"(before) => {DRAWN} && {DRAWN} !== before", arg=before, timeout=SLOW_MS)
    return str(page.evaluate(DRAWN))


def test_a_shower_is_drawn_again_by_key_and_for_another_energy(url: str, page: Any) -> None:
    page.goto(url)
    expect(page.get_by_text(re.compile("answered in"))).to_be_visible(timeout=SLOW_MS)
    step(page, lambda: page.keyboard.press("n"))
    page.wait_for_url(re.compile("key=1"))
    step(page, lambda: page.keyboard.press("n"))
    expect(page.get_by_text("key 2, the first was 0")).to_be_visible()
    step(page, lambda: page.keyboard.press("ArrowRight"))
    page.wait_for_url(re.compile("event=1"))
    own = page.get_by_role("radio", name="my own")
    step(page, own.click)
    slider = page.get_by_role("slider").first
    energy = page.get_by_role("spinbutton").first
    before = energy.input_value()
    step(page, lambda: slider.press("ArrowRight"))
    assert float(energy.input_value()) > float(before)
    assert page.get_by_text(re.compile("the nearest stored row")).count() == 1
    assert page.get_by_test_id("stException").count() == 0
