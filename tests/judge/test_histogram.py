"""Binning at the edges, what falls outside, Poisson errors, score spikes."""

import numpy as np
import pytest

from core.statistics.efficiency import SCORE_EDGES
from core.statistics.histogram import bin_indices, histogram, poisson_errors, spikes


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_score_on_an_edge_lies_in_the_bin_above(kind):
    scores = np.array([0.0, 0.05, 0.15, 0.3, 0.35, 0.6, 0.7, 0.95, 1.0], dtype=kind)
    assert bin_indices(scores, SCORE_EDGES).tolist() == [0, 1, 3, 6, 7, 12, 14, 19, 19]


def test_every_edge_opens_its_own_bin():
    edges = np.array([round(0.05 * i, 2) for i in range(20)])
    assert bin_indices(edges, SCORE_EDGES).tolist() == list(range(20))
    assert bin_indices(edges.astype(np.float32), SCORE_EDGES).tolist() == list(range(20))


def test_what_is_outside_is_counted():
    histogram_of_values = histogram(np.array([-1.0, 0.0, 0.5, 1.0, 1.1, np.nan, np.inf]), np.array([0.0, 0.5, 1.0]))
    assert histogram_of_values.counts.tolist() == [1, 2]
    assert (
        histogram_of_values.n_under,
        histogram_of_values.n_over,
        histogram_of_values.n_missing,
        histogram_of_values.n,
    ) == (1, 2, 1, 7)


def test_whole_numbers_and_nothing_at_all_can_be_binned():
    assert histogram(np.array([1, 2, 2, 3]), np.arange(0.5, 4)).counts.tolist() == [1, 2, 1]
    empty = histogram(np.zeros(0), np.array([0.0, 1.0]))
    assert (empty.counts.tolist(), empty.n) == ([0], 0)
    assert empty.fractions().counts.tolist() == [0.0]


def test_fractions_are_of_everything_defined():
    histogram_of_values = histogram(np.array([0.1, 0.2, 0.9, 5.0, np.nan]), np.array([0.0, 0.5, 1.0])).fractions()
    assert histogram_of_values.counts == pytest.approx([0.5, 0.25])


def test_poisson_errors_are_the_tabled_ones():
    low, high = poisson_errors(np.array([0, 1, 10, 1000]))
    assert high == pytest.approx([1.841, 2.300, 4.267, 32.64], rel=2e-3)
    assert low == pytest.approx([0.0, 0.827, 3.109, 31.61], rel=2e-3)


def test_a_spike_of_equal_scores_is_flagged_and_full_ends_are_not():
    counts = np.array([1000] + [20] * 18 + [900])
    assert spikes(counts).tolist() == []
    counts[8] = 646
    assert spikes(counts).tolist() == [8]
