"""A stage prepared for the fit: trainable layers, compiled model, and the source of its batches."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core import parameters, workspace
from core.data.input_cache import InputCache, key_of
from core.data.loader import Batch, batches
from core.errors import DarkroomError
from core.learn import checkpoint
from core.learn.network import Stage
from core.learn.predict import batch_outputs, outputs_of
from core.learn.task import Sample

if TYPE_CHECKING:
    from core.learn.plan import TrainingPlan

N_CACHED = 256  # rows of cached inputs that are in memory at a time: the output of a convolution may take a MB


@dataclass(frozen=True)
class Inputs:
    """Where the batches of a stage come from: the data set (`cached` is empty), or outputs of its frozen base by row."""

    plan: "TrainingPlan"
    rows: np.ndarray
    cached: np.ndarray | None = None

    def training(self, epoch: int) -> Iterator[Batch]:
        """The full batches of an epoch in its own order, varied if the network and the training want that."""
        plan, sample = self.plan, self.plan.train_sample
        seed = plan.training.seed + 1_000_003 * epoch
        augment = plan.network.augment if plan.training.augmentation and self.cached is None else None
        rng = np.random.default_rng([seed, 1])  # another stream than the order of the rows
        for x, y, weight in itertools.islice(self._pass(sample, plan.training.batch_size, seed), plan.n_steps):
            yield plan.task.batch(((augment(x, rng) if augment else x), y, weight), rng)

    def validation(self) -> Iterator[Batch]:
        """The validation sample as training steps would be given it, the same each time."""
        rng = np.random.default_rng([self.plan.training.seed, 2])
        for batch in self._pass(self.plan.validation_sample, self.plan.training.batch_size, None):
            yield self.plan.task.batch(batch, rng)

    def _pass(self, sample: Sample, size: int, seed: int | None) -> Iterator[Batch]:
        plan = self.plan
        if self.cached is None:
            yield from batches(
                plan.dataset, sample.rows, plan.recipe, size, targets=sample.targets, weights=sample.weights, seed=seed
            )
            return
        n = len(sample.rows)
        order = np.arange(n) if seed is None else np.random.default_rng(seed).permutation(n)
        at = np.searchsorted(self.rows, sample.rows)
        for start in range(0, n, size):
            pick = order[start : start + size]
            yield self.cached[at[pick]].astype(np.float32), sample.targets[pick], sample.weights[pick]

    def of_rows(self, model: Any, rows: np.ndarray, on_rows: Any) -> np.ndarray:
        """The outputs of the model that is trained, on rows of the training or validation sample."""
        if self.cached is None:
            return outputs_of(model, self.plan.task, self.plan.dataset, rows, self.plan.recipe, on_rows)
        outputs = []
        for start in range(0, len(rows), N_CACHED):
            at = np.searchsorted(self.rows, rows[start : start + N_CACHED])
            outputs.append(np.asarray(model.predict_on_batch(self.cached[at].astype(np.float32)), np.float32))
            on_rows(start + len(at))
        return np.concatenate(outputs)


def prepare(
    keras: Any, network: Any, plan: "TrainingPlan", stage: Stage, xla: bool, variables: Sequence[np.ndarray] | None = None
) -> tuple[Any, Inputs]:  # fmt: skip
    """(model, inputs) of a stage: the network, or the part of it behind its frozen base, compiled.

    `variables` are those of a training that goes on (`core.learn.checkpoint`).
    """
    if variables is not None:
        checkpoint.assign(checkpoint.variables_of(network), variables)
    for layer in network.layers:
        layer.trainable = stage.learns(layer.name)
    inputs = Inputs(plan, np.empty(0, np.int64))
    model = network
    if stage.input:
        base = keras.Model(network.input, network.get_layer(stage.input).output)
        model = keras.Model(base.output, network.outputs if len(network.outputs) > 1 else network.outputs[0])
        rows = np.sort(np.concatenate([plan.train_sample.rows, plan.validation_sample.rows]))
        inputs = Inputs(plan, rows, _cached(base, plan, rows))
    compile_model(keras, model, plan, stage, xla)
    return model, inputs


def _cached(base: Any, plan: "TrainingPlan", rows: np.ndarray) -> np.ndarray:
    """The outputs of a frozen base for ascending rows, made once for its weights, the recipe and the rows."""
    weights = hashlib.sha256()
    for array in base.get_weights():
        weights.update(np.ascontiguousarray(array).tobytes())
    made_by = {"recipe": parameters.to_dict(plan.recipe), "layer": base.layers[-1].name, "weights": weights.hexdigest()}
    key = key_of(plan.dataset.id, rows, made_by)
    pieces = batch_outputs(base, plan.task, plan.dataset, rows, plan.recipe)
    return InputCache(workspace.folder("inputs")).get(key, len(rows), lambda: pieces, "float16")


def _step_size(keras: Any, plan: "TrainingPlan", stage: Stage) -> Any:
    """A number, or how it rises in the first steps and falls until the last."""
    warmup, n_steps = plan.training.warmup_steps, plan.n_steps * (stage.epochs or 1)
    if not plan.training.decay and not warmup:
        return stage.rate
    alpha, n_falling = (0.0, max(n_steps - warmup, 1)) if plan.training.decay else (1.0, 1)
    target = stage.rate if warmup else None
    first = 0.0 if warmup else stage.rate
    return keras.optimizers.schedules.CosineDecay(first, n_falling, alpha, warmup_target=target, warmup_steps=warmup)


def compile_model(keras: Any, model: Any, plan: "TrainingPlan", stage: Stage, xla: bool) -> None:
    """Adam, and the losses and metrics of the task. Without trainable weights there is nothing to fit."""
    if not model.trainable_variables:
        raise DarkroomError(f"Stage '{stage.name}' of network '{plan.name}' trains no layer: name layers that it has.")
    model.compile(
        optimizer=keras.optimizers.Adam(
            _step_size(keras, plan, stage), beta_1=plan.training.beta_1, global_clipnorm=plan.training.clip_norm or None
        ),
        jit_compile=xla,
        **plan.task.compile_arguments(keras),
    )
