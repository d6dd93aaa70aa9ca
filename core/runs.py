"""Runs: one folder per trained network with everything that its result depends on. Imports no keras.

workspace/runs/<id>/model.keras        the network with its best weights
    params.json, recipe.json, selection.json   what was asked for
    rows.parquet                       uid, source, label, split, side of every row inside the preselection
    batches.parquet, epochs.parquet    the curves
    provenance.json                    data, versions, device, seconds, counts
    manifest.json                      SHA-256 of the files above, written last: without it a run is unfinished
    outputs/                           what the network gave for the rows of data sets (`core.outputs`)
    epochs/<n>.npz                     weights after chosen epochs (`core.learn.epoch_weights`)
    summary.json                       of a regression or a generator: numbers on rows that no training used
    named.json, result.json            outside of the seal: its name (`core.run_names`) and result (`core.judge.run_result`)
    checkpoint/                        until it is sealed: the state to go on from (`core.learn.checkpoint`)
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core import bin, columnfile, manifest, outputs, run_names, workspace
from core.data.splits import OTHER
from core.errors import DarkroomError

MODEL = "model.keras"
SETTINGS = ("provenance", "params", "recipe", "selection")
SEALED = (MODEL, "rows.parquet", *(f"{name}.json" for name in SETTINGS))
CURVES = ("batches", "epochs")
CHECKPOINT, SUMMARY, RESULT = "checkpoint", "summary.json", "result.json"
UNSEALED = (run_names.FILE, RESULT)  # may change at any time
CLASSIFY = "classify"


@dataclass(frozen=True)
class RunSummary:
    """A line in the list of runs. `state`: finished, stopped, unfinished (no manifest) or damaged (`problem` says why).

    Fields of a run that cannot be opened are empty, 0 or None; one of which only scores are damaged can (`is_usable`).
    """

    id: str
    state: str
    problem: str = ""
    is_usable: bool = False
    experiment: str = ""
    dataset: str = ""
    network: str = ""
    task: str = ""
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
    def name(self) -> str:
        """What people call it; its id where nobody gave it a name."""
        return run_names.of(self.id).name

    @property
    def title(self) -> str:
        """The name with the id behind it."""
        return run_names.of(self.id).title

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
    def task(self) -> str:
        """What its network learned, by the key of a task (a run of before there were several tells classes apart)."""
        return str(self.provenance.get("task", CLASSIFY))

    @property
    def classes(self) -> tuple[str, ...]:
        """What its outputs stand for, in order (a run of before there were more than two does not tell)."""
        return tuple(self.provenance.get("classes", ("background", "signal")))


def runs_folder() -> Path:
    return run_names.folder()


def create(network: str) -> Path:
    """Make the folder of a new run; its name is the run's id: time, network and four random digits."""
    workspace.checked_name(network, "network")
    while True:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        path = runs_folder() / f"{stamp}-{network}-{secrets.token_hex(2)}"
        if not path.exists():
            workspace.make_folder(path)
            return path


def write_settings(
    path: Path, params: Mapping[str, Any], recipe: Mapping[str, Any], selection: Mapping[str, Any]
) -> None:
    """Store the settings: {"network", "parameters", "training"}, the recipe and the selection."""
    workspace.write_json(path / "params.json", dict(params))
    workspace.write_json(path / "recipe.json", dict(recipe))
    workspace.write_json(path / "selection.json", dict(selection))


def write_rows(
    path: Path, uid: np.ndarray, source: np.ndarray, labels: np.ndarray, side: np.ndarray, split: np.ndarray | None = None
) -> None:  # fmt: skip
    """Keep the label and side of every row: uid and source int64 (n,), labels int8 (-1: none), side int8.

    `side` tells where a row's group lies, `split` what the training did with the row: by default nothing (OTHER) with a row
    without a label.
    """
    split = np.where(labels < 0, OTHER, side) if split is None else split
    numbers = {"label": labels, "split": split, "side": side}
    columns = {"uid": uid, "source": source, **{name: values.astype(np.int8) for name, values in numbers.items()}}
    with workspace.replacing(path / "rows.parquet") as temporary:
        columnfile.write(temporary, columns)


def write_curves(path: Path, name: str, points: Sequence[Mapping[str, Any]]) -> None:
    """Keep the points of a curve ('batches' or 'epochs')."""
    with workspace.replacing(path / f"{name}.parquet") as temporary:
        pd.DataFrame(list(points)).to_parquet(temporary, index=False)


