"""Sweeps of the toy: planned, trained, given up, stopped and killed, taken over, refused; the names and results of their runs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import parameters, run_names, runs
from core.__main__ import main
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.housekeeping.run_checks import check_sweeps
from core.jobs import control, queue
from core.judge.report_html import to_html
from core.learn import backend, checkpoint, fit, provenance
from core.learn.plan import TrainingPlan
from core.workflows import discarding, reporting, run_admin, run_results, sweep_job, sweep_table, sweeps
from core.workflows.sweeps import FAILED, FINISHED, GIVEN_UP, GRID, WAITING, Members, Sweep, SweepPlan
from tests.learn.learning_toy import Listener
from tests.toy.experiment import EXPERIMENT

LOSSES = {4: [0.9, 0.8, 0.7], 8: [0.8, 0.6, 0.5], 16: [0.7, 0.5, 0.4], 32: [2.0, 1.9, 1.8], 64: [0.9, 0.4, 0.3]}
"""The validation loss after each epoch of a training with so many units."""


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Trainings that tell the losses of LOSSES and leave a run folder as a real one does; the units that were trained."""
    trained: list[int] = []

    def train(
        plan: TrainingPlan, folder: Path, context: Any, also: Callable[[], Mapping[str, Any]] = dict
    ) -> dict[str, Any]:
        provenance.write_settings(plan, folder)
        checkpoint.begin(folder, provenance.origin(plan))
        units, points = plan.network_parameters.units, []
        trained.append(units)
        if units == 1:
            raise DarkroomError("The network has diverged.")
        for epoch, loss in enumerate(LOSSES[units], 1):
            points.append({"kind": "epoch", "step": epoch, "epoch": epoch, "loss": loss, "validation_loss": loss})
            context.metric(points[-1])
            context.report(epoch, 3, f"Epoch {epoch} of 3")
            if context.stop_requested():
                break
        (folder / runs.MODEL).write_bytes(b"no network")
        runs.write_curves(folder, "epochs", points)
        facts = {
            **provenance.origin(plan), "state": "stopped" if context.stop_requested() else "finished",
            "started_at": "2030-01-01T00:00:00Z", "seconds": 1.0, "events_per_s": 1.0, "device": "none", "n_parameters": 0,
            "n_epochs": len(points), "best_epoch": len(points), "validation_loss": min(p["validation_loss"] for p in points), **also(),
        }  # fmt: skip
        runs.seal(folder, facts)
        checkpoint.remove(folder)
        return facts

    stub = SimpleNamespace(utils=SimpleNamespace(clear_session=lambda: None))
    monkeypatch.setattr(fit, "train", train)
    monkeypatch.setattr(backend, "load_keras", lambda: stub)
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    return trained


def planned(dataset: Dataset, *vary: str, **how: Any) -> SweepPlan:
    selection = EXPERIMENT.selecting.presets["all"].selection
    chosen = parameters.build(Members, {"method": GRID, "rule": "never", **how})
    return sweeps.plan(EXPERIMENT, dataset, selection, "energy", {}, {}, vary, chosen)


def make(plan: SweepPlan, job: Listener | None = None) -> Sweep:
    """Do the work of a sweep in this process."""
    sweeps.store(plan.sweep)
    job = job or Listener()
    job.arguments = {"sweep": plan.sweep.id}
    sweep_job.run_job(job)
    return sweeps.open_sweep(plan.sweep.id)


def test_every_member_is_a_run_with_a_name_a_tag_and_its_place(showers: Dataset, made_up: list[int]) -> None:
    job = Listener()
    sweep = make(planned(showers, "units=4,8,16"), job)
    assert made_up == [4, 8, 16]
    assert [member.state for member in sweep.members] == [FINISHED] * 3
    ids = [str(member.run) for member in sweep.members]
    assert [run_names.of(i).name for i in ids] == [f"energy, units {n}, showers, above 2 MeV" for n in (4, 8, 16)]
    assert all(run_names.of(i).tags == (sweep.tag,) for i in ids)
    assert run_admin.members() == dict.fromkeys(ids, sweep.id)
    facts = runs.open_run(ids[1]).provenance["sweep"]
    assert (facts["id"], facts["member"], facts["n_members"], facts["varied"]) == (sweep.id, 2, 3, {"units": 8})
    assert (facts["rule"]["rule"], facts["given_up"]) == ("never", None)
    shares = [done for done, _, _ in job.reports]
    assert shares == sorted(shares)
    assert any(text.startswith("training 2 of 3: units 8, epoch 1 of 3") for _, _, text in job.reports)
    assert job.reports[-1] == (3, 3, "3 of 3 members are there, 0 of them from before, 0 failed")
    lines = sweep_table.lines(sweep)
    assert [line.loss for line in lines] == [0.7, 0.5, 0.4]
    assert sweep_table.best_of(lines) == lines[2]
    assert sweep_table.caution(lines).startswith(
        "Member 3 was chosen on the validation loss of 3 members, so that loss flatters;"
    )


