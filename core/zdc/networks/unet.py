"""Conditional flow matching of whole images with a small U-Net (arXiv:1505.04597, 2210.02747): for those who have a GPU.

Each cell is two numbers, the standardised logarithm of its energy (noise where it is not hit) and whether it is hit, as in
`core.zdc.networks.flow`. The sum over the energy is drawn by a network of its own, and the image scaled to it: errors of many cells in
the logarithm would add up.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.learn.network import Draw
from core.learn.noise import seeds_of
from core.learn.tasks.generate import CONDITION, NOISE, RECORDED, SAMPLES
from core.parameters import param
from core.zdc.networks import planes
from core.zdc.networks.drawing import uniforms
from core.zdc.networks.flow import N_TIMES, WIDTH_OF_HIT, times_of
from core.zdc.networks.numbers import N_RATIO, RATIO_UNITS
from core.zdc.networks.start import detector_of, mixture, pair, silu, weights
from core.zdc.recipe import CONDITIONS, ENERGY, Planes

PARTS = ("ratio", "velocity")
SIDE = 20
N_CELLS = SIDE * SIDE
N_NOISE = 2 + 2 * N_CELLS + 1 + 2 * N_CELLS  # seeds, begin of the path, time, noise of the recorded image


@dataclass(frozen=True)
class Parameters(Planes):
    """The velocity field of images of 20 x 20 cells."""

    conditions: tuple[str, ...] = param(CONDITIONS, "what a shower is generated for", choices=CONDITIONS)
    channels: int = param(32, "channels at full size; twice as many below", low=4, high=256)
    n_steps: int = param(10, "steps of Heun's method, of two evaluations each", low=1, high=200)
    energy_scale: str = param("log", "the energy is given standardised, or its logarithm is", choices=("linear", "log"))

    def check(self) -> None:
        super().check()
        if ENERGY not in self.conditions:
            raise DarkroomError(f"'conditions' is {', '.join(self.conditions)}: this network needs {ENERGY}.")


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives its loss and the parts of it (n, 1 + 2)."""
    import keras

    from core.zdc.layers import Detector, Logarithm, MixtureLoss, Split, Spread, Standard, Total
    from core.zdc.networks.layers import Path, RatioOfSum, SquaredDistance

    del output
    planes.check_side(input_shape[RECORDED], SIDE)
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    known = planes.known(inputs[CONDITION], parameters.conditions, parameters.energy_scale)
    flat = keras.layers.Reshape((N_CELLS, 2), name="cells")(Detector(name="detector")(inputs[RECORDED]))
    is_hit, value = Split((1, 1), name="recorded_planes")(flat)
    y = Standard(name="log_value")(Logarithm(0, name="log_of_value")(value))
    ratio = RatioOfSum(parameters.conditions.index(ENERGY), name="sum_over_energy")([value, inputs[CONDITION]])
    _, begin, time, blur = Split((2, 2 * N_CELLS, 1, 2 * N_CELLS), name="noise_pieces")(inputs[NOISE])
    as_rows = keras.layers.Reshape((N_CELLS,))
    at, times, velocity = Path(N_TIMES, WIDTH_OF_HIT, name="path")([as_rows(y), as_rows(is_hit), begin, time, blur])
    field = _unet(parameters.channels, int(known.shape[-1]))
    core = SquaredDistance(name="velocity_loss")([field([at, times, known]), velocity])
    x = known
    for i in range(2):
        x = keras.layers.Dense(RATIO_UNITS, activation="silu", name=f"ratio_{i}")(x)
    x = keras.layers.Dense(3 * N_RATIO, bias_initializer=Spread(N_RATIO, False), name="ratio_out")(x)
    x = keras.layers.Reshape((1, 3 * N_RATIO), name="ratio_mixture")(x)
    of_ratio = MixtureLoss(N_RATIO, False, name="ratio_loss")([x, Standard(name="ratio")(ratio)])
    return keras.Model(inputs, Total(name="loss")([of_ratio, core]), name="unet")


