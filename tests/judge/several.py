"""A run of three classes with made-up answers, on a toy data set: for tests of everything that judges several classes."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core import outputs, runs
from core.data.cuts import Cut
from core.data.dataset import Dataset, open_dataset
from core.experiment import Experiment
from core.judge.score_table import ScoreTable
from core.learn.tasks.classify import as_scores
from core.registry import experiment_by_key
from core.selection.selection import Selection, from_dict, select
from core.workflows.scored import open_scored
from tests.learn.learning_toy import selection, write_dataset

CLASSES = ("round", "long", "bent")
SIGNAL = "long"
N = 360


def experiment(**labels: Any) -> Experiment:
    """The first experiment with three classes told by the column `kind`; a kind of 3 has no label."""

    def label_cuts(cuts: Any, scheme: str, dataset: Dataset) -> dict[str, list[Cut]]:
        del cuts, dataset
        names = CLASSES if scheme == "truth" else CLASSES[:2]
        return {name: [Cut(name, "kind", values=(CLASSES.index(name),))] for name in names}

    def long_ones(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
        return {"by length": dataset.column("length")[rows] > 3.0}

    base = experiment_by_key("cosine")
    three = {"classes": CLASSES, "signal": SIGNAL, "cuts_of": label_cuts, **labels}
    judging = dataclasses.replace(
        base.judging, class_baselines=long_ones, tree_features=("length", "width"), trees="forest", cut_baseline=None,
        box=(), truth_bound="",
    )  # fmt: skip
    selecting = dataclasses.replace(base.selecting, warnings=lambda *_: [])
    return dataclasses.replace(
        base, labels=dataclasses.replace(base.labels, **three), judging=judging, selecting=selecting
    )


def write(workspace: Path, name: str = "several") -> str:
    """The data set and a run on it in a workspace; the run's id. Half of 'bent' looks like 'long'."""
    rng = np.random.default_rng(6)
    write_dataset(workspace / "datasets" / name, np.zeros(N, np.int64), 1)
    file = workspace / "datasets" / name / "table-toy.parquet"
    table = pd.read_parquet(file)
    kind = rng.choice(4, N, p=[0.5, 0.25, 0.15, 0.1])
    length = rng.normal(np.array([0.0, 4.0, 2.0, 2.0])[kind], 1.0).astype(np.float32)
    table = table.assign(kind=kind, length=length, width=rng.normal(kind == 2, 0.5).astype(np.float32))
    table["energy_kev"] = rng.uniform(0, 10, N).astype(np.float32)
    table.to_parquet(file)
    dataset = open_dataset(name)
    own = select(experiment().selecting, experiment().labels, dataset, _selection())
    z = np.stack([-length, length - 4.0, 2 * table.width - 1.0 - np.abs(length - 2)], axis=1)[own.preselected]
    p = np.exp(1.5 * z)
    folder = runs.create("compact")
    runs.write_settings(folder, {"network": "compact", "parameters": {}, "training": {}}, {}, _selection().to_dict())
    uid, source = dataset.column("uid")[own.preselected], dataset.source_of(own.preselected)
    runs.write_rows(folder, uid, source, own.labels, own.side)
    (folder / runs.MODEL).write_bytes(b"none")
    provenance = {
        "experiment": dataset.experiment,
        "dataset": {"name": name},
        "classes": list(CLASSES),
        "n_parameters": 0,
    }
    runs.seal(folder, {**provenance, "seconds": 1.0})
    scores = as_scores((p / p.sum(axis=1, keepdims=True)).astype(np.float32), CLASSES.index(SIGNAL))
    outputs.write(folder, name, uid, dataset.origin_of(own.preselected), own.split, scores)
    return folder.name


def _selection() -> Selection:
    return from_dict(experiment().selecting, experiment().labels, selection())


def opened(run_id: str, name: str = "several") -> ScoreTable:
    """The run's scores of the data set."""
    return open_scored(runs.open_run(run_id), experiment(), open_dataset(name))
