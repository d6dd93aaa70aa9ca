"""The two networks of the slides, "Default" and "Extended 2": an energy becomes a MASK and a VALUE image.

The list of 13 modules is Default, that of 24 with dropout Extended 2. What the slides do not define is a parameter (`core.zdc.networks.blocks`,
heads, losses). Without the contest there is no random number in them: they are functions of what they are known, and the same energy
twice gives the same shower.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.learn.network import Draw
from core.learn.tasks.generate import CONDITION, RECORDED, SAMPLES
from core.parameters import param
from core.zdc.networks import planes
from core.zdc.networks.blocks import CONVOLUTION, LINEAR, Blocks
from core.zdc.networks.critic import contest
from core.zdc.recipe import CONDITIONS, ENERGY, Planes

PARTS = ("mask", "value", "critic", "generator")
SIDE = 20  # cells along a side: 3 -> 5 -> 10 -> 20


@dataclass(frozen=True)
class Parameters(Planes):
    """MASK and VALUE images of 20 x 20 cells, from the energy."""

    conditions: tuple[str, ...] = param((ENERGY,), "what a shower is generated for", choices=CONDITIONS)
    hidden_dim: int = param(32, "unit of widths and channels; a multiple of 4", low=4, high=256)
    linear_block: str = param("layers", "what the third number of LinearBlock means", choices=LINEAR)
    conv_block: str = param("single", "what a Conv2dBlock holds", choices=CONVOLUTION)
    is_normalised: bool = param(True, "batch normalisation in the blocks")
    mode: str = param("rec", "rec: cross-entropy of MASK and L2 of VALUE; gan: a critic that tells true from generated images beside it", choices=("rec", "gan"))  # fmt: skip
    value_weight: float = param(200.0, "weight of VALUE in the loss; 0: chosen in each batch so that both count alike", low=0.0, high=1e5)  # fmt: skip
    value_cells: str = param("all", "cells that VALUE is learned from", choices=("all", "hit"))
    value_scale: str = param(
        "all",
        "mean 0 and spread 1, so that losses are of order 1 whatever the unit: of all cells together, or of each by itself",
        choices=("all", "each"),
    )
    energy_scale: str = param(
        "linear", "the energy is given standardised, or its logarithm is", choices=("linear", "log")
    )

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the loss."""
        return PARTS if self.mode == "gan" else PARTS[:2]

    def check(self) -> None:
        super().check()
        planes.check_width(self.hidden_dim)


def encoder(p: Parameters, x: Any, is_extended: bool) -> Any:
    """What the slides call so: (batch, k) -> (batch, 20, 20, hidden_dim)."""
    import keras

    from core.zdc.layers import PixelShuffle

    h, blocks = p.hidden_dim, Blocks(p.linear_block, p.conv_block, p.is_normalised)
    more = 2 if is_extended else 0  # blocks that Extended 2 adds at each place

    def drop(values: Any, name: str) -> Any:
        return keras.layers.Dropout(0.1, name=name)(values) if is_extended else values

    x = keras.layers.Dense(4 * h, name="linear")(x)
    for i in range(1 + more):
        x = blocks.linear_block(x, 4 * h, 4, f"linear_block_{i}")
    x = drop(blocks.linear_block(x, 9 * h, 4, "linear_block_out"), "dropout_0")
    x = keras.layers.Reshape((3, 3, h), name="unflatten")(x)
    x = keras.layers.Conv2DTranspose(h, 3, name="transposed")(x)
    for stage, size in enumerate((3, 5)):
        for i in range(1 + more):
            x = blocks.convolution_block(x, 2 * h, size, f"conv_{stage}_{i}")
        x = drop(blocks.convolution_block(x, 4 * h, size, f"conv_{stage}_out"), f"dropout_{1 + stage}")
        x = PixelShuffle(name=f"shuffle_{stage}")(x)
    for i in range(2 + more):
        x = blocks.convolution_block(x, h, 5, f"conv_2_{i}")
    return x


def build(parameters: Parameters, input_shape: dict[str, Any], is_extended: bool) -> Any:
    """A network that gives its loss and the parts of it (n, 1 + 2), in mode gan those of critic and generator too (n, 1 + 4)."""
    import keras

    from core.zdc.layers import Detector, PlanesLoss, Split, Total

    planes.check_side(input_shape[RECORDED], SIDE)
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    known = planes.known(inputs[CONDITION], parameters.conditions, parameters.energy_scale)
    drawn = keras.layers.Conv2D(2, 1, name="planes")(encoder(parameters, known, is_extended))
    is_hit, value = Split((1, 1), name="recorded_planes")(Detector(name="detector")(inputs[RECORDED]))
    value = planes.standardised(value, SIDE, parameters.value_scale)
    real = keras.layers.Concatenate(name="real")([is_hit, value])
    losses = [*PlanesLoss(parameters.value_cells, name="reconstruction")([drawn, real])]
    if parameters.mode == "gan":
        losses += contest(drawn, real, known)
    weights = (1.0, parameters.value_weight or math.inf, 1.0, 1.0)[: len(losses)]
    loss = Total(weights, name="loss")(losses)
    return keras.Model(inputs, loss, name="extended2" if is_extended else "default")


def default(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """The slides' first network."""
    del output
    return build(parameters, input_shape, False)


def extended2(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """Its extension: more blocks, and dropout."""
    del output
    return build(parameters, input_shape, True)


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Images [MeV] from the trained network: hit where MASK is more likely than not, with the energy of VALUE."""
    answer = planes.answering(model, parameters.value_scale)

    def draw(condition: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
        del noise
        mask, value_mev, threshold_mev = answer(condition)
        samples = np.where(mask > 0.5, np.maximum(value_mev, 1.000001 * threshold_mev), 0.0).astype(np.float32)
        return {SAMPLES: samples, "mask": mask, "value_mev": value_mev}

    return draw


def exported(model: Any, parameters: Parameters) -> Any:
    """What can be written for other programs: conditions to MASK and VALUE, which is all of these networks."""
    return planes.exported(model, parameters.value_scale)