def _unet(channels: int, n_known: int) -> Any:
    """(point on the path (2 N_CELLS,), time (2 N_TIMES,), what is known (n_known,)) -> velocity (2 N_CELLS,); 20, 10 and 5 cells."""
    import keras

    layers = keras.layers
    at, times, known = keras.Input((2 * N_CELLS,)), keras.Input((2 * N_TIMES,)), keras.Input((n_known,))
    context = layers.Dense(4 * channels, activation="silu", name="context")(layers.Concatenate()([times, known]))

    def block(x: Any, n: int, name: str) -> Any:
        """Two convolutions beside a shortcut; time and conditions scale and shift what is between them."""
        y = layers.Conv2D(n, 3, padding="same", name=f"{name}_0")(layers.Activation("silu")(x))
        scale, shift = (
            layers.Reshape((1, 1, n))(layers.Dense(n, name=f"{name}_{what}")(context)) for what in ("scale", "shift")
        )
        y = layers.Activation("silu")(y * (1.0 + scale) + shift)
        y = layers.Conv2D(n, 3, padding="same", name=f"{name}_1")(y)
        return y + (x if x.shape[-1] == n else layers.Conv2D(n, 1, name=f"{name}_shortcut")(x))

    x = layers.Permute((2, 3, 1))(layers.Reshape((2, SIDE, SIDE))(at))
    where = layers.Dense(4 * N_CELLS, name="where")(known)  # what is known of the impact, as planes
    x = layers.Concatenate()([x, layers.Reshape((SIDE, SIDE, 4))(where)])
    full = block(x, channels, "down_0")
    half = block(layers.AveragePooling2D(2)(full), 2 * channels, "down_1")
    quarter = block(layers.AveragePooling2D(2)(half), 2 * channels, "middle")
    x = layers.Concatenate()([layers.UpSampling2D(2)(quarter), half])
    x = layers.Concatenate()([layers.UpSampling2D(2)(block(x, 2 * channels, "up_1")), full])
    x = layers.Conv2D(2, 1, name="velocity")(layers.Activation("silu")(block(x, channels, "up_0")))
    x = layers.Reshape((2 * N_CELLS,))(layers.Permute((3, 1, 2))(x))
    return keras.Model([at, times, known], x, name="field")


def adapt(model: Any, plan: Any, recorded: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Give a network the means and spreads of the training sample, and the detector's cells and threshold."""
    facts = planes.adapt_known(model, plan, recorded, targets)
    is_hit, value = (recorded[..., i].reshape(-1, 1).astype(np.float64) for i in range(2))
    model.get_layer("log_value").adapt(np.log(np.maximum(value, 1e-6)), is_hit)
    energy_mev = 1e3 * targets[:, plan.task.conditions.index(ENERGY)].astype(np.float64)
    model.get_layer("ratio").adapt((recorded[..., 1].sum(axis=(1, 2), dtype=np.float64) / energy_mev)[:, None])
    return facts


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Draws showers [MeV] from the trained network."""
    import keras

    field, detector = model.get_layer("field"), detector_of(model)
    known = keras.Model(model.get_layer(CONDITION).output, model.get_layer("condition_standard").output)
    ratio = [pair(model, f"ratio_{name}") for name in ("0", "1", "out")]
    (mean, spread), (log_mean, log_spread) = weights(model, "ratio"), weights(model, "log_value")
    energy = parameters.conditions.index(ENERGY)

    def draw(condition: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
        of_known = planes.filled(known, condition)
        x = _integrated(field, noise[:, 2 : 2 + 2 * N_CELLS], of_known, parameters.n_steps)
        h = of_known
        for kernel, bias in ratio[:-1]:
            h = silu(h @ kernel + bias)
        of_sum = mean[0] + spread[0] * mixture(h @ ratio[-1][0] + ratio[-1][1], uniforms(seeds_of(noise), 2))
        value = np.where(x[:, N_CELLS:] > 0.0, np.exp(log_mean[0] + log_spread[0] * x[:, :N_CELLS]), 0.0)
        wanted = 1e3 * condition[:, energy] * of_sum
        value *= (wanted / np.maximum(value.sum(axis=1), 1e-9))[:, None]
        value = np.where(value > detector.threshold_mev, value, 0.0)
        return {SAMPLES: value.reshape(-1, SIDE, SIDE).astype(np.float32)}

    return draw


def _integrated(field: Any, begin: np.ndarray, known: np.ndarray, n_steps: int) -> np.ndarray:
    """The ends (n, 2 N_CELLS) of the paths that begin at noise (n, 2 N_CELLS), by Heun's method."""
    x, step = begin.astype(np.float32), 1.0 / n_steps

    def velocity(x: np.ndarray, time: float) -> np.ndarray:
        times = np.ascontiguousarray(np.broadcast_to(times_of(time), (len(x), 2 * N_TIMES)))
        return planes.filled(field, x, times, known)

    for i in range(n_steps):
        first = velocity(x, i * step)
        x = x + 0.5 * step * (first + velocity(x + step * first, (i + 1) * step))
    return x
