"""How far probabilities are from the parts that come true, over bins: the calibration error and its interval.

The mean distance over bins is biased upward, as every bin adds its scatter to it: at 400 events perfect probabilities give
0.06. So the squared distances are summed, T = sum w g^2, whose mean is sum w (gamma^2 + s^2) whatever the bins' true
distances gamma are, with the scatter s of each bin known. For a true error E the distances are taken as E times a shape,
the probability of a T as small as the observed one follows from its first three moments (a shifted and scaled chi2, Imhof,
Biometrika 48 (1961) 419), and the interval holds every E at which that is between 2.5 and 97.5 %; the value is the E at
which it is 50 % (median-unbiased), 0 where perfect probabilities would give as much. The shape only carries the root of the
mean square to the mean: it is that of the observed distances, shrunk to sqrt(p (1 - p)) as far as they are scatter.
An error that sits in a few bins only, whose others are right, is told too high, as the mean distance would be, too.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.statistics.intervals import LEVEL, Interval, defined

METHOD = "debiased: distribution of the squared distances over bins, inverted (three moments)"
_LEAST_PART = 0.1  # of the binomial variance that is left when the spread of the probabilities in a bin is taken off
_STEPS = 30  # of a bisection, to 1e-9


@dataclass(frozen=True)
class Binned:
    """Bins that hold events, arrays (m,): `n` events, their `share` of all weight, mean probability, its variance inside
    the bin, and the part that came true; the last three at the mix, in which the odds are `odds_ratio` times the sample's.
    """

    n: np.ndarray
    share: np.ndarray
    predicted: np.ndarray
    spread: np.ndarray
    observed: np.ndarray
    odds_ratio: float

    def variance(self, part: np.ndarray) -> np.ndarray:
        """Of the observed part (m,) in a bin, if `part` (m,) is the true one."""
        least = np.minimum(0.5 / self.n, 0.5)
        true = np.clip(part, least, 1.0 - least)
        own = true / (true + (1.0 - true) * self.odds_ratio)  # at the mix of the sample
        slope = self.odds_ratio / (1.0 - own + self.odds_ratio * own) ** 2
        alike = 1.0 - self.spread / (true * (1.0 - true))
        variance: np.ndarray = slope**2 * own * (1.0 - own) / self.n * np.maximum(alike, _LEAST_PART)
        return variance


@dataclass(frozen=True)
class CalibrationError:
    """The mean distance of probability and true part over bins, NaN where undefined.

    `ece` is freed of what the scatter of the bins adds; where chance alone explains it, its interval starts at 0. `plain` is
    the mean distance as it comes, of which perfect probabilities give `expected` in the mean, `expected_high` at most in 95 %
    of cases.
    """

    ece: Interval
    plain: float = math.nan
    expected: float = math.nan
    expected_high: float = math.nan

    @property
    def is_compatible(self) -> bool | None:
        """Whether the interval holds 0: chance alone explains the error; None where undefined."""
        return None if math.isnan(self.ece.value) else self.ece.low == 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        ends = {name: defined(getattr(self, name)) for name in ("plain", "expected", "expected_high")}
        return {**self.ece.to_dict(), **ends, "compatible_with_calibrated": self.is_compatible}


def undefined_error(n: int, level: float = LEVEL) -> CalibrationError:
    """Of events that have no error."""
    return CalibrationError(Interval(math.nan, math.nan, math.nan, n, level, method=METHOD))


def binned(p: np.ndarray, is_true: np.ndarray, weights: np.ndarray, row: np.ndarray, odds_ratio: float = 1.0) -> Binned:
    """Sums over bins of events (n,): probability, whether it came true, weight, bin."""
    m = int(row.max()) + 1
    n, total = np.bincount(row, minlength=m), np.bincount(row, weights, m)
    filled = n > 0
    predicted, square, observed = (
        np.bincount(row, weights * values, m)[filled] / total[filled] for values in (p, p * p, is_true)
    )
    spread = np.maximum(square - predicted**2, 0.0)
    return Binned(n[filled], total[filled] / total.sum(), predicted, spread, observed, odds_ratio)


def calibration_error(bins: Binned, level: float = LEVEL) -> CalibrationError:
    """The error over bins of which at least one holds events; its interval starts at 0 where chance alone explains it."""
    distance = bins.predicted - bins.observed
    scatter = np.sqrt(bins.variance(bins.predicted))
    plain = float(bins.share @ np.abs(distance))
    expected = math.sqrt(2.0 / math.pi) * float(bins.share @ scatter)
    sigma = math.sqrt((1.0 - 2.0 / math.pi) * float(bins.share**2 @ scatter**2))
    tail = (1.0 - level) / 2.0
    shape = _shape(bins, distance)
    low, value, high = (_error_with(p, bins, distance, shape) for p in (1.0 - tail, 0.5, tail))
    debiased = Interval(value, low, high, int(bins.n.sum()), level, method=METHOD)
    return CalibrationError(debiased, plain, expected, expected + float(special.ndtri(level)) * sigma)


def _shape(bins: Binned, distance: np.ndarray) -> np.ndarray:
    """Distances (m,) of mean 1: those observed, shrunk to sqrt(p (1 - p)), by the part of them that is not scatter (the
    root mean square of a normal posterior around 0).
    """
    variance = bins.variance(bins.predicted)
    least = np.minimum(0.5 / bins.n, 0.5)
    p = np.clip(bins.predicted, least, 1.0 - least)
    prior = p * (1.0 - p)
    excess = float(bins.share @ (distance**2 - variance))
    if excess > 0.0:
        own = prior * excess / float(bins.share @ prior)
        part = own / (own + variance)
        shape = np.sqrt((part * distance) ** 2 + part * variance)
    else:
        shape = np.sqrt(prior)
    scaled: np.ndarray = shape / float(bins.share @ shape)
    return scaled


def _error_with(probability: float, bins: Binned, distance: np.ndarray, shape: np.ndarray) -> float:
    """The true error at which a sum of squares at most as large as the observed one has this probability; 0 if none has."""
    observed = float(bins.share @ distance**2)
    sign = np.where(distance < 0.0, -1.0, 1.0)

    def at_most(error: float) -> float:
        true = error * shape
        variance = bins.variance(bins.predicted - sign * true)
        w, square = bins.share, true**2
        mean = w @ (variance + square)
        second = 2.0 * (w**2 @ (variance * (variance + 2.0 * square)))
        third = 8.0 * (w**3 @ (variance**2 * (variance + 3.0 * square)))
        ndf = 8.0 * second**3 / third**2
        chi2 = (observed - mean) * math.sqrt(2.0 * ndf / second) + ndf
        return float(special.gammainc(ndf / 2.0, max(float(chi2), 0.0) / 2.0))

    low, high = 0.0, 1.0
    if at_most(low) <= probability:
        return low
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if at_most(middle) > probability else (low, middle)
    return (low + high) / 2.0
