"""ROC and area against closed forms."""

import numpy as np
import pytest
from scipy import stats

from core.errors import DarkroomError
from core.statistics.roc import DELONG, PERFECT, WIDER, auc, roc_points, thinned


def _gaussians(n_signal, n_background, distance, seed=1):
    rng = np.random.default_rng(seed)
    scores = np.concatenate([rng.normal(distance, 1, n_signal), rng.normal(0, 1, n_background)])
    return scores, np.repeat([1, 0], [n_signal, n_background])


def test_area_of_two_gaussians_is_the_closed_form():
    area = auc(*_gaussians(20000, 20000, 1.0))
    assert area.value == pytest.approx(stats.norm.cdf(1 / np.sqrt(2)), abs=0.006)
    assert area.low < stats.norm.cdf(1 / np.sqrt(2)) < area.high
    assert area.high - area.low < 0.011


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_interval_covers_the_true_area(distance):
    truth = stats.norm.cdf(distance / np.sqrt(2))
    areas = [auc(*_gaussians(80, 200, distance, seed)) for seed in range(600)]
    assert np.mean([f.low <= truth <= f.high for f in areas]) == pytest.approx(0.95, abs=0.03)
    assert {f.method for f in areas} == {DELONG}


@pytest.mark.parametrize(("n_signal", "n_background"), [(100, 1000), (1000, 100)])
@pytest.mark.parametrize("kind", ["normal", "exponential", "wide signal"])
def test_interval_near_one_covers_the_true_area_on_the_optimistic_side_too(kind, n_signal, n_background):
    truth, inside, above = 0.9993, 0, 0
    ratio = truth / (1 - truth)
    labels = np.repeat([1, 0], [n_signal, n_background])
    for seed in range(300):
        rng = np.random.default_rng(seed)
        if kind == "exponential":  # P(signal > background) = ratio / (1 + ratio)
            signal, background = rng.exponential(ratio, n_signal), rng.exponential(1.0, n_background)
        else:
            spread = 3.0 if kind == "wide signal" else 1.0
            signal = rng.normal(np.hypot(spread, 1.0) * stats.norm.ppf(truth), spread, n_signal)
            background = rng.normal(0.0, 1.0, n_background)
        area = auc(np.concatenate([signal, background]), labels)
        assert area.method in (WIDER, PERFECT)
        inside += area.low <= truth <= area.high
        above += area.low > truth
    assert inside >= 0.91 * 300  # 93 % wanted: 0.91 is 1.5 standard deviations below; DeLong alone covers 70 to 86 %
    assert above <= 0.05 * 300


def test_area_is_the_counted_one_with_ties_half():
    scores = np.array([0.2, 0.5, 0.5, 0.9, 0.1, 0.5, 0.3])
    labels = np.array([1, 1, 1, 1, 0, 0, 0])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[:4] for b in scores[4:]]
    assert auc(scores, labels).value == pytest.approx(np.mean(pairs))
    assert auc(np.ones(9), np.array([1, 0, 0] * 3)).value == 0.5


def test_delong_variance_is_the_counted_one():
    scores, labels = _gaussians(30, 40, 1.0)
    wins = (scores[:30, None] > scores[None, 30:]).astype(float)
    sigma = np.sqrt(wins.mean(1).var(ddof=1) / 30 + wins.mean(0).var(ddof=1) / 40)
    area = auc(scores, labels)
    reach = stats.norm.ppf(0.975) * sigma / (area.value * (1 - area.value))
    logit = np.log(area.value / (1 - area.value))
    assert [area.low, area.high] == pytest.approx(1 / (1 + np.exp(-np.array([logit - reach, logit + reach]))))


def test_perfect_separation_has_an_honest_lower_limit():
    area = auc(np.concatenate([np.ones(38), np.zeros(500)]), np.repeat([1, 0], [38, 500]))
    assert (area.value, area.high, area.method) == (1.0, 1.0, PERFECT)
    assert 100 * area.low == pytest.approx(90.7, abs=0.05)


def test_empty_class_is_undefined_and_nan_is_refused():
    assert auc(np.ones(3), np.ones(3)).to_dict()["value"] is None
    assert len(roc_points(np.ones(3), np.ones(3)).leakage) == 0
    with pytest.raises(DarkroomError, match="1 of 2 scores are NaN"):
        auc(np.array([np.nan, 1.0]), np.array([1, 0]))
    single = auc(np.array([0.4, 0.1, 0.6]), np.array([1, 0, 0]))
    assert single.value == 0.5
    assert single.to_dict()["low"] is None


def test_curve_is_exact_and_its_area_is_the_area():
    scores, labels = _gaussians(300, 700, 1.0)
    scores = np.round(scores, 1)
    curve = roc_points(scores, labels)
    assert (curve.leakage[0], curve.signal_efficiency[0], curve.threshold[0]) == (0.0, 0.0, np.inf)
    assert (curve.leakage[-1], curve.signal_efficiency[-1]) == (1.0, 1.0)
    area = np.trapezoid(curve.signal_efficiency, curve.leakage)
    assert area == pytest.approx(auc(scores, labels).value, abs=1e-12)
    for leakage, efficiency, threshold in zip(curve.leakage, curve.signal_efficiency, curve.threshold, strict=True):
        assert leakage == np.mean(scores[labels == 0] >= threshold)
        assert efficiency == np.mean(scores[labels == 1] >= threshold)


def test_perfect_curve_keeps_only_its_corners():
    curve = roc_points(np.array([0.9, 0.8, 0.7, 0.2, 0.1]), np.array([1, 1, 1, 0, 0]))
    assert curve.leakage.tolist() == [0.0, 0.0, 1.0]
    assert curve.signal_efficiency.tolist() == [0.0, 1.0, 1.0]


def test_thinned_curve_stays_on_the_curve():
    scores, labels = _gaussians(20000, 20000, 2.0)
    full = roc_points(scores, labels)
    drawn = thinned(full)
    assert len(drawn.leakage) <= 500 < len(full.leakage)
    assert (drawn.leakage[0], drawn.leakage[-1]) == (0.0, 1.0)
    floor = 0.5 / 20000
    log_drawn, log_full = (np.log10(np.maximum(c.leakage, floor)) for c in (drawn, full))
    seen = np.interp(log_full, log_drawn, drawn.signal_efficiency)
    assert np.abs(seen - full.signal_efficiency)[full.leakage > 1e-3].max() < 0.01
    assert np.diff(drawn.signal_efficiency).max() == np.diff(full.signal_efficiency).max()


def test_infinite_scores_are_ranked():
    assert auc(np.array([1.0, -np.inf]), np.array([1, 0])).value == 1.0
