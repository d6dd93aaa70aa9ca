"""Numbers of a sample, such as the resolution of residuals (regressed minus true), with intervals from resampling it."""

import math
from typing import Any, Protocol

import numpy as np
from scipy import special

from core.statistics.intervals import LEVEL, Interval

N_RESAMPLED, MOST_ROWS, CHUNK = 1000, 10_000, 1_000_000
"""Samples, rows of one at most, and numbers that are drawn at once."""
CENTRAL = 0.6827  # of the rows lie within the resolution of their median: one standard deviation of a Gaussian
METHOD = f"expanded percentiles of {N_RESAMPLED} bootstrap samples"


class Number(Protocol):
    """A number of each sample along an axis of values, such as numpy's median."""

    def __call__(self, values: np.ndarray, /, *, axis: int) -> Any: ...


def resolution(residuals: np.ndarray, axis: int = -1) -> Any:
    """Half the width of the central 68.27 % of residuals along an axis: the standard deviation of a Gaussian."""
    low, high = np.quantile(residuals, [(1 - CENTRAL) / 2, (1 + CENTRAL) / 2], axis=axis)
    return (high - low) / 2


def resampled(values: np.ndarray, of: Number) -> Interval:
    """A number of values (n,) with its interval from resampling them; NaN of fewer than two.

    The percentiles reach as far out as Student's t does for n values (Hesterberg, Am. Stat. 69 (2015) 371, section 3.3); of
    many values m are drawn, and the interval shrinks by sqrt(m / n).
    """
    n = len(values)
    if n < 2:
        return Interval(math.nan, math.nan, math.nan, n, method=METHOD)
    rng, m = np.random.default_rng(1), min(n, MOST_ROWS)
    n_at_once = max(1, CHUNK // m)
    sizes = [min(n_at_once, N_RESAMPLED - start) for start in range(0, N_RESAMPLED, n_at_once)]
    draws = np.concatenate([of(values[rng.integers(0, n, (size, m))], axis=1) for size in sizes])
    share = special.ndtr(math.sqrt(n / (n - 1)) * special.stdtrit(n - 1, (1.0 - LEVEL) / 2))
    value, shrunk = float(of(values, axis=0)), math.sqrt(m / n)
    low, high = (value + shrunk * (float(end) - value) for end in np.quantile(draws, [share, 1.0 - share]))
    return Interval(value, low, high, n, method=METHOD)
