"""Page Sweep: what varies is asked for in forms and by the address, queued as one job, and what has come of it is told."""

import dataclasses
from collections.abc import Callable

import pytest

from benchmarks.made_up import made_up_run
from core import parameters, runs
from core.data.dataset import open_dataset
from core.jobs import control
from core.registry import EXPERIMENTS
from core.workflows import sweeps
from core.workflows.sweeps import FINISHED, GIVEN_UP, GRID, Members

EXPERIMENT = next(iter(EXPERIMENTS.values()))
VARY = ("learning_rate=1e-4..1e-2", "dropout=0.1,0.2")


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


def texts(at) -> str:
    return "\n".join(element.value for kind in (at.caption, at.error, at.info, at.warning) for element in kind)


def button(at, label: str):
    return next(b for b in at.button if b.label.startswith(label))


def ended(losses: tuple[float, ...]) -> sweeps.Sweep:
    """A sweep of four members, the first of which have ended with these losses, the last of them given up."""
    selection = EXPERIMENT.selecting.presets["cnn2020"].selection
    how = parameters.build(Members, {"method": GRID})
    plan = sweeps.plan(
        EXPERIMENT, open_dataset("few"), selection, "compact", {}, {}, ("learning_rate=0.001,0.002", VARY[1]), how
    )
    members = list(plan.sweep.members)
    for i, loss in enumerate(losses):
        run = runs.open_run(made_up_run("few"))
        runs.seal(run.path, {**run.provenance, "validation_loss": loss})
        is_last = i == len(losses) - 1
        members[i] = dataclasses.replace(
            members[i],
            run=run.id,
            state=GIVEN_UP if is_last else FINISHED,
            note="given up after epoch 3" if is_last else "",
        )
    sweep = dataclasses.replace(plan.sweep, members=tuple(members))
    sweeps.store(sweep)
    return sweep


def test_a_sweep_is_asked_for_and_queued_and_the_same_as_the_command(opened: Callable) -> None:
    at = opened("sweep", vary=list(VARY))
    assert at.metric[0].value == "12"
    assert "--vary learning_rate=1e-4..1e-2 --vary dropout=0.1,0.2" in at.code[-1].value
    at.selectbox(key="sweep-how-method").set_value("grid").run()
    assert at.metric[0].value == "6"
    assert "--grid" in at.code[-1].value
    assert at.query_params["vary"] == list(VARY)
    button(at, "train 6 members").click().run()
    assert not at.exception
    (job,) = control.list_jobs()
    (sweep,) = sweeps.list_sweeps("few")
    assert (job.kind, job.arguments["sweep"], at.query_params["sweep"]) == ("sweep", sweep.id, sweep.id)
    assert [m.values["learning_rate"] for m in sweep.members] == [1e-4, 1e-4, 1e-3, 1e-3, 1e-2, 1e-2]
    assert any("0 of 6" in metric.value for metric in at.metric)


def test_what_cannot_vary_is_refused_and_the_button_waits(opened: Callable) -> None:
    at = opened("sweep", vary="learning_rate=5..9")
    assert "'learning_rate' is 5.0: expected a number from 1e-07 to 1" in texts(at).replace("\\", "")
    assert button(at, "train").disabled


def test_what_has_come_of_it_is_told_with_its_caution_and_goes_on(opened: Callable) -> None:
    sweep = ended((0.5, 0.3, 0.9))
    at = opened("sweep", sweep=sweep.id)
    shown = at.dataframe[0].value.set_index("member")
    assert shown.index.tolist() == [2, 1, 3, 4]
    assert shown.loc[2, ""] == "best"
    assert shown["state"].tolist() == ["finished", "finished", "given up", "waiting"]
    assert shown.loc[2, "test signal efficiency [%]"] == shown.loc[1, "test signal efficiency [%]"] != ""
    assert "Member 2 was chosen on the validation loss of 3 members" in texts(at)
    assert [m.value for m in at.metric][:3] == ["3 of 4", "2", "0.3"]
    button(at, "train the other 1").click().run()
    assert [job.kind for job in control.list_jobs()] == ["sweep"]
    for tab in ("parameters", "curves"):
        assert not opened("sweep", **{"sweep": sweep.id, "sweep-show": tab}).exception


def test_a_sweep_is_forgotten_and_its_runs_stay(opened: Callable) -> None:
    sweep = ended((0.5, 0.3))
    at = opened("sweep", sweep=sweep.id)
    at.button(key="sweep-forget").click().run()
    assert sweeps.list_sweeps() == []
    assert len(runs.list_runs()) == 3
    assert not at.exception


def test_runs_of_a_sweep_are_folded_away(opened: Callable, few: str) -> None:
    ended((0.5, 0.3))
    at = opened("runs")
    assert at.dataframe[0].value["run"].tolist() == [few]
    at.toggle(key="runs-studies").set_value(True).run()
    assert len(at.dataframe[0].value) == 3
