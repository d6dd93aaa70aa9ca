"""The toy among the registered experiments, a small prepared data set of it, and its networks trained on that."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.data.dataset import Dataset, open_dataset
from core.registry import EXPERIMENTS
from core.workflows import training_job
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.learn.learning_toy import Listener
from tests.toy.experiment import EXPERIMENT

Trained = dict[str, str]
"""The run of each network, by its name."""


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry with the toy in it: all that adding an experiment takes."""
    monkeypatch.setitem(EXPERIMENTS, EXPERIMENT.key, EXPERIMENT)


@pytest.fixture
def showers(registered: None, workspace: Path, tmp_path: Path) -> Iterator[Dataset]:
    """A data set of 200 simulated showers in two runs."""
    del registered, workspace
    prepare(EXPERIMENT, EXPERIMENT.simulation.simulate(tmp_path), "showers", default_mapping(EXPERIMENT))
    yield open_dataset("showers")


def arguments(network: str) -> dict[str, object]:
    """Those of the job that trains a network of the toy."""
    selection = EXPERIMENT.selecting.presets["all"].selection
    return {"dataset": "showers", "selection": selection.to_dict(), "network": network}


def train(network: str) -> str:
    """The run of a training by the job that a user starts."""
    job = Listener(arguments(network))
    training_job.run_job(job)
    return job.run


@pytest.fixture
def runs_of_showers(
    registered: None, once: Callable[[str, Callable[[Path], None]], Path], workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Trained:  # fmt: skip
    """A workspace for one test with the data set `showers` and a run of each network."""
    del registered

    def fill(folder: Path) -> None:
        with monkeypatch.context() as patch:
            patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
            (folder / "raw").mkdir()
            files = EXPERIMENT.simulation.simulate(folder / "raw")
            prepare(EXPERIMENT, files, "showers", default_mapping(EXPERIMENT))
            for network in EXPERIMENT.networks:
                train(network)

    folder = once("toy-trained", fill)
    shutil.copytree(folder / "workspace", workspace, dirs_exist_ok=True)
    paths = sorted((workspace / "runs").glob("[!.]*"))
    return {network: path.name for network in EXPERIMENT.networks for path in paths if f"-{network}-" in path.name}
