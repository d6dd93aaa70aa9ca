"""Drawing the tail of showers, and their images: each cell outside of the core by itself, given energy, impact and core. Compiled."""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from core.learn.noise import GOLDEN, mixed, uniform
from core.zdc.frame import fold
from core.zdc.frame.sticks import CORE_HALF, N_CORE, N_RINGS, ORDER, RING
from core.zdc.frame.vector import N_FACTS, N_NEAR, fill_facts, fill_near, tail_energy_gev
from core.zdc.networks.numbers import LEAST_LOG_SCALE, N_TAIL_MIX
from core.zdc.networks.start import Detector, Frames, weights


@dataclass(frozen=True)
class Tail:
    """The network of the tail: what it takes off, and the weights of its layers."""

    facts: tuple[np.ndarray, ...]
    y: tuple[np.ndarray, ...]
    context: tuple[np.ndarray, ...]
    place: np.ndarray
    second: tuple[np.ndarray, ...]
    out: tuple[np.ndarray, ...]


def tail_of(model: Any) -> Tail:
    """The tail as a trained network has it."""
    names = ("facts", "tail_y", "tail_0_context", "tail_0_place", "tail_1", "tail_out")
    facts, y, context, place, second, out = (weights(model, name) for name in names)
    return Tail(facts, y, context, place[0], second, out)


def images(
    tail: Tail, detector: Detector, frames: Frames, total_gev: np.ndarray, core_gev: np.ndarray, known: np.ndarray,
    seeds: np.ndarray, n_tails: int,
) -> np.ndarray:  # fmt: skip
    """float32 (n, n_y, n_x) [MeV]: the images of n showers of a sum (n,) and core cells (n, N_CORE), both in GeV.

    The tail is drawn `n_tails` times and the one taken whose sum is nearest to what the core has left; the whole shower is then scaled
    to its sum, hit cells staying above the threshold. `known` float32 (n, 8); `seeds` uint64 (n,).
    """
    out = np.zeros((len(total_gev), detector.n_y, detector.n_x), np.float32)
    _fill(
        frames.places, frames.offsets, total_gev, core_gev, known, seeds, n_tails, detector.threshold_gev, *tail.facts, *tail.y,
        *tail.context, tail.place, *tail.second, *tail.out, out,
    )  # fmt: skip
    return out


