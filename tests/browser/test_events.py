"""The event display in a real browser: playback, a zoom in a copied link, one mode for image and click."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from core.registry import EXPERIMENTS
from core.workflows import demo

SLOW_MS = 120_000
FIRST, IMAGES = (demo.sample_name(experiment) for experiment in list(EXPERIMENTS.values())[:2])
META = "[...document.querySelectorAll('.js-plotly-plot')].map((p) => p._fullLayout?.meta).find((m) => m)"
RANGE = "document.querySelector('.st-key-event .js-plotly-plot')?._fullLayout?.xaxis?.range"

pytestmark = pytest.mark.browser


def opened(server: Any, page: Any, address: str) -> str:
    """Open an address of page Inspect and wait for its picture; gives the event on it."""
    page.goto(f"{server.url}/inspect?{address}")
    page.wait_for_function(f"() => {META}", timeout=SLOW_MS)
    expect(page.get_by_role("button", name=re.compile("^next"))).to_be_visible(timeout=SLOW_MS)
    return str(page.evaluate(META))


def resting(plot: Any) -> dict[str, float]:
    """Where a figure stands once it has taken the height of the window: the first answer of the browser draws it anew."""
    expect(plot).to_have_count(1, timeout=SLOW_MS)  # the one before it is gone
    expect(plot).to_be_visible(timeout=SLOW_MS)
    plot = plot.first
    box: dict[str, float] | None = None
    for _ in range(60):
        before, box = box, plot.bounding_box()
        if box is not None and box == before:
            return box
        plot.page.wait_for_timeout(250)
    raise AssertionError("the figure does not come to rest")


def test_space_plays_events_and_stops_where_the_address_says(server: Any, page: Any) -> None:
    first = opened(server, page, f"data={FIRST}&rate=10")
    page.keyboard.press(" ")
    for _ in range(2):
        before = page.evaluate(META)
        page.wait_for_function(f"(before) => {META} !== before", arg=before, timeout=SLOW_MS)
    assert f"uid={first}" in page.url
    page.keyboard.press(" ")
    page.wait_for_function(f"() => location.search.includes('uid=' + {META})", timeout=SLOW_MS)
    assert f"uid={first}" not in page.url


def test_a_zoom_stays_for_the_next_event_and_in_a_copied_link(server: Any, page: Any) -> None:
    first = opened(server, page, f"data={FIRST}")
    box = resting(page.locator(".st-key-event .js-plotly-plot"))
    page.mouse.move(box["x"] + 200, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 92, steps=6)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('zoom=')", timeout=SLOW_MS)
    zoomed = page.evaluate(RANGE)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"(first) => {META} !== first", arg=first, timeout=SLOW_MS)
    assert page.evaluate(RANGE) == pytest.approx(zoomed, rel=1e-4)
    copy = page.context.new_page()
    copy.goto(page.url)
    copy.wait_for_function(f"() => {RANGE}", timeout=SLOW_MS)
    assert copy.evaluate(RANGE) == pytest.approx(zoomed, rel=1e-4)
    assert copy.evaluate(META) == page.evaluate(META)


def test_an_image_is_dragged_and_a_track_in_it_clicked_without_another_mode(server: Any, page: Any) -> None:
    first = opened(server, page, f"data={IMAGES}&look=whole+image&window=0-160x0-160")
    plot = page.locator("[class*=st-key-image-] .js-plotly-plot")
    box = resting(plot)
    middle = box["x"] + 0.4 * box["width"], box["y"] + 0.45 * box["height"]
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 60, middle[1], steps=6)
    page.mouse.up()
    page.wait_for_function(
        """() => {
          const moved = new URLSearchParams(location.search).get("window")
          const plot = document.querySelector("[class*=st-key-image-] .js-plotly-plot")
          return moved !== null && moved !== "0-160x0-160" && plot?._fullLayout?.uirevision?.endsWith(moved)
        }""",
        timeout=SLOW_MS,
    )
    resting(plot)
    place = page.evaluate(
        """(shown) => {
          const plot = document.querySelector("[class*=st-key-image-] .js-plotly-plot"), { xaxis, yaxis } = plot._fullLayout
          const inside = (v, axis) => v > Math.min(...axis.range) && v < Math.max(...axis.range)
          for (const trace of plot.calcdata) for (const point of trace) {
            const text = trace[0].trace.text?.[point.i]
            if (!text || text === shown || !inside(point.x, xaxis) || !inside(point.y, yaxis)) continue
            const { left, top } = plot.getBoundingClientRect()
            return { x: left + xaxis._offset + xaxis.l2p(point.x), y: top + yaxis._offset + yaxis.l2p(point.y) }
          }
        }""",
        first,
    )
    page.mouse.move(place["x"] - 4, place["y"] - 4)
    page.mouse.move(place["x"], place["y"], steps=4)
    expect(page.locator(".darkroom-outline").first).to_be_attached(timeout=SLOW_MS)
    page.mouse.click(place["x"], place["y"])
    page.wait_for_function(
        f"(first) => {META} !== first && location.search.includes('uid=' + {META})", arg=first, timeout=SLOW_MS
    )
