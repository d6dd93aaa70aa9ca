"""Counts corrected by a confusion matrix: exact counts come back exactly, intervals hold, what cannot be is refused."""

import numpy as np
import pytest

from core.errors import DarkroomError
from core.statistics import unfold

PART = np.array([[0.9, 0.08, 0.02], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
TRUE = np.array([5_000, 800, 1_200])


def test_exact_counts_come_back():
    unfolded = unfold.unfold(TRUE @ PART, (1_000 * PART).round().astype(int))
    assert [item.value for item in unfolded] == pytest.approx(TRUE.tolist())


def test_the_intervals_hold_the_truth_as_often_as_they_say():
    rng, inside = np.random.default_rng(1), []
    for _ in range(60):
        matrix = np.stack([rng.multinomial(400, p) for p in PART])
        called = np.sum([rng.multinomial(rng.poisson(n), p) for n, p in zip(TRUE, PART, strict=True)], axis=0)
        inside += [item.low < n < item.high for item, n in zip(unfold.unfold(called, matrix), TRUE, strict=True)]
    assert 0.88 <= np.mean(inside) <= 0.99


def test_few_test_events_and_classes_called_alike_are_refused():
    with pytest.raises(DarkroomError, match="rarest class has 2 test events, expected at least 10"):
        unfold.unfold(np.array([5, 5]), np.array([[50, 1], [1, 1]]))
    with pytest.raises(DarkroomError, match="cannot be inverted usefully"):
        unfold.unfold(np.array([5, 5]), np.array([[50, 50], [50, 50]]))


@pytest.mark.parametrize("matrix", [[[7, 3], [3, 7]], [[6, 4], [3, 7]], [[12, 8], [6, 14]]])
def test_matrices_of_which_repetitions_are_singular_are_refused_in_a_sentence(matrix):
    with pytest.raises(DarkroomError, match=r"too uncertain to correct counts: of 500 matrices .* cannot be inverted"):
        unfold.unfold(np.array([50, 50]), np.array(matrix))