def test_the_same_sweep_again_trains_nothing_and_a_wider_one_takes_over(showers: Dataset, made_up: list[int]) -> None:
    first = make(planned(showers, "units=4,8"))
    again = planned(showers, "units=4,8")
    assert (again.sweep.id, again.n_left) == (first.id, 0)
    wider = planned(showers, "units=4,8,16")
    assert (wider.sweep.id != first.id, wider.n_left) == (True, 1)
    second = make(wider)
    assert made_up == [4, 8, 16]
    assert [member.is_reused for member in second.members] == [True, True, False]
    assert set(run_admin.members().values()) == {first.id, second.id}
    runs.delete(str(second.members[2].run))
    assert sweeps.open_sweep(second.id).members[2].state == WAITING
    assert planned(showers, "units=4,8,16").n_left == 1


def test_what_is_hopeless_is_given_up_and_says_why(showers: Dataset, made_up: list[int]) -> None:
    sweep = make(planned(showers, "units=4,8,16,32,64", rule="median", min_epochs=2, fewest=2))
    assert [member.state for member in sweep.members] == [FINISHED, FINISHED, FINISHED, GIVEN_UP, FINISHED]
    member = sweep.members[3]
    why = "given up after epoch 2: its best validation loss 1.9 is above the median 0.6 of 3 others at that epoch"
    run = runs.open_run(str(member.run))
    assert (member.note, run.provenance["sweep"]["given_up"], run.provenance["n_epochs"]) == (why, why, 2)
    assert run.provenance["sweep"]["rule"] == {"rule": "median", "min_epochs": 2, "fewest": 2, "part": 3}
    assert len(made_up) == 5
    assert planned(showers, "units=4,8,16,32,64", rule="median", min_epochs=2, fewest=2).n_left == 0


class StopsAt(Listener):
    """Asks for a stop once a report holds these words."""

    words, is_stopped = "training 2 of 3: units 8, epoch 2", False

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        super().report(done, total, text)
        self.is_stopped = self.is_stopped or self.words in text

    def stop_requested(self) -> bool:
        return self.is_stopped


def test_a_stopped_sweep_keeps_what_is_finished_and_goes_on(showers: Dataset, made_up: list[int]) -> None:
    stopped = make(planned(showers, "units=4,8,16"), StopsAt())
    assert [(m.state, m.note) for m in stopped.members] == [
        (FINISHED, ""),
        (WAITING, "stopped on request"),
        (WAITING, ""),
    ]
    whole = make(planned(showers, "units=4,8,16"))
    assert (whole.id, whole.n_ended, whole.members[0].run) == (stopped.id, 3, stopped.members[0].run)
    assert made_up == [4, 8, 8, 16]


