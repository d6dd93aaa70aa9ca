"""What a run keeps beside its scores: those of the boosted trees, and what network and trees have cost.

runs/<id>/baselines/<dataset>/<some>.parquet   uid, source, trees float32 (of several classes trees_0, trees_1, ...): only
                                               the scores are kept, never a model
    baselines/trees.json                       settings, features, seconds, size and permutation importance
    costs.json                                 microseconds per event of the network

All of it is sealed by the run's manifest.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import columnfile, manifest, runs, workspace
from core.data.dataset import Dataset, locate
from core.errors import DarkroomError

TREES = "trees"
TREES_FACTS, COSTS = "baselines/trees.json", "costs.json"


def write_trees(
    folder: Path, dataset_name: str, uid: np.ndarray, source: np.ndarray, trees: np.ndarray, instead_of: Iterable[str] = ()
) -> None:  # fmt: skip
    """Keep the trees' scores of a data set: uid, source int64 (n,), trees float32 (n,), of several classes (n, n_classes).

    Each call writes a file of its own; `instead_of` are earlier ones (`baseline_files`) whose rows are all among these.
    """
    name = f"{_scores_of(workspace.checked_name(dataset_name, 'data set'))}{secrets.token_hex(8)}.parquet"
    workspace.make_folder((folder / name).parent)
    trees = trees.astype(np.float32)
    scores = {TREES: trees} if trees.ndim == 1 else {f"{TREES}_{k}": p for k, p in enumerate(trees.T)}
    with manifest.adding(folder, name) as temporary:
        columnfile.write(temporary, {"uid": uid, "source": source, **scores})
    manifest.drop(folder, instead_of)


def write_trees_facts(folder: Path, facts: dict[str, Any]) -> None:
    workspace.make_folder(folder / "baselines")
    _write_json(folder, TREES_FACTS, facts)


def write_network_cost(folder: Path, us_per_event: float | None) -> None:
    """Keep how long the network takes per event, reading included; None where too few were scored to tell."""
    _write_json(folder, COSTS, {"us_per_event": us_per_event})


def _write_json(folder: Path, name: str, value: dict[str, Any]) -> None:
    with manifest.adding(folder, name) as temporary:
        temporary.write_text(workspace.json_text(value), encoding="utf-8")


def _scores_of(dataset_name: str) -> str:
    """What the names of the files of the trees' scores begin with."""
    return f"baselines/{dataset_name}/"


def baseline_files(folder: Path, dataset_name: str) -> list[str]:
    """The files of the trees' scores of a data set that the run in this folder has, oldest first."""
    return [name for name in manifest.read(folder) if name.startswith(_scores_of(dataset_name))]


def read_baseline(run: runs.Run, dataset_name: str, name: str) -> dict[str, np.ndarray] | None:
    """uid, source int64 (n,) and the scores of the baseline `name` float32 (n,), of several classes `name`_0, `name`_1, ...;
    None where they were not made.
    """
    files = baseline_files(run.path, dataset_name)
    if not files:
        return None
    columns = columnfile.latest([columnfile.read(manifest.checked(run.path, file)) for file in files])
    return {column: v for column, v in columns.items() if column in ("uid", "source", name) or f"{name}_" in column}


def outputs_of(
    columns: Mapping[str, np.ndarray], names: tuple[str, str], classes: Sequence[str], signal: int
) -> np.ndarray:
    """float32 (n, n_classes) of what a file keeps: of two classes only the probability of `signal`, under the first of the
    names, of more that of each, under the second with its place.
    """
    two, several = names
    if len(classes) == 2 and two in columns:
        return np.stack([columns[two] if k == signal else 1.0 - columns[two] for k in range(2)], axis=1)
    try:
        return np.stack([columns[f"{several}_{k}"] for k in range(len(classes))], axis=1)
    except KeyError:
        raise DarkroomError(f"The {two} are not of {len(classes)} classes: make them again.") from None


def trees_facts(run: runs.Run) -> dict[str, Any]:
    """Settings, cost and importance of the trees; empty where they were not made."""
    return _read_json(run, TREES_FACTS)


def _read_json(run: runs.Run, name: str) -> dict[str, Any]:
    """A sealed table of values of the run; empty where there is none."""
    values = workspace.read_json(manifest.checked(run.path, name)) if name in manifest.read(run.path) else {}
    if not isinstance(values, dict):
        raise DarkroomError(f"{name} of run '{run.id}' holds no table of values: make it again.")
    return values


def costs(run: runs.Run) -> dict[str, dict[str, Any]]:
    """Of network and trees: parameters, train_seconds, us_per_event; None where it is not known."""
    network, trees, provenance = _read_json(run, COSTS), trees_facts(run), run.provenance
    names = ("parameters", "train_seconds", "us_per_event")
    known = {"network": (provenance.get("n_parameters"), provenance.get("seconds"), network.get("us_per_event"))}
    if trees:
        known[TREES] = (trees.get("n_parameters"), trees.get("fit_seconds"), trees.get("us_per_event"))
    return {name: dict(zip(names, values, strict=True)) for name, values in known.items()}


def beside_rows(
    run: runs.Run, dataset: Dataset, columns: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray], int]:
    """(row numbers int64 (n,), ascending; the `columns` of a run in their order; how many rows the data set no longer has).

    Rows are joined by `uid` and `source`. A data set of another experiment than the run's is refused.
    """
    if run.experiment != dataset.experiment:
        raise DarkroomError(
            f"Run '{run.id}' belongs to {run.experiment}, data set '{dataset.name}' to {dataset.experiment}."
        )
    rows, is_there = locate(dataset, columns["uid"], columns["source"], dataset.origin_of)
    order = np.flatnonzero(is_there)[np.argsort(rows[is_there])]
    return rows[order], {name: values[order] for name, values in columns.items()}, int((~is_there).sum())
