"""What a run tells of a training that never was: for benchmarks and tests of everything that comes after one."""

from typing import Any

import numpy as np

from core import runs
from core.data.dataset import open_dataset
from core.data.selection import Selected, rows_key, select
from core.learn.predict import as_scores
from core.parameters import to_dict
from core.registry import experiment_by_key

NETWORK = "compact"


def provenance(selected: Selected) -> dict[str, Any]:
    """As `core.learn.record` writes it, for a run on these rows."""
    dataset = selected.dataset
    key = rows_key(selected.experiment, dataset, selected.selection)
    return {
        "experiment": selected.experiment.key, "dataset": {"name": dataset.name, "id": dataset.id, "rows_key": key},
        "state": "finished", "started_at": "2020-02-19T00:00:00Z", "seconds": 1.0, "events_per_s": 1.0,
        "device": "none", "n_parameters": 0, "n_epochs": 1, "best_epoch": 1, "validation_loss": 0.5,
        "classes": list(selected.classes), "counts": selected.counts(), "warnings": [], "versions": {},
    }  # fmt: skip


def outputs(selected: Selected, seed: int = 1) -> np.ndarray:
    """float32 (m, n_classes) at random, higher for the class that a row is labelled with."""
    rng, n_classes = np.random.default_rng(seed), len(selected.classes)
    if n_classes == 2:
        signal = np.where(
            selected.labels == 1, rng.beta(6, 2, len(selected.labels)), rng.beta(2, 6, len(selected.labels))
        )
        return np.stack([1 - signal, signal], axis=1).astype(np.float32)
    drawn = rng.gamma(1.0, size=(len(selected.labels), n_classes))
    labelled = np.flatnonzero(selected.labels >= 0)
    drawn[labelled, selected.labels[labelled]] += 3.0
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), np.float32)


def made_up_run(dataset_name: str, preset: str = "") -> str:
    """A run on a data set with outputs drawn at random, so that every page has something to show; returns its id."""
    dataset = open_dataset(dataset_name)
    experiment = experiment_by_key(dataset.experiment)
    selection = experiment.presets[preset or next(iter(experiment.presets))].selection
    chosen = select(experiment, dataset, selection)
    uid, source = dataset.column("uid")[chosen.preselected], dataset.source_of(chosen.preselected)
    folder = runs.create(NETWORK)
    (folder / runs.MODEL).write_bytes(b"no network: made up by a benchmark")
    network = experiment.networks[NETWORK]
    own = network.parameters()
    settings = {"network": NETWORK, "parameters": to_dict(own), "training": {}}
    runs.write_settings(folder, settings, to_dict(network.recipe_for(own)), selection.to_dict())
    runs.write_rows(folder, uid, source, chosen.labels, chosen.split)
    for name in runs.CURVES:
        runs.write_curves(folder, name, [{"kind": "epoch", "epoch": 1, "step": 1, "loss": 0.5}])
    runs.seal(folder, provenance(chosen))
    scores = as_scores(outputs(chosen), chosen.signal)
    runs.write_scores(folder, dataset.name, uid, source, split=chosen.split, **scores)
    return folder.name
