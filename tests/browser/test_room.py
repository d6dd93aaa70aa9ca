"""The room of the pages: where they begin, what can be read, one figure for the window, the projector, decimal commas."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
SLOW_MS = 120_000
LOOKED_AT = ("select?data=sample", "evaluate?data=sample", "data", "train?data=sample", "published?data=sample")
WHOLE = """() => document.querySelector('#darkroom-menu button')
  && !document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]')"""

pytestmark = pytest.mark.browser


def drawn(page: Any, address: str) -> None:
    """Open an address and wait until the page is whole."""
    page.goto(address)
    expect(page.locator("h4").first).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function(WHOLE, timeout=SLOW_MS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_begin_at_the_top_and_can_be_read(server: Any, browser: Any, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme)
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    for query in LOOKED_AT:
        drawn(page, f"{server.url}/{query}")
        assert page.locator("h4").first.bounding_box()["y"] < 80, query
        overhang = page.evaluate(
            "() => { const e = document.querySelector('.stMain'); return e.scrollWidth - e.clientWidth }"
        )
        assert overhang <= 0, query
        assert page.evaluate(CONTRAST) == [], query
    context.close()


def test_a_figure_fills_the_window_with_its_numbers_and_a_projector_shows_no_controls(server: Any, page: Any) -> None:
    drawn(page, f"{server.url}/cutstudy?data=sample")
    figure = page.locator(".stPlotlyChart").first
    expect(figure).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("f")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').getBoundingClientRect().width > 1200")
    expect(page.locator("#darkroom-numbers")).to_contain_text("signal kept")
    page.keyboard.press("f")
    expect(page.locator("#darkroom-numbers")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').getBoundingClientRect().width < 1000")
    page.keyboard.press("p")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.wait_for_url(re.compile("projector=1"))
    other = page.context.new_page()  # the link shows another room the same
    drawn(other, page.url)
    expect(other.get_by_test_id("stSidebar")).to_be_hidden()
    sizes = "() => [...document.querySelectorAll('.js-plotly-plot :is(.xtitle, .x2title)')].map((e) => parseFloat(getComputedStyle(e).fontSize))"
    other.wait_for_function(f"() => ({sizes})().length > 0")
    assert min(other.evaluate(sizes)) >= 16
    assert other.evaluate(CONTRAST) == []
    page.get_by_role("button", name=re.compile("projector")).click()
    page.get_by_role("menuitem", name="Leave projector").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    page.wait_for_function("() => !location.search.includes('projector')")


def test_a_decimal_comma_is_a_point(server: Any, page: Any) -> None:
    drawn(page, f"{server.url}/select?data=sample")
    field = page.locator("input[type=number]").first  # the lower end of the energy
    for keys, value in (("4,5", "4.5"), ("0,75", "0.75")):
        field.press("Control+a")
        page.keyboard.type(keys)
        assert field.input_value() == value
    field.press("Enter")
    page.wait_for_url(re.compile(r"energy_low_kev(=|%3D)0\.75"))
    pasted = {"4,5": "4.5", "1 234,5": "1234.5", "1,234": "1234", "1.234,5": "1234.5"}
    for text, value in pasted.items():
        field.press("Control+a")
        field.evaluate(
            "(e, text) => { const data = new DataTransfer(); data.setData('text', text);"
            " e.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })) }",
            text,
        )
        assert field.input_value() == value, text
