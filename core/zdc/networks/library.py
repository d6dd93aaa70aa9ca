"""A library of stored showers, the honest baseline of fast simulation: one that is alike is looked up, turned and scaled.

Of what is learned there is only the sum over the energy; the cells are those of a shower of the training sample of about the same energy
and impact, as shares of its sum in the folded window.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy.spatial import cKDTree

from core.learn.network import Draw
from core.learn.noise import seeds_of
from core.learn.tasks.generate import RECORDED, SAMPLES
from core.parameters import param
from core.zdc.frame import fold
from core.zdc.networks import shared
from core.zdc.networks.drawing import uniforms
from core.zdc.networks.start import detector_of, frames_of, start_of, weights
from core.zdc.recipe import ENERGY, IMPACT, Folded

PARTS = ("ratio",)
WINDOW_PX = 2 * fold.HALF_PX + 1
SCALES = (0.05, 0.05)  # distances in log energy and in cells that count alike


@dataclass(frozen=True)
class Parameters(Folded):
    """How many showers are stored, and among how many is chosen."""

    n_stored: int = param(20_000, "showers that are stored", low=10, high=200_000)
    n_alike: int = param(4, "most alike showers that one is chosen from by lot", low=1, high=100)


def build(parameters: Parameters, input_shape: dict[str, Any], output: int) -> Any:
    """A network that gives how likely the sum is (n, 2), and keeps showers."""
    import keras

    from core.zdc.layers import Total
    from core.zdc.networks.layers import Stored

    del output
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    p = shared.pieces(Stored(parameters.n_stored, WINDOW_PX**2, name="stored")(inputs[RECORDED]))
    return keras.Model(inputs, Total(name="loss")([shared.ratio_loss(p)]), name="library")


def adapt(model: Any, plan: Any, recorded: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Store showers of the training sample, and the means and spreads of the sum."""
    from core.data.dataset import read_array

    facts = shared.adapt_start(model, plan, recorded)
    rows, n = plan.train_sample.rows, plan.network_parameters.n_stored
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), n)).astype(np.int64))
    cells, of = (
        read_array(plan.dataset, "cells_mev", rows[chosen]),
        plan.train_sample.targets[chosen].astype(np.float64),
    )
    shares, at = np.zeros((len(chosen), WINDOW_PX**2), np.float32), np.zeros((len(chosen), 3))
    is_known = IMPACT[0] in plan.task.conditions
    impact = [plan.task.conditions.index(name) for name in IMPACT] if is_known else [0, 0]
    energy_gev = of[:, plan.task.conditions.index(ENERGY)]
    detector = detector_of(model)
    _fold(cells, energy_gev, np.ascontiguousarray(of[:, impact]), is_known, detector.cell_mm, shares, at)
    repeat = np.resize(np.arange(len(chosen)), n)
    model.get_layer("stored").shares.assign(shares[repeat])
    model.get_layer("stored").places.assign(at[repeat])
    return facts | {"n_stored": len(chosen), "n_conditions": targets.shape[1]}


def sampler(model: Any, parameters: Parameters) -> Draw:
    """Looks showers up."""
    detector, start = detector_of(model), start_of(model)
    shares, at = weights(model, "stored")
    scale = np.array([1.0 / SCALES[0], 1.0 / SCALES[1], 1.0 / SCALES[1]])
    tree = cKDTree(at * scale)
    conditions = parameters.conditions
    impact = [conditions.index(name) for name in IMPACT] if IMPACT[0] in conditions else None
    energy = conditions.index(ENERGY)

    def draw(condition: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
        u = uniforms(seeds_of(noise), 5)
        energy_gev = condition[:, energy].astype(np.float64)
        frames = frames_of(detector, None if impact is None else condition[:, impact], u[:, :2])
        total_gev = start.total_gev(
            start.draw(start.known(energy_gev, frames.offsets), u[:, 2:4]), energy_gev, detector.threshold_gev
        )
        wanted = np.concatenate([np.log(energy_gev)[:, None], frames.offsets], axis=1)
        alike = tree.query(wanted * scale, k=parameters.n_alike)[1].reshape(len(wanted), -1)
        chosen = alike[np.arange(len(wanted)), (u[:, 4] * alike.shape[1]).astype(np.int64)]
        out = np.zeros((len(wanted), detector.n_y, detector.n_x), np.float32)
        _unfold(shares, chosen, frames.places, 1e3 * total_gev, detector.threshold_mev, out)
        return {SAMPLES: out}

    return draw


@numba.njit(cache=True, nogil=True)
def _fold(cells, energy_gev, impact_mm, is_known, cell_mm, shares, at):  # type: ignore[no-untyped-def]
    n, n_y, n_x = cells.shape
    for e in range(n):
        total = cells[e].sum()
        if is_known:
            frame = fold.of_impact(impact_mm[e, 0], impact_mm[e, 1], cell_mm, n_x, n_y)
        else:
            frame = fold.of_brightest(cells[e])
        at[e, 0], at[e, 1], at[e, 2] = np.log(energy_gev[e]), frame[5], frame[6]
        for i in range(WINDOW_PX):
            for j in range(WINDOW_PX):
                column, row = fold.place(frame, i - fold.HALF_PX, j - fold.HALF_PX)
                if total > 0.0 and 0 <= column < n_x and 0 <= row < n_y:
                    shares[e, i * WINDOW_PX + j] = cells[e, row, column] / total


@numba.njit(cache=True, nogil=True)
def _unfold(shares, chosen, places, total_mev, threshold_mev, out):  # type: ignore[no-untyped-def]
    n, n_y, n_x = out.shape
    for e in range(n):
        frame = (places[e, 0], places[e, 1], places[e, 2] != 0, places[e, 3] != 0, places[e, 4] != 0, 0.0, 0.0)
        inside, image = 0.0, out[e]
        for i in range(WINDOW_PX):
            for j in range(WINDOW_PX):
                column, row = fold.place(frame, i - fold.HALF_PX, j - fold.HALF_PX)
                if 0 <= column < n_x and 0 <= row < n_y:
                    image[row, column] = shares[chosen[e], i * WINDOW_PX + j]
                    inside += image[row, column]
        scale = total_mev[e] / inside if inside > 0.0 else 0.0
        for i in range(n_y):
            for j in range(n_x):
                image[i, j] = scale * image[i, j] if scale * image[i, j] > threshold_mev else 0.0
