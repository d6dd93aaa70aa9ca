"""Intervals against the closed forms and printed numbers of the literature and the slides."""

import json
import math

import numpy as np
import pytest

from core.statistics import intervals as iv


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (38, 38, 90.7, 100.0),
        (47, 47, 92.5, 100.0),
        (312, 312, 98.8, 100.0),
        (2, 2, 15.8, 100.0),
        (1, 7, 0.4, 57.9),
        (120, 176, 60.8, 75.0),
    ],
)
def test_clopper_pearson_gives_the_published_intervals(k, n, low, high):
    interval = iv.efficiency(k, n)
    assert (100 * interval.low, 100 * interval.high) == pytest.approx((low, high), abs=0.05)
    assert interval.low <= interval.value <= interval.high


def test_jeffreys_gives_the_published_interval():
    assert 100 * float(iv.jeffreys(38, 38)[0]) == pytest.approx(93.6, abs=0.05)


def test_the_one_sided_limit_is_the_closed_form():
    assert iv.lower_limit(38, 38) == pytest.approx(0.05 ** (1 / 38), rel=1e-12)
    assert 100 * iv.lower_limit(38, 38) == pytest.approx(92.4, abs=0.05)


@pytest.mark.parametrize("method", [iv.clopper_pearson, iv.jeffreys])
def test_ends_are_closed_and_nothing_of_nothing_is_undefined(method):
    low, high = method([0, 5, 0], [5, 5, 0])
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert np.isnan([low[2], high[2]]).all()


def test_scalar_and_array_agree():
    k, n = np.array([0, 3, 7, 0]), np.array([5, 9, 7, 0])
    together = iv.efficiencies(k, n)
    for single, a, b in zip(together, k, n, strict=True):
        assert single.to_dict() == iv.efficiency(int(a), int(b)).to_dict()


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="k must lie"):
        iv.clopper_pearson(6, 5)


def test_undefined_becomes_null_in_json():
    text = json.dumps(iv.efficiency(0, 0).to_dict(), allow_nan=False)
    assert json.loads(text) == {"value": None, "low": None, "high": None, "n": 0, "k": 0, "method": "Clopper-Pearson"}
    text = json.dumps(iv.harmonic_efficiency(0, 0, 5, 5).to_dict(), allow_nan=False)
    assert json.loads(text)["value"] is None


@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
def test_clopper_pearson_covers_at_least_its_level(p):
    rng = np.random.default_rng(1)
    low, high = iv.clopper_pearson(rng.binomial(60, p, 4000), 60)
    assert np.mean((low <= p) & (p <= high)) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 4000)


def test_jeffreys_covers_its_level_on_the_average():
    rng = np.random.default_rng(2)
    p = rng.uniform(0.7, 1.0, 20000)
    low, high = iv.jeffreys(rng.binomial(60, p), 60)
    assert np.mean((low <= p) & (p <= high)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("n_s", "n_b", "reach"), [(38, 2000, (0.8, 1.0)), (300, 300, (0.5, 1.0))])
def test_harmonic_interval_covers_its_level_on_the_average(n_s, n_b, reach):
    rng = np.random.default_rng(3)
    covered, n_trials = 0, 2000
    for s, b in rng.uniform(*reach, (n_trials, 2)):
        interval = iv.harmonic_efficiency(int(rng.binomial(n_s, s)), n_s, int(rng.binomial(n_b, b)), n_b)
        assert interval.low <= interval.value <= interval.high
        covered += interval.low <= 2 / (1 / s + 1 / b) <= interval.high
    assert covered / n_trials == pytest.approx(0.95, abs=0.02)


def test_harmonic_interval_at_the_boundary_holds_the_value():
    interval = iv.harmonic_efficiency(38, 38, 18273 - 66, 18273)
    assert 100 * interval.value == pytest.approx(99.82, abs=0.005)
    assert 100 * interval.low == pytest.approx(96.5, abs=0.05)
    assert interval.value < interval.high < 1.0
    perfect_background = iv.harmonic_efficiency(311, 312, 7980, 7980)
    assert 100 * perfect_background.value == pytest.approx(99.84, abs=0.005)
    assert perfect_background.low < perfect_background.value < perfect_background.high < 1.0
    assert perfect_background.method == iv.MOVER


def test_harmonic_of_perfect_is_one_and_of_nothing_kept_is_zero():
    perfect = iv.harmonic_efficiency(50, 50, 50, 50)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low < 1.0
    none = iv.harmonic_efficiency(0, 50, 40, 50)
    assert (none.value, none.low) == (0.0, 0.0)
    assert 0.0 < none.high < 0.15


def test_balanced_accuracy_is_the_mean_and_stays_inside_zero_and_one():
    interval = iv.balanced_accuracy(1635, 2000, 1800, 2000)
    assert 100 * interval.value == pytest.approx(85.875)
    perfect = iv.balanced_accuracy(5, 5, 5, 5)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert 0.0 < perfect.low < 1.0


def test_ordinary_f1_is_precision_and_recall():
    interval = iv.ordinary_f1(187, 1028, 0)
    precision, recall = 187 / 1215, 1.0
    assert interval.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert 100 * interval.value == pytest.approx(26.7, abs=0.05)
    assert interval.low < interval.value < interval.high
    assert math.isnan(iv.ordinary_f1(0, 0, 0).value)
