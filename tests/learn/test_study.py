"""Studies: trained region by region, taken over, stopped, resumed, with regions where nothing can be trained."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import runs, workspace
from core.cosine.experiment import EXPERIMENT
from core.cosine.grid import Axes
from core.data.dataset import Dataset, open_dataset
from core.data.selection import from_dict
from core.errors import DarkroomError
from core.jobs import control, queue
from core.judge.compatibility import open_matrix
from core.judge.paired import compare_run
from core.judge.scored import judge_run, open_scored
from core.learn import fit, predict, study, study_job
from core.learn.study import Study, StudyTask
from tests.learn.learning_toy import QUICK, TINY, Listener, selection

MakeDataset = Callable[..., Dataset]
ONCE = {**QUICK, "epochs": 1}

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def planned(dataset: Dataset, training: dict[str, Any] | None = None, **axes: Any) -> StudyTask:
    grid = Axes(**{"crystals": (1, 3), "windows_kev": ("0-10",), **axes})
    chosen = from_dict(EXPERIMENT, selection())
    return study.plan(EXPERIMENT, dataset, chosen, "compact", TINY, training or ONCE, grid)


def make(asked: StudyTask, job: Listener | None = None) -> tuple[Study, Listener]:
    """Do the work of a study in this process."""
    study.store(asked.study)
    job = job or Listener()
    job.arguments = {"study": asked.study.id}
    study_job.run_job(job)
    return study.open_study(asked.study.id), job


class StopsAt(Listener):
    """Asks for a stop once a report holds these words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.is_stopped = words, False

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        super().report(done, total, text)
        self.is_stopped = self.is_stopped or self.words in text

    def stop_requested(self) -> bool:
        return self.is_stopped


@pytest.mark.network
def test_a_study_trains_each_region_once_and_scores_all_rows_by_every_run(toy: Dataset) -> None:
    asked = planned(toy)
    assert (asked.n_trainings, asked.n_reused) == (2, 0)
    made, job = make(asked)
    assert None not in made.runs
    assert study.missing(made, EXPERIMENT, toy) == study.Missing((), {})
    for region, run_id in zip(made.regions, made.runs, strict=True):
        run = runs.open_run(str(run_id))
        assert run.selection["cuts"]["crystals"] == [region.facts["crystal"]]
        assert len(runs.read_scores(run, "toy")["uid"]) == (toy.column("crystal") != 7).sum()
    shares = [done for done, _, _ in job.reports]
    assert shares == sorted(shares)
    assert job.reports[-1][:2] == (2, 2)
    assert any(text.startswith("training 2 of 2: C3 0-10 keV, epoch 1 of 1") for _, _, text in job.reports)

    again = planned(toy)
    assert (again.study.id, again.n_trainings, again.n_reused) == (made.id, 2, 2)
    before = len(runs.list_runs())
    assert make(again)[0].runs == made.runs
    assert len(runs.list_runs()) == before
    assert planned(toy, {**ONCE, "learning_rate": 0.002}).n_reused == 0
    wider = planned(toy, windows_kev=("0-10", "2-8"))
    assert (wider.n_reused, wider.study.id != made.id) == (2, True)

    found = open_matrix(made, EXPERIMENT, toy)
    n_of = [int((toy.column("crystal") == c).sum()) for c in (1, 3)]
    for i, row in enumerate(found.cells):
        for j, cell in enumerate(row):
            assert cell is not None
            n = cell.point.signal.n + cell.point.background.n
            assert (n + cell.n_left_out, cell.n_missing) == (n_of[j], 0)
            assert (cell.n_left_out > 0) == (i == j)


@pytest.mark.usefixtures("quick")
def test_the_scores_of_other_regions_change_nothing_in_the_runs_own_evaluation(toy: Dataset) -> None:
    made, _ = make(planned(toy, crystals=(1,)))
    run = runs.open_run(str(made.runs[0]))
    all_rows = selection(crystals=[], energy_low_kev=None)
    before = {split: judge_run(open_scored(run, EXPERIMENT, toy), 0.5, split).to_dict() for split in ("test", "all")}
    beside = compare_run(open_scored(run, EXPERIMENT, toy)).to_dict()
    assert predict.score_dataset(run, toy, all_rows) == (toy.column("crystal") != 1).sum()
    after = {split: judge_run(open_scored(run, EXPERIMENT, toy), 0.5, split).to_dict() for split in ("test", "all")}
    assert after == before
    assert compare_run(open_scored(run, EXPERIMENT, toy)).to_dict() == beside
    with pytest.raises(DarkroomError, match="No event of split 'other'"):
        judge_run(open_scored(run, EXPERIMENT, toy), 0.5, "other")


@pytest.mark.network
def test_a_stopped_study_is_truthful_and_goes_on_where_it_was(toy: Dataset) -> None:
    asked = planned(toy, {**QUICK, "epochs": 3})
    stopped, _ = make(asked, StopsAt("training 2 of 2: C3 0-10 keV, epoch 1"))
    first, second = stopped.runs
    assert first is not None
    assert second is None
    assert [run.state for run in runs.list_runs()] == ["stopped", "finished"]
    lacks = study.missing(stopped, EXPERIMENT, toy)
    assert (lacks.regions, lacks.unscored) == (stopped.regions[1:], {})
    assert open_matrix(stopped, EXPERIMENT, toy).cells[1] == (None, None)
    whole, _ = make(planned(toy, {**QUICK, "epochs": 3}))
    assert (whole.id, whole.runs[0]) == (asked.study.id, first)
    assert whole.runs[1] is not None


