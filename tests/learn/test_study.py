"""Studies: trained region by region, taken over, stopped, resumed, with regions where nothing can be trained."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import manifest, outputs, runs, workspace
from core.cosine.experiment import EXPERIMENT
from core.cosine.grid import Axes
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.jobs import control, queue
from core.judge.judged_sample import judge_run
from core.judge.paired import compare_run
from core.learn import fit
from core.selection.selection import from_dict
from core.workflows import cross_training, cross_training_job, prediction_job
from core.workflows.cross_training import Study, StudyPlan
from core.workflows.scored import open_scored
from core.workflows.study_scores import open_matrix
from tests.learn.learning_toy import QUICK, TINY, Listener, selection

MakeDataset = Callable[..., Dataset]
ONCE = {**QUICK, "epochs": 1}

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def planned(dataset: Dataset, training: dict[str, Any] | None = None, **axes: Any) -> StudyPlan:
    grid = Axes(**{"crystals": (1, 3), "windows_kev": ("0-10",), **axes})
    chosen = from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, selection())
    return cross_training.plan(EXPERIMENT, dataset, chosen, "compact", TINY, training or ONCE, grid)


def make(plan: StudyPlan, job: Listener | None = None) -> tuple[Study, Listener]:
    """Do the work of a study in this process."""
    cross_training.store(plan.study)
    job = job or Listener()
    job.arguments = {"study": plan.study.id}
    cross_training_job.run_job(job)
    return cross_training.open_study(plan.study.id), job


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
    plan = planned(toy)
    assert (plan.n_trainings, plan.n_reused) == (2, 0)
    study_made, job = make(plan)
    assert None not in study_made.runs
    assert cross_training.missing(study_made, EXPERIMENT, toy) == cross_training.Missing((), {})
    for region, run_id in zip(study_made.regions, study_made.runs, strict=True):
        run = runs.open_run(str(run_id))
        assert run.selection["cuts"]["crystals"] == [region.facts["crystal"]]
        assert len(runs.read_scores(run, "toy")["uid"]) == (toy.column("crystal") != 7).sum()
    shares = [done for done, _, _ in job.reports]
    assert shares == sorted(shares)
    assert job.reports[-1][:2] == (2, 2)
    assert any(text.startswith("training 2 of 2: C3 0-10 keV, epoch 1 of 1") for _, _, text in job.reports)

    again = planned(toy)
    assert (again.study.id, again.n_trainings, again.n_reused) == (study_made.id, 2, 2)
    before = len(runs.list_runs())
    assert make(again)[0].runs == study_made.runs
    assert len(runs.list_runs()) == before
    assert planned(toy, {**ONCE, "learning_rate": 0.002}).n_reused == 0
    wider = planned(toy, windows_kev=("0-10", "2-8"))
    assert (wider.n_reused, wider.study.id != study_made.id) == (2, True)

    table_of_cells = open_matrix(study_made, EXPERIMENT, toy)
    n_of = [int((toy.column("crystal") == c).sum()) for c in (1, 3)]
    for i, row in enumerate(table_of_cells.cells):
        for j, cell in enumerate(row):
            assert cell is not None
            n = cell.point.signal.n + cell.point.background.n
            assert (n + cell.n_left_out, cell.n_missing) == (n_of[j], 0)
            assert (cell.n_left_out > 0) == (i == j)


@pytest.mark.usefixtures("quick")
def test_the_scores_of_other_regions_change_nothing_in_the_runs_own_evaluation(toy: Dataset) -> None:
    study_made, _ = make(planned(toy, crystals=(1,)))
    run = runs.open_run(str(study_made.runs[0]))
    all_rows = selection(crystals=[], energy_low_kev=None)
    before = {split: judge_run(open_scored(run, EXPERIMENT, toy), 0.5, split).to_dict() for split in ("test", "all")}
    beside = compare_run(open_scored(run, EXPERIMENT, toy)).to_dict()
    assert prediction_job.score_dataset(run, toy, all_rows) == (toy.column("crystal") != 1).sum()
    after = {split: judge_run(open_scored(run, EXPERIMENT, toy), 0.5, split).to_dict() for split in ("test", "all")}
    assert after == before
    assert compare_run(open_scored(run, EXPERIMENT, toy)).to_dict() == beside
    with pytest.raises(DarkroomError, match="No event of split 'other'"):
        judge_run(open_scored(run, EXPERIMENT, toy), 0.5, "other")


@pytest.mark.usefixtures("quick")
def test_rows_that_another_mapping_read_are_told(toy: Dataset) -> None:
    study_made, _ = make(planned(toy, crystals=(1,)))
    scored = open_scored(runs.open_run(str(study_made.runs[0])), EXPERIMENT, toy)
    assert not any("another mapping" in note for note in judge_run(scored).notes)
    provenance = dict(scored.run.provenance, dataset={**scored.run.provenance["dataset"], "mapping": {"n_bits": 16}})
    other = dataclasses.replace(scored, run=dataclasses.replace(scored.run, provenance=provenance))
    assert any("read by another mapping than those" in note for note in judge_run(other).notes)


@pytest.mark.network
def test_a_stopped_study_is_truthful_and_goes_on_where_it_was(toy: Dataset) -> None:
    plan = planned(toy, {**QUICK, "epochs": 3})
    stopped, _ = make(plan, StopsAt("training 2 of 2: C3 0-10 keV, epoch 1"))
    first, second = stopped.runs
    assert first is not None
    assert second is None
    assert [run.state for run in runs.list_runs()] == ["stopped", "finished"]
    lacks = cross_training.missing(stopped, EXPERIMENT, toy)
    assert (lacks.regions, lacks.unscored) == (stopped.regions[1:], {})
    assert open_matrix(stopped, EXPERIMENT, toy).cells[1] == (None, None)
    whole, _ = make(planned(toy, {**QUICK, "epochs": 3}))
    assert (whole.id, whole.runs[0]) == (plan.study.id, first)
    assert whole.runs[1] is not None


@pytest.mark.usefixtures("quick")
def test_after_a_kill_what_was_finished_stays_and_missing_scores_are_filled(toy: Dataset) -> None:
    study_made, _ = make(planned(toy))
    first, second = (runs.open_run(str(run)) for run in study_made.runs)
    (second.path / "manifest.json").unlink()  # as kill -9 leaves a training
    own = runs.read_scores(first, "toy")
    manifest.drop(first.path, outputs.files(first.path, "toy"))
    uid, source, split, score = (own[name][:50] for name in ("uid", "source", "split", "score"))
    outputs.write(first.path, "toy", uid, source, split, {"score": score})
    cross_training.store(
        cross_training.with_runs(study_made, (None, None))
    )  # it was killed before the study was written
    killed = cross_training.open_study(study_made.id)
    plan = planned(toy)
    assert plan.study.runs == (first.id, None)
    assert {r.id: r.state for r in runs.list_runs()}[second.id] == "unfinished"
    n = (toy.column("crystal") != 7).sum()
    assert cross_training.missing(cross_training.with_runs(killed, plan.study.runs), EXPERIMENT, toy).unscored == {
        first.id: n - 50
    }
    whole, _ = make(plan)
    assert whole.runs[0] == first.id
    assert whole.runs[1] not in (None, second.id)
    assert cross_training.missing(whole, EXPERIMENT, toy) == cross_training.Missing((), {})


@pytest.mark.usefixtures("quick")
def test_a_run_that_was_deleted_is_offered_again(toy: Dataset) -> None:
    study_made, _ = make(planned(toy))
    runs.delete(str(study_made.runs[0]))
    for known in (study_made, cross_training.open_study(study_made.id)):
        assert cross_training.missing(known, EXPERIMENT, toy).regions == study_made.regions[:1]
    assert cross_training.open_study(study_made.id).runs == (None, study_made.runs[1])
    plan = planned(toy)
    assert (plan.study.id, plan.n_reused) == (study_made.id, 1)


def test_an_empty_region_keeps_its_sentence_and_the_rest_goes_on(toy: Dataset) -> None:
    plan = planned(toy, crystals=(1, 3, 7), windows_kev=("0-10", "0-0.5"))
    reasons = dict(zip((region.name for region in plan.study.regions), plan.study.empty, strict=True))
    assert reasons["C1 0-10 keV"] == ""
    assert "the selection leaves 0 background" in reasons["C7 0-10 keV"]
    assert "at least 10 of each class are needed" in reasons["C1 0-0.5 keV"]
    assert plan.n_trainings == 2
    cross_training.store(plan.study)
    stored = cross_training.open_study(plan.study.id)
    assert stored == plan.study
    assert [r.name for r in cross_training.missing(stored, EXPERIMENT, toy).regions] == ["C1 0-10 keV", "C3 0-10 keV"]
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
    plan = planned(toy)
    with pytest.raises(
        DarkroomError, match=r"1 of 2 trainings failed. The first: C1 0-10 keV: The network has diverged"
    ):
        make(plan)
    assert [run is not None for run in cross_training.open_study(plan.study.id).runs] == [False, True]


def test_what_concerns_all_regions_is_refused_at_once(toy: Dataset) -> None:
    with pytest.raises(DarkroomError, match="'epochs' is 0"):
        planned(toy, {"epochs": 0})
    with pytest.raises(DarkroomError, match="Unknown model 'nothing'"):
        cross_training.plan(
            EXPERIMENT, toy, from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, selection()), "nothing", {}, {}, Axes()
        )
    with pytest.raises(DarkroomError, match="has no regions"):
        without = dataclasses.replace(EXPERIMENT, grid=None)
        cross_training.plan(
            without, toy, from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, selection()), "compact", {}, {}, Axes()
        )


def test_a_data_set_that_changed_is_another_study(toy: Dataset) -> None:
    plan = planned(toy)
    cross_training.store(plan.study)
    workspace.write_json(toy.path / "dataset.json", {**toy.meta, "id": "grown"})
    with pytest.raises(DarkroomError, match=r"Data set 'toy' has changed since study '.*' was asked for"):
        cross_training_job.run_job(Listener({"study": plan.study.id}))
    assert planned(open_dataset("toy")).study.id != plan.study.id


def test_a_study_is_queued_once_and_not_deleted_under_its_job(toy: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    plan = planned(toy)
    job = cross_training.submit(plan)
    assert (job.kind, cross_training.submit(plan).id) == ("study", job.id)
    assert [item.id for item in cross_training.list_studies("toy")] == [plan.study.id]
    assert cross_training.list_studies("other") == []
    with pytest.raises(DarkroomError, match=f"Job {job.id} works on study"):
        cross_training.delete_study(plan.study.id)
    queue.request_stop(job.id, "me", 1.0)
    cross_training.delete_study(plan.study.id)
    assert cross_training.list_studies() == []
    with pytest.raises(DarkroomError, match="There is no study"):
        cross_training.open_study(plan.study.id)


@pytest.mark.usefixtures("workspace")
def test_a_damaged_study_is_named_and_does_not_hide_the_others() -> None:
    folder = workspace.folder("studies")
    (folder / "broken.json").write_text("{")
    workspace.write_json(folder / "odd.json", {"id": "odd"})
    assert cross_training.list_studies() == []
    with pytest.raises(DarkroomError, match=r"odd.json is not a study .*: delete it"):
        cross_training.open_study("odd")
