"""The autoregressive generator: cell after cell of the core, each given those before it (MADE, arXiv:1502.03509).

A hurdle (is the cell hit?) and a mixture of logistic distributions for each cell, from one masked network; the shower's total first,
the tail by a network that all its cells share. What makes it work on two cores: the frame of the impact, and stick-breaking.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.learn.network import Draw
from core.parameters import param
from core.zdc.frame.sticks import N_CORE
from core.zdc.networks import core_cells, drawing, shared
from core.zdc.networks.numbers import N_CORE_MIX
from core.zdc.recipe import Folded

PARTS = ("ratio", "core", "tail")


@dataclass(frozen=True)
class Parameters(Folded):
    """Total, core cell by cell, tail."""

    units: int = param(384, "units of each of the two masked layers", low=48, high=4096)
    context_units: int = param(128, "what the layers are given of energy and impact", low=8, high=1024)
    n_tails: int = param(6, "tails that are drawn, of which the one that fits what is left is taken", low=1, high=64)


def degrees(units: int) -> np.ndarray:
    """Degree of each hidden unit, ascending, 0 to N_CORE - 1: many units see the first cells, which have most of the energy."""
    return np.minimum((N_CORE * (np.arange(units) / units) ** 1.5).astype(np.int64), N_CORE - 1)


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives the parts of a shower's negative log-likelihood, and their sum first (n, 4)."""
    import keras

    from core.zdc.layers import MaskedDense, MixtureLoss, Spread, Standard, Total

    del output
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    p = shared.pieces(inputs["recorded"])
    dense = keras.layers.Dense
    context = dense(2 * parameters.context_units, activation="silu", name="context_0")(p.known_ratio)
    context = dense(parameters.context_units, activation="silu", name="context_1")(context)
    is_hit = p.by_name["is_hit"]
    y = Standard(name="core_y")(p.by_name["y"])
    cells = keras.ops.stack([y * is_hit, is_hit, 0.5 * p.by_name["rest"] + 1.0], axis=-1)
    x = keras.layers.Reshape((3 * N_CORE,), name="cells")(cells)
    hidden, n_each = degrees(parameters.units).tolist(), 1 + 3 * N_CORE_MIX
    seen, given = np.repeat(np.arange(1, N_CORE + 1), 3).tolist(), np.repeat(np.arange(N_CORE), n_each).tolist()
    for i, before in enumerate((seen, hidden)):
        x = MaskedDense(before, hidden, name=f"core_{i}")(x) + dense(parameters.units, name=f"core_{i}_context")(
            context
        )
        x = keras.layers.Activation("silu", name=f"core_{i}_active")(x)
    x = MaskedDense(hidden, given, name="core_out")(x)
    x = x + dense(N_CORE * n_each, bias_initializer=Spread(N_CORE_MIX), name="core_out_context")(context)
    x = keras.layers.Reshape((N_CORE, n_each), name="core_mixtures")(x)
    core = MixtureLoss(N_CORE_MIX, name="core_loss")([x, y, is_hit])
    return keras.Model(
        inputs, Total(name="loss")([shared.ratio_loss(p), core, shared.tail_loss(p)]), name="autoregressive"
    )


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Draws showers [MeV] from the trained network."""
    core = core_cells.core_of(model, degrees(parameters.units))

    def draw_core(
        known: np.ndarray, total_gev: np.ndarray, threshold_gev: float, noise: np.ndarray, seeds: np.ndarray
    ) -> np.ndarray:
        del noise
        u = drawing.uniforms(seeds, N_CORE * core_cells.N_UNIFORM).reshape(len(seeds), N_CORE, core_cells.N_UNIFORM)
        return core_cells.draw(core, known, total_gev, threshold_gev, u)

    return drawing.drawer(model, parameters.conditions, parameters.n_tails, draw_core)
