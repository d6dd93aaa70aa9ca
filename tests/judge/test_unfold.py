"""Counts corrected by a confusion matrix: exact counts come back exactly, intervals hold, what cannot be is refused."""

import numpy as np
import pytest

from core.errors import DarkroomError
from core.judge import unfold

PART = np.array([[0.9, 0.08, 0.02], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
TRUE = np.array([5_000, 800, 1_200])


def test_exact_counts_come_back():
    found = unfold.unfold(TRUE @ PART, (1_000 * PART).round().astype(int))
    assert [one.value for one in found] == pytest.approx(TRUE.tolist())


def test_the_intervals_hold_the_truth_as_often_as_they_say():
    rng, inside = np.random.default_rng(1), []
    for _ in range(60):
        matrix = np.stack([rng.multinomial(400, p) for p in PART])
        called = np.sum([rng.multinomial(rng.poisson(n), p) for n, p in zip(TRUE, PART, strict=True)], axis=0)
        inside += [one.low < n < one.high for one, n in zip(unfold.unfold(called, matrix), TRUE, strict=True)]
    assert 0.88 <= np.mean(inside) <= 0.99


def test_the_matrix_counts_rows_with_a_label():
    found = unfold.confusion(np.array([0, 0, 1, -1, 2]), np.array([0, 1, 1, 0, 2]), 3)
    assert found.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_few_test_events_and_classes_called_alike_are_refused():
    with pytest.raises(DarkroomError, match="rarest class has 2 test events, expected at least 10"):
        unfold.unfold(np.array([5, 5]), np.array([[50, 1], [1, 1]]))
    with pytest.raises(DarkroomError, match="cannot be inverted usefully"):
        unfold.unfold(np.array([5, 5]), np.array([[50, 50], [50, 50]]))
