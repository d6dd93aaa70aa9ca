"""The loop over epochs: steps, curves, the validation after each epoch, the best weights, a stop.

It is our own, as Keras' `fit` passes every batch of a generator on through TensorFlow's own threads: for small networks that
costs as many CPU seconds as the steps themselves. So the state is written here too, not by Keras' callbacks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.loader import ahead
from core.errors import DarkroomError
from core.learn.network import Stage
from core.learn.progress import Context, Curves
from core.learn.stages import Inputs

if TYPE_CHECKING:
    from core.learn.plan import TrainingPlan


@dataclass
class Fitted:
    """The best of a stage so far. `weights` is empty until an epoch (or a stop) has filled it. `is_over` when it has ended."""

    weights: list[np.ndarray] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float | None = None
    is_stopped: bool = False
    is_over: bool = False


class StopRequested(Exception):
    """Leaves a loop over rows."""


@dataclass(frozen=True)
class StageFit:
    """A stage and what it trains: `model` is the `network` or a part of it; it began after `first_epoch` epochs."""

    plan: "TrainingPlan"
    stage: Stage
    network: Any
    model: Any
    inputs: Inputs
    first_epoch: int


def leave_if_stopped(context: Context) -> None:
    """Raise StopRequested once a stop was asked for."""
    if context.stop_requested():
        raise StopRequested


def run(fit: StageFit, curves: Curves, context: Context, fitted: Fitted, keep: Callable[[bool], None]) -> None:
    """Train a compiled model for all epochs that are left, until its patience ends, or until a stop is asked for.

    `keep(is_best)` is called after each epoch that has ended.
    """
    for epoch in range(len(curves.epochs), fit.first_epoch + (fit.stage.epochs or 0)):
        if fitted.is_over:
            break
        curves.begin_epoch(epoch)
        _train_epoch(fit, curves, context, fitted)
        is_best = _end_epoch(fit, curves, context, fitted)
        if not fitted.is_stopped:
            keep(is_best)


def _train_epoch(fit: StageFit, curves: Curves, context: Context, fitted: Fitted) -> None:
    """One pass over the training sample."""
    n_total, n_epochs = fit.plan.n_steps * fit.plan.n_epochs, fit.plan.n_epochs
    for x, y, weight in ahead(fit.inputs.training(curves.epoch)):
        means = fit.model.train_on_batch(x, y, sample_weight=weight, return_dict=True)  # of this batch alone
        point = curves.add_batch(len(weight), means)
        if curves.is_due() or point["step"] == n_total:
            context.metric(point)
            context.report(point["step"], n_total, f"Epoch {curves.epoch + 1} of {n_epochs}")
        if context.stop_requested():
            fitted.is_stopped = True
            break


def _end_epoch(fit: StageFit, curves: Curves, context: Context, fitted: Fitted) -> bool:
    """Judge an epoch and keep its weights if they are the best; whether they are."""
    numbers = {} if fitted.is_stopped else _validate(fit, context)
    fitted.is_stopped = fitted.is_stopped or numbers is None
    fitted.is_over = fitted.is_stopped
    if fitted.is_stopped and fitted.weights:
        return False
    numbers = numbers or {}
    loss = numbers.get("loss")
    is_defined = loss is None or math.isfinite(loss)
    if not is_defined and not fitted.weights:
        raise DarkroomError(
            f"The validation loss became undefined in epoch {curves.epoch + 1}: the network has diverged. Lower "
            f"learning_rate (now {fit.plan.training.learning_rate:g}) and train again."
        )
    is_best = is_defined and (loss is None or fitted.best_loss is None or loss < fitted.best_loss)
    if is_best:
        fitted.weights, fitted.best_loss, fitted.best_epoch = fit.network.get_weights(), loss, curves.epoch + 1
    context.metric(curves.add_epoch(numbers, is_best))
    patience, waited = fit.plan.training.patience, curves.epoch + 1 - fitted.best_epoch
    is_patient = not patience or waited < patience
    fitted.is_over = not (is_defined and is_patient and not fitted.is_stopped)  # diverged: the best so far are kept
    return is_best


def _validate(fit: StageFit, context: Context) -> dict[str, Any] | None:
    """What the task tells of the validation sample; None if a stop was asked for before the end."""
    sample = fit.plan.validation_sample

    def outputs() -> np.ndarray:
        return fit.inputs.of_rows(fit.model, sample.rows, lambda _done: leave_if_stopped(context))

    def own() -> dict[str, float]:
        totals = dict.fromkeys(("loss", *fit.plan.task.metrics), 0.0)
        for x, y, weight in fit.inputs.validation():
            leave_if_stopped(context)
            means = fit.model.test_on_batch(x, y, sample_weight=weight, return_dict=True)
            totals = {name: total + float(means[name]) * len(weight) for name, total in totals.items()}
        return {name: total / len(sample.rows) for name, total in totals.items()}

    try:
        return fit.plan.task.judged(outputs, own, sample)
    except StopRequested:
        return None
