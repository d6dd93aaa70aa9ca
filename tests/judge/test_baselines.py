"""The box cut against brute force and closed forms, and how a ranking chooses its threshold."""

import itertools

import numpy as np
import pytest

from core.judge.baselines import BoxCut, Ranking, optimal_box
from core.judge.judging import BoxSide


def brute_force(values: np.ndarray, labels: np.ndarray, wanted: float) -> int:
    """The fewest background events that any box leaks while it keeps enough signal: every limit at every value."""
    signal = labels == 1
    levels = [np.r_[-np.inf, np.unique(column)] for column in values.T]
    least = len(labels)
    for limits in itertools.product(*levels):
        passed = (values >= limits).all(axis=1)
        if passed[signal].sum() >= wanted * signal.sum() - 1e-9:
            least = min(least, int(passed[~signal].sum()))
    return least


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n_sides", [1, 2, 3])
def test_no_box_leaks_less(seed, n_sides):
    rng = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [20, 18])
    values = rng.normal(labels[:, None] * rng.uniform(0, 2, n_sides), 1.0, (38, n_sides))
    values = values.round(1 if seed % 2 else 6)  # every other sample has ties
    wanted = (0.8, 0.9, 1.0)[seed % 3]
    limits = optimal_box(values, labels, wanted)
    passed = (values >= limits).all(axis=1)
    assert passed[labels == 1].sum() >= wanted * 20 - 1e-9
    assert passed[labels == 0].sum() == brute_force(values, labels, wanted)


def test_a_large_sample_comes_close_to_the_true_box():
    rng = np.random.default_rng(1)
    n = 40_000
    labels = np.repeat([1, 0], n)
    useful = np.r_[rng.uniform(0, 1, n), rng.uniform(-1, 1, n)]  # leaks 1/2 + 0.005 where 1 % of the signal is lost
    useless = rng.uniform(0, 1, 2 * n)
    limits = optimal_box(np.stack([useful, useless], axis=1), labels, 0.99)
    passed = (useful >= limits[0]) & (useless >= limits[1])
    assert passed[labels == 1].mean() == pytest.approx(0.99, abs=5e-4)
    assert passed[labels == 0].mean() == pytest.approx(0.495, abs=0.01)
    assert limits[0] == pytest.approx(0.01, abs=0.003)


def test_sides_have_their_directions_and_nan_never_passes():
    labels = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    columns = {
        "up": np.array([5.0, 6, 7, 8, 1, 6, 6, np.nan]),
        "down": np.array([1.0, 1, 2, 2, 1, 9, 2, 1]),
        "middle": np.array([-0.1, 0.2, 0.0, 0.1, 0.0, 0.0, -0.9, 0.0]),
    }
    box = BoxCut(columns, (BoxSide("up", "above"), BoxSide("down", "below"), BoxSide("middle", "inside")))
    decision = box.keeping(1.0, labels, np.ones(8, bool))
    assert decision.accepted.tolist() == [True] * 4 + [False] * 4
    assert decision.limits == {"up above": 5.0, "down below": 2.0, "middle inside": 0.2}


def test_a_box_that_cannot_keep_enough_is_undefined():
    columns = {"up": np.array([1.0, np.nan, 0.0])}
    box = BoxCut(columns, (BoxSide("up", "above"),))
    assert box.keeping(0.99, np.array([1, 1, 0]), np.ones(3, bool)).accepted is None
    assert box.keeping(0.5, np.array([1, 1, 0]), np.ones(3, bool)).accepted.tolist() == [True, False, False]
    assert box.keeping(0.99, np.array([0, 0, 0]), np.ones(3, bool)).accepted is None


def test_limits_come_from_the_basis_and_apply_to_all():
    labels = np.array([1, 1, 0, 1, 0])
    basis = np.array([True, True, True, False, False])
    values = np.array([0.6, 0.8, 0.1, 0.3, 0.7])
    by_rank = Ranking(values, 0.5).keeping(1.0, labels, basis)
    by_box = BoxCut({"v": values}, (BoxSide("v", "above"),)).keeping(1.0, labels, basis)
    for decision in (by_rank, by_box):
        assert decision.accepted.tolist() == [True, True, False, False, True]
    assert by_rank.limits["threshold"] == pytest.approx(0.6)
    assert Ranking(values, 0.75).usual(labels, basis).accepted.tolist() == [False, True, False, False, False]


def test_a_ranking_without_signal_in_the_basis_is_undefined():
    decision = Ranking(np.array([0.5, 0.6]), 0.5).keeping(0.99, np.array([0, 0]), np.ones(2, bool))
    assert decision.accepted is None
    assert decision.limits == {"threshold": None}
