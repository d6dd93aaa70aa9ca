"""The rate of muons in time: errors of counts, live time of a CCD, constancy, outliers, gaps, air pressure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from core import times
from core.analysis.rates import Band
from core.errors import DarkroomError
from core.statistics.histogram import ONE_SIGMA
from core.statistics.intervals import GARWOOD, Interval

FEW = 20  # below, the error of a count is Garwood's and not its root
GAP = 1.5  # times the usual time from one image to the next, beyond which one is missing


@dataclass(frozen=True)
class Constancy:
    """A mean with its 95 % interval, and how well the points agree with it. pulls (m,) in sigma."""

    mean: Interval
    pull: np.ndarray
    chi2: float
    ndf: int
    p_value: float


@dataclass(frozen=True)
class Barometric:
    """ln(R/R0) = beta (P - P0): beta per hPa with its interval, P0 the mean pressure [hPa], chi2 of the line."""

    beta: Interval
    reference_hpa: float
    chi2: float
    ndf: int
    p_value: float

    def correct(self, rate: np.ndarray, hpa: np.ndarray) -> np.ndarray:
        """Rates (m,) as they would be at P0; NaN where there is no pressure."""
        corrected: np.ndarray = rate * np.exp(-self.beta.value * (hpa - self.reference_hpa))
        return corrected


def count_errors(n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances down and up to the 68.27 % interval of counts (m,): sqrt(N), below 20 Garwood's exact interval."""
    n = np.asarray(n, float)
    tail = (1.0 - ONE_SIGMA) / 2.0
    low = np.where(n > 0, special.gammaincinv(np.maximum(n, 1e-12), tail), 0.0)
    high = special.gammainccinv(n + 1.0, tail)
    root = np.sqrt(n)
    return np.where(n < FEW, n - low, root), np.where(n < FEW, high - n, root)


def live_time_s(
    exposure_s: float, readout_s: float, rows: tuple[float, float] = (0.0, 1.0)
) -> float:  # fmt: skip
    """Seconds for which pixels collect charge, on the mean over `rows` (parts of the image, from the row read first).

    A pixel goes on collecting until it is read: the row read first for the exposure only, the last for the whole readout
    in addition, the mean row for half of it.
    """
    return exposure_s + readout_s * (rows[0] + rows[1]) / 2.0


def constancy(n: np.ndarray, exposure: np.ndarray) -> Constancy:
    """Counts n (m,) against one rate for all, each in its own exposure (m,): time times area times efficiency.

    The mean is sum n / sum exposure; each pull is against the error that the mean lets expect, of few counts by the
    exact Poisson probability. Without counts or exposure all is NaN.
    """
    n, exposure = np.asarray(n, float), np.asarray(exposure, float)
    total, all_of_it = float(n.sum()), float(exposure.sum())
    if not len(n) or all_of_it <= 0.0:
        nothing = Interval(math.nan, math.nan, math.nan, 0, method=GARWOOD)
        return Constancy(nothing, np.full(len(n), np.nan), math.nan, 0, math.nan)
    low = float(special.gammaincinv(total, 0.025)) if total else 0.0
    high = float(special.gammainccinv(total + 1.0, 0.025))
    mean = Interval(total / all_of_it, low / all_of_it, high / all_of_it, int(total), method=GARWOOD)
    expected = exposure * mean.value
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (n - expected) / np.sqrt(expected)
    few = expected < FEW
    pull[few] = _exact_pull(n[few], expected[few])
    usable = expected > 0
    chi2 = float(np.sum((n - expected)[usable] ** 2 / expected[usable]))
    ndf = int(usable.sum()) - 1
    return Constancy(mean, pull, chi2, ndf, float(special.chdtrc(ndf, chi2)) if ndf > 0 else math.nan)


def _exact_pull(n: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The sigma of a normal distribution that are as improbable as a Poisson count this far on its side (mid-p)."""
    below = special.gammaincc(n + 1.0, expected)  # P(N <= n)
    here = np.exp(special.xlogy(n, expected) - expected - special.gammaln(n + 1.0))
    pull: np.ndarray = special.ndtri(np.clip(below - here / 2.0, 1e-300, 1.0 - 1e-16))
    return pull


def gaps(start_s: np.ndarray) -> np.ndarray:
    """Bool (m,): after which of the images (in time order) at least one is missing: the next starts more than 1.5 times
    the usual time (the median) later.
    """
    gap = np.zeros(len(start_s), bool)
    if len(start_s) > 1:
        step = np.diff(start_s)
        gap[:-1] = step > GAP * np.median(step)
    return gap


def fit_pressure(rate: np.ndarray, error: np.ndarray, hpa: np.ndarray) -> Barometric:
    """Weighted straight line through ln(rate) against pressure; points without pressure, rate or error are left out."""
    usable = np.isfinite(rate) & np.isfinite(hpa) & (rate > 0) & (error > 0)
    rate, error, hpa = rate[usable], error[usable], hpa[usable]
    if len(rate) < 3 or np.ptp(hpa) == 0.0:
        raise DarkroomError(
            f"{len(rate)} images have a rate and a pressure (span {np.ptp(hpa) if len(hpa) else 0:g} hPa), expected at least "
            "3 at different pressures: give pressures for the times of the images."
        )
    y, weight = np.log(rate), (rate / error) ** 2
    reference = float(np.average(hpa, weights=weight))
    x = hpa - reference
    level = float(np.average(y, weights=weight))
    beta = float(np.sum(weight * x * (y - level)) / np.sum(weight * x**2))
    sigma = float(1.0 / np.sqrt(np.sum(weight * x**2)))
    chi2, ndf = float(np.sum(weight * (y - level - beta * x) ** 2)), len(rate) - 2
    coefficient = Interval(beta, beta - 1.96 * sigma, beta + 1.96 * sigma, len(rate), method="weighted regression")
    return Barometric(coefficient, reference, chi2, ndf, float(special.chdtrc(ndf, chi2)))


def parse_bands(text: str) -> tuple[Band, ...]:
    """Stretches of time written as `name start stop`, separated by commas or lines; times as in `core.times`,
    UTC unless they say otherwise, a day alone is its midnight.
    """
    bands = []
    for part in text.replace("\n", ",").split(","):
        words = part.split()
        if not words:
            continue
        try:
            start, stop = times.unix_s([times.read(word) for word in words[-2:]]).tolist()
            name = " ".join(words[:-2])
        except (ValueError, IndexError):
            name = ""
        if not name or start >= stop:
            raise DarkroomError(
                f"'{part.strip()}' is not a stretch of time: write name, start and a later stop, such as "
                "'on 2020-01-01 2020-02-15T12:00'."
            )
        bands.append(Band(name, start, stop))
    return tuple(bands)


def in_bands(bands: Sequence[Band], time_s: np.ndarray) -> dict[str, np.ndarray]:
    """Bool (m,) by name: whether times (m,), the middles of images, lie in one of the stretches of that name."""
    return {
        name: np.any([(time_s >= b.start_s) & (time_s < b.stop_s) for b in bands if b.name == name], axis=0)
        for name in dict.fromkeys(b.name for b in bands)
    }