def seal(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write provenance and, last, the manifest: from here on the run counts as made."""
    workspace.write_json(path / "provenance.json", dict(provenance))
    files = (p.relative_to(path) for p in sorted(path.rglob("*")) if p.is_file() and p.name[0] != ".")
    names = (p.as_posix() for p in files if p.parts[0] not in (CHECKPOINT, *UNSEALED))
    manifest.write(path, dict.fromkeys((*SEALED, *names)))


def list_runs() -> list[RunSummary]:
    """All runs, newest first, then those whose id begins with no time, such as those that ship with Darkroom; those that are
    unfinished or damaged are listed as such.
    """
    paths = sorted(runs_folder().glob("[!.]*"), key=lambda path: (path.name[:1].isdigit(), path.name), reverse=True)
    return [_summary(path, manifest.state(path)) for path in paths if path.is_dir()]


@lru_cache(maxsize=4_096)
def _summary(path: Path, state: str) -> RunSummary:
    """The line of a run; read again only when the `state` of its files is another."""
    if not state:
        return RunSummary(path.name, "unfinished", "the training has not ended or was killed")
    try:
        run = _read(path)
        verify(run)
        known, problem = run.provenance, manifest.problem(path, manifest.read(path))
        return RunSummary(
            path.name, "damaged" if problem else str(known["state"]), problem, True, run.experiment, run.dataset,
            run.network, run.task, str(run.selection.get("labels", "")), str(known["started_at"]),
            float(known["seconds"]), known["events_per_s"] and float(known["events_per_s"]), str(known["device"]),
            int(known["n_parameters"]), int(known["n_epochs"]),
            known["validation_loss"] and float(known["validation_loss"]),
        )  # fmt: skip
    except DarkroomError as error:
        return RunSummary(path.name, "damaged", str(error))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return RunSummary(path.name, "damaged", f"its files lack {error}: train again")


def _read(path: Path) -> Run:
    """The run with its settings, each as it was sealed."""
    run = Run(path, *(workspace.read_json(manifest.checked(path, f"{name}.json")) for name in SETTINGS))
    try:
        _ = run.network, run.dataset, run.experiment, run.classes, dict(run.recipe), dict(run.selection)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DarkroomError(f"The settings of run '{path.name}' lack {error}: train again.") from None
    return run


def open_run(run_id: str) -> Run:
    """Open a finished or stopped run by its id."""
    path = existing(run_id)
    if not manifest.is_there(path):
        raise DarkroomError(f"Run '{run_id}' is unfinished: wait until its training ends, or train again.")
    return _read(path)


def is_sealed(run_id: str) -> bool:
    """Whether there is a finished or stopped run with this id, without opening it."""
    return manifest.is_there(runs_folder() / run_id)


def existing(run_id: str) -> Path:
    """The folder of a run, finished or not, or a refusal."""
    path = runs_folder() / workspace.checked_name(run_id, "run")
    if not path.is_dir():
        latest = ", ".join(run_names.of(run.id).title for run in list_runs()[:3]) or "none yet"
        raise DarkroomError(f"There is no run '{run_id}' (the latest are: {latest}): take one from the list of runs.")
    return path


def delete(run_id: str, *, is_busy: bool = False, for_good: bool = False) -> str:
    """Move a run into the bin and return the id of its entry, or delete it for good (''); refused while a job works on it."""
    path = existing(run_id)
    if is_busy:
        raise DarkroomError(f"Run '{run_id}' is still being made by a job: stop the job first, then delete the run.")
    return bin.discard("run", run_id, path, for_good)


def verify(run: Run) -> None:
    """Refuse a run whose files are not those that were written, before any of them is loaded."""
    for name in SEALED:
        manifest.checked(run.path, name)


def read_curves(run: Run, name: str) -> pd.DataFrame:
    """A curve of the run: 'batches' or 'epochs', one line per point; undefined is NaN."""
    if name not in CURVES:
        raise DarkroomError(f"There is no curve '{name}': expected one of {', '.join(CURVES)}.")
    return pd.DataFrame(columnfile.read(run.path / f"{name}.parquet"))


def read_rows(run: Run) -> dict[str, np.ndarray]:
    """uid, source int64, label int8 (-1: none), split and side int8 (`write_rows`) of the rows inside the run's preselection."""
    return columnfile.read(manifest.checked(run.path, "rows.parquet"))


def scored_datasets(run: Run) -> list[str]:
    """Names of the data sets that the run has outputs of."""
    return outputs.datasets(run.path)


def is_scored(run_id: str, dataset_name: str) -> bool:
    """Whether a run has outputs of a data set, without opening it."""
    path = runs_folder() / run_id
    return manifest.is_there(path) and bool(outputs.files(path, dataset_name))


def read_outputs(run: Run, dataset_name: str, names: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The stored outputs of a run for the rows of a data set (`core.outputs.read`), or a refusal."""
    if not outputs.files(run.path, dataset_name):
        available = ", ".join(outputs.datasets(run.path)) or "none"
        raise DarkroomError(
            f"Run '{run.id}' has no scores of data set '{dataset_name}' (it has: {available}): "
            f"run `python -m core predict {run.id} {dataset_name}`."
        )
    return outputs.read(run.path, dataset_name, names)


def need_classes(run: Run) -> None:
    """Refuse a run whose network regresses or generates: it has no scores."""
    if not run.classes:
        raise DarkroomError(
            f"Run '{run.id}' tells no classes apart (its network was trained to {run.task}), so it has no scores: choose "
            "another run."
        )


def read_summary(run: Run) -> dict[str, Any]:
    """What the task summed up on the test sample; empty where judging tells more, or where the run was stopped."""
    if SUMMARY not in manifest.read(run.path):
        return {}
    summary: dict[str, Any] = workspace.read_json(manifest.checked(run.path, SUMMARY))
    return summary


def read_scores(run: Run, dataset_name: str) -> dict[str, np.ndarray]:
    """uid, source int64 (n,), score float32 (n,), split int8 (n,), and p_0, ... float32 (n,), of the rows that were scored."""
    need_classes(run)
    n_classes = len(run.classes)
    probabilities = tuple(f"p_{k}" for k in range(n_classes)) if n_classes > 2 else ()
    return read_outputs(run, dataset_name, ("uid", "source", "score", "split", *probabilities))
