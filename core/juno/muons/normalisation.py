"""Hypothesis 1: frozen batch normalisation in batch mode, as Keras had it in 2017, tested on the events' own images.

A small network of the same layers stands for ResNet-50: convolution, normalisation, rectifier, three times; its base is frozen and has
the moving averages of other pictures. A linear head is fitted to what the base gives in training, and judged on what it gives afterwards.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.judge.report import Table
from core.juno.muons.check import EXPLAINS, NOT, UNKNOWN, Check
from core.juno.muons.sample import Sample
from core.juno.recipe import PmtImage
from core.juno.views.event import images_of
from core.learn import backend
from core.statistics.intervals import Interval, efficiency

HYPOTHESIS = "1. Frozen normalisation by batches"
FILTERS, BATCH, SAME = (16, 24, 32), 32, 1e-5
GROUP = "normalisation and order"
TODAY, THEN = "Keras of today", "as in 2017"


@dataclass(frozen=True)
class Modes:
    """Of one kind of normalisation: largest difference of the frozen base's output between training and inference, in units of the
    outputs' spread, and how often a head that was fitted to outputs in training is right in either mode.
    """

    difference: float
    in_training: Interval
    afterwards: Interval


def stand_in(normalisation: Any, shape: tuple[int, ...], seed: int = 1) -> Any:
    """A frozen base of the layers of ResNet-50: the mean over the image of what three convolutions find."""
    import keras

    keras.utils.set_random_seed(seed)
    x = inputs = keras.Input(shape)
    x = keras.layers.AveragePooling2D(4)(x)
    for filters in FILTERS:
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = keras.layers.ReLU()(normalisation()(x))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    for layer in model.layers:
        layer.trainable = False
    return model


def outputs(model: Any, images: np.ndarray, is_training: bool) -> np.ndarray:
    """float64 (n, k), batch by batch."""
    batches = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
    return np.concatenate([np.asarray(model(batch, training=is_training), np.float64) for batch in batches])


def modes(normalisation: Any, images: np.ndarray, labels: np.ndarray) -> Modes:
    """Of images (n, h, w, c) and their labels (n,), in mixed order."""
    model = stand_in(normalisation, images.shape[1:])
    _adapt(model, images.shape[1:])
    training, inference = (outputs(model, images, is_training) for is_training in (True, False))
    spread = max(float(training.std()), 1e-12)
    difference = float(np.abs(training - inference).max()) / spread
    half = len(labels) // 2
    fitted = _head(training[:half], labels[:half])
    right = [int((fitted(x[half:]) == labels[half:]).sum()) for x in (training, inference)]
    return Modes(difference, *(efficiency(k, len(labels) - half) for k in right))


def _adapt(model: Any, shape: tuple[int, ...]) -> None:
    """Give the base the moving averages of pictures (h, w, c) of patches of any brightness, as photographs are."""
    import keras

    height, width, n_channels = shape
    patches = np.random.default_rng(2).random((BATCH, 8, 16, n_channels)).astype(np.float32)
    x = patches.repeat(-(-height // 8), axis=1).repeat(-(-width // 16), axis=2)[:, :height, :width]
    for layer in model.layers[1:]:
        if isinstance(layer, keras.layers.BatchNormalization):
            values = np.asarray(x)
            gamma, beta = layer.get_weights()[:2]
            layer.set_weights([gamma, beta, values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))])
        x = layer(x, training=False)


def _head(features: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(labels)) < 2:
        return lambda others: np.full(len(others), labels[0])
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(features, labels).predict


def check(sample: Sample) -> Check:
    """On the images of the slides: first, mean and spread of the times as they are. The head tells inner from outer events, which such
    images surely show: a question that a sound base answers in either mode.
    """
    backend.stay_on_cpu()
    keras = backend.load_keras()
    from core.juno.layers import BatchModeNormalization

    images = images_of(sample.dataset, sample.rows, PmtImage(mode="raw"))
    radius = np.linalg.norm(sample.columns(("centre_x_m", "centre_y_m", "centre_z_m")), axis=1)
    mixed = np.random.default_rng(3).permutation(len(sample))
    images, labels = images[mixed], (radius > np.nanmedian(radius))[mixed].astype(np.int8)
    today = modes(keras.layers.BatchNormalization, images, labels)
    then = modes(BatchModeNormalization, images, labels)
    rows_shown = [
        {"normalisation": name, "largest difference [spread of the outputs]": round(m.difference, 6), "inner or outer, right in training [%]": m.in_training, "right afterwards [%]": m.afterwards}
        for name, m in ((TODAY, today), (THEN, then))
    ]  # fmt: skip
    note = (
        "A frozen base of ResNet-50's layers on these events. In 2017 it was normalised by the batch in training and by moving averages "
        "afterwards, so that a head learns outputs that it never meets again."
    )
    return Check(
        HYPOTHESIS, *_verdict(today, then), (Table("Frozen base in training and afterwards", rows_shown, note, GROUP),), (),
        {"today": today.difference, "as_in_2017": then.difference},
    )  # fmt: skip


def _verdict(today: Modes, then: Modes) -> tuple[str, str]:
    if today.difference > SAME:
        return (
            EXPLAINS,
            f"the frozen base differs between training and inference by {today.difference:.2g} of its outputs' spread, today",
        )
    both = f"today a frozen base gives the same in both modes (to {max(today.difference, 1e-7):.0e}); as in 2017 it differs by {then.difference:.1f} times its outputs' spread"
    costs = f"a head on it that tells inner from outer events is right for {100 * then.in_training.value:.0f} % in training mode and for {100 * then.afterwards.value:.0f} % afterwards"
    if then.in_training.low <= 0.5:
        return (
            UNKNOWN,
            f"{both}; {costs} (n = {then.afterwards.n}): there are too few events",
        )
    is_lost = then.afterwards.low <= 0.5 or then.afterwards.high < then.in_training.low
    return (EXPLAINS if is_lost else NOT), f"{both}, and {costs} (n = {then.afterwards.n})"
