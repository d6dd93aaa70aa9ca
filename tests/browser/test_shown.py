"""The browser never acts on what it does not show: held keys, fast keys, lost focus, Back, and the way back from an event."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from core.labels import log
from core.registry import EXPERIMENTS

SLOW_MS = 120_000
SAMPLE, TRACKS = "connie-sample", EXPERIMENTS["connie"]
SHOWN = "[...document.querySelectorAll('.js-plotly-plot')].map((plot) => plot._fullLayout?.meta).find((meta) => meta)"
PRESS = (
    "(keys) => keys.forEach((key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))"
)

pytestmark = pytest.mark.browser


def shown(page: Any) -> str:
    """The event whose picture the browser has drawn."""
    return str(page.evaluate(SHOWN))


def wait_for_another(page: Any, than: str) -> str:
    page.wait_for_function(f"(than) => {{ const now = {SHOWN}; return now && now !== than }}", arg=than)
    return shown(page)


def test_a_held_key_is_one_label_and_a_lost_focus_takes_none_away(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))

    def labelled() -> list[str]:
        return [TRACKS.table.uid.text(entry.uid) for entry in log.read(TRACKS.key, "lise")[0]]

    page.goto(f"{server.url}/label?data={SAMPLE}&labeller=lise")
    expect(page.get_by_role("button", name=re.compile("muon sure"))).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function(f"() => {SHOWN}")
    first = shown(page)
    for _ in range(20):  # the second and every further one is an auto-repeat
        page.keyboard.down("1")
        page.wait_for_timeout(40)
    page.keyboard.up("1")
    second = wait_for_another(page, first)
    page.wait_for_timeout(500)
    assert labelled() == [first]
    page.evaluate(PRESS, list("2345"))  # all before the next picture can come, however fast the server is
    third = wait_for_another(page, second)
    page.wait_for_timeout(500)
    assert labelled() == [first, second]
    page.locator("label").filter(has_text="same scale for all").first.click()  # which takes the focus
    page.wait_for_timeout(1500)
    page.keyboard.press("3")
    wait_for_another(page, third)
    assert labelled() == [first, second, third]
    page.keyboard.press("?")
    expect(page.get_by_label("keys of this page")).to_contain_text("take your last label back")
    page.keyboard.press("Escape")
    expect(page.get_by_label("keys of this page")).to_have_count(0)


def test_back_leads_to_the_event_and_the_page_before(server: Any, page: Any) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="2 Inspect").click(timeout=SLOW_MS)
    expect(page.locator("h4").filter(has_text="Inspect")).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function(f"() => {SHOWN}")
    first = shown(page)
    page.keyboard.press("ArrowRight")
    second = wait_for_another(page, first)
    page.wait_for_timeout(500)
    assert f"uid={second}" in page.url
    page.go_back()
    assert wait_for_another(page, second) == first
    assert f"uid={first}" in page.url
    page.wait_for_timeout(1000)
    page.go_back()
    expect(page.locator("h4").filter(has_text="Overview")).to_be_visible()


def test_the_first_click_saves_a_selection(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/select?data=sample")
    page.get_by_role("button", name=re.compile("^bookmark|save$")).first.click(timeout=SLOW_MS)
    page.get_by_role("textbox", name="name").fill("by-one-click")
    page.get_by_role("button", name="save selection").click()
    expect(page.get_by_text("is stored")).to_be_visible()
    assert (server.workspace / "selections" / "sample" / "by-one-click.json").is_file()
