"""Fixtures for training: small data sets with known truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import runs
from core.data.dataset import Dataset, open_dataset
from core.learn import fit, predict, provenance
from core.learn.plan import TrainingPlan
from core.workflows import cross_training_job
from tests.learn.learning_toy import write_dataset


@pytest.fixture
def make_dataset(workspace: Path) -> Callable[..., Dataset]:
    """A function that writes a toy data set of `n` rows into the test's workspace and opens it."""

    def make(name: str = "toy", n: int = 400, seed: int = 1, signal_share: float = 0.3, **options: float) -> Dataset:
        labels = (np.random.default_rng(seed).random(n) < signal_share).astype(np.int64)
        write_dataset(workspace / "datasets" / name, labels, seed, **options)
        return open_dataset(name)

    return make


@pytest.fixture
def toy(make_dataset: Callable[..., Dataset]) -> Dataset:
    """Crystals 1 and 3, 0-10 keV, in turn; both classes everywhere but in crystal 7, which has signal alone."""
    dataset = make_dataset(n=400, signal_share=0.5)
    (table,) = dataset.table.paths
    frame = pd.read_parquet(table)
    n = len(frame)
    frame["crystal"] = np.where(frame.truth_class == 1, np.arange(n) % 3, np.arange(n) % 2).astype(int)
    frame["crystal"] = np.array([1, 3, 7])[frame.crystal]
    frame["energy_kev"] = np.random.default_rng(5).uniform(0, 10, n).astype(np.float32)
    frame.to_parquet(table)
    return open_dataset(dataset.name)


class Answer:
    """Stands for a network whose answer to everything is one half."""

    input_shape, output_shape = (None, 750, 2), (None, 2)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        return np.full((len(x), 2), 0.5, np.float32)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that leave a run folder as a real one does, in no time."""

    def train(plan: TrainingPlan, folder: Path, context: Any) -> dict[str, Any]:
        provenance.write_settings(plan, folder)
        (folder / runs.MODEL).write_bytes(b"no network")
        context.report(1, 1, "Epoch 1 of 1")
        facts = {
            **provenance.origin(plan), "state": "finished", "started_at": "", "seconds": 0.0, "events_per_s": None,
            "device": "none", "n_parameters": 0, "n_epochs": 1, "validation_loss": None,
        }  # fmt: skip
        runs.seal(folder, facts)
        return facts

    monkeypatch.setattr(fit, "train", train)
    monkeypatch.setattr(predict, "load_model", lambda _run, _networks: Answer())
    monkeypatch.setattr(cross_training_job, "_clear", lambda: None)