def test_a_killed_member_goes_on_in_its_own_folder(
    showers: Dataset, made_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = fit.train

    def killed(plan: TrainingPlan, folder: Path, *others: Any) -> Any:
        if plan.network_parameters.units == 8:
            provenance.write_settings(plan, folder)
            checkpoint.begin(folder, provenance.origin(plan))
            raise KeyboardInterrupt  # as kill -9: nothing is written after it
        return train(plan, folder, *others)

    monkeypatch.setattr(fit, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        make(planned(showers, "units=4,8"))
    (half,) = [run.id for run in runs.list_runs() if run.state == "unfinished"]
    monkeypatch.setattr(fit, "train", train)
    whole = make(planned(showers, "units=4,8"))
    assert [m.run for m in whole.members] == [whole.members[0].run, half]
    assert made_up == [4, 8]


def test_a_member_that_fails_does_not_take_the_others_with_it(showers: Dataset, made_up: list[int]) -> None:
    sweep = make(planned(showers, "units=1,4"))
    assert [(m.state, m.note) for m in sweep.members] == [(FAILED, "The network has diverged."), (FINISHED, "")]
    assert made_up == [1, 4]
    assert sweep_table.lines(sweep)[0].loss is None


@pytest.mark.parametrize(
    ("vary", "how", "refusal"),
    [
        (("nothing=1,2",), {}, "'nothing=1,2' does not say what varies: expected NAME=VALUES"),
        ((), {}, "Nothing varies"),
        (("units=4,8", "units=1,2"), {}, "'units' varies twice"),
        (("units=4,999",), {}, "'units' is 999: expected a whole number from 1 to 256"),
        (("energy_low_mev=2,3",), {"rule": "median"}, "Members differ in energy_low_mev, so they are validated on different rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_swept_is_refused_before_anything_is_queued(
    showers: Dataset, vary: tuple[str, ...], how: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(DarkroomError, match=refusal):
        planned(showers, *vary, **how)
    assert sweeps.list_sweeps() == []


def test_cuts_vary_too_and_each_member_has_its_own(showers: Dataset, made_up: list[int]) -> None:
    sweep = make(planned(showers, "energy_low_mev=2,5", "units=4,8"))
    cuts = [runs.open_run(str(m.run)).selection["cuts"]["energy_low_mev"] for m in sweep.members]
    assert cuts == [2.0, 2.0, 5.0, 5.0]
    assert made_up == [4, 8, 4, 8]


@pytest.mark.usefixtures("made_up")
def test_a_damaged_sweep_is_left_out_and_a_busy_one_stays(showers: Dataset) -> None:
    plan = planned(showers, "units=4,8")
    job = sweeps.submit(plan)
    assert sweeps.submit(plan).id == job.id
    with pytest.raises(DarkroomError, match=f"Job {job.id} works on sweep"):
        sweeps.delete_sweep(plan.sweep.id)
    queue.move(job.id, ("queued",), "stopped")
    path = sweeps.folder() / f"{plan.sweep.id}.json"
    whole = path.read_text()
    for content in ("{", "{}", whole.replace('"units=4,8"', '"units=4,9"'), whole[:-30]):
        path.write_text(content)
        assert sweeps.list_sweeps() == []
        assert [problem.where for problem in check_sweeps()] == [f"sweeps/{path.name}"]
    path.write_text(whole)
    assert list(check_sweeps()) == []
    entry = sweeps.delete_sweep(plan.sweep.id)
    with pytest.raises(DarkroomError, match="There is no sweep"):
        sweeps.open_sweep(plan.sweep.id)
    discarding.restore(entry)
    assert sweeps.open_sweep(plan.sweep.id) == plan.sweep


def got(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0, capsys.readouterr().err
    answer: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return answer


@pytest.mark.usefixtures("made_up")
def test_a_sweep_by_the_command_line(showers: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sweep", showers.name, "--model", "energy", "--vary", "units=4,8,16", "--grid", "--how", "rule=never")
    first = got(capsys, *words)
    assert first["state"] == "queued"
    sweep_job.run_job(Listener({"sweep": first["sweep"]}))
    queue.move(first["job"], ("queued",), "finished")
    again = got(capsys, *words)
    assert again["sweep"] == first["sweep"]
    assert [(m["member"], m["units"], m["state"], m["is_best"]) for m in again["members"]] == [
        (1, 4, FINISHED, False), (2, 8, FINISHED, False), (3, 16, FINISHED, True),
    ]  # fmt: skip
    assert again["best"] == again["members"][2]["run"]
    (listed,) = got(capsys, "sweep", "--list")["sweeps"]
    assert (listed["id"], listed["members"], listed["ended"]) == (first["sweep"], 3, 3)
    assert got(capsys, "sweep", "--show", first["sweep"])["members"] == again["members"]
    assert {run["study"] for run in got(capsys, "runs")["runs"]} == {first["sweep"]}
    report = reporting.report_on(first["sweep"])
    assert report.values["members"] == again["members"]
    assert list(reporting.figures_of(report)) == ["validation-of-all-members"]
    assert "flatters" in to_html(report) and f"sweep --show {first['sweep']}" in to_html(report)
    assert got(capsys, "sweep", "--delete", first["sweep"])["sweeps"] == []
    assert len(runs.list_runs()) == 3


@pytest.mark.network
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_a_true_sweep_of_both_networks_has_results_on_test_rows(showers: Dataset) -> None:
    sweep = make(planned(showers, "units=4,16", "learning_rate=0.01,0.02"))
    lines = sweep_table.lines(sweep)
    assert [line.n_epochs for line in lines] == [4] * 4
    best = sweep_table.best_of(lines)
    assert best is not None
    assert best.loss == min(line.loss for line in lines if line.loss is not None)
    names = [quantity.name for quantity in best.result.numbers]
    assert names == ["bias of true_mev [MeV]", "resolution of true_mev [MeV]"]
    n = best.result.numbers[0].number.n
    assert f"its test result is of {n:,} and {n:,} rows" in sweep_table.caution(lines)
    stored = run_results.stored(runs.list_runs())
    assert stored[str(best.member.run)] == best.result
