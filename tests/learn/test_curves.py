"""Curves for the figures: every point that is known, none invented, the thinning told."""

import pytest

from core import runs, workspace
from core.errors import DarkroomError
from core.jobs import control, queue
from core.learn import curves
from core.workflows import discarding, run_admin
from tests.learn.learning_toy import TINY


def batch(step: int, loss: float | None = 0.5) -> dict[str, object]:
    return {"kind": "batch", "step": step, "epoch": 1, "loss": loss, "signal_efficiency": None}


EPOCH = {
    "kind": "epoch", "epoch": 1, "step": 3, "loss": 0.4, "signal_efficiency": 0.9, "background_efficiency": 0.8,
    "validation_loss": 0.45, "validation_signal_efficiency": 0.85, "validation_background_efficiency": None,
}  # fmt: skip


def test_batches_and_validation_share_the_axis_and_undefined_points_are_left_out() -> None:
    drawn_curves = curves.of_points([batch(1), batch(2, None), batch(3), EPOCH], "r")
    drawn = {(c.class_name, c.is_validation): (c.x, c.y) for c in drawn_curves.curves}
    assert drawn == {
        ("", False): ([1, 3], [0.5, 0.5]),
        ("", True): ([3], [0.45]),
        ("signal", True): ([3], [0.85]),
    }
    assert (drawn_curves.n_points, drawn_curves.every) == (3, 1)


def test_over_epochs_the_whole_epoch_stands_beside_the_validation() -> None:
    drawn_curves = curves.of_points([batch(1), EPOCH], "r", "epochs")
    drawn = {(c.class_name, c.is_validation): (c.x, c.y) for c in drawn_curves.curves}
    assert drawn[("", False)] == ([1], [0.4])
    assert drawn[("signal", False)] == ([1], [0.9])
    assert ("background", True) not in drawn


def test_long_trainings_are_thinned_evenly_and_say_so() -> None:
    drawn_curves = curves.of_points([batch(i) for i in range(1, 4002)], "r")
    x = list(drawn_curves.curves[0].x)
    assert (drawn_curves.n_points, drawn_curves.every) == (4001, 3)
    assert x[:3] == [1, 4, 7] and x[-1] == 4001 and len(x) <= curves.MAX_POINTS


def test_columns_hold_each_drawn_point_once() -> None:
    drawn_curves = curves.columns([curves.of_points([batch(1), EPOCH], "r", "epochs")], "epochs")
    assert set(map(len, drawn_curves.values())) == {5}
    assert ("validation", "loss", 0.45) in list(
        zip(drawn_curves["sample"], drawn_curves["quantity"], drawn_curves["value"], strict=True)
    )


@pytest.mark.usefixtures("workspace")
def test_only_new_points_are_read() -> None:
    job = queue.submit("train", "t", {})
    queue.append_metric(job.id, batch(1))
    known = curves.more_metrics([], job.id)
    queue.append_metric(job.id, batch(2))
    assert [p.values["step"] for p in curves.more_metrics(known, job.id)] == [1, 2]
    assert curves.more_metrics(known, job.id)[0] is known[0]


def run(loss: float, epochs: int) -> runs.Run:
    """A run of the network 'compact' whose curves have one epoch."""
    path = runs.create("compact")
    runs.write_settings(
        path,
        {"network": "compact", "parameters": TINY, "training": {"epochs": epochs}},
        {},
        {"labels": "truth", "cuts": {"energy_low_kev": 3.0}},
    )
    runs.write_curves(path, "batches", [batch(1, loss)])
    runs.write_curves(path, "epochs", [EPOCH])
    settings = (workspace.read_json(path / f"{name}.json") for name in ("params", "recipe", "selection"))
    return runs.Run(path, {"dataset": {"name": "toy"}, "experiment": "x"}, *settings)


@pytest.mark.usefixtures("workspace")
def test_a_run_gives_back_its_curves() -> None:
    run_made = run(0.3, 1)
    drawn = {(c.class_name, c.is_validation): list(c.y) for c in curves.of_run(run_made).curves}
    assert drawn[("", False)] == [0.3] and drawn[("", True)] == [0.45]
    assert ("background", True) not in drawn  # stored as undefined
    assert {c.run for c in curves.of_run(run_made, "epochs").curves} == {run_made.id}


@pytest.mark.usefixtures("workspace")
def test_only_what_differs_is_told_apart() -> None:
    first, second = run(0.3, 1), run(0.3, 4)
    assert run_admin.differences([first, second]) == [{"parameter": "training.epochs", first.id: "1", second.id: "4"}]
    assert run_admin.differences([first]) == []


@pytest.mark.usefixtures("workspace")
def test_a_run_is_deleted_unless_a_job_works_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    run_made = run(0.3, 1)
    assert run_admin.size_bytes(run_made.id) > 100
    job = queue.submit("train", "t", {})
    queue.set_run(job.id, run_made.id)
    assert run_admin.busy_jobs() == {run_made.id: queue.get(job.id)}
    assert run_admin.states(runs.list_runs()) == {run_made.id: f"job {job.id} queued"}
    with pytest.raises(DarkroomError, match="stop the job first"):
        discarding.run(run_made.id)
    queue.request_stop(job.id, "ada", 1.0)
    assert run_admin.states(runs.list_runs()) == {run_made.id: "unfinished"}
    discarding.run(run_made.id)
    assert not run_made.path.exists() and run_admin.size_bytes(run_made.id) == 0
