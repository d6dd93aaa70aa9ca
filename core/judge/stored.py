"""What a run keeps beside its scores: those of the boosted trees, and what network and trees have cost.

runs/<id>/baselines/<dataset>.parquet   uid, source, trees float32 (of several classes trees_0, trees_1, ...): only the
                                        scores are kept, never a model
    baselines/trees.json                settings, features, seconds, size and permutation importance
    costs.json                          microseconds per event of the network
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import runs, workspace
from core.errors import DarkroomError

TREES = "trees"


def write_trees(folder: Path, dataset_name: str, uid: np.ndarray, source: np.ndarray, trees: np.ndarray) -> None:
    """Keep the trees' scores of a data set: uid, source int64 (n,), trees float32 (n,), of several classes (n, n_classes)."""
    file = baseline_file(folder, workspace.checked_name(dataset_name, "data set"))
    file.parent.mkdir(exist_ok=True)
    trees = trees.astype(np.float32)
    made = {TREES: trees} if trees.ndim == 1 else {f"{TREES}_{k}": p for k, p in enumerate(trees.T)}
    columns = {"uid": uid, "source": source, **made}
    with workspace.replacing(file) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")


def write_trees_facts(folder: Path, facts: dict[str, Any]) -> None:
    (folder / "baselines").mkdir(exist_ok=True)
    workspace.write_json(folder / "baselines" / "trees.json", facts)


def write_network_cost(folder: Path, us_per_event: float | None) -> None:
    """Keep how long the network takes per event, reading included; None where too few were scored to tell."""
    workspace.write_json(folder / "costs.json", {"us_per_event": us_per_event})


def baseline_file(folder: Path, dataset_name: str) -> Path:
    return folder / "baselines" / f"{dataset_name}.parquet"


def read_baseline(folder: Path, dataset_name: str, name: str) -> dict[str, np.ndarray] | None:
    """uid, source int64 (n,) and the scores of the baseline `name` float32 (n,), of several classes `name`_0, `name`_1, ...;
    None where they were not made.
    """
    file = baseline_file(folder, dataset_name)
    if not file.exists():
        return None
    try:
        table = pq.read_table(file)
        scores = [column for column in table.column_names if column.startswith(f"{name}_")] or [name]
        return {column: table[column].to_numpy() for column in ("uid", "source", *scores)}
    except (OSError, KeyError, ValueError) as error:
        raise DarkroomError(f"{file} cannot be read ({error}): delete it and make the trees' scores again.") from None


def outputs_of(known: dict[str, np.ndarray], name: str, n_classes: int, signal: int) -> np.ndarray:
    """float32 (n, n_classes) of what `read_baseline` gave; of two classes only the probability of `signal` is kept."""
    if n_classes == 2 and name in known:
        return np.stack([known[name] if k == signal else 1.0 - known[name] for k in range(2)], axis=1)
    try:
        return np.stack([known[f"{name}_{k}"] for k in range(n_classes)], axis=1)
    except KeyError:
        raise DarkroomError(f"The scores of the {name} are not of {n_classes} classes: make them again.") from None


def trees_facts(folder: Path) -> dict[str, Any]:
    """Settings, cost and importance of the trees; empty where they were not made."""
    file = folder / "baselines" / "trees.json"
    return dict(workspace.read_json(file)) if file.exists() else {}


def costs(run: runs.Run) -> dict[str, dict[str, Any]]:
    """Of network and trees: parameters, train_seconds, us_per_event; None where it is not known."""
    network = workspace.read_json(run.path / "costs.json") if (run.path / "costs.json").exists() else {}
    told = run.provenance
    trees = trees_facts(run.path)
    names = ("parameters", "train_seconds", "us_per_event")
    known = {"network": (told.get("n_parameters"), told.get("seconds"), network.get("us_per_event"))}
    if trees:
        known[TREES] = (trees.get("n_parameters"), trees.get("fit_seconds"), trees.get("us_per_event"))
    return {name: dict(zip(names, values, strict=True)) for name, values in known.items()}
