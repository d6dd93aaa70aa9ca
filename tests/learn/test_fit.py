"""Training on pulses with known truth: it learns, repeats itself, stops, refuses, and runs on JAX as well."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import runs
from core.cosine.model import NETWORKS
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.learn import backend, fit, predict, stages
from core.learn.plan import TrainingPlan, plan_training
from core.learn.progress import Silent
from core.workflows import training_job
from tests.learn.learning_toy import QUICK, TINY, Listener, planned, selected, selection

MakeDataset = Callable[..., Dataset]

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def plan(dataset: Dataset, network: Mapping[str, Any] = TINY, **training: Any) -> TrainingPlan:
    return planned(dataset, "compact", network, {**QUICK, **training})


@pytest.mark.network
def test_a_job_learns_and_leaves_a_whole_run(make_dataset: MakeDataset) -> None:
    dataset = make_dataset()
    job = Listener(
        {"dataset": "toy", "selection": selection(), "network": "compact", "parameters": TINY, "training": QUICK}
    )
    training_job.run_job(job)
    run = runs.open_run(job.run)
    runs.verify(run)
    provenance = run.provenance
    assert provenance["state"] == "finished"
    assert provenance["device"].startswith(("CPU", "GPU"))
    assert provenance["dataset"]["id"] == dataset.id
    assert [part["sha256"] for part in provenance["dataset"]["files"]] == ["0" * 64] * 2
    assert (
        sum(provenance["counts"]["train"].values()) + sum(provenance["counts"]["validation"].values()) < dataset.n_rows
    )
    assert {"keras", "numpy", "python"} <= provenance["versions"].keys()
    assert provenance["compilation"]["xla"] is (os.environ.get("KERAS_BACKEND") == "jax")
    assert provenance["compilation"]["reason"]
    assert provenance["events_per_s"] > 0
    epochs = runs.read_curves(run, "epochs")
    assert len(epochs) == 6
    best = epochs[epochs["is_best"]].iloc[-1]
    assert provenance["best_epoch"] == best["epoch"]
    assert min(best["validation_signal_efficiency"], best["validation_background_efficiency"]) > 0.9
    assert epochs["validation_loss"].min() == provenance["validation_loss"]
    n_train = sum(provenance["counts"]["train"].values())
    batches = runs.read_curves(run, "batches")
    assert len(batches) == 6 * (n_train // 16)
    # what Keras tells of a step is of this step alone: the first points are over one more batch each
    assert (batches["n_signal"] + batches["n_background"]).iloc[:3].tolist() == [16, 32, 48]
    assert batches["loss"].min() > 0.0
    assert batches["signal_efficiency"].max() <= 1.0
    assert batches["background_efficiency"].max() <= 1.0
    assert epochs["loss"].iloc[-1] < epochs["loss"].iloc[0]
    scores = runs.read_scores(run, "toy")
    assert scores["uid"].tolist() == dataset.column("uid").tolist()
    assert set(scores["split"]) == {0, 1, 2}
    label = dataset.column("truth_class")[scores["split"] == 2]
    assert ((scores["score"][scores["split"] == 2] > 0.5) == label).mean() > 0.9
    assert {point["kind"] for point in job.points} == {"batch", "epoch"}
    assert (400, 400) in [report[:2] for report in job.reports]
    json.dumps(job.points, allow_nan=False)


@pytest.mark.network
def test_two_equal_runs_agree_and_another_seed_does_not(make_dataset: MakeDataset) -> None:
    dataset = make_dataset(n=160)
    scores = []
    for seed in (3, 3, 4):
        folder = runs.create("compact")
        fit.train(plan(dataset, {**TINY, "dropout": 0.3}, epochs=2, seed=seed), folder)
        scores.append(runs.read_scores(runs.open_run(folder.name), "toy")["score"])
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)
    assert np.abs(scores[0] - scores[2]).max() > 1e-3


@pytest.mark.network
def test_a_stop_keeps_the_best_weights_so_far(make_dataset: MakeDataset) -> None:
    folder, listener = runs.create("compact"), Listener(n_points=3)
    provenance = fit.train(plan(make_dataset(n=160), epochs=500), folder, listener)
    assert provenance["state"] == "stopped"
    assert provenance["n_epochs"] < 500
    run = runs.open_run(folder.name)
    runs.verify(run)
    assert runs.list_runs()[0].state == "stopped"


@pytest.mark.network
def test_a_stop_in_the_first_epoch_still_leaves_a_run(make_dataset: MakeDataset) -> None:
    folder = runs.create("compact")
    provenance = fit.train(plan(make_dataset(n=160)), folder, Listener(n_points=0))
    assert (provenance["state"], provenance["n_epochs"], provenance["validation_loss"]) == ("stopped", 1, None)
    runs.verify(runs.open_run(folder.name))


@pytest.mark.network
def test_a_stop_while_scoring_leaves_a_whole_run_with_the_scores_it_has(
    make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "BATCH_ROWS", 64)

    class StopsWhenScoring(Listener):
        def stop_requested(self) -> bool:
            return any("scored" in text for _, _, text in self.reports)

    folder = runs.create("compact")
    provenance = fit.train(plan(make_dataset(n=160), epochs=1), folder, StopsWhenScoring())
    run = runs.open_run(folder.name)
    assert provenance["state"] == "finished"
    runs.verify(run)
    assert len(runs.read_scores(run, "toy")["uid"]) == 64


@pytest.mark.network
def test_a_stop_while_validating_keeps_the_epoch_before(
    make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, calls = Listener(), []

    def stops_in_the_second_validation(*values: Any) -> np.ndarray:
        calls.append(values)
        if len(calls) == 2:
            listener.n_points = 0
        return predict.outputs_of(*values)

    monkeypatch.setattr(stages, "outputs_of", stops_in_the_second_validation)
    provenance = fit.train(plan(make_dataset(n=160), epochs=9), runs.create("compact"), listener)
    assert (provenance["state"], provenance["n_epochs"], provenance["best_epoch"]) == ("stopped", 1, 1)


@pytest.mark.network
def test_early_stopping_ends_a_training_that_no_longer_improves(make_dataset: MakeDataset) -> None:
    provenance = fit.train(plan(make_dataset(n=160), epochs=400, patience=2, learning_rate=0.3), runs.create("compact"))
    assert provenance["state"] == "finished"
    assert provenance["n_epochs"] == provenance["best_epoch"] + 2 < 400


@pytest.mark.network
def test_the_step_size_falls_to_nothing_over_all_epochs(make_dataset: MakeDataset) -> None:
    keras = backend.load_keras()
    planned_training = plan(make_dataset(n=160), epochs=3, decay=True, learning_rate=0.01)
    model = planned_training.build()
    stages.compile_model(keras, model, planned_training, planned_training.stages[0], xla=False)
    rates = []
    for step in (0, 3 * planned_training.n_steps // 2, 3 * planned_training.n_steps):
        model.optimizer.iterations.assign(step)
        rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
    assert rates == pytest.approx([0.01, 0.005, 0.0], abs=1e-3)


@pytest.mark.network
def test_a_sample_smaller_than_a_batch_trains(make_dataset: MakeDataset) -> None:
    provenance = fit.train(plan(make_dataset(n=60), epochs=2, batch_size=2048), runs.create("compact"))
    assert provenance["n_epochs"] == 2


@pytest.mark.network
@pytest.mark.parametrize("when", ["before", "while"])
def test_a_file_that_vanishes_is_named(make_dataset: MakeDataset, when: str) -> None:
    dataset = make_dataset(n=160)
    planned_training, vanishing = plan(dataset, epochs=500), dataset.path / "parts" / "b.h5"
    if when == "before":
        vanishing.unlink()
    with pytest.raises(DarkroomError, match=r"b\.h5 is damaged .*: prepare data set 'toy' again"):
        fit.train(planned_training, runs.create("compact"), Remover(vanishing))


class Remover(Silent):
    """A context that removes a file at the first step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stop_requested(self) -> bool:
        self.path.unlink(missing_ok=True)
        return False


