"""Two classifiers on the same events: McNemar's exact test and the difference of their two proportions."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special  # not scipy.stats, which takes more than a second to import

from core.statistics.intervals import LEVEL, defined

METHOD = "McNemar's exact test, Tango's score interval (Stat. Med. 17 (1998) 891)"
_STEPS = 80


@dataclass(frozen=True)
class PairedTest:
    """Two decisions on the same `n` events.

    `n10`: yes of the first classifier only, `n01`: of the second only; `p` two-sided, 1 where they never differ, NaN
    without events. `difference` = (n10 - n01) / n, first minus second, with its interval.
    """

    n10: int
    n01: int
    n: int
    p: float
    difference: float
    low: float
    high: float
    level: float = LEVEL
    method: str = METHOD

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        numbers = {name: defined(getattr(self, name)) for name in ("p", "difference", "low", "high")}
        return {**numbers, "n10": self.n10, "n01": self.n01, "n": self.n, "method": self.method}


def mcnemar(first: np.ndarray, second: np.ndarray, level: float = LEVEL) -> PairedTest:
    """Compare two decisions, bool (n,), on the same events; only those on which they differ count."""
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    return from_counts(int((first & ~second).sum()), int((second & ~first).sum()), len(first), level)


def from_counts(n10: int, n01: int, n: int, level: float = LEVEL) -> PairedTest:
    """As `mcnemar`, from the counts of the two kinds of disagreement among `n` events.

    If both classifiers are equally good, n10 is binomial with 1/2 among n10 + n01: p is twice the smaller tail, at
    most 1 (McNemar, Psychometrika 12 (1947) 153, in its exact form).
    """
    if n10 < 0 or n01 < 0 or n10 + n01 > n:
        raise ValueError("n10 and n01 must be at least 0 and together at most n")
    if not n:
        return PairedTest(0, 0, 0, math.nan, math.nan, math.nan, math.nan, level)
    n_differ = n10 + n01
    p = min(1.0, 2.0 * float(special.betainc(n_differ - min(n10, n01), min(n10, n01) + 1, 0.5))) if n_differ else 1.0
    z = float(special.ndtri((1.0 + level) / 2.0))
    low, high = _root(n10, n01, n, z), _root(n10, n01, n, -z)
    return PairedTest(n10, n01, n, p, (n10 - n01) / n, low, high, level)


def _root(n10: int, n01: int, n: int, z: float) -> float:
    """The difference at which the score is `z`; the score falls with it, so it is found by bisection."""
    low, high = -1.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _score(n10, n01, n, middle) > z else (low, middle)
    return (low + high) / 2.0


def _score(n10: int, n01: int, n: int, difference: float) -> float:
    """Tango's score: the deviation from `difference` over its standard error, the nuisance parameter at its maximum
    likelihood under that difference. Without deviation it is 0.
    """
    b = -n10 - n01 + (2.0 * n - n10 + n01) * difference
    c = -n01 * difference * (1.0 - difference)
    q01 = (math.sqrt(max(b * b - 8.0 * n * c, 0.0)) - b) / (4.0 * n)
    variance = n * (2.0 * q01 + difference * (1.0 - difference))
    deviation = n10 - n01 - n * difference
    if variance <= 0.0:
        return math.copysign(math.inf, deviation) if deviation else 0.0
    return deviation / math.sqrt(variance)
