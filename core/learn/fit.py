"""Training: one function for every network of every experiment, on TensorFlow or JAX alike."""

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import parameters, runs
from core.data.dataset import Dataset, open_dataset
from core.data.loader import Batch, batches
from core.data.selection import Selected, from_dict, need_both_classes, select
from core.data.splits import TRAIN, VALIDATION
from core.errors import DarkroomError
from core.experiment import Network
from core.judge import stored
from core.learn import after, backend, compiling, record
from core.learn.predict import as_scores, probabilities
from core.learn.progress import Context, Curves, Silent, judged
from core.learn.training import TrainingParameters, class_weights, training_for
from core.registry import experiment_by_key

SCORING_AFTER_STOP_S = 10.0  # a stopped job has 30 s before it is killed


@dataclass(frozen=True)
class Task:
    """What is trained on what: everything that `train` needs, checked."""

    selected: Selected
    name: str
    network: Network
    network_parameters: Any
    training: TrainingParameters
    recipe: Any
    input_shape: Any  # of one input (n, ...), of several by name

    @property
    def dataset(self) -> Dataset:
        return self.selected.dataset

    @property
    def classes(self) -> tuple[str, ...]:
        return self.selected.classes

    @property
    def n_steps(self) -> int:
        """Full batches per epoch (one smaller batch if there is no full one): the rest waits for the next shuffle."""
        return max(1, len(self.selected.rows(TRAIN)[0]) // self.training.batch_size)

    def class_weights(self) -> np.ndarray:
        labels = self.selected.rows(TRAIN)[1]
        return class_weights(labels, len(self.classes), self.training.class_weights)

    @cached_property
    def targets(self) -> np.ndarray | None:
        """float32 (n, n_classes) of the training rows if shares of judges' labels are asked for, else None."""
        soft = self.selected.soft if self.training.soft_labels else None
        chosen = (self.selected.labels >= 0) & (self.selected.split == TRAIN)
        return None if soft is None else soft[chosen]

    def build(self) -> Any:
        return self.network.build(self.network_parameters, self.input_shape, len(self.classes))


def task(selected: Selected, name: str, network_values: dict[str, Any], training_values: dict[str, Any]) -> Task:
    """Check a training before keras is imported: known network, good parameters, both classes, fitting records."""
    networks = selected.experiment.networks
    if name not in networks:
        raise DarkroomError(f"Unknown model '{name}': expected one of {', '.join(networks)}.")
    network = networks[name]
    network_parameters: Any = parameters.build(network.parameters, network_values)
    training = training_for(network, training_values)
    recipe = network.recipe_for(network_parameters)
    shape = recipe.shape(selected.dataset)
    need_both_classes(selected)
    labels = selected.rows(TRAIN)[1]
    for i, class_name in enumerate(selected.classes):
        if not (labels == i).any():
            raise DarkroomError(
                f"Data set '{selected.dataset.name}': the training sample has {len(labels)} rows, none of them "
                f"{class_name}: there are too few groups (sub-runs, images) for a grouped division; add files or split at random."
            )
    return Task(selected, name, network, network_parameters, training, recipe, shape)


def train(asked: Task, folder: Path, context: Context | None = None) -> dict[str, Any]:
    """Train, keep the best weights, score the preselection, seal the run folder; returns the provenance.

    On a stop the weights of the best epoch so far are kept and the run is sealed with state 'stopped'.
    """
    context = context or Silent()
    started, began = time.time(), time.perf_counter()
    record.write_settings(asked, folder)
    context.report(0, None, "Starting Keras")
    keras = backend.load_keras()
    keras.utils.set_random_seed(asked.training.seed)
    model = asked.build()
    compiling.compile_model(keras, model, asked.training, asked.n_steps, len(asked.classes))
    curves = Curves(asked.classes)
    cpu_began = time.process_time()
    fitted = _fit(keras, model, asked, curves, context)
    cpu_s = time.process_time() - cpu_began
    kept = asked.build()  # without the optimizer's state, which is twice the size of the weights
    kept.set_weights(fitted.weights)
    kept.save(folder / runs.MODEL)
    runs.write_curves(folder, "batches", curves.batches)
    runs.write_curves(folder, "epochs", curves.epochs)
    provenance = {
        **record.origin(asked),
        "state": "stopped" if fitted.is_stopped else "finished",
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": time.perf_counter() - began,
        "fit_cpu_seconds": cpu_s,
        "events_per_s": curves.events_per_s,
        "device": backend.device(),
        "versions": backend.versions(),
        "git_commit": backend.git_commit(),
        "n_parameters": int(kept.count_params()),
        "n_epochs": len(curves.epochs),
        "best_epoch": fitted.best_epoch,
        "validation_loss": fitted.best_loss,
    }
    runs.seal(folder, provenance)
    _score(asked, kept, folder, curves, fitted.is_stopped, context)
    return provenance


@dataclass
class _Fitted:
    """The best of a training so far. `weights` is empty until an epoch (or a stop) has filled it."""

    weights: list[np.ndarray]
    best_epoch: int = 0
    best_loss: float | None = None
    is_stopped: bool = False


def _training_batches(asked: Task, refused: list[DarkroomError]) -> Iterator[Batch]:
    """The batches of all epochs, each epoch in its own order.

    The backend hides what a generator raises behind an error of its own: the sentence is kept in `refused`.
    """
    rows, labels = asked.selected.rows(TRAIN)
    weights = asked.class_weights()[labels]
    for epoch in range(asked.training.epochs):
        seed = asked.training.seed + 1_000_003 * epoch
        one_pass = batches(
            asked.dataset, rows, asked.recipe, asked.training.batch_size, labels=labels, weights=weights,
            n_classes=len(asked.classes), targets=asked.targets, seed=seed,
        )  # fmt: skip
        try:
            yield from _varied(itertools.islice(one_pass, asked.n_steps), asked, seed)
        except DarkroomError as error:
            refused.append(error)
            raise


def _varied(found: Iterator[Batch], asked: Task, seed: int) -> Iterator[Batch]:
    """The batches, varied if the network and the training want that."""
    augment = asked.network.augment if asked.training.augmentation else None
    rng = np.random.default_rng([seed, 1])  # another stream than the order of the rows
    return found if augment is None else ((augment(x, rng), y, w) for x, y, w in found)


def _fit(keras: Any, model: Any, asked: Task, curves: Curves, context: Context) -> _Fitted:
    """Run `fit` with a callback that draws the curves, judges each epoch, keeps the best weights and stops."""
    fitted = _Fitted([])
    n_batch = min(asked.training.batch_size, len(asked.selected.rows(TRAIN)[0]))
    n_total = asked.n_steps * asked.training.epochs
    validation = asked.selected.rows(VALIDATION)

    def on_batch(_step: int, logs: dict[str, Any]) -> None:
        point = curves.add_batch(n_batch, logs)
        if curves.is_due() or point["step"] == n_total:
            context.metric(point)
            context.report(point["step"], n_total, f"Epoch {curves.epoch + 1} of {asked.training.epochs}")
        if context.stop_requested():
            fitted.is_stopped = model.stop_training = True

    def on_epoch(_epoch: int, logs: dict[str, Any]) -> None:
        told = {} if fitted.is_stopped else _validate(model, asked, validation, context)
        fitted.is_stopped = fitted.is_stopped or told is None
        if fitted.is_stopped and fitted.weights:
            model.stop_training = True
            return
        told = told or {}
        loss = told.get("loss")
        is_defined = loss is None or math.isfinite(loss)
        if not is_defined and not fitted.weights:
            raise DarkroomError(
                f"The validation loss became undefined in epoch {curves.epoch + 1}: the network has diverged. Lower "
                f"learning_rate (now {asked.training.learning_rate:g}) and train again."
            )
        if not is_defined:  # the best weights so far are kept
            model.stop_training = True
        is_best = is_defined and (loss is None or fitted.best_loss is None or loss < fitted.best_loss)
        if is_best:
            fitted.weights, fitted.best_loss, fitted.best_epoch = model.get_weights(), loss, curves.epoch + 1
        context.metric(curves.add_epoch(logs, told, is_best))
        waited = curves.epoch + 1 - fitted.best_epoch
        if asked.training.patience and waited >= asked.training.patience:
            model.stop_training = True

    callback = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _logs: curves.begin_epoch(epoch),
        on_train_batch_end=on_batch,
        on_epoch_end=on_epoch,
    )
    refused: list[DarkroomError] = []
    try:
        model.fit(
            _training_batches(asked, refused), epochs=asked.training.epochs, steps_per_epoch=asked.n_steps,
            callbacks=[callback], verbose=0, shuffle=False,
        )  # fmt: skip
    except Exception:
        if refused:
            raise refused[0] from None
        raise
    return fitted


