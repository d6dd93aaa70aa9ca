"""McNemar's test and the paired interval against closed forms, scipy, and a likelihood maximised by brute force."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest

from core.statistics.mcnemar import METHOD, from_counts, mcnemar

Z = 1.959963984540054


def test_decisions_are_counted_in_pairs():
    first = np.array([1, 1, 1, 0, 0, 1, 0])
    second = np.array([1, 0, 0, 1, 0, 0, 0])
    pair_test = mcnemar(first, second)
    assert (pair_test.n10, pair_test.n01, pair_test.n) == (3, 1, 7)
    assert pair_test.difference == pytest.approx(2 / 7)
    assert pair_test.p == pytest.approx(2 * (1 + 4) / 16)  # 0 or 1 of 4, both sides


@pytest.mark.parametrize(("n10", "n01"), [(0, 5), (3, 9), (40, 41), (7, 7), (0, 1), (1000, 1100), (0, 300)])
def test_p_is_the_binomial_test(n10, n01):
    expected = binomtest(n10, n10 + n01, 0.5).pvalue
    assert from_counts(n10, n01, 5000).p == pytest.approx(expected, rel=1e-9)
    assert from_counts(n01, n10, 5000).p == from_counts(n10, n01, 5000).p


def test_classifiers_that_never_differ():
    pair_test = from_counts(0, 0, 200)
    assert (pair_test.p, pair_test.difference) == (1.0, 0.0)
    edge = Z**2 / (200 + Z**2)  # the closed form of the score interval without disagreements
    assert (pair_test.low, pair_test.high) == (pytest.approx(-edge), pytest.approx(edge))


def test_without_events_all_is_undefined():
    pair_test = mcnemar(np.zeros(0), np.zeros(0)).to_dict()
    assert pair_test == {
        "p": None, "difference": None, "low": None, "high": None, "n10": 0, "n01": 0, "n": 0, "method": METHOD,
    }  # fmt: skip


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="at most n"):
        from_counts(6, 5, 10)


def score_by_brute_force(n10: int, n01: int, n: int, difference: float) -> float:
    """The same score with the nuisance parameter p01 found by maximising the multinomial likelihood numerically."""

    def minus_log_likelihood(p01: float) -> float:
        rest = 1.0 - 2.0 * p01 - difference
        return -(n10 * math.log(p01 + difference) + n01 * math.log(p01) + (n - n10 - n01) * math.log(rest))

    bounds = (max(0.0, -difference) + 1e-9, (1.0 - difference) / 2.0 - 1e-9)
    p01 = minimize_scalar(minus_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    return (n10 - n01 - n * difference) / math.sqrt(n * (2.0 * p01 + difference * (1.0 - difference)))


@pytest.mark.parametrize(("n10", "n01", "n"), [(12, 3, 60), (5, 5, 40), (90, 20, 200), (1, 4, 30)])
def test_the_limits_are_where_the_score_is_at_its_quantiles(n10, n01, n):
    pair_test = from_counts(n10, n01, n)
    assert pair_test.low < pair_test.difference < pair_test.high
    assert score_by_brute_force(n10, n01, n, pair_test.low) == pytest.approx(Z, abs=1e-3)
    assert score_by_brute_force(n10, n01, n, pair_test.high) == pytest.approx(-Z, abs=1e-3)


def test_the_interval_covers_what_it_promises():
    rng = np.random.default_rng(3)
    counts = rng.multinomial(80, [0.15, 0.05, 0.8], size=400)
    intervals = [from_counts(int(a), int(b), 80) for a, b, _ in counts]
    share = np.mean([interval.low <= 0.1 <= interval.high for interval in intervals])
    assert 0.91 < share < 0.99
