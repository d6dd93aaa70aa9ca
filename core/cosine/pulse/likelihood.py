"""The upper bound on classifiers of simulated pulses: the log-likelihood ratio of signal against the mixture of noise.

Given is the list of photoelectrons of a triggered event, each with its time from the trigger and its PMT. Dark counts
and afterpulses are revealed: they say nothing of the class, so to know them can only help. The ratio is therefore a
bound for every method that sees the waveforms. It is taken at the given number of photoelectrons, so it holds where the
energy spectra of all populations are alike; with the measured spectrum of the noise, the energy itself would tell more.
Pick-up is revealed too (`REVEALED`): no photoelectron makes such a wave. That noise of one PMT triggers a little less
often than signal (4 % at 1 keV) is left out: 0.04 in the logarithm.

The density of population k with per-event shape theta, origin s and light split f is

    L_k = int ds int dtheta int df  prod_i g_k(t_i - s | theta) f^n0 (1 - f)^n1,

with the priors from which `core.cosine.simulation.pulses` draws and a flat one for s, as the trigger fixes no more than the frame.
g is tabulated once per process; theta runs over Gauss-Legendre nodes, s over a grid that is fine about the first
photoelectron and geometric before it. The integrals of slow noise (Gaussian) and of afterglow are in closed form.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numba
import numpy as np
from scipy import special

REVEALED = -1000.0  # of an event that gives itself away
TRANSIT_NS, RISE_NS, WINDOW_NS, PAIR_NS = 2.0, 5.0, 5000.0, 200.0
SIGNAL, FAST, SLOW, AFTERGLOW, SLOW_TAIL, PILEUP = 0, 1, 2, 3, 5, 6  # as in `pulses`, which draws them
_N_POPULATIONS = 7
_FROM_NS, _FINE_TO_NS, _TO_NS = -10, 40, 7000
_PER_NS = 8  # nodes per ns where densities rise; one per ns beyond
_NEGLECTED = 25.0  # logarithm of what is left out of a sum

_jit = numba.njit(nogil=True, cache=True)


class Model(NamedTuple):
    """The parameters of the likelihood that are the same for all events.

    `log_g` (times, columns): tables of log g, one column per population and shape; `column_population` and
    `column_log_weight` (columns,); `before_ns` and `log_step` (steps,): the grid of origins, as time before the first
    photoelectron; `slow_variance` and `slow_log_weight`: nodes of the slow noise; `even` and `even_log_weight`: nodes of
    the even light split; `beta` (7, 2): split of the others; `log_weight` (7,): of the noise populations, -inf if absent.
    """

    log_g: np.ndarray
    column_population: np.ndarray
    column_log_weight: np.ndarray
    before_ns: np.ndarray
    log_step: np.ndarray
    slow_variance: np.ndarray
    slow_log_weight: np.ndarray
    even: np.ndarray
    even_log_weight: np.ndarray
    beta: np.ndarray
    log_weight: np.ndarray


@lru_cache(maxsize=8)
def model(physics_weights: tuple[float, ...], fast_split: tuple[float, float]) -> Model:
    """Tables for a mixture: `physics_weights` of the seven populations, Beta(a, b) split of fast noise."""
    log_g, population, log_weight = _columns()
    before, log_step = _origins()
    sigma, slow_log_weight = _nodes(60.0, 130.0, 24)
    z, w = np.polynomial.hermite_e.hermegauss(12)
    beta = np.full((_N_POPULATIONS, 2), np.nan)
    beta[FAST], beta[SLOW], beta[SLOW_TAIL] = fast_split, 4.0, 4.0
    noise = np.array(physics_weights, float)
    noise[[k for k in range(_N_POPULATIONS) if k not in (FAST, SLOW, AFTERGLOW, SLOW_TAIL, PILEUP)]] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        mixture = np.log(noise / noise.sum())
    return Model(
        log_g, population, log_weight, before, log_step, sigma**2 + TRANSIT_NS**2, slow_log_weight,
        np.clip(0.5 + 0.03 * z, 1e-9, 1.0 - 1e-9), np.log(w / w.sum()), beta, mixture,
    )  # fmt: skip


def table_times_ns() -> np.ndarray:
    """The times at which densities are tabulated."""
    fine = np.arange(_FROM_NS, _FINE_TO_NS, 1.0 / _PER_NS)
    return np.concatenate([fine, np.arange(_FINE_TO_NS, _TO_NS + 1.0)])


def log_density(population: int, theta: float, times_ns: np.ndarray) -> np.ndarray:
    """log g of a population other than slow noise and afterglow; `theta`: time constant, or share of scintillation."""
    if population == FAST:
        return np.logaddexp(math.log(0.94) + _log_decay(times_ns, theta), math.log(0.06) + _log_decay(times_ns, 240.0))
    if population == SLOW_TAIL:
        return _log_decay(times_ns, theta)
    light = np.logaddexp(math.log(0.95) + _log_light(times_ns, 240.0), math.log(0.05) + _log_light(times_ns, 1500.0))
    if population == SIGNAL:
        return light
    inside = 0.5 * ((times_ns >= 0.0).astype(float) + (times_ns > 0.0)) * (times_ns < WINDOW_NS)
    with np.errstate(divide="ignore"):
        return np.logaddexp(math.log(theta) + light, np.log((1.0 - theta) / WINDOW_NS * inside))


def _log_decay(times_ns: np.ndarray, tau_ns: float) -> np.ndarray:
    """Exponential of mean `tau_ns` smeared by the transit times: log of the exponentially modified Gaussian."""
    ratio = TRANSIT_NS / tau_ns
    tail = special.log_ndtr(times_ns / TRANSIT_NS - ratio)
    return np.asarray(0.5 * ratio**2 - times_ns / tau_ns - math.log(tau_ns) + tail)


def _log_light(times_ns: np.ndarray, tau_ns: float) -> np.ndarray:
    """Scintillation of one decay time: with the exponential rise also smeared in."""
    decay, rise = tau_ns * np.exp(_log_decay(times_ns, tau_ns)), RISE_NS * np.exp(_log_decay(times_ns, RISE_NS))
    return np.asarray(np.log((decay - rise) / (tau_ns - RISE_NS)))


def _nodes(low: float, high: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes over a uniform prior and the logarithm of their weights; even in the logarithm, as widths scale with it."""
    x, w = np.polynomial.legendre.leggauss(n)
    theta = np.exp(0.5 * (math.log(low) + math.log(high)) + 0.5 * x * math.log(high / low))
    weight = w * theta
    return theta, np.log(weight / weight.sum())


