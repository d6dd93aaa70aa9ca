"""Cuts that are dragged in a histogram: with the mouse, with the keyboard alone, and bins that open their rows."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core import parameters
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from core.selection.selection import Selection, select

SLOW_MS = 120_000
FAST_MS = 150.0  # what a drag may cost
TOUCH = Path(__file__).resolve().parents[2] / "pages" / "widgets" / "touch"
EXPERIMENT = EXPERIMENTS["cosine"]

pytestmark = pytest.mark.browser


def in_words(assignments: list[str]) -> str:
    """What the core keeps of each class with these cuts, as the handle says it."""
    preset = EXPERIMENT.selecting.presets["cnn2020"].selection
    selection = Selection(parameters.override(preset.cuts, assignments), preset.labels, preset.split)
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset("sample"), selection)
    n = [selected.n_of(i) for i in range(len(selected.classes))]
    counts = {**dict(zip(selected.classes, n, strict=True)), "neither": len(selected.preselected) - sum(n)}
    return "kept " + ", ".join(f"{count:,} {name}" for name, count in counts.items())


def value_of(handle: Any) -> str:
    """Where a handle is, as its field would be typed."""
    return str(handle.get_attribute("aria-valuetext")).split(" ")[0]


def test_a_threshold_follows_the_mouse_and_the_keyboard_and_bins_open_their_rows(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    page.goto(f"{server.url}/select?data=sample&start=cnn2020")
    handle = page.get_by_role("slider", name=re.compile("nmt500 threshold")).and_(page.locator(".touch-handle"))
    handle.wait_for(timeout=SLOW_MS)
    assert in_words([]) in handle.get_attribute("aria-valuetext")

    box = handle.locator(".touch-grip").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=20)
    dragged = value_of(handle)
    assert float(dragged) > 0.13
    words = in_words([f"nmt500_threshold_us={dragged}"])
    assert words in handle.get_attribute("aria-valuetext"), "before anything was asked of the server"
    page.mouse.up()
    page.wait_for_url(re.compile(rf"cut=nmt500_threshold_us%3D{re.escape(dragged)}(&|$)"))
    signal = page.locator("[data-testid=stMetric]").filter(has_text="signal").locator("[data-testid=stMetricValue]")
    expect(signal).to_have_text(re.search(r"([\d,]+) signal", words)[1])  # type: ignore[index]
    assert float(page.locator(".touch").first.get_attribute("data-drag-ms")) <= FAST_MS

    page.keyboard.press("Shift+ArrowLeft")  # the handle has the focus since it was taken
    page.keyboard.press("ArrowRight")
    stepped = f"{float(dragged) - 9 * 0.002:.3f}".rstrip("0")
    page.wait_for_url(re.compile(rf"nmt500_threshold_us%3D{re.escape(stepped)}(&|$)"))
    assert in_words([f"nmt500_threshold_us={stepped}"]) in handle.get_attribute("aria-valuetext")
    page.keyboard.press("Tab")  # on to the bins of the other histogram, in the order of the page
    bins = page.get_by_role("slider", name=re.compile("^bins of Energy"))
    bins.focus()
    page.keyboard.press("ArrowRight")
    n_rows = re.search(r"click opens ([\d,]+) rows", bins.get_attribute("aria-valuetext"))[1]  # type: ignore[index]
    page.keyboard.press("Enter")
    expect(page.locator("h4").filter(has_text="Inspect")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text(re.compile(f"of the {n_rows} events that pass"))).to_be_visible(timeout=SLOW_MS)


def test_an_open_window_is_cut_by_a_range_and_opened_again(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/select?data=connie-sample")
    area = page.get_by_role("slider", name=re.compile("^bins of Length"))
    area.wait_for(timeout=SLOW_MS)
    box = area.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.1 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], y, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="cut here").click()
    page.wait_for_url(re.compile("cut=limits%3D"))
    low, high = (page.locator(".touch-handle").nth(i) for i in (0, 1))
    assert 0.0 < float(value_of(low)) < float(value_of(high)) < 100.0
    for handle in (low, high):
        handle.press("Delete")
    page.wait_for_function("() => !location.search.includes('limits')")
    assert low.get_attribute("aria-valuetext").startswith("no cut")


def test_ticks_and_counts_are_what_they_should_be(page: Any) -> None:
    page.add_script_tag(content="\n".join((TOUCH / f"{name}.js").read_text("utf-8") for name in ("axes", "counts")))

    def ticks(low: float, high: float) -> list[str]:
        return list(page.evaluate("([a, b]) => niceTicks(a, b, 5).long.map((tick) => tick.label)", [low, high]))

    assert ticks(0.0, 0.4) == ["0", "0.1", "0.2", "0.3", "0.4"]
    assert ticks(-3.0, 3.0) == ["−2", "0", "2"]
    assert ticks(0.0, 20.0) == ["0", "5", "10", "15", "20"]
    powers = page.evaluate("logTicks(0.5, 2e4).long.map((tick) => tick.label)")
    assert powers == ["1", "10", "10²", "10³", "10⁴"]
    assert page.evaluate("logTicks(0.5, 6).long.map((tick) => tick.value)") == [1, 2, 5]
    grid = {"first": 0, "n": 4, "step": 0.1, "digits": 1, "typed": [0.15]}
    assert page.evaluate("(grid) => positionsOf(grid)", grid) == [0, 0.1, 0.15, 0.2, 0.3]
    counts = {"n": 12, "open": [0, 11], "below": [1, 2, 1, 0, 3], "upto": None, "lowEnd": 0, "highEnd": 1}

    def inside(low: float | None, high: float | None) -> int:
        return int(page.evaluate("([c, g, v]) => inside(countsOf(c), positionsOf(g), v)", [counts, grid, [low, high]]))

    assert (inside(0.1, 0.3), inside(0.15, None), inside(None, 0.2), inside(None, None)) == (4, 7, 4, 12)
