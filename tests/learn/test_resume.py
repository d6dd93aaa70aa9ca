"""A training that was killed goes on from its last epoch and ends as if it had not been."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import parameters, runs, workspace
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import control
from core.learn import backend, checkpoint, epoch_weights, fit
from core.learn.plan import plan_training
from core.workflows import training_job
from tests.learn.learning_toy import QUICK, TINY, Listener, planned, selected, selection
from tests.learn.small_networks import NETWORKS

MakeDataset = Callable[..., Dataset]
ROOT = Path(__file__).resolve().parents[2]
NETWORK, TRAINING = {**TINY, "dropout": 0.3}, {**QUICK, "epochs": 4, "decay": True, "xla": "no"}

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

HANGS_IN_THE_THIRD_EPOCH = """
import sys, time
from core.workflows import training_job
from tests.learn.learning_toy import Listener

class Job(Listener):
    n_epochs = 0
    def set_run(self, run_id):
        print(run_id, flush=True)
    def metric(self, values):
        self.n_epochs += values["kind"] == "epoch"
    def stop_requested(self):
        if self.n_epochs == 2:
            print("two epochs", flush=True)
            time.sleep(600)
        return False

training_job.run_job(Job({arguments!r}))
"""


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class DiesAfter(Listener):
    """Ends the training in the middle of the epoch after `n_epochs`."""

    def __init__(self, n_epochs: int) -> None:
        super().__init__()
        self.n_epochs = n_epochs

    def stop_requested(self) -> bool:
        if sum(point["kind"] == "epoch" for point in self.points) == self.n_epochs:
            raise Killed
        return False


def same_training(first: str, second: str) -> None:
    """Curves and weights of two runs agree within float noise."""
    first_run, second_run = runs.open_run(first), runs.open_run(second)
    for curve in runs.CURVES:
        a, b = runs.read_curves(first_run, curve), runs.read_curves(second_run, curve)
        assert list(a.columns) == list(b.columns)
        assert len(a) == len(b)
        for name in a.columns.drop("kind"):
            np.testing.assert_allclose(a[name].to_numpy(float), b[name].to_numpy(float), rtol=1e-4, atol=1e-6)
    keras = backend.load_keras()
    weights = [
        keras.saving.load_model(run.path / runs.MODEL, compile=False).get_weights() for run in (first_run, second_run)
    ]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert first_run.provenance["best_epoch"] == second_run.provenance["best_epoch"]


@pytest.mark.network
def test_a_job_whose_process_is_killed_is_resumed_and_ends_as_an_unbroken_one(
    make_dataset: MakeDataset, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(n=160)
    unbroken = runs.create("compact")
    fit.train(planned(dataset, "compact", NETWORK, TRAINING), unbroken)
    arguments = {
        "dataset": "toy",
        "selection": selection(),
        "network": "compact",
        "parameters": NETWORK,
        "training": TRAINING,
    }
    code = HANGS_IN_THE_THIRD_EPOCH.replace("{arguments!r}", repr(arguments))
    environment = {**os.environ, "DARKROOM_WORKSPACE": str(workspace)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    assert process.stdout.readline().strip() == "two epochs"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not runs.is_sealed(run_id)
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    job = training_job.resume(run_id)
    assert (job.kind, job.arguments["run"], job.arguments["dataset"]) == ("train", run_id, "toy")
    with pytest.raises(DarkroomError, match=f"Job {job.id} works on run"):
        training_job.resume(run_id)
    listener = Listener(job.arguments)
    training_job.run_job(listener)
    assert [p["epoch"] for p in listener.points if p["kind"] == "epoch"] == [1, 2, 3, 4]
    assert runs.open_run(run_id).provenance["resumed_from_epoch"] == 2
    assert runs.open_run(unbroken.name).provenance["resumed_from_epoch"] is None
    same_training(unbroken.name, run_id)
    assert not (runs.runs_folder() / run_id / runs.CHECKPOINT).exists()
    with pytest.raises(DarkroomError, match="has ended: there is nothing to go on with"):
        training_job.resume(run_id)


@pytest.mark.network
@pytest.mark.parametrize("n_epochs", [1, 3])
def test_stages_are_resumed_in_either(toy: Dataset, n_epochs: int) -> None:
    plan = plan_training(selected(toy), NETWORKS, "regression", {}, {})
    unbroken, broken = runs.create("regression"), runs.create("regression")
    fit.train(plan, unbroken)
    with pytest.raises(Killed):
        fit.train(plan, broken, DiesAfter(n_epochs))
    provenance = fit.train(plan, broken)
    assert provenance["resumed_from_epoch"] == n_epochs
    same_training(unbroken.name, broken.name)


@pytest.mark.network
def test_a_generator_goes_on_with_what_it_took_from_the_data_and_keeps_every_chosen_epoch(toy: Dataset) -> None:
    plan = plan_training(
        selected(toy), NETWORKS, "density", {}, {"epochs": 3, "keep_epochs": [1, 3], "warmup_steps": 5}
    )
    unbroken, broken = runs.create("density"), runs.create("density")
    facts = fit.train(plan, unbroken)
    with pytest.raises(Killed):
        fit.train(plan, broken, DiesAfter(2))
    assert fit.train(plan, broken)["adapted"] == facts["adapted"]
    same_training(unbroken.name, broken.name)
    first, second = runs.open_run(unbroken.name), runs.open_run(broken.name)
    assert epoch_weights.epochs(first) == epoch_weights.epochs(second) == [1, 3]
    for epoch in (1, 3):
        for a, b in zip(epoch_weights.read(first, epoch), epoch_weights.read(second, epoch), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.network
def test_a_training_that_dies_in_its_first_epoch_begins_anew(make_dataset: MakeDataset) -> None:
    plan, folder = planned(make_dataset(n=60), "compact", TINY, {**TRAINING, "epochs": 1}), runs.create("compact")
    with pytest.raises(Killed):
        fit.train(plan, folder, DiesAfter(0))
    assert checkpoint.read(folder) is None
    assert fit.train(plan, folder)["resumed_from_epoch"] is None


def test_what_cannot_go_on_is_refused(make_dataset: MakeDataset) -> None:
    dataset = make_dataset(n=60)
    plan, folder = planned(dataset, "compact", TINY, TRAINING), runs.create("compact")
    with pytest.raises(DarkroomError, match="keeps no state to go on from"):
        training_job.resume(folder.name)
    from core.learn import provenance

    provenance.write_settings(plan, folder)
    checkpoint.begin(folder, provenance.origin(plan))
    assert parameters.to_dict(training_job.unfinished_plan(folder).training) == parameters.to_dict(plan.training)
    (folder / runs.CHECKPOINT / checkpoint.STATE).write_bytes(b"half of it")
    with pytest.raises(DarkroomError, match=r"The state of run .* cannot be read"):
        checkpoint.read(folder)
    workspace.write_json(dataset.path / "dataset.json", {**dataset.meta, "version": 2})
    with pytest.raises(DarkroomError, match="cannot go on: data set 'toy' or the recipe of its input has changed"):
        training_job.resume(folder.name)
