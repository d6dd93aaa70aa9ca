"""The map of what the last layer sees: the principal components of those numbers, joined by uid, and regions on it."""

import sys
import types

import numpy as np
import pytest

from core import maps, runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.learn import penultimate, predict
from core.selection.region import Region, inside, parse
from core.workflows import map_job, quantities
from tests.learn.learning_toy import Listener
from tests.toy.conftest import Trained
from tests.toy.experiment import EXPERIMENT, Cells

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def test_principal_components_are_those_of_the_singular_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(penultimate, "PIECE_ROWS", 37)
    rng = np.random.default_rng(2)
    values = (rng.normal(size=(500, 6)) * [5.0, 3.0, 1.0, 0.5, 0.1, 0.0] + 100.0).astype(np.float32)
    places, shares = penultimate.principal(values)
    u, s, _ = np.linalg.svd(values.astype(float) - values.astype(float).mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(places), np.abs(u[:, :2] * s[:2]), atol=1e-9)
    np.testing.assert_allclose(shares, s[:2] ** 2 / (s**2).sum(), rtol=1e-9)
    assert penultimate.principal(np.ones((4, 3)))[1] == (0.0, 0.0)


@pytest.mark.network
def test_the_map_of_a_run_is_made_joined_and_asked(runs_of_showers: Trained) -> None:
    run, data = runs.open_run(runs_of_showers["energy"]), open_dataset("showers")
    job = Listener({"run": run.id, "dataset": "showers", "method": "pca"})
    map_job.run_job(job)
    model = predict.load_model(run, EXPERIMENT.networks)
    rows = np.flatnonzero(data.column("energy_mev") >= 2.0)
    cells = Cells().make({"cells_mev": np.concatenate(list(_cells(data, rows)))}, None, data)
    weights, bias = model.get_layer("base").get_weights()
    seen = np.maximum(cells.reshape(len(rows), -1).astype(float) @ weights + bias, 0.0)
    u, s, _ = np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)
    facts = maps.facts(run.path, "showers", "pca")
    assert (facts["layer"], facts["n_activations"], facts["n_rows"]) == ("head", 16, len(rows))
    np.testing.assert_allclose(facts["shares"], s[:2] ** 2 / (s**2).sum(), rtol=1e-4)
    x, y = (quantities.values(EXPERIMENT, data, f"{run.id}/pca.{k}") for k in (1, 2))
    np.testing.assert_allclose(np.abs(np.stack([x, y], 1)[rows]), np.abs(u[:, :2] * s[:2]), rtol=1e-3, atol=1e-2)
    assert np.isnan(np.delete(x, rows)).all()
    triangle = ((-5.0, -5.0), (40.0, 0.0), (0.0, 30.0))
    region = parse(str(Region(f"{run.id}/pca.1", f"{run.id}/pca.2", triangle)))
    is_in = quantities.rows_inside(EXPERIMENT, data, region)
    np.testing.assert_array_equal(is_in, inside(region, x, y))
    assert 0 < is_in.sum() < len(rows)


def _cells(data, rows):  # type: ignore[no-untyped-def]
    from core.data.dataset import read_array

    yield read_array(data, "cells_mev", rows)


@pytest.mark.network
def test_what_has_no_map_is_a_sentence(runs_of_showers: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = runs.open_run(runs_of_showers["energy"]), open_dataset("showers")
    with pytest.raises(DarkroomError, match="has no map 'pca' of data set 'showers': run `python -m core map"):
        quantities.values(EXPERIMENT, data, f"{run.id}/pca.1")
    with pytest.raises(DarkroomError, match="no quantity 'nothing'"):
        quantities.values(EXPERIMENT, data, "nothing")
    with pytest.raises(DarkroomError, match="generates rows from noise"):
        map_job.make(runs.open_run(runs_of_showers["showers"]), data, "pca")
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(DarkroomError, match="umap-learn, which is not installed"):
        map_job.umap_of(np.zeros((4, 3)))
    fake = types.ModuleType("umap")
    fake.UMAP = (
        lambda **_: types.SimpleNamespace(  # type: ignore[attr-defined]
            fit=lambda _: types.SimpleNamespace(transform=lambda values: values[:, :2])
        )
    )
    monkeypatch.setitem(sys.modules, "umap", fake)
    monkeypatch.setattr(map_job, "UMAP_FITTED", 3)
    places, n_fitted = map_job.umap_of(np.arange(21.0).reshape(7, 3))
    assert (n_fitted, places.tolist()) == (3, np.arange(21.0).reshape(7, 3)[:, :2].tolist())
