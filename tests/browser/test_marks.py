"""Labels and tags of waveforms in a real browser, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from core.data.dataset import open_dataset
from core.labels import log, tags
from core.registry import EXPERIMENTS
from core.workflows import demo

SLOW_MS = 120_000
EXPERIMENT = next(iter(EXPERIMENTS.values()))
SAMPLE = demo.sample_name(EXPERIMENT)
DRAWN = "document.querySelector('.js-plotly-plot')?._fullLayout?.meta"

pytestmark = pytest.mark.browser


def test_two_waveforms_are_labelled_and_an_event_is_tagged_by_keyboard_alone(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    page.goto(f"{server.url}/label?data={SAMPLE}&labeller=lise")
    for key in ("1", "2"):
        page.wait_for_function(f"() => {DRAWN}", timeout=SLOW_MS)
        before = page.evaluate(DRAWN)
        page.keyboard.press(key)
        page.wait_for_function(f"(before) => {DRAWN} !== before", arg=before, timeout=SLOW_MS)
    assert [entry.label for entry in log.read(EXPERIMENT.key, "lise")[0]] == ["scintillation", "fast noise"]

    page.goto(f"{server.url}/inspect?data={SAMPLE}&labeller=lise")
    page.wait_for_function(f"() => {DRAWN}", timeout=SLOW_MS)
    shown = page.evaluate(DRAWN)
    expect(page.get_by_placeholder("add a tag (t)")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("t")
    page.keyboard.type("noise-burst")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="noise-burst")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("ArrowRight")  # the cursor is out of the field again
    page.wait_for_function(f"(before) => {DRAWN} !== before", arg=shown, timeout=SLOW_MS)
    known = tags.open_tags(open_dataset(SAMPLE), EXPERIMENT.reading.mapping)
    (row,) = known.rows.tolist()
    assert EXPERIMENT.table.uid.text(int(known.dataset.column("uid")[row])) == shown
    assert known.counts == {"noise-burst": 1}
