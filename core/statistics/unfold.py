"""Counts per class as they would be without misclassification, from the confusion matrix of test events."""

import numpy as np

from core.errors import DarkroomError
from core.statistics.intervals import LEVEL, Interval

REPEATS = 500
WORST_CONDITION = 100.0  # of the matrix: beyond, errors grow more than a hundredfold
_WORSE_BY_CHANCE = 10.0  # times that condition may a repetition have
FEWEST = 10  # test events of a class
MOST_SINGULAR = (
    0.01  # part of the repetitions that may be without a solution: fewer than an end of the interval leaves out
)


def unfold(predicted: np.ndarray, matrix: np.ndarray, seed: int = 1) -> list[Interval]:
    """Solve M n_true = n_predicted, M[j, i] = part of class i that is called j, from counts `matrix` (true, called).

    predicted (n_classes,): counts of what is to be corrected. Intervals: bootstrap of both, the counts by Poisson and each
    class's test events by their own numbers. A value may lie below zero: that is what an unbiased estimate does. Holds if
    within a class the new events are like the test events. Refused where the matrix, or more than 1 % of those that the test
    events could as well have given, cannot be inverted usefully.
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
    value = np.linalg.solve(part.T, predicted.astype(float))
    drawn = rng.poisson(predicted, (REPEATS, len(predicted))).astype(float)
    again = np.stack([rng.multinomial(n, p, REPEATS) / n for n, p in zip(n_of_class, part, strict=True)], axis=1)
    usable = np.linalg.cond(again) <= WORST_CONDITION * _WORSE_BY_CHANCE
    if np.mean(~usable) > MOST_SINGULAR:
        raise DarkroomError(
            f"The confusion matrix is too uncertain to correct counts: of {REPEATS} matrices that {n_of_class.min():g} or more "
            f"test events per class could as well have given, {int((~usable).sum())} cannot be inverted; train on more events."
        )
    solved = np.linalg.solve(again[usable].transpose(0, 2, 1), drawn[usable, :, None])[:, :, 0]
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    low, high = np.percentile(solved, [tail, 100.0 - tail], axis=0)
    how = "inverse of the confusion matrix, bootstrap of both"
    return [
        Interval(float(v), float(a), float(b), int(n), LEVEL, method=how)
        for v, a, b, n in zip(value, low, high, predicted, strict=True)
    ]
