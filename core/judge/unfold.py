"""Counts per class as they would be without misclassification, from the confusion matrix of test events."""

import numpy as np

from core.errors import DarkroomError
from core.judge.intervals import LEVEL, Interval

REPEATS = 500
WORST_CONDITION = 100.0  # of the matrix: beyond, errors grow more than a hundredfold
FEWEST = 10  # test events of a class


def confusion(labels: np.ndarray, called: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts int64 (n_classes true, n_classes called); rows without a label (-1) are left out."""
    known = labels >= 0
    flat = labels[known].astype(np.int64) * n_classes + called[known]
    return np.bincount(flat, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def unfold(called: np.ndarray, matrix: np.ndarray, seed: int = 1) -> list[Interval]:
    """Solve M n_true = n_called, M[j, i] = part of class i that is called j, from counts `matrix` (true, called).

    called (n_classes,): counts of what is to be corrected. Intervals: bootstrap of both, the counts by Poisson and each
    class's test events by their own numbers. A value may lie below zero: that is what an unbiased estimate does. Holds if
    within a class the new events are like the test events.
    """
    n_of_class = matrix.sum(axis=1)
    if n_of_class.min() < FEWEST:
        raise DarkroomError(
            f"The rarest class has {int(n_of_class.min())} test events, expected at least {FEWEST}: the confusion matrix cannot "
            "correct counts; train on more events."
        )
    part = matrix / n_of_class[:, None]
    condition = float(np.linalg.cond(part))
    if condition > WORST_CONDITION:
        raise DarkroomError(
            f"The confusion matrix cannot be inverted usefully (condition {condition:.3g}, expected at most "
            f"{WORST_CONDITION:g}): two classes are called alike; merge them."
        )
    rng = np.random.default_rng(seed)
    value = np.linalg.solve(part.T, called.astype(float))
    drawn = rng.poisson(called, (REPEATS, len(called))).astype(float)
    again = np.stack([rng.multinomial(n, p, REPEATS) / n for n, p in zip(n_of_class, part, strict=True)], axis=1)
    solved = np.linalg.solve(again.transpose(0, 2, 1), drawn[:, :, None])[:, :, 0]
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    low, high = np.percentile(solved, [tail, 100.0 - tail], axis=0)
    how = "inverse of the confusion matrix, bootstrap of both"
    return [
        Interval(float(v), float(a), float(b), int(n), LEVEL, how)
        for v, a, b, n in zip(value, low, high, called, strict=True)
    ]