def test_nothing_starts_without_both_classes_or_with_unknown_names(make_dataset: MakeDataset) -> None:
    dataset = make_dataset(n=60)
    with pytest.raises(DarkroomError, match="leaves 0 background, 0 signal; both classes are needed"):
        plan_training(selected(dataset, energy_low_kev=9.0), NETWORKS, "compact", {}, {})
    with pytest.raises(DarkroomError, match="Unknown model 'resnet': expected one of cnn, dense, compact"):
        planned(dataset, "resnet", {}, {})
    with pytest.raises(DarkroomError, match="Unknown parameter 'depth'"):
        planned(dataset, "compact", {"depth": 3}, {})
    with pytest.raises(DarkroomError, match="Unknown parameter 'epoch'"):
        planned(dataset, "compact", {}, {"epoch": 3})
    one_class = make_dataset("noise", n=60, seed=2, signal_share=0.0)
    with pytest.raises(DarkroomError, match="0 signal; both classes are needed"):
        planned(one_class, "compact", {}, {})


def test_records_that_do_not_fit_are_refused_before_keras_starts(make_dataset: MakeDataset) -> None:
    slow = make_dataset("slow", n=60, sampling_ns=4.0)
    with pytest.raises(DarkroomError, match="4080 samples of 4 ns, expected 4080 samples of 2 ns"):
        planned(slow, "cnn", {}, {})


@pytest.mark.network
def test_the_same_code_trains_and_scores_on_jax(make_dataset: MakeDataset, workspace: Path) -> None:
    make_dataset(n=160)
    code = (
        "import json\n"
        "from tests.learn.learning_toy import Listener, TINY, QUICK, selection\n"
        "from core.workflows import training_job\n"
        "job = Listener({'dataset': 'toy', 'selection': selection(), 'network': 'compact',\n"
        "                'parameters': TINY, 'training': QUICK})\n"
        "training_job.run_job(job)\n"
        "print(job.run)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax", "DARKROOM_WORKSPACE": str(workspace)}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    run = runs.open_run(done.stdout.split()[-1])
    assert run.provenance["device"].endswith("(jax)")
    assert run.provenance["validation_loss"] < 0.6
    assert len(runs.read_scores(run, "toy")["score"]) == 160
