"""Energy by depth of single showers: E0 and T0 of the slides' Eq. 1, with b fixed.

    dE/dt = E0 (b t)^(b T0) b exp(-b t) / Gamma(b T0 + 1),    t in radiation lengths

a gamma distribution whose maximum lies at T0 and whose integral is E0 (on the slide the left side reads dE/dr: a misprint). Fitted are
the integrals over bins of one radiation length. The energy in a bin comes in spots (or, in nature, in particles that cross
it), so that its variance is proportional to its mean. By how much is taken from the residuals of each shower (quasi-Poisson: McCullagh and
Nelder, Generalized Linear Models, section 9.2), so that errors need no number of spots.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

FEWEST_BINS = 5  # with energy: a shower with fewer is not fitted
MOST_STEPS, ENOUGH = 60, 1e-5
T0_LOW, T0_HIGH, STEP = 0.05, 40.0, 1e-4
FLOOR = 1e-3  # of the shower's energy: least variance of observed weights, least mean of a bin that tells the spread
CHUNK = 4000
EXPECTED, OBSERVED = "expected", "observed"


@dataclass(frozen=True)
class LongitudinalFit:
    """E0 [MeV] and T0 [radiation lengths] of n showers with their errors, float64 (n,); NaN where there was no fit."""

    e0_mev: np.ndarray
    t0: np.ndarray
    e0_error_mev: np.ndarray
    t0_error: np.ndarray

    @property
    def is_fitted(self) -> np.ndarray:
        """bool (n,)"""
        return np.isfinite(self.t0)


def shape(t0: np.ndarray, beta: float, n_bins: int) -> np.ndarray:
    """Shares of E0 in the first bins, float64 (n, n_bins), for T0 (n,)."""
    return np.diff(special.gammainc(beta * t0[:, None] + 1.0, beta * np.arange(n_bins + 1.0)), axis=1)


def whole_bins(depth_mev: np.ndarray) -> int:
    """How many of the bins (n, n_bins) lie in the crystals as a whole: behind the last with energy there is none, and that one is cut."""
    occupied = np.flatnonzero((depth_mev > 0.0).any(axis=0))
    if not len(occupied):
        return 0
    last = int(occupied[-1])
    return last + 1 if last == depth_mev.shape[1] - 1 else last


def fit(depth_mev: np.ndarray, beta: float, weights: str = EXPECTED) -> LongitudinalFit:
    """Fit each of n showers (n, n_bins), bins of one radiation length from the front, all of them whole.

    `weights`: variances from the expected energy of a bin, which is unbiased, or from the observed one but at least a thousandth of the
    shower's, as the field often does, which puts E0 some per cent too low.
    """
    parts = [_fit(np.asarray(depth_mev[i : i + CHUNK], np.float64), beta, weights) for i in range(0, len(depth_mev), CHUNK)]  # fmt: skip
    numbers = np.concatenate(parts) if parts else np.empty((0, 4))
    return LongitudinalFit(*numbers.T)


def _fit(depth: np.ndarray, beta: float, weights: str) -> np.ndarray:
    """E0, T0 and their errors, float64 (n, 4): scoring with steps of T0 of at most one radiation length."""
    n, n_bins = depth.shape
    out = np.full((n, 4), np.nan)
    usable = np.count_nonzero(depth > 0.0, axis=1) >= FEWEST_BINS
    d = depth[usable]
    total = d.sum(axis=1)
    t0 = np.clip(d @ (np.arange(n_bins) + 0.5) / np.maximum(total, 1e-9) - 1.0 / beta, 0.5, 20.0)
    e0 = total / np.maximum(shape(t0, beta, n_bins).sum(axis=1), 0.05)
    is_done = np.zeros(len(d), bool)
    for _ in range(MOST_STEPS):
        step_e0, step_t0 = _step(d, e0, t0, beta, weights)
        step_t0 = np.clip(step_t0, -1.0, 1.0)
        is_done = (np.abs(step_t0) < ENOUGH) & (np.abs(step_e0) < ENOUGH * e0)
        e0 = np.clip(e0 + step_e0, 0.3 * e0, 3.0 * e0)
        t0 = np.clip(t0 + step_t0, T0_LOW, T0_HIGH)
        if is_done.all():
            break
    is_done &= (t0 > T0_LOW) & (t0 < T0_HIGH)
    errors = _errors(d, e0, t0, beta, weights)
    numbers = np.stack([e0, t0, *errors], axis=1)
    numbers[~is_done] = np.nan
    out[usable] = numbers
    return out


def _linear(
    d: np.ndarray, e0: np.ndarray, t0: np.ndarray, beta: float, weights: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Expected energies, their derivatives by E0 and T0, and relative variances, each (n, n_bins)."""
    share = shape(t0, beta, d.shape[1])
    mean = e0[:, None] * share
    slope = e0[:, None] * (shape(t0 + STEP, beta, d.shape[1]) - shape(t0 - STEP, beta, d.shape[1])) / (2.0 * STEP)
    variance = np.maximum(mean, 1e-12) if weights == EXPECTED else np.maximum(d, FLOOR * d.sum(axis=1, keepdims=True))
    return mean, share, slope, variance


def _information(
    share: np.ndarray, slope: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Elements (E0, E0), (E0, T0), (T0, T0) of the information matrix and its determinant, each (n,)."""
    a, b, c = ((x * y / variance).sum(axis=1) for x, y in ((share, share), (share, slope), (slope, slope)))
    return a, b, c, np.maximum(a * c - b * b, 1e-300)


def _step(d: np.ndarray, e0: np.ndarray, t0: np.ndarray, beta: float, weights: str) -> tuple[np.ndarray, np.ndarray]:
    mean, share, slope, variance = _linear(d, e0, t0, beta, weights)
    a, b, c, determinant = _information(share, slope, variance)
    u, v = (((d - mean) * x / variance).sum(axis=1) for x in (share, slope))
    return (c * u - b * v) / determinant, (a * v - b * u) / determinant


def _errors(d: np.ndarray, e0: np.ndarray, t0: np.ndarray, beta: float, weights: str) -> tuple[np.ndarray, np.ndarray]:
    """Errors of E0 and T0. The spread is that of bins with a thousandth of E0 or more: emptier ones tell it badly."""
    mean, share, slope, variance = _linear(d, e0, t0, beta, weights)
    a, _b, c, determinant = _information(share, slope, variance)
    counted = share > FLOOR
    n_free = np.maximum(counted.sum(axis=1) - 2, 1)
    spread = (counted * (d - mean) ** 2 / variance).sum(axis=1) / n_free
    return np.sqrt(spread * c / determinant), np.sqrt(spread * a / determinant)
