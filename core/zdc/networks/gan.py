"""A conditional generative adversarial network of the core (arXiv:1406.2661): latent noise, and a critic with bounded slopes.

Whether a cell is hit is drawn from a probability, and the gradient goes on as if the probability had been shown ("straight through").
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.learn.network import Draw
from core.learn.tasks.generate import NOISE, RECORDED
from core.parameters import param
from core.zdc.frame.sticks import N_CORE
from core.zdc.networks import drawing, given_latent, shared
from core.zdc.networks.numbers import NORMAL_TO_LOGISTIC
from core.zdc.networks.start import pair, silu, weights
from core.zdc.recipe import Folded

PARTS = ("ratio", "critic", "generator", "tail")
N_LATENT = 32
N_NOISE = 2 + N_LATENT + N_CORE  # seeds, latent numbers, which cells are hit


@dataclass(frozen=True)
class Parameters(Folded):
    """Generator and critic of the core."""

    units: int = param(256, "units of the generator's three hidden layers", low=16, high=4096)
    critic_units: int = param(384, "units of the critic's three hidden layers", low=16, high=4096)
    n_tails: int = param(6, "tails that are drawn, of which the one that fits what is left is taken", low=1, high=64)


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives its loss and the parts of it (n, 1 + 4)."""
    import keras

    from core.zdc.layers import Split, Standard, Total
    from core.zdc.networks.layers import Contest, StraightThrough

    del output
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    p = shared.pieces(inputs[RECORDED])
    is_hit = p.by_name["is_hit"]
    y = Standard(name="core_y")(p.by_name["y"])
    join = keras.layers.Concatenate
    _, z, lots = Split((2, N_LATENT, N_CORE), name="noise_pieces")(inputs[NOISE])
    x = join(name="latent_known")([z, p.known_ratio])
    for i in range(3):
        x = keras.layers.Dense(parameters.units, activation="silu", name=f"generator_{i}")(x)
    drawn_y, logit = Split((N_CORE, N_CORE), name="drawn")(keras.layers.Dense(2 * N_CORE, name="generator_out")(x))
    hit = StraightThrough(name="hit")([logit, lots])
    fake = join(name="fake")([drawn_y * hit, hit])
    real = join(name="real")([y * is_hit, is_hit])
    critic = _critic(2 * N_CORE, int(p.known_ratio.shape[-1]), parameters.critic_units)
    losses = Contest(critic, name="contest")([real, fake, p.known_ratio])
    return keras.Model(inputs, Total(name="loss")([shared.ratio_loss(p), *losses, shared.tail_loss(p)]), name="gan")


def _critic(size: int, n_known: int, units: int) -> Any:
    """A core (size,) and what both networks are known -> a logit (1,); dense layers whose largest singular value is 1."""
    import keras

    bounded = keras.layers.SpectralNormalization
    rows, known = keras.Input((size,), name="rows"), keras.Input((n_known,), name="known")
    x = keras.layers.Concatenate(name="critic_all")([rows, known])
    for i in range(3):
        x = bounded(keras.layers.Dense(units, name=f"critic_{i}_dense"), name=f"critic_{i}")(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2, name=f"critic_{i}_active")(x)
    return keras.Model([rows, known], keras.layers.Dense(1, name="critic_logit")(x), name="critic")


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Draws showers [MeV] from the trained network."""
    layers = [pair(model, f"generator_{name}") for name in ("0", "1", "2", "out")]
    mean, spread = weights(model, "core_y")

    def draw_core(
        known: np.ndarray, total_gev: np.ndarray, threshold_gev: float, noise: np.ndarray, seeds: np.ndarray
    ) -> np.ndarray:
        del seeds
        x = np.concatenate([noise[:, 2 : 2 + N_LATENT], known], axis=1)
        for kernel, bias in layers[:-1]:
            x = silu(x @ kernel + bias)
        y, logit = np.split(x @ layers[-1][0] + layers[-1][1], 2, axis=1)
        is_hit = logit + NORMAL_TO_LOGISTIC * noise[:, 2 + N_LATENT : N_NOISE] > 0.0
        return given_latent.broken((mean + spread * y).astype(np.float64), is_hit, total_gev, threshold_gev)

    return drawing.drawer(model, parameters.conditions, parameters.n_tails, draw_core)
