"""The state of a training on the disk after every epoch: a kill, an unreadable file or a full disk lose at most one.

runs/<id>/checkpoint/origin.json    data set and state of its rows that it trains on
    state.npz                       weights, optimizer, random states; stage, epoch, curves, the best so far
    best-<stage>.npz                the best weights of a stage so far
    batches.jsonl                   points of the curves over batches, of which the state tells how many bytes count

The folder is gone once the run is sealed.
"""

import json
import shutil
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import runs, workspace
from core.errors import DarkroomError
from core.learn import epoch_weights

if TYPE_CHECKING:
    from core.learn.epochs import Fitted, StageFit
    from core.learn.progress import Curves

ORIGIN, STATE, POINTS = "origin.json", "state.npz", "batches.jsonl"


@dataclass(frozen=True)
class State:
    """What was read back: `facts` are plain values, `arrays` by name, `batches` the points of the curve."""

    facts: dict[str, Any]
    variables: list[np.ndarray]
    optimizer: list[np.ndarray]
    latest: np.ndarray
    batches: list[dict[str, Any]]
    best: list[np.ndarray]


def begin(folder: Path, origin: Mapping[str, Any]) -> None:
    """Make the folder of a new training."""
    workspace.make_folder(folder / runs.CHECKPOINT)
    workspace.write_json(folder / runs.CHECKPOINT / ORIGIN, dict(origin))


def is_there(folder: Path) -> bool:
    """Whether a training in this folder has not ended and can go on."""
    return (folder / runs.CHECKPOINT / ORIGIN).exists() and not runs.is_sealed(folder.name)


def origin_of(folder: Path) -> dict[str, Any]:
    """The data set and rows that an unfinished training began with, or a refusal."""
    file = folder / runs.CHECKPOINT / ORIGIN
    if not file.exists():
        raise DarkroomError(f"Run '{folder.name}' keeps no state to go on from: train again.")
    origin: dict[str, Any] = workspace.read_json(file)
    return origin


def remove(folder: Path) -> None:
    shutil.rmtree(folder / runs.CHECKPOINT, ignore_errors=True)


def assign(variables: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Give keras variables the values that were kept of them, in the same order."""
    if len(variables) != len(values):
        raise DarkroomError(f"The state holds {len(values)} arrays, the network has {len(variables)}: train again.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def variables_of(network: Any) -> list[Any]:
    """Weights and random states of a network, without the sums of its metrics."""
    metrics = {id(variable) for variable in network.metrics_variables}
    return [variable for variable in network.variables if id(variable) not in metrics]


class Keeper:
    """Writes the state after every epoch, and knows what earlier processes have spent on the training."""

    def __init__(self, folder: Path, state: State | None, facts: Mapping[str, Any]) -> None:
        self.folder, self.state, self._facts = folder, state, dict(facts)
        before = state.facts if state else {}
        self.started_at: str = before.get("started_at") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.seconds_before: float = before.get("seconds", 0.0)
        self.cpu_s_before: float = before.get("cpu_s", 0.0)
        self.resumed_from_epoch: int | None = len(before["epochs"]) if state else None
        self._n_bytes: int = before.get("n_bytes", 0)
        self._n_points = len(state.batches) if state else 0
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def keep(
        self, fit: "StageFit", curves: "Curves", fitted: "Fitted", is_best: bool, place: Mapping[str, Any]
    ) -> None:
        """Keep the state after an epoch: first the best weights if they are new, then all the rest in one file."""
        if len(curves.epochs) in fit.plan.training.keep_epochs:
            epoch_weights.write(self.folder, len(curves.epochs), fit.network.get_weights())
        if is_best:
            self._replace(best_of(place["stage"]), {f"w{i}": w for i, w in enumerate(fitted.weights)})
        facts = {
            **self._facts, **place, "epochs": curves.epochs, "n_bytes": self._add_points(curves.batches),
            "fitted": {name: getattr(fitted, name) for name in ("best_epoch", "best_loss", "is_over")},
            "started_at": self.started_at,
            "seconds": self.seconds_before + time.perf_counter() - self._began,
            "cpu_s": self.cpu_s_before + time.process_time() - self._cpu_began,
        }  # fmt: skip
        variables = {f"v{i}": _array(v) for i, v in enumerate(variables_of(fit.network))}
        optimizer = {f"o{i}": _array(v) for i, v in enumerate(fit.model.optimizer.variables)}
        arrays = {**variables, **optimizer, "latest": curves.latest(), "facts": np.array(json.dumps(facts))}
        self._replace(STATE, arrays)

    def _add_points(self, points: Sequence[Mapping[str, Any]]) -> int:
        """Append the points of the epoch; returns how many bytes of their file count from now on."""
        lines = "".join(json.dumps(point) + "\n" for point in points[self._n_points :])
        with (self.folder / runs.CHECKPOINT / POINTS).open("ab") as file:
            file.truncate(self._n_bytes)  # what a killed process wrote of an epoch that does not count
            file.write(lines.encode())
        self._n_points, self._n_bytes = len(points), self._n_bytes + len(lines.encode())
        return self._n_bytes

    def _replace(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        n_bytes = sum(array.nbytes for array in arrays.values())
        with workspace.replacing(self.folder / runs.CHECKPOINT / name, n_bytes=n_bytes) as temporary:
            _write(temporary, arrays)


def _array(variable: Any) -> np.ndarray:
    return np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)


def best_of(stage: int) -> str:
    """The file of the best weights of a stage; one per stage, as the next starts from them."""
    return f"best-{stage}.npz"


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read(folder: Path) -> State | None:
    """The state that a training goes on from; None before its first epoch has ended."""
    file = folder / runs.CHECKPOINT / STATE
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        facts = json.loads(str(arrays["facts"]))
        with np.load(folder / runs.CHECKPOINT / best_of(facts["stage"]), allow_pickle=False) as stored:
            best = [stored[f"w{i}"] for i in range(len(stored.files))]
        text = (folder / runs.CHECKPOINT / POINTS).read_bytes()[: facts["n_bytes"]].decode()
        points = [json.loads(line) for line in text.splitlines()]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DarkroomError(f"The state of run '{folder.name}' cannot be read ({error}): train again.") from None
    return State(facts, _numbered(arrays, "v"), _numbered(arrays, "o"), arrays["latest"], points, best)


def _numbered(arrays: Mapping[str, np.ndarray], letter: str) -> list[np.ndarray]:
    n = sum(name[0] == letter and name[1:].isdigit() for name in arrays)
    return [arrays[f"{letter}{i}"] for i in range(n)]
