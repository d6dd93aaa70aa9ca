"""What the features of the shipped samples are, kept so that a change of them cannot go unnoticed.

`python -m tests.feature_reference` writes it anew: after `VERSION` was raised in the experiment's `features.py`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.experiment import Experiment
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping, raw_files

FILE = Path(__file__).with_suffix(".json")
N_FILES = 2
RELATIVE = 1e-5  # what another processor's rounding may change of a mean


def summary(experiment: Experiment) -> dict[str, Any]:
    """Version of the features, and of each column of the sample's first files how many values are defined, mean and spread."""
    mapping = default_mapping(experiment)
    paths = raw_files(experiment, experiment.simulation.sample)[:N_FILES]
    tables = [block.table for path in paths for block in experiment.reading.blocks(path, mapping)]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    numbers = {name: _of(values) for name, values in columns.items() if values.dtype.kind in "iufb" and name != "uid"}
    return {"version": experiment.reading.version, "columns": numbers}


def _of(values: np.ndarray) -> dict[str, float]:
    defined = values[np.isfinite(values)].astype(np.float64)
    n = len(defined)
    return {"n": n, "mean": float(defined.mean()) if n else 0.0, "spread": float(defined.std()) if n else 0.0}


def differences(reference: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The columns whose numbers are others now, or that came or went."""
    before, after = reference["columns"], now["columns"]
    changed = {name for name in before.keys() & after.keys() if not _alike(before[name], after[name])}
    return sorted(changed | (before.keys() ^ after.keys()))


def _alike(first: dict[str, float], other: dict[str, float]) -> bool:
    scale = RELATIVE * (abs(first["mean"]) + first["spread"])
    return first["n"] == other["n"] and all(abs(first[k] - other[k]) <= scale for k in ("mean", "spread"))


def main() -> None:
    """Write the numbers of today's features."""
    FILE.write_text(json.dumps({key: summary(e) for key, e in EXPERIMENTS.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
