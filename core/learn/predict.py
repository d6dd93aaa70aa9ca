"""Outputs of a trained network: the model is loaded only in a job's process, and only if its hash fits."""

import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import outputs, parameters, runs
from core.data.dataset import Dataset
from core.data.loader import Recipe
from core.errors import DarkroomError
from core.learn import backend
from core.learn.network import Network
from core.learn.sampling import Sampled, answering
from core.learn.split_sides import among, split_of
from core.learn.task import Task

BATCH_ROWS = 256
SAMPLED_ROWS = 1000
KEEP_EVERY_S = 30.0


def recipe_of(networks: Mapping[str, Network], run: runs.Run) -> Any:
    """The recipe that the run was trained with; refused if today's code would make another input."""
    network = networks.get(run.network)
    if network is None:
        raise DarkroomError(
            f"Run '{run.id}' was trained with a network '{run.network}' that is no longer there: train again with one "
            f"of {', '.join(networks)}."
        )
    recipe = network.recipe_for(parameters.build(network.parameters, run.params["parameters"]))
    if parameters.to_dict(recipe) != run.recipe:
        raise DarkroomError(
            f"Run '{run.id}' was trained with another recipe of its input: found {run.recipe}, expected "
            f"{parameters.to_dict(recipe)}: train again."
        )
    return recipe


def load_model(run: runs.Run, networks: Mapping[str, Network]) -> Any:
    """The keras model of a run, verified against the manifest and loaded in safe mode; its network's own layers are imported
    before.
    """
    runs.verify(run)
    keras = backend.load_keras()
    if layers := networks[run.network].layers:
        importlib.import_module(layers)
    return keras.saving.load_model(run.path / runs.MODEL, compile=False, safe_mode=True)


def refuse_other_input(run: runs.Run, model: Any, recipe: Any, dataset: Dataset, task: Task | None = None) -> None:
    """Refuse a data set from which the recipe makes another input than the model was trained on: of another shape, or from
    features of another version.
    """
    shape, version = recipe.shape(dataset), run.provenance["dataset"].get("version")
    shape = task.input_shape(shape) if task else shape
    if recipe.columns(dataset) and version != dataset.version:
        raise DarkroomError(
            f"Run '{run.id}' was trained on features of version {version}, data set '{dataset.name}' holds version "
            f"{dataset.version}: its input would be another one. Train again."
        )
    if isinstance(shape, dict):
        expected: Any = {tensor.name.split(":")[0]: tuple(tensor.shape[1:]) for tensor in model.inputs}
    else:
        expected = tuple(model.input_shape[1:])
    if shape != expected:
        raise DarkroomError(
            f"Run '{run.id}' cannot be applied to data set '{dataset.name}': its recipe makes an input of shape "
            f"{shape}, expected {expected}; choose a data set that was prepared like '{run.dataset}'."
        )


def outputs_of(
    model: Any, task: Task, dataset: Dataset, rows: np.ndarray, recipe: Recipe,
    on_rows: Callable[[int], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Outputs float32 (n, ...) for ascending row numbers (n,). `on_rows` is told how many are done."""
    out = np.empty((len(rows), *model.output_shape[1:]), np.float32)
    done = 0
    for piece in batch_outputs(model, task, dataset, rows, recipe):
        out[done : done + len(piece)] = piece
        done += len(piece)
        if on_rows:
            on_rows(done)
    return out


def batch_outputs(model: Any, task: Task, dataset: Dataset, rows: np.ndarray, recipe: Recipe) -> Iterator[np.ndarray]:
    """The outputs float32 (m, ...) of one batch after the other.

    Every batch is filled up to one size, because the backend compiles anew for every shape; what draws rows takes any number.
    """
    if isinstance(model, Sampled):
        yield from (model.predict_on_batch(x) for x in task.inputs(dataset, rows, recipe, SAMPLED_ROWS))
        return
    for x in task.inputs(dataset, rows, recipe, BATCH_ROWS):
        n = len(next(iter(x.values())) if isinstance(x, dict) else x)
        x = {name: _filled(values) for name, values in x.items()} if isinstance(x, dict) else _filled(x)
        yield np.asarray(model.predict_on_batch(x), np.float32)[:n]


def _filled(x: np.ndarray) -> np.ndarray:
    """BATCH_ROWS rows, the missing ones zero."""
    return x if len(x) == BATCH_ROWS else np.concatenate([x, np.zeros((BATCH_ROWS - len(x), *x.shape[1:]), x.dtype)])


def write_rows(
    folder: Path, model: Any, task: Task, dataset: Dataset, rows: np.ndarray, split: np.ndarray, recipe: Recipe,
    on_rows: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Add the outputs of ascending row numbers (n,), with their `split` int8 (n,), to the run in `folder`.

    They are written every KEEP_EVERY_S seconds and where `on_rows` raises: a job that is stopped or killed keeps what it has.
    """
    waiting: list[np.ndarray] = []
    done, n_written, written_at = 0, 0, time.monotonic()

    def write() -> None:
        chosen = slice(n_written, done)
        uid, source = dataset.column("uid")[rows[chosen]], dataset.origin_of(rows[chosen])
        outputs.write(folder, dataset.name, uid, source, split[chosen], task.stored(np.concatenate(waiting)))
        waiting.clear()

    try:
        for piece in batch_outputs(model, task, dataset, rows, recipe):
            waiting.append(piece)
            done += len(piece)
            if time.monotonic() - written_at >= KEEP_EVERY_S:
                write()
                n_written, written_at = done, time.monotonic()
            if on_rows:
                on_rows(done)
    finally:
        if waiting:
            write()


def score_missing(
    run: runs.Run, networks: Mapping[str, Network], task: Task, dataset: Dataset, rows: np.ndarray,
    on_rows: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Score those of ascending row numbers that the run has no score of; returns how many.

    A row that the run was trained, validated or tested on keeps that tag in whatever data set it is met. Files of scores
    that were damaged are removed and count as missing.
    """
    recipe = recipe_of(networks, run)
    if n_damaged := outputs.drop_damaged(run.path, dataset.name):
        print(f"{n_damaged} damaged files of scores were removed: their rows are scored again.")
    rows = rows[unscored(run, dataset, rows)]
    split = split_of(run, dataset.column("uid")[rows], dataset.source_of(rows))
    is_stored = task.is_stored(dataset, rows, split)
    rows, split = rows[is_stored], split[is_stored]
    total = len(rows)
    if not total:
        return 0
    model = load_model(run, networks)
    refuse_other_input(run, model, recipe, dataset, task)
    network = networks[run.network]
    model = answering(model, network, parameters.build(network.parameters, run.params["parameters"]))
    write_rows(run.path, model, task, dataset, rows, split, recipe, on_rows and (lambda done: on_rows(done, total)))
    return total


def unscored(run: runs.Run, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Bool (n,): which of these rows (n,) of a data set the run has no score of."""
    if dataset.name not in outputs.datasets(run.path):
        return np.ones(len(rows), bool)
    scored = outputs.read(run.path, dataset.name, ("uid", "source"))
    missing: np.ndarray = ~among(scored, dataset.column("uid")[rows], dataset.origin_of(rows))[0]
    return missing
