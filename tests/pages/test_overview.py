"""The first page: what is here and in work, the guided tour, and the state before there is anything."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import control, queue
from core.registry import EXPERIMENTS
from tests.pages.opening import open_app

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


def overview() -> AppTest:
    return open_app()


def texts(at) -> str:
    return "\n".join(element.value for kind in (at.markdown, at.caption, at.info, at.warning) for element in kind)


def links(at) -> dict[str, bool]:
    """Label and whether it is disabled, of every link on the page."""
    return {link.proto.label: link.proto.disabled for link in at.get("page_link")}


def test_it_tells_what_is_here(few):
    at = overview()
    shown = {m.label: m.value for m in at.metric}
    assert (shown["data sets"], shown["runs"], shown["jobs at work or waiting"]) == ("1", "1", "0")
    assert at.dataframe[0].value["data"].tolist() == ["simulated"]
    assert at.dataframe[1].value["run"].tolist() == [few]
    assert links(at)["4 Evaluate"] is False


def test_the_tour_says_what_to_look_at_and_a_page_that_was_seen_is_done(opened):
    at = opened("inspect", guide=EXPERIMENT.key)
    stops = EXPERIMENT.tour.stops
    foot = next(m.value for m in at.markdown if "Tour, step 2" in m.value)
    assert stops[1].surprising.split(":")[0] in foot
    assert {"next: Train (can be skipped)", "or skip to Evaluate"} <= links(at).keys()
    at.switch_page("pages/overview/page.py").run()
    shown = texts(at)
    assert "**1 of " in shown
    assert all(stop.look.split(":")[0] in shown for stop in stops)
    assert links(at)["3 Train"] is False


def test_a_tour_that_was_left_stays_left_though_the_address_names_it(opened):
    at = opened("inspect", guide=EXPERIMENT.key)
    at.button(key="leave-tour").click().run()
    assert not any("Tour, step" in m.value for m in at.markdown)
    assert not at.exception


def test_waiting_jobs_are_told(few):
    job = queue.submit("demo", "Simulate and prepare 40,000 events", {"n_events": 40000, "seed": 1})
    at = overview()
    assert {m.label: m.value for m in at.metric}["jobs at work or waiting"] == "1"
    assert any(f"job {job.id}" in p.proto.text for p in at.get("progress"))


def test_an_empty_workspace_has_one_way_on(workspace):
    at = overview()
    assert "There is no data set yet" in texts(at)
    assert list(links(at)) == ["Go to Data"]


def test_data_on_their_way_are_told(workspace):
    queue.submit("demo", "Simulate and prepare 40,000 events", {"n_events": 40000, "seed": 1})
    at = overview()
    assert "on their way" in texts(at)
    assert len(at.get("progress")) == 1


def test_a_failed_demonstration_is_told(workspace):
    job = queue.submit("demo", "Simulate and prepare", {"n_events": 40000, "seed": 1})
    queue.move(job.id, ("queued",), "failed", message="The disk is full.")
    assert "The disk is full" in texts(overview())
