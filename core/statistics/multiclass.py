"""Several classes judged at once: confusion matrix, efficiency and purity of each class, macro-F1, balanced accuracy.

Rows of the matrix are true classes, columns what they are called: the class with the largest probability, or none where
that does not reach a threshold. Events without a label stand apart (`others`): they are in no efficiency, but what they
are called counts against the purity "of all". k of n has its Clopper-Pearson interval; what is made of several cells has
the percentiles of a Bayesian bootstrap of the matrix (Rubin, Ann. Stat. 9 (1981) 130): each cell is drawn from a gamma
distribution with its count, to which half an event right and half an event wrong is added in every true class, so that
each efficiency follows its Jeffreys posterior and a class without an error still has an interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.statistics.intervals import LEVEL, Efficiency, Interval, efficiency

N_DRAWS = 2000
BOOTSTRAP = "percentiles of 2000 Bayesian bootstrap draws of the confusion matrix"


@dataclass(frozen=True)
class Confusion:
    """Counts int64 (n_classes, n_classes + 1): true class against what it is called, the last column none.

    `others` int64 (n_classes + 1,): what events without a label are called. `threshold`: least largest probability.
    """

    classes: tuple[str, ...]
    counts: np.ndarray
    others: np.ndarray
    threshold: float = 0.0

    @property
    def n(self) -> int:
        """Events with a label."""
        return int(self.counts.sum())

    @property
    def n_true(self) -> np.ndarray:
        """int64 (n_classes,)"""
        totals: np.ndarray = self.counts.sum(axis=1)
        return totals

    @property
    def n_called(self) -> np.ndarray:
        """int64 (n_classes,), of the events with a label."""
        totals: np.ndarray = self.counts.sum(axis=0)[:-1]
        return totals

    @property
    def table(self) -> np.ndarray:
        """int64 (n_classes + 1, n_classes + 1): the counts with `others` as their last row."""
        return np.vstack([self.counts, self.others])

    def share(self, true: int, called: int, level: float = LEVEL) -> Efficiency:
        """Part of a true class that is called so; `called` = n_classes for none."""
        return efficiency(int(self.counts[true, called]), int(self.n_true[true]), level)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        shares = [[self.share(i, j).to_dict() for j in range(len(row))] for i, row in enumerate(self.counts)]
        return {
            "classes": list(self.classes),
            "called": [*self.classes, "none"],
            "counts": self.counts.tolist(),
            "shares": shares,
            "unlabelled": self.others.tolist(),
            "threshold": self.threshold,
        }


@dataclass(frozen=True)
class ClassQuality:
    """One class: part of it that is called so (efficiency), part of what is called so that is right (purity).

    `purity` counts events with a label, `purity_of_all` also those without one; both hold for the mix of the classes in
    these events. `purity_at_mix` holds for the mix that was stated, None without one.
    """

    name: str
    efficiency: Efficiency
    purity: Efficiency
    purity_of_all: Efficiency
    f1: Interval
    purity_at_mix: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "class": self.name,
            "efficiency": self.efficiency.to_dict(),
            "purity": self.purity.to_dict(),
            "purity_of_all": self.purity_of_all.to_dict(),
            "f1": self.f1.to_dict(),
            "purity_at_mix": self.purity_at_mix.to_dict() if self.purity_at_mix else None,
        }


@dataclass(frozen=True)
class Summary:
    """All classes in one number each. Macro-F1 is the mean of the classes' F1, balanced accuracy that of their efficiencies.

    `macro_f1_of_all` counts events without a label against the purities. Classes without a true event are in no mean.
    """

    accuracy: Efficiency
    balanced_accuracy: Interval
    macro_f1: Interval
    macro_f1_of_all: Interval
    macro_f1_at_mix: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "accuracy": self.accuracy.to_dict(),
            "balanced_accuracy": self.balanced_accuracy.to_dict(),
            "macro_f1": self.macro_f1.to_dict(),
            "macro_f1_of_all": self.macro_f1_of_all.to_dict(),
            "macro_f1_at_mix": self.macro_f1_at_mix.to_dict() if self.macro_f1_at_mix else None,
        }


def predicted_class(probabilities: np.ndarray, threshold: float = 0.0) -> np.ndarray:
    """int8 (n,): the most probable class of (n, n_classes), -1 where its probability does not reach `threshold`."""
    if not len(probabilities):
        return np.zeros(0, np.int8)
    best = probabilities.argmax(axis=1).astype(np.int8)
    reached = probabilities.max(axis=1) >= np.float32(threshold)
    return np.where(reached, best, np.int8(-1))


def confusion(labels: np.ndarray, calls: np.ndarray, classes: Sequence[str], threshold: float = 0.0) -> Confusion:
    """Count `labels` int (n,) (-1: without one) against `calls` int (n,) (-1: none), both indices into `classes`."""
    m = len(classes)
    row, column = np.where(labels < 0, m, labels), np.where(calls < 0, m, calls)
    table = np.bincount(row.astype(np.int64) * (m + 1) + column, minlength=(m + 1) ** 2).reshape(m + 1, m + 1)
    return Confusion(tuple(classes), table[:m], table[m], float(threshold))


def f1_scores(table: np.ndarray, n_classes: int) -> np.ndarray:
    """F1 of each class (..., n_classes) from counts (..., rows, n_classes + 1); rows beyond the classes count as wrong.

    F1 = 2 right / (true + called); NaN for a class without a true event, 0 for one that is never right.
    """
    right = np.diagonal(table[..., :n_classes, :n_classes], axis1=-2, axis2=-1)
    n_true = table[..., :n_classes, :].sum(axis=-1)
    n_called = table[..., :n_classes].sum(axis=-2)
    return np.where(n_true > 0, 2.0 * right / np.maximum(n_true + n_called, 1e-300), np.nan)


def parts_right(table: np.ndarray, n_classes: int) -> np.ndarray:
    """Part of each class that is called so (..., n_classes); NaN for a class without a true event."""
    right = np.diagonal(table[..., :n_classes, :n_classes], axis1=-2, axis2=-1)
    n_true = table[..., :n_classes, :].sum(axis=-1)
    return np.where(n_true > 0, right / np.maximum(n_true, 1e-300), np.nan)


def draws(confusion: Confusion, n: int = N_DRAWS, seed: int = 1) -> np.ndarray:
    """float64 (n, n_classes + 1, n_classes + 1): tables that the data could as well have come from; see the module."""
    m = len(confusion.classes)
    prior = np.full((m + 1, m + 1), 0.5 / m)
    prior[np.arange(m + 1), np.arange(m + 1)] = 0.5
    prior[confusion.table.sum(axis=1) == 0] = 0.0
    return np.random.default_rng(seed).gamma(confusion.table + prior, size=(n, m + 1, m + 1))


def at_mix(table: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """Counts (..., n_classes, n_classes + 1) with every true class scaled to its part in `mix` (n_classes,)."""
    n_true = table.sum(axis=-1, keepdims=True)
    return table / np.maximum(n_true, 1e-300) * mix[:, None]


def checked_mix(mix: Sequence[float], classes: Sequence[str]) -> np.ndarray:
    """Parts of the classes, adding up to 1, of numbers in any unit (rates, say)."""
    parts = np.asarray(mix, float)
    if parts.shape != (len(classes),) or not np.isfinite(parts).all() or (parts < 0).any() or not parts.sum() > 0:
        raise DarkroomError(
            f"The mix is {', '.join(f'{p:g}' for p in np.atleast_1d(parts))}: expected {len(classes)} numbers of at least 0, "
            f"one each for {', '.join(classes)}."
        )
    normalised: np.ndarray = parts / parts.sum()
    return normalised


def per_class(confusion: Confusion, mix: np.ndarray | None = None, level: float = LEVEL) -> tuple[ClassQuality, ...]:
    """Efficiency and purity of each class; `mix` (n_classes,) as `checked_mix` gives it."""
    m, drawn = len(confusion.classes), draws(confusion)
    f1, f1_drawn = f1_scores(confusion.counts, m), f1_scores(drawn[:, :m], m)
    pure = purities(at_mix(confusion.counts, mix)) if mix is not None else None
    pure_drawn = purities(at_mix(drawn[:, :m], mix)) if mix is not None else None
    qualities = []
    for k, name in enumerate(confusion.classes):
        right, n = int(confusion.counts[k, k]), int(confusion.n_called[k])
        qualities.append(
            ClassQuality(
                name,
                efficiency(right, int(confusion.n_true[k]), level),
                efficiency(right, n, level),
                efficiency(right, n + int(confusion.others[k]), level),
                around(float(f1[k]), f1_drawn[:, k], int(confusion.n_true[k]) + n - right, level),
                None
                if pure is None or pure_drawn is None
                else around(float(pure[k]), pure_drawn[:, k], confusion.n, level),
            )
        )
    return tuple(qualities)


def purities(table: np.ndarray) -> np.ndarray:
    """Part of what is called a class that is right (..., n_classes); NaN where nothing is called so."""
    m = table.shape[-1] - 1
    right = np.diagonal(table[..., :m, :m], axis1=-2, axis2=-1)
    n = table[..., :m].sum(axis=-2)
    return np.where(n > 0, right / np.maximum(n, 1e-300), np.nan)


def summary(confusion: Confusion, mix: np.ndarray | None = None, level: float = LEVEL) -> Summary:
    """The matrix in a few numbers. No labelled event: everything NaN."""
    m, drawn = len(confusion.classes), draws(confusion)
    counts, table = confusion.counts, confusion.table

    def of(statistic: Any, value: np.ndarray, again: np.ndarray) -> Interval:
        return around(mean_known(statistic(value, m)), means(statistic(again, m)), confusion.n, level)

    at = None if mix is None else of(f1_scores, at_mix(counts, mix), at_mix(drawn[:, :m], mix))
    return Summary(
        efficiency(int(np.trace(counts)), confusion.n, level),
        of(parts_right, counts, drawn[:, :m]),
        of(f1_scores, counts, drawn[:, :m]),
        of(f1_scores, table, drawn),
        at,
    )


def mean_known(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def means(values: np.ndarray) -> np.ndarray:
    """Mean of each row (n,) of the classes that are defined in all of them."""
    known = ~np.isnan(values).any(axis=0)
    return values[:, known].mean(axis=1) if known.any() else np.full(len(values), np.nan)


def around(value: float, drawn: np.ndarray, n: int, level: float, method: str = BOOTSTRAP) -> Interval:
    """Percentiles of the draws, widened to hold the value (a perfect one lies beyond all draws)."""
    if math.isnan(value):
        return Interval(math.nan, math.nan, math.nan, n, level, method=method)
    tail = 100.0 * (1.0 - level) / 2.0
    low, high = np.nanpercentile(drawn, [tail, 100.0 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), n, level, method=method)
