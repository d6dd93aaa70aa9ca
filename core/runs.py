"""Runs: one folder per trained network, with everything its result depends on. Imports no keras.

workspace/runs/<id>/model.keras        the network with its best weights
    params.json, recipe.json, selection.json   what was asked for
    rows.parquet                       uid, source, label, split of every row inside the preselection
    batches.parquet, epochs.parquet    the curves
    scores/<dataset>.parquet           uid, source, score, split, and with three classes or more p_0, p_1, ...
    provenance.json                    data, versions, device, seconds, counts
    manifest.json                      SHA-256 of the files above, written last: without it a run is unfinished
"""

import contextlib
import hashlib
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core import workspace
from core.errors import DarkroomError

MODEL = "model.keras"
HASHED = (MODEL, "params.json", "recipe.json", "selection.json", "rows.parquet", "provenance.json")
CURVES = ("batches", "epochs")


@dataclass(frozen=True)
class RunSummary:
    """A line in the list of runs. `state`: finished, stopped, unfinished (no manifest) or damaged (`problem` says why).

    Fields of a run that is not whole are empty, 0 or None.
    """

    id: str
    state: str
    problem: str = ""
    experiment: str = ""
    dataset: str = ""
    network: str = ""
    labels: str = ""
    started_at: str = ""
    seconds: float = 0.0
    events_per_s: float | None = None
    device: str = ""
    n_parameters: int = 0
    n_epochs: int = 0
    validation_loss: float | None = None


@dataclass(frozen=True)
class Run:
    """An opened run: `provenance`, `params`, `recipe` and `selection` are plain values."""

    path: Path
    provenance: dict[str, Any]
    params: dict[str, Any]
    recipe: dict[str, Any]
    selection: dict[str, Any]

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def network(self) -> str:
        return str(self.params["network"])

    @property
    def dataset(self) -> str:
        """Name of the data set that it was trained on."""
        return str(self.provenance["dataset"]["name"])

    @property
    def experiment(self) -> str:
        return str(self.provenance["experiment"])

    @property
    def classes(self) -> tuple[str, ...]:
        """What its outputs stand for, in order (a run of before there were more than two does not tell)."""
        return tuple(self.provenance.get("classes", ("background", "signal")))


def runs_folder() -> Path:
    return workspace.folder("runs")


def create(network: str) -> Path:
    """Make the folder of a new run; its name is the run's id: time, network and four random digits."""
    workspace.checked_name(network, "network")
    while True:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        path = runs_folder() / f"{stamp}-{network}-{secrets.token_hex(2)}"
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            (path / "scores").mkdir()
            return path


def write_settings(
    path: Path, params: Mapping[str, Any], recipe: Mapping[str, Any], selection: Mapping[str, Any]
) -> None:
    """Keep what was asked for: {"network", "parameters", "training"}, the recipe and the selection."""
    workspace.write_json(path / "params.json", dict(params))
    workspace.write_json(path / "recipe.json", dict(recipe))
    workspace.write_json(path / "selection.json", dict(selection))


def write_rows(path: Path, uid: np.ndarray, source: np.ndarray, labels: np.ndarray, split: np.ndarray) -> None:
    """Keep the side and label of every row: uid and source int64 (n,), labels int8 (-1: none), split int8."""
    columns = {"uid": uid, "source": source, "label": labels.astype(np.int8), "split": split.astype(np.int8)}
    _write_table(path / "rows.parquet", columns)


def write_curves(path: Path, name: str, points: Sequence[Mapping[str, Any]]) -> None:
    """Keep the points of a curve ('batches' or 'epochs')."""
    with workspace.replacing(path / f"{name}.parquet") as temporary:
        pd.DataFrame(list(points)).to_parquet(temporary, index=False)


