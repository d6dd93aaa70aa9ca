"""Conditional flow matching of the core (arXiv:2210.02747): straight paths from noise to recorded cores, integrated by Heun's method.

A core is 2 N_CORE numbers: the standardised y of each cell, noise where it is not hit, and whether it is hit as -1 or 1 with a little
noise; above 0 is hit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.learn.network import Draw
from core.learn.tasks.generate import NOISE, RECORDED
from core.parameters import param
from core.zdc.frame.sticks import N_CORE
from core.zdc.networks import drawing, given_latent, shared
from core.zdc.networks.start import pair, silu, weights
from core.zdc.recipe import Folded

PARTS = ("ratio", "core", "tail")
SIZE = 2 * N_CORE
N_NOISE = 2 + SIZE + 1 + SIZE  # seeds, start of the path, time, noise of the recorded core
WIDTH_OF_HIT = 0.3  # of the noise about -1 and 1
N_TIMES = 8  # frequencies in which the time is given


@dataclass(frozen=True)
class Parameters(Folded):
    """The velocity field of the core."""

    units: int = param(384, "units of each of the three hidden layers", low=16, high=4096)
    n_steps: int = param(10, "steps of Heun's method, of two evaluations each", low=1, high=200)
    n_tails: int = param(6, "tails that are drawn, of which the one that fits what is left is taken", low=1, high=64)


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives the squared distance of velocities, and the other parts of its loss (n, 1 + 3)."""
    import keras

    from core.zdc.layers import Split, Standard, Total
    from core.zdc.networks.layers import Path, SquaredDistance

    del output
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    p = shared.pieces(inputs[RECORDED])
    is_hit = p.by_name["is_hit"]
    y = Standard(name="core_y")(p.by_name["y"])
    _, begin, time, blur = Split((2, SIZE, 1, SIZE), name="noise_pieces")(inputs[NOISE])
    at, times, velocity = Path(N_TIMES, WIDTH_OF_HIT, name="path")([y, is_hit, begin, time, blur])
    x = keras.layers.Concatenate(name="path_known")([at, times, p.known_ratio])
    for i in range(3):
        x = keras.layers.Dense(parameters.units, activation="silu", name=f"velocity_{i}")(x)
    core = SquaredDistance(name="core_loss")([keras.layers.Dense(SIZE, name="velocity_out")(x), velocity])
    return keras.Model(inputs, Total(name="loss")([shared.ratio_loss(p), core, shared.tail_loss(p)]), name="flow")


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Draws showers [MeV] from the trained network."""
    layers = [pair(model, f"velocity_{name}") for name in ("0", "1", "2", "out")]
    mean, spread = weights(model, "core_y")

    def velocity(x: np.ndarray, time: float, known: np.ndarray) -> np.ndarray:
        x = np.concatenate([x, np.broadcast_to(times_of(time), (len(x), 2 * N_TIMES)), known], axis=1, dtype=np.float32)
        for kernel, bias in layers[:-1]:
            x = silu(x @ kernel + bias)
        field: np.ndarray = x @ layers[-1][0] + layers[-1][1]
        return field

    def draw_core(
        known: np.ndarray, total_gev: np.ndarray, threshold_gev: float, noise: np.ndarray, seeds: np.ndarray
    ) -> np.ndarray:
        del seeds
        x, step = noise[:, 2 : 2 + SIZE].astype(np.float32), 1.0 / parameters.n_steps
        for i in range(parameters.n_steps):
            first = velocity(x, i * step, known)
            second = velocity(x + step * first, (i + 1) * step, known)
            x = x + 0.5 * step * (first + second)
        y = mean + spread * x[:, :N_CORE]
        return given_latent.broken(y.astype(np.float64), x[:, N_CORE:] > 0.0, total_gev, threshold_gev)

    return drawing.drawer(model, parameters.conditions, parameters.n_tails, draw_core)


def times_of(time: float) -> np.ndarray:
    """float32 (2 N_TIMES,): sines and cosines of a time in 0 to 1, as the layer `Path` has them."""
    angles = np.float32(time) * np.pi * np.arange(1, N_TIMES + 1, dtype=np.float32)
    return np.concatenate([np.sin(angles), np.cos(angles)]).astype(np.float32)
