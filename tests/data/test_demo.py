"""The demonstration data: made once, whole or not at all, and not forced on a user who stopped them."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import DarkroomError
from core.jobs import queue
from core.workflows import demo


@pytest.fixture
def simulated() -> list[Path]:
    """The folders in which the stand-in experiment has simulated."""
    return []


@pytest.fixture
def experiment(simulated: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An experiment that simulates one small file, the only one in the registry."""

    def simulate(out: Path, *, n_events: int, seed: int, progress: Callable[[int, int], None]) -> list[Path]:
        simulated.append(out)
        progress(n_events // 2, n_events)
        (out / "run1.root").write_text(f"{n_events} {seed}")
        progress(n_events, n_events)
        return [out / "run1.root"]

    record = SimpleNamespace(
        key="toy",
        reading=SimpleNamespace(file_patterns=("*.root",)),
        simulation=SimpleNamespace(sample=tmp_path / "none", simulate=simulate, at_first_start=True),
    )
    monkeypatch.setattr(demo, "EXPERIMENTS", {"toy": record})
    return record


def test_names_tell_the_size(experiment: Any) -> None:
    assert demo.demo_name(experiment, 40_000) == "toy-40k"
    assert demo.demo_name(experiment, 1_500) == "toy-1500"
    assert demo.sample_name(experiment) == "sample"
    assert demo.sample_name(SimpleNamespace(key="later")) == "later-sample"  # type: ignore[arg-type]


def test_simulated_files_are_made_once(workspace: Path, experiment: Any, simulated: list[Path]) -> None:
    first = demo.simulate_once(experiment, "toy-1k", 1000, 7, lambda _done, _total: None)
    again = demo.simulate_once(experiment, "toy-1k", 1000, 7, lambda _done, _total: None)
    assert first == again == workspace / "raw/toy-1k"
    assert demo.raw_files(experiment, first) == [first / "run1.root"]
    assert len(simulated) == 1


def test_an_interrupted_simulation_leaves_nothing_to_be_taken_for_whole(workspace: Path, experiment: Any) -> None:
    def stop(_done: int, _total: int) -> None:
        raise DarkroomError("Stopped.")

    with pytest.raises(DarkroomError):
        demo.simulate_once(experiment, "toy-1k", 1000, 7, stop)
    assert not (workspace / "raw/toy-1k").exists()
    assert demo.simulate_once(experiment, "toy-1k", 1000, 7, lambda _done, _total: None).is_dir()


def test_the_job_is_submitted_once_and_not_after_a_user_stopped_it(
    workspace: Path, experiment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del workspace, experiment
    monkeypatch.delenv("DARKROOM_DEMO_EVENTS", raising=False)
    (job,) = demo.submit_missing()
    assert job.title == "Simulate and prepare 40,000 events"
    assert job.arguments == {"n_events": 40_000, "seed": demo.SEED}
    assert demo.submit_missing() == []
    queue.request_stop(job.id, "someone", 1.0)
    assert demo.submit_missing() == []
    queue.move(job.id, ("stopped",), "lost")
    assert len(demo.submit_missing()) == 1


def test_the_shipped_sample_is_prepared_by_a_job_before_anything_is_simulated(
    workspace: Path, experiment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DARKROOM_DEMO_EVENTS", raising=False)
    experiment.simulation.sample.mkdir()
    jobs = demo.submit_missing()
    assert [(job.kind, job.lane) for job in jobs] == [("sample", "data"), ("demo", "data")]
    assert jobs[0].arguments == {"experiment": "toy"}
    assert demo.submit_missing() == []
    queue.move(jobs[0].id, ("queued",), "finished")
    (workspace / "datasets" / "sample").mkdir(parents=True)
    (workspace / "datasets" / "sample" / "dataset.json").write_text("{}")
    assert demo.missing_samples() == []


def test_what_takes_long_is_not_simulated_at_the_first_start(
    workspace: Path, experiment: Any, simulated: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    del workspace
    monkeypatch.delenv("DARKROOM_DEMO_EVENTS", raising=False)
    experiment.simulation.at_first_start = False
    experiment.simulation.sample.mkdir()
    assert [job.kind for job in demo.submit_missing()] == ["sample"]
    job = SimpleNamespace(arguments={"n_events": 10, "seed": 1}, report=lambda *_: None, stop_requested=lambda: False)
    demo.run_job(job)
    assert simulated == []


def test_no_demonstration_on_request(workspace: Path, experiment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    del workspace, experiment
    monkeypatch.setenv("DARKROOM_DEMO_EVENTS", "0")
    assert demo.submit_missing() == []
    monkeypatch.setenv("DARKROOM_DEMO_EVENTS", "many")
    with pytest.raises(DarkroomError, match="DARKROOM_DEMO_EVENTS is 'many': expected a whole number"):
        demo.submit_missing()


def test_a_stop_ends_the_work_with_a_sentence() -> None:
    reports: list[tuple[Any, ...]] = []
    job = SimpleNamespace(report=lambda *values: reports.append(values), stop_requested=lambda: len(reports) > 1)
    report = demo.reporter(job, "events simulated")
    report(1000, 40_000)
    with pytest.raises(
        DarkroomError, match=r"Stopped after 2,000 of 40,000 events simulated: start it again to go on\."
    ):
        report(2000, 40_000)
    assert reports[0] == (1000, 40_000, "1,000 of 40,000 events simulated")
