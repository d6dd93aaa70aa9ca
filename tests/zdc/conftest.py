"""A few hundred simulated showers, and plans that need no data set."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import runs
from core.data.dataset import open_dataset
from core.learn import fit
from core.learn.plan import plan_training
from core.selection.selection import select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.zdc.experiment import EXPERIMENT
from core.zdc.model import NETWORKS
from core.zdc.recipe import CONDITIONS
from core.zdc.simulate import SimulationParameters, simulate_showers


@pytest.fixture(scope="session")
def showers() -> Any:
    """600 electrons of 2 to 100 GeV on 20 x 20 cells."""
    return simulate_showers(600, seed=3, parameters=SimulationParameters())


def planned(showers: Any, name: str, monkeypatch: pytest.MonkeyPatch, **values: Any) -> SimpleNamespace:
    """What `adapt` and the tests need of a plan: the built network, its task, recorded rows and conditions."""
    network = NETWORKS[name]
    parameters = network.parameters(**values)
    task = network.task.given(parameters)
    dataset = SimpleNamespace(name="few", geometry=showers.grid.arrays())
    recipe = network.recipe_for(parameters)
    table = {"uid": showers.number, **{column: showers.truth[column] for column in CONDITIONS}}
    recorded = recipe.make({"cells_mev": showers.cells_mev}, table, dataset)
    targets = np.stack([table[column] for column in task.conditions], axis=1).astype(np.float32)
    monkeypatch.setattr("core.data.dataset.read_array", lambda _dataset, _name, rows: showers.cells_mev[rows])
    sample = SimpleNamespace(rows=np.arange(len(showers)), targets=targets)
    model = network.build(parameters, task.input_shape(recipe.shape(dataset)), task.output(recipe.shape(dataset)))
    plan = SimpleNamespace(dataset=dataset, task=task, network_parameters=parameters, train_sample=sample)
    facts = network.adapt(model, plan, recorded, targets)
    return SimpleNamespace(
        network=network, parameters=parameters, task=task, model=model, recorded=recorded, targets=targets, facts=facts
    )


def _fill(folder: Path) -> None:
    (folder / "raw").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        files = EXPERIMENT.simulation.simulate(folder / "raw", n_events=600, seed=6)
        prepare(EXPERIMENT, files, "few", default_mapping(EXPERIMENT))
        dataset = open_dataset("few")
        selected = select(
            EXPERIMENT.selecting, EXPERIMENT.labels, dataset, EXPERIMENT.selecting.presets["generators"].selection
        )
        training = {"epochs": 2, "batch_size": 100, "warmup_steps": 0, "keep_epochs": (1, 2), "xla": "no"}
        for network, values in (("vae", {"units": 32}), ("default", {"hidden_dim": 4})):
            plan = plan_training(selected, NETWORKS, network, values, training)
            fit.train(plan, runs.create(network))


@pytest.fixture
def trained(once: Callable[[str, Callable[[Path], None]], Path], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A workspace with 600 showers, "few", and by network the id of a short training on them. Not to be written to."""
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(once("zdc-trained", _fill) / "workspace"))
    return {run.network: run.id for run in runs.list_runs()}
