"""Drawing the core of showers from the autoregressive network, many at a time, cell after cell.

Hidden units are sorted by degree, so that each step adds the few units that have just seen all they see: 49 steps cost about one
pass through the network.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.zdc.frame.sticks import EPSILON_GEV, N_CORE
from core.zdc.networks.numbers import N_CORE_MIX
from core.zdc.networks.start import mixture, pair, silu, weights

N_UNIFORM = 3  # numbers that a cell takes


@dataclass(frozen=True)
class Core:
    """The masked network as arrays. `ends`: for each number of cells seen, how many hidden units see no more than these."""

    context: tuple[tuple[np.ndarray, np.ndarray], ...]
    first: np.ndarray
    second: np.ndarray
    out: np.ndarray
    added: tuple[tuple[np.ndarray, np.ndarray], ...]
    y_mean: np.ndarray
    y_spread: np.ndarray
    ends: np.ndarray


def core_of(model: Any, degrees: np.ndarray) -> Core:
    """The core as a trained network has it; `degrees` (units,) ascending."""
    masked = [model.get_layer(name) for name in ("core_0", "core_1", "core_out")]
    first, second, out = (np.ascontiguousarray(np.array(layer.kernel) * layer.mask, np.float32) for layer in masked)
    added = tuple(pair(model, f"core_{name}_context") for name in ("0", "1", "out"))
    context = tuple(pair(model, f"context_{i}") for i in range(2))
    y_mean, y_spread = weights(model, "core_y")
    ends = np.searchsorted(degrees, np.arange(N_CORE), side="right")
    return Core(context, first, second, out, added, y_mean, y_spread, ends)


def draw(core: Core, known: np.ndarray, total_gev: np.ndarray, threshold_gev: float, u: np.ndarray) -> np.ndarray:
    """float64 (n, N_CORE) [GeV]: the cells of the core of showers of a sum (n,); known float32 (n, 8), u (n, N_CORE, N_UNIFORM)."""
    n, x = len(known), known
    for kernel, bias in core.context:
        x = silu(x @ kernel + bias)
    (add_0, bias_0), (add_1, bias_1), (add_out, bias_out) = core.added
    first, second, answers = (x @ add + bias for add, bias in ((add_0, bias_0), (add_1, bias_1), (add_out, bias_out)))
    seen = np.zeros((n, 3 * N_CORE), np.float32)
    cells, rest, n_each = np.zeros((n, N_CORE)), total_gev.astype(np.float64), 1 + 3 * N_CORE_MIX
    begin = 0
    for k in range(N_CORE):
        end = core.ends[k]
        first[:, begin:end] = silu(first[:, begin:end] + seen[:, : 3 * k] @ core.first[: 3 * k, begin:end])
        second[:, begin:end] = silu(second[:, begin:end] + first[:, :end] @ core.second[:end, begin:end])
        begin, at = end, slice(n_each * k, n_each * (k + 1))
        answer = answers[:, at] + second[:, :end] @ core.out[:end, at]
        is_hit = (u[:, k, 0] < special.expit(answer[:, 0])) & (rest > threshold_gev)
        y = mixture(answer[:, 1:], u[:, k, 1:])
        v = np.where(is_hit, _energy_gev(core.y_mean[k] + core.y_spread[k] * y, rest, threshold_gev), 0.0)
        cells[:, k] = v
        rest -= v
        seen[:, 3 * k] = np.where(is_hit, y, 0.0)
        seen[:, 3 * k + 1] = is_hit
        seen[:, 3 * k + 2] = 0.5 * np.log((np.maximum(rest, 0.0) + threshold_gev) / total_gev) + 1.0
    return cells


def _energy_gev(y: np.ndarray, rest_gev: np.ndarray, threshold_gev: float) -> np.ndarray:
    """`core.zdc.frame.sticks.energy_gev` of arrays."""
    part = np.exp(np.clip(y, -30.0, 30.0))
    v = (part * (rest_gev + threshold_gev) + threshold_gev - EPSILON_GEV) / (1.0 + part)
    energy: np.ndarray = np.maximum(np.minimum(v, rest_gev), threshold_gev + EPSILON_GEV)
    return energy
