"""Two classifiers of several classes on the same events: the difference of their macro-F1."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.statistics.intervals import LEVEL, Interval, defined
from core.statistics.multiclass import N_DRAWS, around, f1_scores, mean_known, means

LEAST_P = 2.0 / N_DRAWS
METHOD = "percentiles of 2000 Bayesian bootstrap draws of the joint counts of both classifiers"


@dataclass(frozen=True)
class Difference:
    """Macro-F1 of the first classifier minus that of the second on the same events, with interval and two-sided p."""

    first: float
    second: float
    difference: Interval
    p: float

    @property
    def p_in_words(self) -> str:
        """p as text; the smallest one that the draws can tell is a limit."""
        if math.isnan(self.p):
            return ""
        return f"≤ {LEAST_P:.2g}" if self.p <= LEAST_P else f"{self.p:.2g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        numbers = {"first": defined(self.first), "second": defined(self.second), "p": defined(self.p)}
        return {**numbers, **self.difference.to_dict(), "method": METHOD}


def compare(
    labels: np.ndarray, first: np.ndarray, second: np.ndarray, n_classes: int, *, level: float = LEVEL, seed: int = 1
) -> Difference:
    """Compare the calls `first` and `second`, int (n,), on the same events with `labels` (n,); -1: not called; no label.

    The joint counts (true, first, second) are drawn again (Rubin's Bayesian bootstrap), so that what both get right does
    not blur the difference; events without a label are left out. p is twice the smaller part of the draws on one side of
    zero, at least 1/1000 (no more is known from 2000 draws); classifiers that never differ have p = 1. No event: NaN.
    """
    used, m = labels >= 0, n_classes
    a, b = (np.where(calls < 0, m, calls)[used].astype(np.int64) for calls in (first, second))
    cell = (labels[used].astype(np.int64) * (m + 1) + a) * (m + 1) + b
    counts = np.bincount(cell, minlength=m * (m + 1) ** 2)
    filled = np.flatnonzero(counts)
    drawn = np.zeros((N_DRAWS, len(counts)))
    drawn[:, filled] = np.random.default_rng(seed).gamma(counts[filled], size=(N_DRAWS, len(filled)))
    joint, again = counts.reshape(m, m + 1, m + 1), drawn.reshape(N_DRAWS, m, m + 1, m + 1)
    values = [mean_known(f1_scores(joint.sum(axis=axis), m)) for axis in (2, 1)]
    differences = np.subtract(*(means(f1_scores(again.sum(axis=axis), m)) for axis in (3, 2)))
    difference = around(values[0] - values[1], differences, int(used.sum()), level, METHOD)
    p = 2.0 * min(float((differences <= 0).mean()), float((differences >= 0).mean()))
    return Difference(values[0], values[1], difference, min(1.0, max(p, LEAST_P)) if used.any() else math.nan)
