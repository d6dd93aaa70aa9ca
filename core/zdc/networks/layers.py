"""Own layers of adversarial networks and of those with latent numbers or paths. To be imported, and with it all the others, before a stored
network is read."""

from typing import Any

import keras
import numpy as np
from keras import ops

from core.zdc.layers import register
from core.zdc.networks.numbers import NORMAL_TO_LOGISTIC


@register
class Contest(keras.layers.Layer):
    """The two losses of an adversarial training (arXiv:1406.2661, with the generator's loss that does not saturate), each (n, 1), in one step.

    Inputs: recorded rows, drawn rows, and what critic and generator are known. The critic gives logits for the recorded rows, the drawn
    ones, and the drawn ones through which nothing is learned. It learns from the first and the last; the generator from the second, less
    the same of the last: that difference is 0, its gradient in the critic's weights cancels, and what is left is the generator's.
    Outside of training the critic's is 0, and the generator's the mean over columns of the distance between the sorted values of recorded
    and drawn rows of the batch (Wasserstein), as neither loss tells how good a generator is.
    """

    def __init__(self, critic: Any, **more: Any) -> None:
        super().__init__(**more)
        self.critic = critic

    def call(self, inputs: Any, training: Any = None) -> Any:
        recorded, drawn, known = inputs
        if not training:
            columns = (
                ops.sort(ops.reshape(rows, (-1, int(np.prod(rows.shape[1:])))), axis=0) for rows in (recorded, drawn)
            )
            first, second = columns
            nothing = 0.0 * known[:, :1]
            return nothing, nothing + ops.mean(ops.abs(first - second))
        rows = ops.concatenate([recorded, drawn, ops.stop_gradient(drawn)], axis=0)
        known = ops.stop_gradient(known)
        logits = self.critic([rows, ops.concatenate([known, known, known], axis=0)], training=True)
        real, fake, blind = ops.split(logits, 3, axis=0)
        critic = ops.softplus(-real) + ops.softplus(blind)
        generator = ops.softplus(-fake) - ops.softplus(-blind) + ops.stop_gradient(ops.softplus(-blind))
        return critic, generator

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "critic": keras.saving.serialize_keras_object(self.critic)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Contest":
        return cls(keras.saving.deserialize_keras_object(config.pop("critic")), **config)

    def compute_output_shape(self, shapes: Any) -> Any:
        return (shapes[0][0], 1), (shapes[0][0], 1)


@register
class StraightThrough(keras.layers.Layer):
    """Is a cell hit? 1 where logit (n, m) plus logistic noise, made of normal noise (n, m), is above 0; the gradient is that of the sigmoid."""

    def call(self, inputs: Any) -> Any:
        logit, noise = inputs
        soft = ops.sigmoid(logit + NORMAL_TO_LOGISTIC * noise)
        return soft + ops.stop_gradient(ops.cast(soft > 0.5, soft.dtype) - soft)


@register
class Latent(keras.layers.Layer):
    """Latent numbers of an encoder: moments (n, 2 k), means and log variances, and normal noise (n, k) -> numbers (n, k), and the distance
    of their distribution from the normal one (Kullback and Leibler), (n, 1).
    """

    def call(self, inputs: Any) -> Any:
        moments, noise = inputs
        mean, log_variance = ops.split(moments, 2, axis=-1)
        log_variance = ops.clip(log_variance, -12.0, 6.0)
        kl = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance, axis=-1, keepdims=True)
        return mean + ops.exp(0.5 * log_variance) * noise, kl


@register
class Path(keras.layers.Layer):
    """A point on the straight path from noise to a recorded core: where, the time in sines and cosines (n, 2 n_times), and the velocity.

    Inputs: y and `is_hit` (n, m), the path's begin (n, 2 m), normal noise of the time (n, 1), and noise of the core (n, 2 m): y where it is
    not hit, and about -1 and 1, `width` wide, for whether it is.
    """

    def __init__(self, n_times: int, width: float, **more: Any) -> None:
        super().__init__(**more)
        self.n_times, self.width = n_times, width

    def call(self, inputs: Any) -> Any:
        y, is_hit, begin, time, blur = inputs
        fill, spread = ops.split(blur, 2, axis=-1)
        end = ops.concatenate([is_hit * y + (1.0 - is_hit) * fill, 2.0 * is_hit - 1.0 + self.width * spread], axis=-1)
        t = 0.5 * (1.0 + ops.erf(time / np.sqrt(2.0)))
        angles = t * (np.pi * np.arange(1, self.n_times + 1, dtype=np.float32))
        return begin + t * (end - begin), ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1), end - begin

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_times": self.n_times, "width": self.width}


@register
class SquaredDistance(keras.layers.Layer):
    """Of two sets of numbers (n, ...), mean over all but the first axis: (n, 1)."""

    def call(self, inputs: Any) -> Any:
        first, second = inputs
        axes = tuple(range(1, len(first.shape)))
        return ops.reshape(ops.mean(ops.square(first - second), axis=axes), (-1, 1))


@register
class RatioOfSum(keras.layers.Layer):
    """Cells (n, m, 1) [MeV] and conditions (n, k), of which column `energy` is in GeV -> sum of the cells over the energy (n, 1)."""

    def __init__(self, energy: int, **more: Any) -> None:
        super().__init__(**more)
        self.energy = energy

    def call(self, inputs: Any) -> Any:
        value, condition = inputs
        energy = ops.split(condition, condition.shape[-1], axis=-1)[self.energy]
        return 1e-3 * ops.sum(value, axis=1) / ops.maximum(energy, 1e-6)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "energy": self.energy}


@register
class Stored(keras.layers.Layer):
    """Passes its input on and keeps showers: `shares` (n, size) of their sum, and `places` (n, 3): log energy and offset (a, b)."""

    def __init__(self, n: int, size: int, **more: Any) -> None:
        super().__init__(**more)
        self.n, self.size = n, size

    def build(self, shape: Any) -> None:  # noqa: ARG002
        self.shares = self.add_weight(shape=(self.n, self.size), initializer="zeros", trainable=False, name="shares")
        self.places = self.add_weight(shape=(self.n, 3), initializer="zeros", trainable=False, name="places")

    def call(self, values: Any) -> Any:
        return values

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n, "size": self.size}