def _columns() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    tables, population, log_weight = [log_density(SIGNAL, 0.0, table_times_ns())], [SIGNAL], [0.0]
    for k, low, high, n in ((FAST, 15.0, 50.0, 16), (SLOW_TAIL, 100.0, 200.0, 12), (PILEUP, 0.1, 0.4, 8)):
        for theta, weight in zip(*_nodes(low, high, n), strict=True):
            tables.append(log_density(k, theta, table_times_ns()))
            population.append(k)
            log_weight.append(weight)
    return np.ascontiguousarray(np.transpose(tables)), np.array(population), np.array(log_weight)


def _origins() -> tuple[np.ndarray, np.ndarray]:
    """Origins before the first photoelectron [ns] and the logarithm of their trapezoidal weights."""
    before = np.concatenate([np.arange(-8.0, 12.0, 0.5), np.geomspace(12.0, 6000.0, 110)])
    return before, np.log(np.gradient(before))


@_jit
def _beta_split(n0, n1, a, b):  # type: ignore[no-untyped-def]
    both = math.lgamma(a + n0) + math.lgamma(b + n1) - math.lgamma(a + b + n0 + n1)
    return both - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)


@_jit
def _even_split(n0, n1, model):  # type: ignore[no-untyped-def]
    total = -np.inf
    for i in range(len(model.even)):
        f = model.even[i]
        total = np.logaddexp(total, model.even_log_weight[i] + n0 * math.log(f) + n1 * math.log(1.0 - f))
    return total


@_jit
def _slow(times, model):  # type: ignore[no-untyped-def]
    """Gaussian in time: the integral over the origin leaves the spread about the mean."""
    n, spread, total = len(times), np.sum((times - times.mean()) ** 2), -np.inf
    for i in range(len(model.slow_variance)):
        variance = model.slow_variance[i]
        width = -0.5 * (n - 1) * math.log(2.0 * math.pi * variance) - 0.5 * math.log(n)
        total = np.logaddexp(total, model.slow_log_weight[i] + width - 0.5 * spread / variance)
    return total


