"""What a physicist does to trust a result: open a cell of the heatmap, move a cut, and see what is printed."""

import re
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from benchmarks.compatibility import made_up_study
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from core.workflows.study_scores import open_matrix

SLOW_MS = 120_000
EXPERIMENT = next(iter(EXPERIMENTS.values()))

pytestmark = pytest.mark.browser


def value_of(page: Any, label: str) -> Any:
    metric = page.locator("[data-testid=stMetric]").filter(has_text=label).first
    return metric.locator("[data-testid=stMetricValue]")


def test_a_click_on_a_cell_opens_it_and_its_misclassified_events(
    server: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    study = made_up_study(open_dataset("sample"))
    matrix = open_matrix(study, EXPERIMENT, open_dataset("sample"))
    page.goto(f"{server.url}/compatibility?data=sample&study={study.id}")
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible(timeout=SLOW_MS)
    expect(chart.locator(".scatterlayer .point").first).to_be_attached(timeout=SLOW_MS)
    box = chart.locator(".scatterlayer .point").nth(3).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("button", name=re.compile("misclassified")).first).to_be_visible(timeout=SLOW_MS)
    values = parse_qs(urlparse(page.evaluate("location.href")).query)
    names = [region.name for region in study.regions]
    trained, tested = names.index(values["trained"][0]), names.index(values["tested"][0])
    assert trained != tested
    cell = matrix.cells[trained][tested]
    assert cell is not None
    page.get_by_role("button", name=re.compile("misclassified")).first.click()
    expect(page.locator("h4").filter(has_text="Inspect")).to_be_visible(timeout=SLOW_MS)
    missed = cell.point.signal.n - cell.point.signal.k + cell.point.background.n - cell.point.background.k
    expect(page.get_by_text(re.compile(rf"of {missed:,}$")).first).to_be_visible(timeout=SLOW_MS)


def test_a_cut_that_is_moved_is_quoted_anew(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/cutstudy?data=sample&scores=no+run")
    signal = value_of(page, "signal kept")
    expect(signal).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("slider", name=re.compile("cut on nmt500")).focus()
    page.keyboard.press("End")
    expect(signal).to_have_text("0.00 %")
    expect(page.get_by_test_id("stCode")).to_contain_text("--at ")


def test_the_printed_misprint_is_found(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/published?data=sample")
    expect(value_of(page, "reproduce")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("tab", name="what does not add up").click()
    expect(page.get_by_text(re.compile("4.5 keV")).first).to_be_visible()
