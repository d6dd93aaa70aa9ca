"""The guided tours: every stop is a page that its experiment has, and what was seen outlives a session."""

from pathlib import Path

import pytest

from core import parameters
from core.experiment import Experiment
from core.learn.training import training_for
from core.registry import EXPERIMENTS
from core.runs import RunSummary
from core.workflows import demo, shipped, tour
from core.workflows.tour import Progress

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda experiment: experiment.key)
def test_every_stop_is_a_page_and_says_what_to_look_at(experiment: Experiment, workspace: Path) -> None:
    facet = experiment.tour
    assert facet is not None
    assert facet.preset in experiment.selecting.presets
    training_for(experiment.networks[facet.network], facet.training)
    parameters.build(experiment.networks[facet.network].parameters, {})
    for stop in facet.stops:
        assert (ROOT / "pages" / stop.page / "page.py").is_file()
        assert stop.look.endswith(".") and stop.surprising.endswith(".")
        assert (stop.analysis in experiment.analyses) == (stop.page == "analysis")
    titles = (ROOT / "app.py").read_text(encoding="utf-8")
    for step in tour.steps(experiment, "few", [], set()):
        assert f'"{step.title}"' in titles


def test_a_shipped_run_is_judged_and_training_again_is_optional(workspace: Path) -> None:
    experiment = next(iter(EXPERIMENTS.values()))
    ships = RunSummary(shipped.run_id(experiment), "finished", dataset="few")
    steps = {step.page: step for step in tour.steps(experiment, "few", [ships], {"select"})}
    assert steps["select"].is_done and not steps["inspect"].is_done
    assert steps["train"].is_optional and not steps["train"].is_done
    assert steps["evaluate"].query == {tour.GUIDE: experiment.key, "run": ships.id} and not steps["evaluate"].waits_for
    own = RunSummary("20260101-000000-compact-0000", "finished", dataset="few")
    steps = {step.page: step for step in tour.steps(experiment, "few", [own, ships], set())}
    assert steps["train"].is_done
    assert steps["evaluate"].query["run"] == ships.id


def test_without_a_run_what_needs_one_waits(workspace: Path) -> None:
    experiment = next(iter(EXPERIMENTS.values()))
    steps = {step.page: step for step in tour.steps(experiment, "few", [], {"evaluate"})}
    assert steps["evaluate"].waits_for == "a finished run" and not steps["evaluate"].is_done


def test_the_next_step_is_the_one_after_this_page_then_what_is_left(workspace: Path) -> None:
    experiment = next(iter(EXPERIMENTS.values()))
    listed = tour.steps(experiment, "few", [], set())
    following = tour.next_step(listed, "select")
    assert following is not None and following.page == listed[1].page
    last = tour.next_step(listed, listed[-1].place)
    assert last is not None and last.page == "select"
    places = {step.place for step in listed}
    ships = RunSummary(shipped.run_id(experiment), "finished", dataset="few")
    assert tour.next_step(tour.steps(experiment, "few", [ships], places), listed[-1].place) is None


def test_what_was_seen_is_kept_for_a_browser_and_two_tabs_add_up(workspace: Path) -> None:
    first = Progress("a").with_seen("a", "select")
    tour.write("browser", first)
    tour.write("browser", Progress("b").with_seen("b", "inspect"))
    assert tour.read("browser") == Progress("b", frozenset({"a/select", "b/inspect"}))
    assert tour.read("browser").places("a") == {"select"}
    assert tour.read("another") == tour.read("") == Progress()
    (file,) = (workspace / "tours").iterdir()
    file.write_text("{", encoding="utf-8")
    assert tour.read("browser") == Progress()


def test_hostile_cookies_name_no_other_file(workspace: Path) -> None:
    tour.write("../../etc/passwd", Progress("a"))
    assert [path.parent for path in workspace.rglob("*.json")] == [workspace / "tours"]


def test_the_tour_takes_the_shipped_sample_where_its_run_is_here(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = next(iter(EXPERIMENTS.values()))
    sample, larger = demo.sample_name(experiment), demo.demo_name(experiment, 5000)
    monkeypatch.setenv("DARKROOM_DEMO_EVENTS", "5000")
    assert tour.tour_dataset(experiment, ["a", sample, larger]) == larger
    monkeypatch.setattr(shipped, "is_here", lambda _experiment: True)
    assert tour.tour_dataset(experiment, ["a", sample, larger]) == sample
    assert tour.tour_dataset(experiment, []) is None