@_jit
def _afterglow(times, pmts):  # type: ignore[no-untyped-def]
    """A pair, one in each PMT, within 200 ns of the origin, all others evenly over 5 µs: density without the split.

    Any photoelectrons of the first 200 ns can be the pair: their number, over all origins, is a sum of rectangles.
    """
    n, order = len(times), np.argsort(times)
    first, last = times[order[0]], times[order[-1]]
    low, high = max(first, last - WINDOW_NS + PAIR_NS), first + PAIR_NS  # of the end of those 200 ns
    area, counts = 0.0, np.zeros(2)
    for j in range(n):
        counts[pmts[order[j]]] += 1.0
        until = high if j == n - 1 else min(times[order[j + 1]], high)
        area += counts[0] * counts[1] * max(until - max(times[order[j]], low), 0.0)
    if n < 2 or area <= 0.0:
        return -np.inf
    return math.log(area) - math.log(n * (n - 1.0)) - 2.0 * math.log(PAIR_NS) - (n - 2.0) * math.log(WINDOW_NS)


@_jit
def _add_densities(since_first, before, log_g, total):  # type: ignore[no-untyped-def]
    """Sum log g over the photoelectrons for one origin, all columns at once; linear between the nodes."""
    n_fine, n_columns = (_FINE_TO_NS - _FROM_NS) * _PER_NS, len(total)
    total[:] = 0.0
    for since in since_first:
        t = since + before
        at = (t - _FROM_NS) * _PER_NS if t < _FINE_TO_NS else n_fine + (t - _FINE_TO_NS)
        row = min(int(at), len(log_g) - 2)  # beyond the table the last slope goes on
        part = at - row
        for c in range(n_columns):
            total[c] += (1.0 - part) * log_g[row, c] + part * log_g[row + 1, c]


@_jit
def _integrate(since_first, offset, closed, model, logs):  # type: ignore[no-untyped-def]
    """Fill `logs` (steps, columns) with the logarithm of every term of the integrals; return how many steps count.

    `offset` (columns,): what a column is multiplied with; `closed`: noise that is known already.
    """
    best = np.array([-np.inf, closed])  # of signal and noise: what cannot change either any more ends the sum
    for s in range(len(model.before_ns)):
        _add_densities(since_first, model.before_ns[s], model.log_g, logs[s])
        counts = False
        for c in range(len(offset)):
            logs[s, c] += offset[c] + model.log_step[s]
            side = 0 if model.column_population[c] == SIGNAL else 1
            best[side] = max(best[side], logs[s, c])
            counts = counts or logs[s, c] > best[side] - _NEGLECTED
        if not counts and model.before_ns[s] > 12.0:
            return s + 1
    return len(model.before_ns)


@_jit
def log_ratio(times, pmts, is_light, model):  # type: ignore[no-untyped-def]
    """log(L_signal / L_noise) of one event: `times` [ns], `pmts` 0 or 1, `is_light` False for what is revealed, all (n,).

    0 without any photoelectron, NaN if the mixture has no noise.
    """
    chosen = np.flatnonzero(is_light)
    if len(chosen) == 0:
        return 0.0
    times, pmts = times[chosen], pmts[chosen]
    n1 = pmts.sum()
    n0 = len(pmts) - n1
    split = np.full(_N_POPULATIONS, _even_split(n0, n1, model))
    for k in (FAST, SLOW, SLOW_TAIL):
        split[k] = _beta_split(n0, n1, model.beta[k, 0], model.beta[k, 1])
    signal, noise = -np.inf, model.log_weight[SLOW] + split[SLOW] + _slow(times, model)
    if n0 > 0 and n1 > 0:
        others = _even_split(n0 - 1, n1 - 1, model)
        noise = np.logaddexp(noise, model.log_weight[AFTERGLOW] + others + _afterglow(times, pmts))
    offset = model.column_log_weight.copy()
    for c in range(len(offset)):
        k = model.column_population[c]
        offset[c] += split[k] + (0.0 if k == SIGNAL else model.log_weight[k])
    logs = np.empty((len(model.before_ns), len(offset)))
    for step in logs[: _integrate(times - times.min(), offset, noise, model, logs)]:
        for c in range(len(offset)):
            if model.column_population[c] == SIGNAL:
                signal = np.logaddexp(signal, step[c])
            else:
                noise = np.logaddexp(noise, step[c])
    return signal - noise
