"""Scores of a trained network: the model is loaded only in a job's process, and only if its hash fits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core import parameters, runs
from core.data.dataset import Dataset, open_dataset
from core.data.loader import Recipe, batches
from core.data.selection import from_dict, select, signal_index
from core.data.splits import OTHER
from core.errors import DarkroomError
from core.experiment import Experiment
from core.learn import backend
from core.registry import experiment_by_key

BATCH_ROWS = 256


def recipe_of(experiment: Experiment, run: runs.Run) -> Any:
    """The recipe that the run was trained with; refused if today's code would make another input."""
    network = experiment.networks.get(run.network)
    if network is None:
        raise DarkroomError(
            f"Run '{run.id}' was trained with a network '{run.network}' that is no longer there: train again with one "
            f"of {', '.join(experiment.networks)}."
        )
    recipe = network.recipe_for(parameters.build(network.parameters, run.params["parameters"]))
    if parameters.to_dict(recipe) != run.recipe:
        raise DarkroomError(
            f"Run '{run.id}' was trained with another recipe of its input: found {run.recipe}, expected "
            f"{parameters.to_dict(recipe)}: train again."
        )
    return recipe


def load_model(run: runs.Run) -> Any:
    """The keras model of a run, verified against the manifest and loaded in safe mode."""
    runs.verify(run)
    keras = backend.load_keras()
    return keras.saving.load_model(run.path / runs.MODEL, compile=False, safe_mode=True)


def refuse_other_input(run: runs.Run, model: Any, shape: Any, dataset: Dataset) -> None:
    """Refuse a data set from which the recipe makes another input shape than the model was trained on.

    Of several inputs the shape is one by name.
    """
    if isinstance(shape, dict):
        expected: Any = {one.name.split(":")[0]: tuple(one.shape[1:]) for one in model.inputs}
    else:
        expected = tuple(model.input_shape[1:])
    if shape != expected:
        raise DarkroomError(
            f"Run '{run.id}' cannot be applied to data set '{dataset.name}': its recipe makes an input of shape "
            f"{shape}, expected {expected}; choose a data set that was prepared like '{run.dataset}'."
        )


def probabilities(
    model: Any, dataset: Dataset, rows: np.ndarray, recipe: Recipe, on_rows: Callable[[int], None] | None = None
) -> np.ndarray:
    """Softmax outputs float32 (n, n_classes) for ascending row numbers (n,). `on_rows` is told how many are done.

    Every batch is filled up to one size, because the backend compiles anew for every shape.
    """
    out = np.empty((len(rows), model.output_shape[-1]), np.float32)
    done = 0
    for x, _, _ in batches(dataset, rows, recipe, BATCH_ROWS):
        n = len(next(iter(x.values())) if isinstance(x, dict) else x)
        x = {name: _filled(one) for name, one in x.items()} if isinstance(x, dict) else _filled(x)
        out[done : done + n] = np.asarray(model.predict_on_batch(x))[:n]
        done += n
        if on_rows:
            on_rows(done)
    return out


def _filled(x: np.ndarray) -> np.ndarray:
    """BATCH_ROWS rows, the missing ones zero."""
    return x if len(x) == BATCH_ROWS else np.concatenate([x, np.zeros((BATCH_ROWS - len(x), *x.shape[1:]), x.dtype)])


def as_scores(probabilities: np.ndarray, signal: int) -> dict[str, np.ndarray]:
    """What is kept of outputs (n, n_classes): the score, and all of them where there are more than two."""
    n_classes = probabilities.shape[1]
    outputs = {f"p_{i}": probabilities[:, i] for i in range(n_classes)} if n_classes > 2 else {}
    return {"score": probabilities[:, signal], **outputs}


def score_dataset(
    run: runs.Run, dataset: Dataset, selection: dict[str, Any] | None = None,
    on_rows: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Score what is not yet scored inside the run's preselection (or `selection`); returns how many rows were.

    A row that the run was trained, validated or tested on keeps that tag in whatever data set it is found.
    """
    experiment = experiment_by_key(run.experiment)
    recipe = recipe_of(experiment, run)
    shape = recipe.shape(dataset)
    chosen = select(experiment, dataset, from_dict(experiment, selection or run.selection))
    rows = chosen.preselected[unscored(run, dataset, chosen.preselected)]
    if not len(rows):
        return 0
    uid, source = dataset.column("uid")[rows], dataset.source_of(rows)
    known = _known_scores(run, dataset)
    model = load_model(run)
    refuse_other_input(run, model, shape, dataset)
    total = len(rows)
    outputs = probabilities(model, dataset, rows, recipe, on_rows and (lambda done: on_rows(done, total)))
    scores = as_scores(outputs, signal_index(experiment, run.classes))
    new = {"uid": uid, "source": source, "split": side_of(run, uid, source), **scores}
    if known is not None:
        still = ~np.isin(known["uid"], uid)  # a row that was scored anew had other content before
        new = {name: np.concatenate([known[name][still], new[name]]) for name in new}
    runs.write_scores(run.path, dataset.name, **new)
    return total


def unscored(run: runs.Run, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Bool (n,): which of these rows (n,) of a data set the run has no score of."""
    known = _known_scores(run, dataset)
    if known is None:
        return np.ones(len(rows), bool)
    missing: np.ndarray = ~_found(known, dataset.column("uid")[rows], dataset.source_of(rows))[0]
    return missing


def _known_scores(run: runs.Run, dataset: Dataset) -> dict[str, np.ndarray] | None:
    return runs.read_scores(run, dataset.name) if dataset.name in runs.scored_datasets(run) else None


def side_of(run: runs.Run, uid: np.ndarray, source: np.ndarray) -> np.ndarray:
    """int8 (n,): the split in which the run had each event, OTHER for those it never saw."""
    own = runs.read_rows(run)
    found, at = _found(own, uid, source)
    return (np.where(found, own["split"][at], OTHER) if len(own["uid"]) else np.full(len(uid), OTHER)).astype(np.int8)


def _found(own: dict[str, np.ndarray], uid: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which events (n,) are among `own`, by uid and file content, and where."""
    if not len(own["uid"]):
        return np.zeros(len(uid), bool), np.zeros(len(uid), np.int64)
    order = np.argsort(own["uid"])
    at = order[np.searchsorted(own["uid"], uid, sorter=order).clip(max=len(order) - 1)]
    return (own["uid"][at] == uid) & (own["source"][at] == source), at


def run_job(job: Any) -> None:
    """The job kind `predict`: arguments run, dataset and, if not the run's own, selection (plain values)."""
    run = runs.open_run(job.arguments["run"])
    runs.verify(run)  # also where nothing is left to score: a damaged run must not pass unnoticed
    dataset = open_dataset(job.arguments["dataset"])
    job.set_run(run.id)

    def on_rows(done: int, total: int) -> None:
        job.report(done, total, f"{done:,} of {total:,} rows scored")
        if job.stop_requested():
            raise DarkroomError(f"Stopped after {done:,} of {total:,} rows: start the job again.")

    n = score_dataset(run, dataset, job.arguments.get("selection"), on_rows)
    job.report(1, 1, f"{n:,} rows scored" if n else "Every row was scored before")
