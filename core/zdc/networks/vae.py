"""A conditional variational autoencoder (arXiv:1312.6114) of the core: a few latent numbers, given which cells are independent."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.learn.network import Draw
from core.learn.tasks.generate import NOISE, RECORDED
from core.parameters import param
from core.zdc.frame.sticks import N_CORE
from core.zdc.networks import drawing, given_latent, shared
from core.zdc.networks.start import mixture, pair, silu, weights
from core.zdc.recipe import Folded

PARTS = ("ratio", "core", "kl", "tail")
N_LATENT, N_MIX = 16, 2
N_NOISE = 2 + N_LATENT


@dataclass(frozen=True)
class Parameters(Folded):
    """Encoder and decoder of the core."""

    units: int = param(256, "units of the hidden layers", low=16, high=4096)
    kl_weight: float = param(1.0, "weight of the distance to the prior; below 1 sharper, and further from what is drawn", low=0.0, high=10.0)  # fmt: skip
    n_tails: int = param(6, "tails that are drawn, of which the one that fits what is left is taken", low=1, high=64)


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives the negative evidence bound and its parts (n, 1 + 4)."""
    import keras

    from core.zdc.layers import MixtureLoss, Split, Spread, Standard, Total
    from core.zdc.networks.layers import Latent

    del output
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    p = shared.pieces(inputs[RECORDED])
    is_hit = p.by_name["is_hit"]
    y = Standard(name="core_y")(p.by_name["y"])
    join = keras.layers.Concatenate
    x = join(name="seen")([y * is_hit, is_hit, p.known_ratio])
    for i in range(2):
        x = keras.layers.Dense(parameters.units, activation="silu", name=f"encoder_{i}")(x)
    moments = keras.layers.Dense(2 * N_LATENT, name="encoder_out")(x)
    _, noise = Split((2, N_LATENT), name="noise_pieces")(inputs[NOISE])
    z, kl = Latent(name="latent")([moments, noise])
    x = join(name="latent_known")([z, p.known_ratio])
    for i in range(2):
        x = keras.layers.Dense(parameters.units, activation="silu", name=f"decoder_{i}")(x)
    n_each = 1 + 3 * N_MIX
    x = keras.layers.Dense(N_CORE * n_each, bias_initializer=Spread(N_MIX), name="decoder_out")(x)
    x = keras.layers.Reshape((N_CORE, n_each), name="decoder_mixtures")(x)
    core = MixtureLoss(N_MIX, name="core_loss")([x, y, is_hit])
    parts = [shared.ratio_loss(p), core, kl, shared.tail_loss(p)]
    return keras.Model(inputs, Total((1.0, 1.0, parameters.kl_weight, 1.0), name="loss")(parts), name="vae")


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Draws showers [MeV] from the trained network."""
    layers = [pair(model, f"decoder_{name}") for name in ("0", "1", "out")]
    mean, spread = weights(model, "core_y")

    def draw_core(
        known: np.ndarray, total_gev: np.ndarray, threshold_gev: float, noise: np.ndarray, seeds: np.ndarray
    ) -> np.ndarray:
        x = np.concatenate([noise[:, 2:N_NOISE], known], axis=1)
        for kernel, bias in layers[:-1]:
            x = silu(x @ kernel + bias)
        answer = (x @ layers[-1][0] + layers[-1][1]).reshape(len(x) * N_CORE, -1)
        u = drawing.uniforms(seeds, 3 * N_CORE).reshape(-1, 3)
        is_hit = u[:, 0] < special.expit(answer[:, 0])
        y = mixture(answer[:, 1:], u[:, 1:]).reshape(len(x), N_CORE)
        return given_latent.broken(mean + spread * y, is_hit.reshape(y.shape), total_gev, threshold_gev)

    return drawing.drawer(model, parameters.conditions, parameters.n_tails, draw_core)