def seal(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write provenance and, last, the manifest: from here on the run counts as made."""
    workspace.write_json(path / "provenance.json", dict(provenance))
    hashes = {name: _sha256(path / name) for name in HASHED}
    workspace.write_json(path / "manifest.json", {"format": 1, "sha256": hashes})


def list_runs() -> list[RunSummary]:
    """All runs, newest first; those that are unfinished or damaged are listed as such."""
    return [_summary(p) for p in sorted(runs_folder().iterdir(), reverse=True) if p.is_dir() and p.name[0] != "."]


def _summary(path: Path) -> RunSummary:
    if not (path / "manifest.json").exists():
        return RunSummary(path.name, "unfinished", "the training has not ended or was killed")
    try:
        run = _read(path)
        if not (path / MODEL).exists():
            return RunSummary(path.name, "damaged", f"{MODEL} is missing: train again")
        told = run.provenance
        return RunSummary(
            id=path.name,
            state=str(told["state"]),
            experiment=run.experiment,
            dataset=run.dataset,
            network=run.network,
            labels=str(run.selection.get("labels", "")),
            started_at=str(told["started_at"]),
            seconds=float(told["seconds"]),
            events_per_s=told["events_per_s"],
            device=str(told["device"]),
            n_parameters=int(told["n_parameters"]),
            n_epochs=int(told["n_epochs"]),
            validation_loss=told["validation_loss"],
        )
    except DarkroomError as error:
        return RunSummary(path.name, "damaged", str(error))
    except (KeyError, TypeError, ValueError) as error:
        return RunSummary(path.name, "damaged", f"its files lack {error}: train again")


def _read(path: Path) -> Run:
    names = ("provenance", "params", "recipe", "selection")
    return Run(path, *(workspace.read_json(path / f"{name}.json") for name in names))


def open_run(run_id: str) -> Run:
    """Open a finished or stopped run by its id."""
    path = _existing(run_id)
    if not (path / "manifest.json").exists():
        raise DarkroomError(f"Run '{run_id}' is unfinished: wait until its training ends, or train again.")
    return _read(path)


def is_sealed(run_id: str) -> bool:
    """Whether there is a finished or stopped run with this id, without opening it."""
    return (runs_folder() / run_id / "manifest.json").exists()


def _existing(run_id: str) -> Path:
    path = runs_folder() / workspace.checked_name(run_id, "run")
    if not path.is_dir():
        latest = ", ".join(run.id for run in list_runs()[:3]) or "none yet"
        raise DarkroomError(f"There is no run '{run_id}' (the latest are: {latest}): take an id from the list of runs.")
    return path


def delete(run_id: str, *, is_busy: bool = False) -> None:
    """Delete a run for good; refused while a job works on it (`is_busy`)."""
    path = _existing(run_id)
    if is_busy:
        raise DarkroomError(f"Run '{run_id}' is still being made by a job: stop the job first, then delete the run.")
    hidden = path.with_name(f".deleted-{path.name}")
    path.rename(hidden)  # it leaves the list in one step, however long the deleting takes
    shutil.rmtree(hidden)


def verify(run: Run) -> None:
    """Refuse a run whose files are not those that were written, before any of them is loaded."""
    expected = workspace.read_json(run.path / "manifest.json").get("sha256", {})
    for name in HASHED:
        file, wanted = run.path / name, str(expected.get(name, ""))
        found = _sha256(file) if file.exists() else "no file"
        if found != wanted:
            what = "model file" if name == MODEL else f"file {name}"
            raise DarkroomError(
                f"The {what} of run '{run.id}' is damaged or was changed: found {found[:12]}, "
                f"expected {wanted[:12] or 'an entry in manifest.json'}: train again."
            )


def read_curves(run: Run, name: str) -> pd.DataFrame:
    """A curve of the run: 'batches' or 'epochs', one line per point; undefined is NaN."""
    if name not in CURVES:
        raise DarkroomError(f"There is no curve '{name}': expected one of {', '.join(CURVES)}.")
    return pd.DataFrame(_read_table(run, f"{name}.parquet").to_pandas())


def read_rows(run: Run) -> dict[str, np.ndarray]:
    """uid, source int64, label int8 (-1: none), split int8 of the rows inside the run's preselection."""
    return _columns(_read_table(run, "rows.parquet"))


def write_scores(
    path: Path, dataset_name: str, uid: np.ndarray, source: np.ndarray, score: np.ndarray, split: np.ndarray,
    **outputs: np.ndarray,
) -> None:  # fmt: skip
    """Write the scores of a data set: uid, source int64 (n,), score float32 (n,), split int8 (n,) (3: not the run's own).

    `outputs` are the network's, p_0 to p_k float32 (n,) in the order of the run's classes, where there are more than two.

    `source` (`Dataset.source_of`) says of which file content: a file that was changed since has other events under the
    same uid.
    """
    file = path / "scores" / f"{workspace.checked_name(dataset_name, 'data set')}.parquet"
    file.parent.mkdir(exist_ok=True)
    columns = {"uid": uid, "source": source, "score": score.astype(np.float32), "split": split.astype(np.int8)}
    _write_table(file, columns | {name: p.astype(np.float32) for name, p in outputs.items()})


def scored_datasets(run: Run) -> list[str]:
    """Names of the data sets that the run has scores of."""
    return sorted(p.stem for p in (run.path / "scores").glob("*.parquet"))


def is_scored(run_id: str, dataset_name: str) -> bool:
    """Whether a run has scores of a data set, without opening it."""
    return (runs_folder() / run_id / "scores" / f"{dataset_name}.parquet").exists()


def read_scores(run: Run, dataset_name: str) -> dict[str, np.ndarray]:
    """uid, source int64 (n,), score float32 (n,), split int8 (n,), and p_0, ... float32 (n,), of the rows that were scored."""
    if dataset_name not in scored_datasets(run):
        there = ", ".join(scored_datasets(run)) or "none"
        raise DarkroomError(
            f"Run '{run.id}' has no scores of data set '{dataset_name}' (it has: {there}): "
            f"run `python -m core predict {run.id} {dataset_name}`."
        )
    return _columns(_read_table(run, f"scores/{dataset_name}.parquet"))


def _write_table(file: Path, columns: Mapping[str, np.ndarray]) -> None:
    with workspace.replacing(file) as temporary:
        pq.write_table(pa.table(dict(columns)), temporary, compression="zstd")


def _read_table(run: Run, name: str) -> pa.Table:
    try:
        return pq.read_table(run.path / name)
    except (OSError, ValueError) as error:
        raise DarkroomError(f"{name} of run '{run.id}' cannot be read ({error}): train or predict again.") from None


def _columns(table: pa.Table) -> dict[str, np.ndarray]:
    return {name: table[name].to_numpy() for name in table.column_names}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
