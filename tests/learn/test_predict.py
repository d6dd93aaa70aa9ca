"""Scores: filled where they are missing, tagged by the run's own split, refused where they would mislead."""

from collections.abc import Callable

import numpy as np
import pytest

from core import manifest, outputs, runs, workspace
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.learn import fit, predict
from core.learn.split_sides import side_of, split_of
from core.registry import experiment_by_key
from core.workflows import prediction_job
from tests.learn.learning_toy import QUICK, TINY, Listener, planned

MakeDataset = Callable[..., Dataset]

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def trained(dataset: Dataset) -> runs.Run:
    folder = runs.create("compact")
    fit.train(planned(dataset, "compact", TINY, {**QUICK, "epochs": 1}), folder)
    return runs.open_run(folder.name)


@pytest.mark.network
def test_a_job_scores_another_data_set_and_fills_gaps_only(make_dataset: MakeDataset) -> None:
    run = trained(make_dataset(n=160))
    other = make_dataset("other", n=80, seed=2)
    own = runs.read_scores(run, "toy")
    prediction_job.run_job(Listener({"run": run.id, "dataset": "other"}))
    scores = runs.read_scores(run, "other")
    assert scores["uid"].tolist() == other.column("uid").tolist()
    assert set(scores["split"]) == {3}
    manifest.drop(run.path, outputs.files(run.path, "toy"))
    outputs.write(run.path, "toy", own["uid"][40:], own["source"][40:], own["split"][40:], {"score": own["score"][40:]})
    job = Listener({"run": run.id, "dataset": "toy"})
    prediction_job.run_job(job)
    filled = runs.read_scores(run, "toy")
    order = np.argsort(filled["uid"])
    assert job.reports[-1][2] == "40 rows scored"
    assert filled["score"][order] == pytest.approx(own["score"], abs=1e-6)
    assert filled["split"][order].tolist() == own["split"].tolist()


@pytest.mark.network
@pytest.mark.parametrize("n_until_killed", [1, 3])
def test_a_job_that_is_ended_in_the_middle_keeps_what_it_has_scored(
    make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch, n_until_killed: int
) -> None:
    run = trained(make_dataset(n=60))
    make_dataset("other", n=5 * 32, seed=2)
    monkeypatch.setattr(predict, "BATCH_ROWS", 32)
    monkeypatch.setattr(predict, "KEEP_EVERY_S", 0.0)
    write, n_written = outputs.write, []

    def write_or_die(*values: object, **columns: object) -> None:
        if len(n_written) == n_until_killed:
            raise KeyboardInterrupt  # nothing runs after a kill: what is on the disk then is what stays
        n_written.append(1)
        write(*values, **columns)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outputs, "write", write_or_die)
        prediction_job.run_job(Listener({"run": run.id, "dataset": "other"}))
    assert len(runs.read_scores(run, "other")["uid"]) == 32 * n_until_killed
    job = Listener({"run": run.id, "dataset": "other"})
    prediction_job.run_job(job)
    assert job.reports[-1][2] == f"{32 * (5 - n_until_killed)} rows scored"
    assert len(np.unique(runs.read_scores(run, "other")["uid"])) == 5 * 32


@pytest.mark.network
def test_a_model_that_was_changed_is_not_loaded(make_dataset: MakeDataset) -> None:
    run = trained(make_dataset(n=60))
    (run.path / runs.MODEL).write_bytes((run.path / runs.MODEL).read_bytes()[:-1])
    with pytest.raises(
        DarkroomError, match=r"model.keras of run .* is damaged or was changed: found .*, expected .*: train"
    ):
        predict.load_model(run, experiment_by_key(run.experiment).networks)


@pytest.mark.network
def test_another_recipe_or_sampling_is_refused(make_dataset: MakeDataset) -> None:
    run = trained(make_dataset(n=60))
    slow = make_dataset("slow", n=60, seed=2, sampling_ns=4.0)
    with pytest.raises(DarkroomError, match=r"input of shape \(375, 2\), expected \(750, 2\)"):
        prediction_job.score_dataset(run, slow)
    workspace.write_json(run.path / "recipe.json", {**run.recipe, "scale_adc": 3.0})
    runs.seal(run.path, run.provenance)
    with pytest.raises(DarkroomError, match="trained with another recipe"):
        prediction_job.score_dataset(runs.open_run(run.id), slow)


@pytest.mark.usefixtures("workspace")
def test_a_run_knows_the_side_of_its_rows_only() -> None:
    path = runs.create("compact")
    runs.write_rows(path, np.array([30, 10, 20]), np.array([7, 7, 8]), np.array([0, -1, 1]), np.array([2, 0, 1]))
    runs.write_settings(path, {"network": "compact"}, {}, {})
    (path / runs.MODEL).write_bytes(b"")
    runs.seal(path, {"experiment": "x", "dataset": {"name": "sample"}})
    run = runs.open_run(path.name)
    uid, source = np.array([20, 99, 10, 30, 5, 20]), np.array([8, 7, 7, 7, 7, 7])  # the last is of another file
    assert side_of(run, uid, source).tolist() == [1, 3, 0, 2, 3, 3]
    assert split_of(run, uid, source).tolist() == [1, 3, 3, 2, 3, 3]  # 10 has no label: no training used it
