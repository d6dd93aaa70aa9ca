"""The loss, the optimiser and the counts that a training is followed by."""

from collections.abc import Callable
from typing import Any

from core.learn.training import TrainingParameters


def compile_model(keras: Any, model: Any, training: TrainingParameters, n_steps: int, n_classes: int) -> None:
    """Adam and categorical cross-entropy, with the counts of each class beside the loss. `n_steps` per epoch."""
    rate = training.learning_rate
    if training.decay:
        rate = keras.optimizers.schedules.CosineDecay(rate, n_steps * training.epochs)
    model.compile(
        optimizer=keras.optimizers.Adam(rate, beta_1=training.beta_1),
        loss="categorical_crossentropy",
        metrics=[made for i in range(n_classes) for made in _class_metrics(keras, i)],
        jit_compile=training.xla or keras.backend.backend() == "jax",
    )


def _class_metrics(keras: Any, index: int) -> list[Callable[[Any, Any], Any]]:
    """Metric functions (y_true, y_pred) -> (n,): is the row of class `index`; and was it put there."""

    def seen(y_true: Any, y_pred: Any) -> Any:  # noqa: ARG001  (the signature of a metric)
        return y_true[:, index]

    def right(y_true: Any, y_pred: Any) -> Any:
        hit = keras.ops.equal(keras.ops.argmax(y_pred, axis=-1), index)
        return y_true[:, index] * keras.ops.cast(hit, y_true.dtype)

    seen.__name__, right.__name__ = f"seen_{index}", f"right_{index}"
    return [seen, right]
