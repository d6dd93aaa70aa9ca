"""A base trained on simulation gives its weights to a classifier, in two stages, and the run says so."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import runs
from core.data.dataset import Dataset, open_dataset
from core.data.splits import SplitParameters
from core.errors import DarkroomError
from core.juno.experiment import EXPERIMENT
from core.juno.select import EPEM, Cuts
from core.learn import fit, predict
from core.learn.plan import TrainingPlan, plan_training
from core.selection.selection import Selection, select

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
SMALL: dict[str, Any] = {"filters": [4], "pixel_units": 4, "dense_units": 8}
QUICK: dict[str, Any] = {"epochs": 1, "batch_size": 32, "xla": "no"}


@pytest.fixture
def dataset(epem: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The small data set in a workspace that may be written to."""
    shutil.copytree(epem.path, tmp_path / "workspace" / "datasets" / epem.name)
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    return open_dataset(epem.name)


def plan(dataset: Dataset, network: str, **parameters: Any) -> TrainingPlan:
    split = SplitParameters(validation_fraction=0.2, test_fraction=0.2)
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, Selection(Cuts(), EPEM, split))
    return plan_training(selected, EXPERIMENT.networks, network, {**SMALL, **parameters}, QUICK)


def trained(chosen: TrainingPlan) -> runs.Run:
    folder = runs.create(chosen.name)
    fit.train(chosen, folder)
    return runs.open_run(folder.name)


def weights(run: runs.Run) -> dict[str, list[np.ndarray]]:
    return {layer.name: layer.get_weights() for layer in predict.load_model(run, EXPERIMENT.networks).layers}


def test_a_base_is_transferred_and_named(dataset: Dataset) -> None:
    base = trained(plan(dataset, "base"))
    assert base.provenance["start"] is None
    run = trained(plan(dataset, "transfer", weights=base.id))
    start = run.provenance["start"]
    assert (start["source"], start["n_layers"]) == (base.id, 4)  # pixel_1, pixel_bn, conv_1, conv_1_bn
    assert [stage["name"] for stage in run.provenance["stages"]] == ["head", "fine-tuning"]
    assert any(base.id in warning for warning in run.provenance["warnings"])
    before, after = weights(base), weights(run)
    for statistic in (2, 3):  # moving mean and variance of a normalisation that stayed frozen through both stages
        np.testing.assert_array_equal(after["conv_1_bn"][statistic], before["conv_1_bn"][statistic])
    assert set(runs.read_scores(run, dataset.name)) >= {"uid", "score"}


def test_another_base_does_not_fit(dataset: Dataset) -> None:
    base = trained(plan(dataset, "base"))
    with pytest.raises(DarkroomError, match="does not fit this network"):
        trained(plan(dataset, "transfer", weights=base.id, filters=[8]))


def test_without_weights_the_run_is_called_a_control(dataset: Dataset) -> None:
    assert any("control" in warning for warning in plan(dataset, "transfer").warnings)
