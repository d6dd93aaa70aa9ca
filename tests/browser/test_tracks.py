"""What a physicist does with tracks in a real browser: look at a whole image, label by keyboard, open what is confused."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from benchmarks.made_up import made_up_run
from core.data.dataset import open_dataset
from core.labels import log
from core.registry import EXPERIMENTS

SLOW_MS = 120_000
SAMPLE, EXPERIMENT = "connie-sample", EXPERIMENTS["connie"]

pytestmark = pytest.mark.browser


def test_the_whole_image_is_shown_and_a_track_in_it(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/inspect?data={SAMPLE}")
    page.get_by_text("whole image").first.click(timeout=SLOW_MS)
    heatmap = page.locator(".js-plotly-plot .heatmaplayer image").first
    expect(heatmap).to_be_attached(timeout=SLOW_MS)
    expect(page.get_by_text(re.compile(r"clusters|tracks")).first).to_be_visible(timeout=SLOW_MS)
    assert "image" in page.evaluate("location.href")


def test_keys_label_one_track_after_the_other(server: Any, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    page.goto(f"{server.url}/label?data={SAMPLE}&labeller=marie")
    expect(page.get_by_role("button", name=re.compile("muon sure"))).to_be_visible(timeout=SLOW_MS)
    drawn = "document.querySelector('.js-plotly-plot')?._fullLayout?.meta"
    wanted = [1, 3, 2]
    for key in wanted:
        page.wait_for_function(f"() => {drawn}", timeout=SLOW_MS)
        before = page.evaluate(drawn)
        page.keyboard.press(str(key))
        page.wait_for_function(f"(before) => {drawn} !== before", arg=before, timeout=SLOW_MS)
    classes = EXPERIMENT.by_hand.classes(open_dataset(SAMPLE))
    entries = log.read(EXPERIMENT.key, "marie")[0]
    assert [entry.label for entry in entries] == [classes[key - 1] for key in wanted]
    assert len({entry.uid for entry in entries}) == 3


def test_a_cell_of_the_confusion_matrix_opens_its_tracks(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    run = made_up_run(SAMPLE, "four")
    page.goto(f"{server.url}/evaluate?run={run}&true=worm&called-as=spot")
    one_by_one = page.get_by_role("button", name=re.compile("one by one"))
    expect(one_by_one).to_be_visible(timeout=SLOW_MS)
    one_by_one.click()
    expect(page.locator("h4").filter(has_text="Inspect")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text(re.compile(r"1 of \d+$")).first).to_be_visible(timeout=SLOW_MS)
    assert "called=spot" in page.evaluate("location.href")
    page.go_back()
    expect(page.locator("h4").filter(has_text="Evaluate")).to_be_visible(timeout=SLOW_MS)
    expect(page).to_have_url(re.compile("true=worm.*called-as=spot|called-as=spot.*true=worm"), timeout=SLOW_MS)
    one_by_one.click(timeout=SLOW_MS)
    way_back = page.get_by_role("link", name=re.compile("back to evaluate"))
    expect(way_back).to_contain_text("worm, called spot", timeout=SLOW_MS)
    way_back.click()
    expect(page.locator("h4").filter(has_text="Evaluate")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text(re.compile("of worm called spot"))).to_be_visible()
