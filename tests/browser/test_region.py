"""A lasso by mouse and a rectangle by keys: the rows are those that the region holds, opened and tagged."""

import math
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from core.data.dataset import open_dataset
from core.labels import tags
from core.registry import EXPERIMENTS
from core.selection.region import inside, parse
from core.selection.selection import select
from core.workflows import demo

SLOW_MS = 120_000
EXPERIMENT = next(iter(EXPERIMENTS.values()))
SAMPLE, PRESET = demo.sample_name(EXPERIMENT), next(iter(EXPERIMENT.selecting.presets))

pytestmark = pytest.mark.browser


def rows_of(page: Any) -> np.ndarray:
    """The rows of the region in the address."""
    region = parse(parse_qs(urlsplit(page.url).query)["region"][0])
    data = open_dataset(SAMPLE)
    chosen = select(EXPERIMENT.selecting, EXPERIMENT.labels, data, EXPERIMENT.selecting.presets[PRESET].selection)
    return np.flatnonzero(inside(region, data.column(region.x), data.column(region.y)) & chosen.cutting.preselected)


def count_of(page: Any) -> int:
    metric = page.locator("[data-testid=stMetric]").filter(has_text="in the region")
    expect(metric).to_be_visible(timeout=SLOW_MS)
    return int(metric.locator("[data-testid=stMetricValue]").inner_text().replace(",", ""))


def test_a_lasso_is_counted_tagged_and_opened_and_a_rectangle_drawn_by_keys(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    page.goto(f"{server.url}/select?data={SAMPLE}&start={PRESET}&details=any two features")
    area = page.locator(".plane-area")
    area.wait_for(state="attached", timeout=SLOW_MS)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    for k in range(41):
        turn = 2 * math.pi * k / 40
        x, y = (0.35 + 0.15 * math.cos(turn)) * box["width"], (0.7 + 0.2 * math.sin(turn)) * box["height"]
        page.mouse.move(box["x"] + x, box["y"] + y)
        if k == 0:
            page.mouse.down()
    expect(page.locator(".plane .touch-box")).to_contain_text(re.compile("about [1-9]"))
    page.mouse.up()
    n = count_of(page)
    rows = rows_of(page)
    assert n == len(rows) > 0
    page.get_by_role("button", name="tag ...").click()
    page.get_by_label("tag", exact=True).fill("odd")
    page.get_by_label("your name").fill("lise")
    page.get_by_role("button", name=f"tag {n:,} rows").click()
    expect(page.get_by_text("have the tag 'odd'")).to_be_visible(timeout=SLOW_MS)
    known = tags.open_tags(open_dataset(SAMPLE), EXPERIMENT.reading.mapping)
    np.testing.assert_array_equal(np.flatnonzero(known.has(["odd"])), rows)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="open in Inspect").click()
    expect(page.get_by_role("button", name=f"region of {n:,} rows")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text(f"1 of {n:,}")).to_be_visible(timeout=SLOW_MS)
    page.goto(f"{server.url}/select?data={SAMPLE}&start={PRESET}&details=any two features")
    area.wait_for(state="attached", timeout=SLOW_MS)
    area.focus()
    for key in ("ArrowLeft", "r", *["Shift+ArrowLeft"] * 4, *["Shift+ArrowDown"] * 3):
        page.keyboard.press(key)
    expect(page.locator(".plane .touch-box")).to_contain_text("Enter chooses them")
    page.keyboard.press("Enter")
    assert count_of(page) == len(rows_of(page))