def _validate(
    model: Any, asked: Task, sample: tuple[np.ndarray, np.ndarray], context: Context
) -> dict[str, Any] | None:
    """Loss and efficiencies on the validation sample; None if a stop was asked for before the end."""
    rows, labels = sample
    try:
        predicted = probabilities(model, asked.dataset, rows, asked.recipe, lambda _done: _leave_if_stopped(context))
    except _StopRequested:
        return None
    return judged(predicted, labels, asked.class_weights(), asked.classes)


class _StopRequested(Exception):
    """Leaves a loop over rows; never leaves this module."""


def _leave_if_stopped(context: Context) -> None:
    if context.stop_requested():
        raise _StopRequested


def _score(asked: Task, model: Any, folder: Path, curves: Curves, is_stopped: bool, context: Context) -> None:
    """Score every preselected row; after a stop only if that is quick (a predict job fills the gap)."""
    rows = asked.selected.preselected
    marks: list[tuple[int, float]] = []  # the first batch compiles: it tells nothing of the speed

    def on_rows(done: int) -> None:
        marks[1:] = [(done, time.perf_counter())]
        context.report(done, len(rows), f"{done:,} of {len(rows):,} rows scored")
        if not is_stopped:
            _leave_if_stopped(context)

    try:
        if is_stopped and len(rows) > SCORING_AFTER_STOP_S * (curves.events_per_s or 0.0):
            raise _StopRequested
        outputs = probabilities(model, asked.dataset, rows, asked.recipe, on_rows)
    except _StopRequested:
        print("Stopped: the rows are not scored, start a predict job for that.")
        return
    uid, source = asked.dataset.column("uid")[rows], asked.dataset.source_of(rows)
    scores = as_scores(outputs, asked.selected.signal)
    runs.write_scores(folder, asked.dataset.name, uid, source, split=asked.selected.split, **scores)
    (n_first, began), (n_last, ended) = marks[0], marks[-1]
    stored.write_network_cost(folder, 1e6 * (ended - began) / (n_last - n_first) if n_last > n_first else None)


def run_job(job: Any) -> None:
    """The job kind `train`: arguments dataset, selection, network, parameters, training (plain values)."""
    dataset = open_dataset(job.arguments["dataset"])
    experiment = experiment_by_key(dataset.experiment)
    selected = select(experiment, dataset, from_dict(experiment, job.arguments["selection"]))
    asked = task(
        selected, job.arguments["network"], job.arguments.get("parameters", {}), job.arguments.get("training", {})
    )
    folder = runs.create(asked.name)
    job.set_run(folder.name)
    told = train(asked, folder, job)
    after.complete(folder.name, job)
    print(f"Run {folder.name}: {told['state']} after {told['n_epochs']} epochs on {told['device']}.")
