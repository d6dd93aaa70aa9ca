"""What a physicist does with lists of hits in a real browser: one event from the sphere to the colours, and a training in two stages."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

SLOW_MS = 120_000
SAMPLE = "juno-sample"

pytestmark = pytest.mark.browser


def test_an_event_is_followed_from_the_sphere_to_the_colours(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/inspect?data={SAMPLE}")
    figure = page.locator(".js-plotly-plot").first
    expect(figure.locator(".gl-container")).to_be_attached(timeout=SLOW_MS)
    page.get_by_role("button", name=re.compile("^next")).click()
    expect(page.get_by_text(re.compile(r"^2 of \d+$"))).to_be_visible(timeout=SLOW_MS)
    event = page.get_by_role("textbox", name="event").input_value()
    for look, last in (("steps", "4  coloured"), ("channels", "colours, times as they are")):
        page.get_by_test_id("stButtonGroup").get_by_role("radio", name=look).click()
        expect(figure.get_by_text(re.compile(last))).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_role("textbox", name="event")).to_have_value(event)
    assert page.get_by_test_id("stException").count() == 0


def test_a_training_in_two_stages_says_what_it_starts_from_and_is_stopped(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/train?data={SAMPLE}&train-model=transfer")
    expect(page.get_by_text(re.compile("a control, not a method"))).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="train transfer").click()
    expect(page.get_by_text(re.compile(rf"transfer on {SAMPLE}")).first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="stop", exact=True).click(timeout=SLOW_MS)
    page.get_by_role("button", name=re.compile(r"^stop job \d+$")).click()
    expect(page.get_by_text(re.compile("stopped")).first).to_be_visible(timeout=SLOW_MS)
