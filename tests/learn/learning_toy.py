"""A small prepared data set with known truth: exponential pulses of 240 ns (signal) and 30 ns (background)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from core.data import stored_arrays
from core.data.dataset import FORMAT, Dataset
from core.learn.plan import TrainingPlan, plan_training
from core.learn.progress import Silent
from core.registry import experiment_by_key
from core.selection.selection import Selected, from_dict, select

N_SAMPLES, PRETRIGGER, SAMPLING_NS = 4080, 1200, 2.0
DECAY_NS = (30.0, 240.0)

TINY = {"filters": [8, 8], "kernels": [8, 5], "strides": [4, 4], "dense_units": 8, "dropout": 0.0}
QUICK = {"epochs": 6, "batch_size": 16, "decay": False}


def waveforms(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 (n, 2, N_SAMPLES): 40 photoelectrons per PMT of 50 ADC, exponential in time, on white noise."""
    raw = rng.normal(0, 1.5, (len(labels), 2, N_SAMPLES))
    for i, label in enumerate(labels):
        for pmt in range(2):
            times = rng.exponential(DECAY_NS[label], 40)
            at = PRETRIGGER + (times / SAMPLING_NS).astype(int)
            np.add.at(raw[i, pmt], at[at < N_SAMPLES], 50.0)
    return np.rint(raw).astype(np.int16)


def write_dataset(folder: Path, labels: np.ndarray, seed: int, sampling_ns: float = SAMPLING_NS) -> None:
    """A data set folder as `prepare` leaves it, with two parts and ten sub-runs."""
    rng = np.random.default_rng(seed)
    n = len(labels)
    (folder / "parts").mkdir(parents=True)
    raw, parts = waveforms(labels, rng), []
    for name, rows in (("a.h5", slice(0, n // 2)), ("b.h5", slice(n // 2, n))):
        with h5py.File(folder / "parts" / name, "w") as file:
            stored_arrays.append(file, {"waveform": raw[rows]})
        parts.append({"file": name, "n_rows": len(raw[rows]), "sha256": "0" * 64})
    table = {
        "uid": 1000 * seed + np.arange(n), "run": np.full(n, 1765), "subrun": np.arange(n) * 10 // n,
        "crystal": np.full(n, 3), "energy_kev": np.full(n, 5.0, np.float32), "flags": np.zeros(n, np.uint32),
        "coincident": labels, "nmt500_us": np.where(labels, 0.17, 0.03), "truth_class": labels.astype(np.int8),
        "baseline1_adc": np.full(n, 300.0, np.float32), "baseline2_adc": np.full(n, 300.0, np.float32),
    }  # fmt: skip
    pd.DataFrame(table).to_parquet(folder / "table-toy.parquet")
    meta = {
        "id": f"toy{seed}", "format": FORMAT, "version": 1, "mapping": {}, "refused": [], "table": "table-toy.parquet", "experiment": "cosine", "n_rows": n, "sampling_ns": sampling_ns, "simulated": True,
        "record_samples": N_SAMPLES, "pretrigger_samples": PRETRIGGER, "positive": True, "parts": parts,
    }  # fmt: skip
    (folder / "dataset.json").write_text(json.dumps(meta))


def selection(**cuts: Any) -> dict[str, Any]:
    """Everything labelled by truth, with room for validation and test."""
    split = {"validation_fraction": 0.2, "test_fraction": 0.2}
    return {"cuts": {"signal_runs": [], "background_runs": [], **cuts}, "labels": "truth", "split": split}


def selected(dataset: Dataset, **cuts: Any) -> Selected:
    experiment = experiment_by_key(dataset.experiment)
    return select(
        experiment.selecting,
        experiment.labels,
        dataset,
        from_dict(experiment.selecting, experiment.labels, selection(**cuts)),
    )


def planned(dataset: Dataset, network: str, values: Mapping[str, Any], training: Mapping[str, Any]) -> TrainingPlan:
    """The plan of a training on the whole toy."""
    return plan_training(selected(dataset), experiment_by_key(dataset.experiment).networks, network, values, training)


class Listener(Silent):
    """A job's context that remembers what it was told and asks for a stop after `n_points` points."""

    def __init__(self, arguments: dict[str, Any] | None = None, n_points: int | None = None) -> None:
        self.arguments, self.n_points = arguments or {}, n_points
        self.points: list[dict[str, Any]] = []
        self.reports: list[tuple[float, float | None, str]] = []
        self.run = ""

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        self.reports.append((done, total, text))

    def metric(self, values: Mapping[str, Any]) -> None:
        self.points.append(dict(values))

    def set_run(self, run_id: str) -> None:
        self.run = run_id

    def stop_requested(self) -> bool:
        return self.n_points is not None and len(self.points) >= self.n_points
