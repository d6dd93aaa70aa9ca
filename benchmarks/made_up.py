"""What a run tells of a training that never was: for benchmarks and tests of everything that comes after one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core import outputs, runs
from core.data.dataset import open_dataset
from core.data.loader import batches
from core.data.splits import TEST
from core.learn.network import Network
from core.learn.tasks.classify import as_scores
from core.parameters import to_dict
from core.registry import experiment_by_key
from core.selection.selection import Selected, rows_key, select

NETWORK = "compact"


def provenance(selected: Selected, task: str = runs.CLASSIFY) -> dict[str, Any]:
    """As `core.learn.provenance` writes it, for a run on these rows."""
    dataset = selected.dataset
    key = rows_key(selected.selecting, selected.labels_facet, dataset, selected.selection)
    return {
        "experiment": dataset.experiment, "dataset": {"name": dataset.name, "id": dataset.id, "version": dataset.version, "rows_key": key},
        "state": "finished", "started_at": "2020-02-19T00:00:00Z", "seconds": 1.0, "events_per_s": 1.0,
        "task": task, "device": "none", "n_parameters": 0, "n_epochs": 1, "best_epoch": 1, "validation_loss": 0.5,
        "classes": list(selected.classes), "counts": selected.counts(), "warnings": [], "versions": {},
    }  # fmt: skip


def drawn_outputs(selected: Selected, seed: int = 1) -> np.ndarray:
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


def made_up_run(dataset_name: str, preset: str = "", labels: str = "") -> str:
    """A run on a data set with outputs drawn at random, so that every page has something to show; returns its id.

    `labels` names a label scheme in place of the preset's own.
    """
    dataset = open_dataset(dataset_name)
    experiment = experiment_by_key(dataset.experiment)
    selection = experiment.selecting.presets[preset or next(iter(experiment.selecting.presets))].selection
    selection = replace(selection, labels=labels or selection.labels)
    chosen = select(experiment.selecting, experiment.labels, dataset, selection)
    network = experiment.networks[NETWORK]
    folder = _sealed_run(chosen, network)
    if network.task is None:
        uid, origin = dataset.column("uid")[chosen.preselected], dataset.origin_of(chosen.preselected)
        scores = as_scores(drawn_outputs(chosen), chosen.signal)
        outputs.write(folder, dataset.name, uid, origin, chosen.split, scores)
    else:
        _write_truth(folder, chosen, network)
    return folder.name


def _sealed_run(chosen: Selected, network: Network) -> Path:
    """The folder of a run without a network."""
    dataset = chosen.dataset
    uid, source = dataset.column("uid")[chosen.preselected], dataset.source_of(chosen.preselected)
    folder = runs.create(NETWORK)
    (folder / runs.MODEL).write_bytes(b"no network: made up by a benchmark")
    parameters = network.parameters()
    settings = {"network": NETWORK, "parameters": to_dict(parameters), "training": {}}
    runs.write_settings(folder, settings, to_dict(network.recipe_for(parameters)), chosen.selection.to_dict())
    runs.write_rows(folder, uid, source, chosen.labels, chosen.side)
    for name in runs.CURVES:
        runs.write_curves(folder, name, [{"kind": "epoch", "epoch": 1, "step": 1, "loss": 0.5}])
    runs.seal(folder, provenance(chosen, network.task.key if network.task else runs.CLASSIFY))
    return folder


def _write_truth(folder: Path, chosen: Selected, network: Network) -> None:
    """Of a network that generates, the test rows themselves as what it gave for the rows before them."""
    task = network.task
    assert task is not None
    is_test = task.split(chosen) == TEST
    rows = chosen.preselected[is_test]
    recipe = network.recipe_for(network.parameters())
    given = np.concatenate([x for x, _, _ in batches(chosen.dataset, rows, recipe, len(rows))])
    stored = task.stored(np.roll(given, 1, axis=0))
    uid, origin = chosen.dataset.column("uid")[rows], chosen.dataset.origin_of(rows)
    outputs.write(folder, chosen.dataset.name, uid, origin, np.full(len(rows), TEST, np.int8), stored)
