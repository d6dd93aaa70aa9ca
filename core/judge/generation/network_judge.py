"""The judge of low-level numbers: a dense network by the protocol of the CaloChallenge. Keras is loaded inside functions only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.judge.generation.judges import Fifths, Scorer
from core.learn.backend import load_keras

CLIP, SLOPE = 10.0, 0.01  # the slope is PyTorch's
FULL_WIDTH, FULL_EPOCHS, FULL_SEEDS = 2_048, 50, 3


@dataclass(frozen=True)
class NetworkSettings:
    """Input layer and two hidden layers of `width`, Adam; of all epochs the one that tells most validation rows right is taken."""

    width: int = 512
    epochs: int = 50
    batch_rows: int = 1_000
    rate: float = 2e-4


def network(settings: NetworkSettings = NetworkSettings(), on_epoch: Callable[[int], None] = lambda _: None) -> Scorer:
    """A judge; `on_epoch` is told how many epochs are done and may raise."""

    def scorer(parts: Fifths, seed: int) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
        keras = load_keras()
        keras.utils.set_random_seed(seed)
        scale = standardisation(parts.learn[0])
        learn, stop, judged = (scaled(x, scale) for x, _ in (parts.learn, parts.stop, parts.judged))
        model = build(keras, settings.width, learn.shape[1])
        model.compile(keras.optimizers.Adam(settings.rate), "binary_crossentropy", metrics=["accuracy"])
        best: dict[str, Any] = {"accuracy": -1.0}

        def remember(epoch: int, logs: Any) -> None:
            if logs["val_accuracy"] > best["accuracy"]:
                best.update(accuracy=logs["val_accuracy"], weights=model.get_weights())
            on_epoch(epoch + 1)

        model.fit(
            learn, parts.learn[1].astype(np.float32), batch_size=settings.batch_rows, epochs=settings.epochs, verbose=0,
            validation_data=(stop, parts.stop[1].astype(np.float32)), validation_batch_size=settings.batch_rows,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=remember)],
        )  # fmt: skip
        model.set_weights(best["weights"])
        scores = [model.predict(x, settings.batch_rows, verbose=0)[:, 0] for x in (stop, judged)]
        return scores[0], scores[1], []

    return scorer


def build(keras: Any, width: int, n_inputs: int) -> Any:
    """Three layers of `width` with leaky rectifiers, and a sigmoid."""
    inputs = keras.Input((n_inputs,), name="pixels")
    x = inputs
    for i in range(3):
        x = keras.layers.Dense(width, name=f"dense_{i}")(x)
        x = keras.layers.LeakyReLU(negative_slope=SLOPE, name=f"leaky_{i}")(x)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid", name="generated")(x), name="judge")


def standardisation(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (k,) of the rows to learn from; 1 of an input that is always the same."""
    mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    return mean.astype(np.float32), np.where(deviation > 0.0, deviation, 1.0).astype(np.float32)


def scaled(x: np.ndarray, scale: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Standardised, and cut at 10 standard deviations: an input that is hardly ever there would drown the others."""
    mean, deviation = scale
    return np.clip((x - mean) / deviation, -CLIP, CLIP)
