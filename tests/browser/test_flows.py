"""What a physicist does, in a real browser: cut, train through a server's death, look at mistakes, read a foreign file."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.workflows import shipped

PAGES = {name: name.capitalize() for name in ("overview", "data", "select", "inspect", "train", "runs", "evaluate")}
PAGES |= {"compatibility": "Compatibility", "lowenergy": "Low energy", "calibration": "Calibration"}
PAGES |= {"cutstudy": "Cut study", "trigger": "Trigger", "published": "Published"}
SLOW_MS = 120_000
expect.set_options(timeout=30_000)

pytestmark = pytest.mark.browser


def heading(page: Any, name: str) -> Any:
    return page.locator("h4").filter(has_text=name)


def test_a_deep_link_to_a_new_server_shows_the_whole_app(start_server: Callable[..., Any], page: Any) -> None:
    """Streamlit would take pages/ for its old kind of app until the main page has run once."""
    url, other = start_server().url, page.context.new_page()
    other.goto(f"{url}/evaluate", wait_until="commit")  # two restored tabs at once
    page.goto(f"{url}/select?data=sample&start=dnn2020")
    expect(heading(other, "Evaluate")).to_be_visible(timeout=SLOW_MS)
    expect(other.get_by_role("link", name="Select")).to_be_visible()
    expect(heading(page, "Select")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("link", name="Evaluate")).to_be_visible()
    expect(page.get_by_test_id("stCode")).to_contain_text("--preset dnn2020")


def test_no_page_asks_a_foreign_host_or_breaks(server: Any, page: Any) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    for name, title in PAGES.items():
        page.goto(f"{server.url}/{name}")
        expect(heading(page, title)).to_be_visible(timeout=SLOW_MS)
        page.wait_for_timeout(1500)
        assert page.locator("[data-testid=stException]").count() == 0, name
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in addresses if not url.startswith(own)] == []


def test_moving_the_threshold_moves_the_numbers(server: Any, page: Any) -> None:
    page.goto(f"{server.url}/select?data=sample")
    signal = page.locator("[data-testid=stMetric]").filter(has_text="signal").locator("[data-testid=stMetricValue]")
    expect(signal).to_be_visible(timeout=SLOW_MS)
    before = signal.inner_text()
    beside = page.locator("[data-testid=stSidebar]")  # the histogram has a handle of the same name
    slider = beside.get_by_role("slider", name=re.compile("nmt500 threshold"))
    for _ in range(60):  # a press that meets a page just being drawn anew is lost where the machine is busy
        if float(slider.input_value()) >= 0.15:
            break
        slider.press("ArrowRight")
    expect(signal).not_to_have_text(before)
    expect(page.get_by_text(re.compile(r"--cut nmt500_threshold_us=0\.(1[5-9]|2)")).first).to_be_visible()


@pytest.mark.network
def test_a_training_outlives_its_server_and_leads_to_a_misclassified_waveform(
    start_server: Callable[..., Any], page: Any
) -> None:
    first = start_server()
    page.goto(f"{first.url}/train?data=sample")
    page.get_by_role("button", name="train compact").click(timeout=SLOW_MS)
    expect(page.get_by_text(re.compile("Epoch [12] of")).first).to_be_visible(timeout=SLOW_MS)
    first.kill()
    second = start_server(first.workspace, first.port)
    page.goto(f"{second.url}/train?data=sample")
    expect(page.get_by_text("compact on sample").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("finished").first).to_be_visible(timeout=SLOW_MS)

    page.goto(f"{second.url}/evaluate?labels=coincidence")
    expect(page.get_by_text("harmonic efficiency").first).to_be_visible(timeout=SLOW_MS)
    run = next(path.name for path in (second.workspace / "runs").iterdir() if not path.name.startswith(shipped.MARK))
    page.goto(f"{second.url}/inspect?data=sample&run={run}&labels=coincidence&only=misclassified")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW_MS)
    page.goto(f"{second.url}/inspect?data=sample&scores={run}&below=why")
    expect(page.get_by_text(re.compile("logit")).first).to_be_visible(timeout=SLOW_MS)


def test_a_measured_file_of_others_from_data_to_inspect(
    start_server: Callable[..., Any], page: Any, test_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(test_data / "waveforms"))
    server = start_server()
    page.goto(f"{server.url}/data")
    table = page.locator("[data-testid=stDataFrame]").first
    expect(table).to_be_visible(timeout=SLOW_MS)
    time.sleep(1)  # the table is a canvas: there is nothing in it that could be waited for
    box = table.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 52)
    expect(page.get_by_text("The mapping hisparc reads it").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("combobox", name=re.compile("mapping")).click()
    page.get_by_role("option", name="hisparc").click()
    expect(page.get_by_text("The mapping reads hisparc501.root").first).to_be_visible(timeout=SLOW_MS)
    name = page.get_by_role("textbox", name=re.compile("name of the data set"))
    name.fill("station-501")
    name.press("Enter")
    page.get_by_role("button", name="prepare 1 file").click()
    expect(page.get_by_text("Data set 'station-501' is ready").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Inspect station-501").click()
    expect(heading(page, "Inspect")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("1 of 120", exact=True)).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW_MS)