@pytest.mark.usefixtures("quick")
def test_after_a_kill_what_was_finished_stays_and_missing_scores_are_filled(toy: Dataset) -> None:
    made, _ = make(planned(toy))
    first, second = (runs.open_run(str(run)) for run in made.runs)
    (second.path / "manifest.json").unlink()  # as kill -9 leaves a training
    own = runs.read_scores(first, "toy")
    runs.write_scores(first.path, "toy", *(own[name][:50] for name in ("uid", "source", "score", "split")))
    study.store(study.with_runs(made, (None, None)))  # it was killed before the study was written
    killed = study.open_study(made.id)
    asked = planned(toy)
    assert asked.study.runs == (first.id, None)
    assert {r.id: r.state for r in runs.list_runs()}[second.id] == "unfinished"
    n = (toy.column("crystal") != 7).sum()
    assert study.missing(study.with_runs(killed, asked.study.runs), EXPERIMENT, toy).unscored == {first.id: n - 50}
    whole, _ = make(asked)
    assert whole.runs[0] == first.id
    assert whole.runs[1] not in (None, second.id)
    assert study.missing(whole, EXPERIMENT, toy) == study.Missing((), {})


@pytest.mark.usefixtures("quick")
def test_a_run_that_was_deleted_is_offered_again(toy: Dataset) -> None:
    made, _ = make(planned(toy))
    runs.delete(str(made.runs[0]))
    for known in (made, study.open_study(made.id)):
        assert study.missing(known, EXPERIMENT, toy).regions == made.regions[:1]
    assert study.open_study(made.id).runs == (None, made.runs[1])
    asked = planned(toy)
    assert (asked.study.id, asked.n_reused) == (made.id, 1)


def test_an_empty_region_keeps_its_sentence_and_the_rest_goes_on(toy: Dataset) -> None:
    asked = planned(toy, crystals=(1, 3, 7), windows_kev=("0-10", "0-0.5"))
    told = dict(zip((region.name for region in asked.study.regions), asked.study.empty, strict=True))
    assert told["C1 0-10 keV"] == ""
    assert "the selection leaves 0 background" in told["C7 0-10 keV"]
    assert "at least 10 of each class are needed" in told["C1 0-0.5 keV"]
    assert asked.n_trainings == 2
    study.store(asked.study)
    kept = study.open_study(asked.study.id)
    assert kept == asked.study
    assert [r.name for r in study.missing(kept, EXPERIMENT, toy).regions] == ["C1 0-10 keV", "C3 0-10 keV"]
    with pytest.raises(
        DarkroomError, match=r"Nothing can be trained on any of the 1 regions. The first: .*0 background"
    ):
        planned(toy, crystals=(7,))


@pytest.mark.usefixtures("quick")
def test_a_training_that_fails_does_not_take_the_others_with_it(toy: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    train = fit.train

    def fails_first(task: Any, folder: Path, context: Any) -> Any:
        if task.selected.selection.cuts.crystals == (1,):
            raise DarkroomError("The network has diverged.")
        return train(task, folder, context)

    monkeypatch.setattr(fit, "train", fails_first)
    asked = planned(toy)
    with pytest.raises(
        DarkroomError, match=r"1 of 2 trainings failed. The first: C1 0-10 keV: The network has diverged"
    ):
        make(asked)
    assert [run is not None for run in study.open_study(asked.study.id).runs] == [False, True]


def test_what_concerns_all_regions_is_refused_at_once(toy: Dataset) -> None:
    with pytest.raises(DarkroomError, match="'epochs' is 0"):
        planned(toy, {"epochs": 0})
    with pytest.raises(DarkroomError, match="Unknown model 'nothing'"):
        study.plan(EXPERIMENT, toy, from_dict(EXPERIMENT, selection()), "nothing", {}, {}, Axes())
    with pytest.raises(DarkroomError, match="has no regions"):
        without = dataclasses.replace(EXPERIMENT, grid=None)
        study.plan(without, toy, from_dict(EXPERIMENT, selection()), "compact", {}, {}, Axes())


def test_a_data_set_that_changed_is_another_study(toy: Dataset) -> None:
    asked = planned(toy)
    study.store(asked.study)
    workspace.write_json(toy.path / "dataset.json", {**toy.meta, "id": "grown"})
    with pytest.raises(DarkroomError, match=r"Data set 'toy' has changed since study '.*' was asked for"):
        study_job.run_job(Listener({"study": asked.study.id}))
    assert planned(open_dataset("toy")).study.id != asked.study.id


def test_a_study_is_queued_once_and_not_deleted_under_its_job(toy: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    asked = planned(toy)
    job = study.submit(asked)
    assert (job.kind, study.submit(asked).id) == ("study", job.id)
    assert [one.id for one in study.list_studies("toy")] == [asked.study.id]
    assert study.list_studies("other") == []
    with pytest.raises(DarkroomError, match=f"Job {job.id} works on study"):
        study.delete_study(asked.study.id)
    queue.request_stop(job.id, "me", 1.0)
    study.delete_study(asked.study.id)
    assert study.list_studies() == []
    with pytest.raises(DarkroomError, match="There is no study"):
        study.open_study(asked.study.id)


@pytest.mark.usefixtures("workspace")
def test_a_damaged_study_is_named_and_does_not_hide_the_others() -> None:
    folder = workspace.folder("studies")
    (folder / "broken.json").write_text("{")
    workspace.write_json(folder / "odd.json", {"id": "odd"})
    assert study.list_studies() == []
    with pytest.raises(DarkroomError, match=r"odd.json is not a study .*: delete it"):
        study.open_study("odd")
