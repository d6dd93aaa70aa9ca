"""Own layers of the shower networks (those with latent numbers, paths and contests: `core.zdc.networks.layers`)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from core.zdc.networks.numbers import LEAST_LOG_SCALE, N_PLACES

register = keras.saving.register_keras_serializable(package="zdc")


@register
class Split(keras.layers.Layer):
    """A row (n, sum of sizes) in pieces (n, size), in their order."""

    def __init__(self, sizes: Any, **more: Any) -> None:
        super().__init__(**more)
        self.sizes = list(sizes)

    def call(self, row: Any) -> Any:
        return ops.split(row, np.cumsum(self.sizes)[:-1].tolist(), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes}


@register
class Standard(keras.layers.Layer):
    """Numbers (..., size) less their mean, over their spread; both are set from the training sample (`adapt`) and not trained."""

    def build(self, shape: Any) -> None:
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False, name="mean")
        self.spread = self.add_weight(shape=(shape[-1],), initializer="ones", trainable=False, name="spread")

    def call(self, values: Any) -> Any:
        return (values - self.mean) / self.spread

    def adapt(self, values: np.ndarray, chosen: np.ndarray | None = None) -> None:
        """Mean and spread of values (n, size), of the `chosen` (n, size) only; columns with fewer than two keep 0 and 1."""
        chosen = np.ones(values.shape, bool) if chosen is None else chosen.astype(bool)
        n = chosen.sum(axis=0)
        mean = np.where(chosen, values, 0.0).sum(axis=0) / np.maximum(n, 1)
        variance = np.where(chosen, (values - mean) ** 2, 0.0).sum(axis=0) / np.maximum(n, 1)
        self.mean.assign(np.where(n > 1, mean, 0.0))
        self.spread.assign(np.where((n > 1) & (variance > 1e-12), np.sqrt(variance), 1.0))


@register
class Detector(keras.layers.Layer):
    """Passes its input on and keeps what sampling must know of the detector: `facts` (n_y, n_x, size of a cell [mm], threshold [MeV]),
    and in `places` (N_PLACES, 2) row and column of the brightest cell of showers of the training sample.
    """

    def build(self, shape: Any) -> None:  # noqa: ARG002
        self.facts = self.add_weight(shape=(4,), initializer="ones", trainable=False, name="facts")
        self.places = self.add_weight(shape=(N_PLACES, 2), initializer="zeros", trainable=False, name="places")

    def call(self, values: Any) -> Any:
        return values


@register
class Impact(keras.layers.Layer):
    """What a network knows of a shower: standardised (log energy, its square), the impact's offset and how near it is to an edge and
    to a corner of its cell, and the sum over the energy. From (log E, a, b, sum / E), the first and last standardised: (n, 8).
    """

    def call(self, inputs: Any) -> Any:
        log_energy, a, b, ratio = ops.split(inputs, 4, axis=-1)
        edges = [ops.exp((offset - 0.5) / 0.06) for offset in (a, b)]
        return ops.concatenate(
            [
                log_energy,
                ops.square(log_energy) - 1.0,
                4.0 * a - 1.3,
                4.0 * b - 0.7,
                *edges,
                edges[0] * edges[1],
                ratio,
            ],
            axis=-1,
        )


@register
class MaskedDense(keras.layers.Layer):
    """A dense layer in which a unit sees those inputs only whose degree is at most its own (MADE, arXiv:1502.03509)."""

    def __init__(self, degrees_in: Any, degrees_out: Any, **more: Any) -> None:
        super().__init__(**more)
        self.degrees_in, self.degrees_out = list(degrees_in), list(degrees_out)
        self.mask = (np.array(self.degrees_in)[:, None] <= np.array(self.degrees_out)).astype(np.float32)

    def build(self, shape: Any) -> None:  # noqa: ARG002
        self.kernel = self.add_weight(shape=self.mask.shape, initializer="glorot_uniform", name="kernel")

    def call(self, values: Any) -> Any:
        return ops.matmul(values, self.kernel * self.mask)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "degrees_in": self.degrees_in, "degrees_out": self.degrees_out}


@register
class Spread(keras.initializers.Initializer):
    """Biases of (n_values, logit of being hit if there is one, logits, means, log scales of the mixtures): means evenly from -2 to 2."""

    def __init__(self, n_components: int, has_hurdle: bool = True) -> None:
        self.n_components, self.has_hurdle = n_components, has_hurdle

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        n, hurdle = self.n_components, [0.0] * self.has_hurdle
        value = np.concatenate([hurdle, np.zeros(n), np.linspace(-2.0, 2.0, n), np.full(n, -0.7)])
        return ops.convert_to_tensor(np.tile(value, shape[0] // len(value)), dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"n_components": self.n_components, "has_hurdle": self.has_hurdle}


@register
class MixtureLoss(keras.layers.Layer):
    """Negative log-likelihood (n, 1), summed over m values: each is hit or not (a hurdle), and if it is, a mixture of logistic distributions.

    Inputs: parameters (n, m, 1 + 3 k): logit of being hit, k logits, means and log scales; values (n, m) and `is_hit` (n, m). Without a
    hurdle the parameters are (n, m, 3 k) and every value counts.
    """

    def __init__(self, n_components: int, has_hurdle: bool = True, scale: float = 1.0, **more: Any) -> None:
        super().__init__(**more)
        self.n_components, self.has_hurdle, self.scale = n_components, has_hurdle, scale

    def call(self, inputs: Any) -> Any:
        parameters, values, *is_hit = inputs
        first = 1 if self.has_hurdle else 0
        logits, means, log_scales = ops.split(parameters[..., first:], 3, axis=-1)
        log_scales = ops.maximum(log_scales, LEAST_LOG_SCALE)
        z = (values[..., None] - means) * ops.exp(-log_scales)
        each = ops.log_softmax(logits, axis=-1) - ops.abs(z) - log_scales - 2.0 * ops.softplus(-ops.abs(z))
        loss = -ops.logsumexp(each, axis=-1)
        if self.has_hurdle:
            logit = parameters[..., 0]
            loss = is_hit[0] * (loss + ops.softplus(-logit)) + (1.0 - is_hit[0]) * ops.softplus(logit)
        return self.scale * ops.sum(loss, axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        more = {"n_components": self.n_components, "has_hurdle": self.has_hurdle, "scale": self.scale}
        return {**super().get_config(), **more}


@register
class Total(keras.layers.Layer):
    """The parts of a loss, m times (n, 1), behind their sum with `weights` (m): (n, 1 + m). A weight that is not finite is taken from the
    batch, so that its part weighs as much as the first.
    """

    def __init__(self, weights: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.weights_of_parts = None if weights is None else [float(w) for w in weights]

    def call(self, parts: Any) -> Any:
        weights = self.weights_of_parts or [1.0] * len(parts)
        total = 0.0
        for part, weight in zip(parts, weights, strict=True):
            total = total + part * (weight if np.isfinite(weight) else _balance(parts[0], part))
        return ops.concatenate([total, *parts], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": self.weights_of_parts}


def _balance(first: Any, part: Any) -> Any:
    return ops.stop_gradient(ops.mean(first) / (ops.mean(part) + 1e-9))


@register
class PixelShuffle(keras.layers.Layer):
    """(n, h, w, c) -> (n, 2 h, 2 w, c / 4): four channels become four neighbours, in the order of PyTorch's PixelShuffle."""

    def call(self, x: Any) -> Any:
        _, h, w, c = x.shape
        x = ops.transpose(ops.reshape(x, (-1, h, w, c // 4, 2, 2)), (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, 2 * h, 2 * w, c // 4))


@register
class Logarithm(keras.layers.Layer):
    """The natural logarithm of one column of (n, k); the others as they are."""

    def __init__(self, column: int, **more: Any) -> None:
        super().__init__(**more)
        self.column = column

    def call(self, values: Any) -> Any:
        columns = ops.split(values, values.shape[-1], axis=-1)
        columns[self.column] = ops.log(ops.maximum(columns[self.column], 1e-6))
        return ops.concatenate(columns, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "column": self.column}


@register
class PlanesLoss(keras.layers.Layer):
    """Drawn planes (logit of MASK, VALUE) and recorded ones (MASK, VALUE), both (n, h, w, 2) -> cross-entropy of MASK and squared distance
    of VALUE, each (n, 1), means over `all` cells or, for VALUE, over those that are `hit`.
    """

    def __init__(self, cells: str = "all", **more: Any) -> None:
        super().__init__(**more)
        self.cells = cells

    def call(self, inputs: Any) -> Any:
        drawn, real = (ops.reshape(planes, (-1, int(np.prod(planes.shape[1:-1])), 2)) for planes in inputs)
        logit, is_hit = drawn[..., 0], real[..., 0]
        entropy = ops.mean(ops.softplus(logit) - is_hit * logit, axis=1, keepdims=True)
        squares = ops.square(drawn[..., 1] - real[..., 1])
        if self.cells == "all":
            return entropy, ops.mean(squares, axis=1, keepdims=True)
        n_hit = ops.maximum(ops.sum(is_hit, axis=1, keepdims=True), 1.0)
        return entropy, ops.sum(squares * is_hit, axis=1, keepdims=True) / n_hit

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells}
