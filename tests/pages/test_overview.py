"""The first page: what is here and in work, the guided tour, and the state before there is anything."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import control, queue
from core.registry import EXPERIMENTS
from core.runs import RunSummary
from core.workflows import demo, tour
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


def test_steps_have_prepared_parameters_and_are_done_by_what_they_leave_behind():
    preset = next(iter(EXPERIMENT.selecting.presets))
    first = tour.steps(EXPERIMENT, "few", [], set())
    assert [s.page for s in first] == ["select", "inspect", "train", "evaluate"]
    assert not any(s.is_done for s in first)
    assert first[0].query == {"data": "few", "start": preset}
    assert first[2].query["train-selection"] == preset
    assert first[3].waits_for
    summaries = [RunSummary("r2", "unfinished"), RunSummary("r1", "finished", dataset="few")]
    later = tour.steps(EXPERIMENT, "few", summaries, {"inspect"})
    assert [s.is_done for s in later] == [True, True, True, False]
    assert later[3].query == {"run": "r1"} and not later[3].waits_for
    assert tour.steps(EXPERIMENT, "few", summaries, {"evaluate"})[3].is_done
    assert not tour.steps(EXPERIMENT, "other", summaries, {"evaluate"})[3].is_done


def test_the_tour_takes_the_demonstration_then_the_sample_then_any(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DARKROOM_DEMO_EVENTS", "5000")
    names = ["a", demo.sample_name(EXPERIMENT), demo.demo_name(EXPERIMENT, 5000)]
    assert [tour.tour_dataset(EXPERIMENT, names[:n]) for n in (3, 2, 1, 0)] == [names[2], names[1], "a", None]


def test_it_tells_what_is_here(few):
    at = overview()
    shown = {m.label: m.value for m in at.metric}
    assert (shown["data sets"], shown["runs"], shown["jobs at work or waiting"]) == ("1", "1", "0")
    assert at.dataframe[0].value["data"].tolist() == ["simulated"]
    assert at.dataframe[1].value["run"].tolist() == [few]
    assert links(at)["go to Evaluate"] is False


def test_a_page_that_was_seen_is_a_step_done(opened):
    at = opened("inspect")
    assert "inspect" in at.session_state["seen"]
    at.switch_page("pages/overview/page.py").run()
    inspect = next(m.value for m in at.markdown if "2 Inspect" in m.value)
    assert "done" in inspect


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