@numba.njit(cache=True, nogil=True)
def _fill(  # type: ignore[no-untyped-def]
    places, offsets, total_gev, core_gev, known, seeds, n_tails, t, facts_mean, facts_spread, y_mean, y_spread, context_w, context_b,
    place_w, second_w, second_b, out_w, out_b, out,
):  # fmt: skip
    n_y, n_x = out.shape[1:]
    n_cells = n_y * n_x
    at, drawn, best = np.empty(n_cells, np.int64), np.empty(n_cells), np.empty(n_cells)
    near = np.empty((n_cells, N_NEAR), np.float32)
    for e in range(len(out)):
        image = out[e]
        frame = (
            places[e, 0], places[e, 1], places[e, 2] != 0, places[e, 3] != 0, places[e, 4] != 0, offsets[e, 0], offsets[e, 1],
        )  # fmt: skip
        left, context = _core(
            image, frame, total_gev[e], core_gev[e], known[e], t, facts_mean, facts_spread, context_w, context_b
        )
        answers = _answers(frame, n_y, n_x, context, place_w, second_w, second_b, out_w, out_b, at, near)
        n = len(answers)
        state, nearest = seeds[e], np.inf
        for _ in range(n_tails):
            state, total = _draw(answers, y_mean[0], y_spread[0], t, state, drawn)
            if abs(total - left) < nearest:
                nearest = abs(total - left)
                best[:n] = drawn[:n]
        for i in range(n):
            image[at[i] // n_x, at[i] % n_x] = best[i]
        total = 0.0
        for i in range(n_y):
            for j in range(n_x):
                total += image[i, j]
        scale = 1e3 * total_gev[e] / total if total > 0.0 else 0.0
        for i in range(n_y):
            for j in range(n_x):
                if image[i, j] > 0.0:
                    image[i, j] = max(scale * image[i, j], np.float32(1e3 * t * 1.000001))


@numba.njit(cache=True, nogil=True)
def _core(image, frame, total, core, known, t, mean, spread, context_w, context_b):  # type: ignore[no-untyped-def]
    """Put the core into the image [GeV]; what is left of the total, and what the tail's first layer is given."""
    n_y, n_x = image.shape
    share, n_hit, left = np.zeros(N_RINGS), np.zeros(N_RINGS), total
    for k in range(N_CORE):
        if core[k] > 0.0:
            column, row = fold.place(frame, ORDER[k, 0], ORDER[k, 1])
            if 0 <= column < n_x and 0 <= row < n_y:
                image[row, column] = core[k]
                left -= core[k]
                share[RING[k]] += core[k] / total
                n_hit[RING[k]] += 1.0
    facts = np.empty(N_FACTS, np.float32)
    fill_facts(share, n_hit, left, total, t, facts)
    context = context_b.copy()
    for j in range(len(known)):
        context += known[j] * context_w[j]
    for j in range(N_FACTS):
        context += (facts[j] - mean[j]) / spread[j] * context_w[len(known) + j]
    return left, context


@numba.njit(cache=True, nogil=True)
def _answers(frame, n_y, n_x, context, place_w, second_w, second_b, out_w, out_b, at, near):  # type: ignore[no-untyped-def]
    """What the network says of every cell of the tail: their places in the image go to `at`; the answers (n, 1 + 3 k)."""
    n = 0
    for across in range(-fold.HALF_PX, fold.HALF_PX + 1):
        for along in range(-fold.HALF_PX, fold.HALF_PX + 1):
            if max(abs(across), abs(along)) <= CORE_HALF:
                continue
            column, row = fold.place(frame, across, along)
            if 0 <= column < n_x and 0 <= row < n_y:
                fill_near(across, along, frame[5], frame[6], near[n])
                at[n] = row * n_x + column
                n += 1
    first = np.dot(near[:n], place_w)
    _positive(first, context)
    second = np.dot(first, second_w)
    _positive(second, second_b)
    answers = np.dot(second, out_w)
    for i in range(n):
        for k in range(answers.shape[1]):
            answers[i, k] += out_b[k]
    return answers


@numba.njit(cache=True, nogil=True)
def _positive(x, bias):  # type: ignore[no-untyped-def]
    """x (n, k) plus the bias (k,), 0 where that is negative, in place."""
    zero = np.float32(0.0)
    for i in range(len(x)):
        for k in range(len(bias)):
            x[i, k] = max(x[i, k] + bias[k], zero)


@numba.njit(cache=True, nogil=True)
def _draw(answers, mean, spread, t, state, drawn):  # type: ignore[no-untyped-def]
    """One tail [GeV] by the answers (n, 1 + 3 k); the state of the generator behind it, and the sum."""
    total = 0.0
    for i in range(len(answers)):
        state += GOLDEN
        drawn[i] = 0.0
        if uniform(mixed(state)) * (1.0 + np.exp(-answers[i, 0])) >= 1.0:
            continue
        highest, weight = np.max(answers[i, 1 : 1 + N_TAIL_MIX]), 0.0
        for k in range(N_TAIL_MIX):
            weight += np.exp(answers[i, 1 + k] - highest)
        state += GOLDEN
        u, chosen = uniform(mixed(state)) * weight, N_TAIL_MIX - 1
        for k in range(N_TAIL_MIX):
            u -= np.exp(answers[i, 1 + k] - highest)
            if u < 0.0:
                chosen = k
                break
        state += GOLDEN
        u = uniform(mixed(state))
        scale = np.exp(max(answers[i, 1 + 2 * N_TAIL_MIX + chosen], LEAST_LOG_SCALE))
        y = answers[i, 1 + N_TAIL_MIX + chosen] + scale * np.log(u / (1.0 - u))
        drawn[i] = tail_energy_gev(mean + spread * y, t)
        total += drawn[i]
    return state, total
