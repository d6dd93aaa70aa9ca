"""A few hundred simulated showers, and plans that need no data set."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

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
