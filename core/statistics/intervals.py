"""Intervals for k of n and for what is made of two such efficiencies.

`level` is the two-sided confidence level everywhere (0.95: 2.5 % left out on each side), except in
`lower_limit`, which is one-sided. All intervals are statistical only.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special  # not scipy.stats, which takes more than a second to import

LEVEL = 0.95
CLOPPER_PEARSON = "Clopper-Pearson"
GARWOOD = "Garwood"
MOVER = "propagation of the two Jeffreys intervals (MOVER, Zou & Donner 2008)"


@dataclass(frozen=True)
class Interval:
    """A number with a two-sided interval; NaN where undefined. `n` is what it was counted from, `method` how the interval
    was made.
    """

    value: float
    low: float
    high: float
    n: int
    level: float = LEVEL
    method: str = field(kw_only=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {**_bounds(self), "n": self.n, "method": self.method}


@dataclass(frozen=True)
class Efficiency(Interval):
    """k of n with its interval. n = 0 gives NaN."""

    k: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {**_bounds(self), "n": self.n, "k": self.k, "method": self.method}


@dataclass(frozen=True)
class PairInterval:
    """A number made of a signal and a background sample, with its interval; NaN where undefined."""

    value: float
    low: float
    high: float
    n_signal: int
    n_background: int
    level: float = LEVEL
    method: str = MOVER

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {**_bounds(self), "n_signal": self.n_signal, "n_background": self.n_background, "method": self.method}


def _bounds(record: Interval | PairInterval) -> dict[str, float | None]:
    return {name: defined(getattr(record, name)) for name in ("value", "low", "high")}


def defined(value: float) -> float | None:
    """The number, or None where it is NaN or infinite (JSON knows neither)."""
    return float(value) if math.isfinite(value) else None


def clopper_pearson(k: Any, n: Any, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Exact central interval of a binomial proportion (Clopper & Pearson 1934), elementwise.

    `k`, `n`: integers or arrays that broadcast. Returns low and high of that shape; low = 0 at k = 0,
    high = 1 at k = n, NaN at n = 0. Covers at least `level` whatever the true proportion.
    """
    return _beta_interval(k, n, level, shift=0.0)


def jeffreys(k: Any, n: Any, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Central interval of the posterior Beta(k + 1/2, n - k + 1/2), elementwise, with the end rules of
    `clopper_pearson`. Covers `level` on the average over the true proportion (Brown, Cai & DasGupta 2001).
    """
    return _beta_interval(k, n, level, shift=0.5)


def _beta_interval(k: Any, n: Any, level: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    k, n = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    if np.any((k < 0) | (k > n)):
        raise ValueError("k must lie in 0..n")
    tail = (1.0 - level) / 2.0
    up = 0.5 if shift else 1.0
    with np.errstate(invalid="ignore"):
        low = np.where(k == 0, 0.0, special.betaincinv(k + shift, n - k + up, tail))
        high = np.where(k == n, 1.0, special.betaincinv(k + up, n - k + shift, 1.0 - tail))
    empty = n == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def lower_limit(k: int, n: int, level: float = LEVEL) -> float:
    """One-sided Clopper-Pearson lower limit: the true proportion is above it at `level`. NaN at n = 0."""
    return float(clopper_pearson(k, n, 2.0 * level - 1.0)[0])


def efficiency(k: int, n: int, level: float = LEVEL) -> Efficiency:
    """k of n with its Clopper-Pearson interval."""
    low, high = clopper_pearson(k, n, level)
    return Efficiency(k / n if n else math.nan, float(low), float(high), int(n), level, int(k), method=CLOPPER_PEARSON)


def efficiencies(k: np.ndarray, n: np.ndarray, level: float = LEVEL) -> tuple[Efficiency, ...]:
    """As `efficiency`, for integer arrays (m,), in one vectorised step."""
    low, high = clopper_pearson(k, n, level)
    return tuple(
        Efficiency(float(a / b) if b else math.nan, float(lo), float(hi), int(b), level, int(a), method=CLOPPER_PEARSON)
        for a, b, lo, hi in zip(k, n, low, high, strict=True)
    )


def poisson(n: int, level: float = LEVEL) -> tuple[float, float]:
    """Exact central interval of the mean of a counted number (Garwood 1936); low = 0 at 0."""
    tail = (1.0 - level) / 2.0
    return float(special.gammaincinv(n, tail)) if n else 0.0, float(special.gammainccinv(n + 1, tail))


def counted(n: int, level: float = LEVEL) -> Interval:
    """A counted number with the interval of its mean; see `poisson`."""
    return Interval(float(n), *poisson(n, level), n, level, method=GARWOOD)


def harmonic_efficiency(k_s: int, n_s: int, k_b: int, n_b: int, level: float = LEVEL) -> PairInterval:
    """Harmonic mean 2 / (1/eff_s + 1/eff_b) of signal and background efficiency (the "F1" of the 2020 slides).

    Its reciprocal is a sum, so the interval follows from those of the two terms by MOVER (the distances of
    the limits from the value add in quadrature; Zou & Donner, Stat. Med. 27 (2008) 1693). The limits are
    Jeffreys': with an efficiency at 100 % the term cannot grow, so the interval always holds the value, and
    the joint one covers `level` on the average. k = 0 in either class: the value is 0, low = 0, and high is
    the harmonic mean of the two upper limits. Either n = 0: NaN.
    """
    if not (n_s and n_b):
        return PairInterval(math.nan, math.nan, math.nan, n_s, n_b, level)
    k, n = np.array([k_s, k_b]), np.array([n_s, n_b])
    low, high = jeffreys(k, n, level)
    if not (k_s and k_b):
        return PairInterval(0.0, 0.0, float(2.0 / (1.0 / high).sum()), n_s, n_b, level)
    term = n / k
    down, up = float(np.hypot(*(term - 1.0 / high))), float(np.hypot(*(1.0 / low - term)))
    total = float(term.sum())
    return PairInterval(2.0 / total, 2.0 / (total + up), 2.0 / (total - down), n_s, n_b, level)


def balanced_accuracy(k_s: int, n_s: int, k_b: int, n_b: int, level: float = LEVEL) -> PairInterval:
    """Mean of signal and background efficiency; interval by MOVER as in `harmonic_efficiency`."""
    if not (n_s and n_b):
        return PairInterval(math.nan, math.nan, math.nan, n_s, n_b, level)
    k, n = np.array([k_s, k_b]), np.array([n_s, n_b])
    low, high = jeffreys(k, n, level)
    parts = k / n
    value = float(parts.mean())
    down, up = float(np.hypot(*(parts - low))) / 2.0, float(np.hypot(*(high - parts))) / 2.0
    return PairInterval(value, value - down, value + up, n_s, n_b, level)


def ordinary_f1(n_true_positive: int, n_false_positive: int, n_missed: int, level: float = LEVEL) -> Interval:
    """F1 of precision and recall, 2 TP / (2 TP + FP + FN); it depends on the class mix of the sample.

    F1 = 2J / (1 + J) with J = TP / (TP + FP + FN), a proportion whose Clopper-Pearson interval carries over.
    """
    union = n_true_positive + n_false_positive + n_missed
    jaccard = efficiency(n_true_positive, union, level)
    value, low, high = (2.0 * j / (1.0 + j) for j in (jaccard.value, jaccard.low, jaccard.high))
    return Interval(value, low, high, union, level, method=CLOPPER_PEARSON)
