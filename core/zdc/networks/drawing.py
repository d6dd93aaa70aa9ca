"""Showers drawn from the networks of the impact's frame: where, how much, the core by the network's own way, the tail."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from core.learn.network import Draw
from core.learn.noise import GOLDEN, mixed, seeds_of, uniform
from core.learn.tasks.generate import SAMPLES
from core.zdc.networks import tail
from core.zdc.networks.start import detector_of, frames_of, start_of
from core.zdc.recipe import ENERGY, IMPACT

DrawCore = Callable[[np.ndarray, np.ndarray, float, np.ndarray, np.ndarray], np.ndarray]
"""(known float32 (n, 8), sums [GeV] (n,), threshold [GeV], noise (n, j), seeds uint64 (n,)) -> core cells (n, N_CORE) [GeV]."""
N_START = 4


def drawer(model: Any, conditions: tuple[str, ...], n_tails: int, draw_core: DrawCore) -> Draw:
    """The function that draws images [MeV] from a trained network of the impact's frame."""
    detector, start, outside = detector_of(model), start_of(model), tail.tail_of(model)
    impact = [conditions.index(name) for name in IMPACT] if IMPACT[0] in conditions else None
    energy = conditions.index(ENERGY)

    def draw(condition: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
        seeds = seeds_of(noise)
        u = uniforms(seeds, N_START)
        energy_gev = condition[:, energy].astype(np.float64)
        frames = frames_of(detector, None if impact is None else condition[:, impact], u[:, :2])
        ratio = start.draw(start.known(energy_gev, frames.offsets), u[:, 2:])
        total_gev = start.total_gev(ratio, energy_gev, detector.threshold_gev)
        known = start.known(energy_gev, frames.offsets, ratio)
        core_gev = draw_core(known, total_gev, detector.threshold_gev, noise, mixed_seeds(seeds, 1))
        cells = tail.images(outside, detector, frames, total_gev, core_gev, known, mixed_seeds(seeds, 2), n_tails)
        return {SAMPLES: cells}

    return draw


@numba.njit(cache=True, nogil=True)
def mixed_seeds(seeds, stream):  # type: ignore[no-untyped-def]
    """uint64 (n,): seeds of another stream of random numbers."""
    out = np.empty(len(seeds), np.uint64)
    for i in range(len(seeds)):
        out[i] = mixed(seeds[i] ^ (np.uint64(stream) * GOLDEN))
    return out


def uniforms(seeds: np.ndarray, size: int) -> np.ndarray:
    """float64 (n, size), even between 0 and 1, of seeds uint64 (n,)."""
    out = np.empty((len(seeds), size))
    _uniforms(seeds, out)
    return out


@numba.njit(cache=True, nogil=True)
def _uniforms(seeds, out):  # type: ignore[no-untyped-def]
    for i in range(len(seeds)):
        state = seeds[i]
        for j in range(out.shape[1]):
            state += GOLDEN
            out[i, j] = uniform(mixed(state))
