"""Scores as probabilities: drawn so that the truth is known, they are found calibrated, or off by just what was put in."""

import math

import numpy as np
import pytest

from core.cosine.published import results
from core.errors import DarkroomError
from core.judge import calibration
from core.judge.calibration import fit_temperature, judge
from core.judge.held_out import Events
from core.judge.pileups import pile_ups
from core.judge.reliability import (
    EQUAL_COUNT,
    EQUAL_WIDTH,
    Mix,
    adjusted,
    bin_edges,
    half_point,
    quality,
    reliability_bins,
)
from core.statistics.logits import as_score, logit
from tests.judge.axes import KEV


def calibrated(n, seed=1, factor=1.0, spread=2.0, mean=0.0):
    """Events whose labels are drawn with a probability of which the score is told with logits multiplied by `factor`."""
    rng = np.random.default_rng(seed)
    z = rng.normal(mean, spread, n)
    labels = (rng.random(n) < as_score(z)).astype(np.int8)
    return Events(rng.uniform(0, 10, n), as_score(factor * z).astype(np.float32), labels, np.full(n, 1, np.int8))


def own_mix(events):
    """The scores speak of the very mix of the events."""
    ratio = events.n_of(1) / events.n_of(0)
    return Mix(ratio, ratio)


@pytest.mark.parametrize("binning", [EQUAL_WIDTH, EQUAL_COUNT])
def test_calibrated_scores_are_found_so(binning):
    quality_before = judge(events := calibrated(4000), own_mix(events), binning=binning, axis=KEV).before
    assert quality_before.whole.error.is_compatible
    assert quality_before.whole.error.ece.low == 0.0
    assert quality_before.whole.error.plain <= quality_before.whole.error.expected_high
    far = sum(not bin_.observed.low <= bin_.mean_score <= bin_.observed.high for bin_ in quality_before.bins)
    assert far <= 2  # 95 % intervals of 15 bins
    assert sum(bin_.observed.n for bin_ in quality_before.bins) == 4000


def test_chance_alone_is_believed_in_at_least_95_percent_of_cases():
    judged = [judge(e := calibrated(400, seed), own_mix(e), axis=KEV).before for seed in range(30)]
    verdicts = [q.error.is_compatible for calibrated_sample in judged for q in calibrated_sample.windows.values()]
    assert np.mean(verdicts) >= 0.95  # 97.5 % wanted, of 240 windows and 30 wholes
    assert np.mean(
        [calibrated_sample.whole.error.plain / calibrated_sample.whole.error.expected for calibrated_sample in judged]
    ) == pytest.approx(1.0, abs=0.1)
    beyond = [
        calibrated_sample.whole.error.plain > calibrated_sample.whole.error.expected_high
        for calibrated_sample in judged
    ]
    assert np.mean(beyond) <= 0.17  # 5 % wanted
    assert np.mean([calibrated_sample.whole.error.ece.value == 0.0 for calibrated_sample in judged]) == pytest.approx(
        0.5, abs=0.3
    )  # median-unbiased


def test_the_expected_error_falls_as_events_grow_and_is_never_zero():
    expected = [judge(e := calibrated(n), own_mix(e), axis=KEV).before.whole.error.expected for n in (200, 2000, 20000)]
    assert expected[0] > 2 * expected[1] > 4 * expected[2] > 0


def test_too_sure_scores_are_found_so_and_healed_by_the_temperature():
    events, apart = calibrated(6000, 2, factor=2.0), calibrated(6000, 3, factor=2.0)
    temperature = fit_temperature(events, is_balanced=False)
    judgement = judge(apart, own_mix(apart), temperature, axis=KEV)
    assert not judgement.before.whole.error.is_compatible
    assert judgement.after.whole.error.is_compatible
    assert judgement.after.whole.brier.value < judgement.before.whole.brier.value


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.5])
def test_temperature_is_the_factor_within_its_error(factor):
    fits = [fit_temperature(calibrated(1500, seed, factor), is_balanced=False) for seed in range(40)]
    pulls = np.array([(fit.value - factor) / fit.error for fit in fits])
    assert abs(pulls.mean()) < 4 / math.sqrt(40)
    assert 0.7 < pulls.std() < 1.4
    assert all(fit.loss_after <= fit.loss_before + 1e-12 for fit in fits)


def test_class_weights_undo_an_unbalanced_sample():
    """Balanced scores of a sample with one signal in ten: with weights T = 1, and its error covers that."""
    pulls = []
    for seed in range(40):
        events = calibrated(8000, seed)
        rare = (events.labels == 0) | (np.arange(8000) % 10 == 0)
        fit = fit_temperature(events.where(rare), is_balanced=True)
        pulls.append((fit.value - 1.0) / fit.error)
    assert abs(np.mean(pulls)) < 4 / math.sqrt(40)
    assert 0.7 < np.std(pulls) < 1.4


def test_where_no_temperature_can_be_fitted_it_says_why():
    with pytest.raises(DarkroomError, match=r"run 'a' has 0 signal and 50 background events .* at least 20"):
        few = calibrated(200)
        fit_temperature(few.where(np.flatnonzero(few.labels == 0)[:50]), is_balanced=True, whose="run 'a'")
    labels = np.repeat([0, 1], 50).astype(np.int8)
    nothing = np.zeros(100)
    for score, why in ((np.where(labels, 0.9, 0.1), "right side of 0.5"), (np.where(labels, 0.1, 0.9), "do not part")):
        with pytest.raises(DarkroomError, match=why):
            fit_temperature(Events(nothing, score.astype(np.float32), labels, labels), is_balanced=True)


def test_scores_of_exactly_0_and_1_are_clipped_and_counted():
    events = calibrated(500)
    events.score[:3] = 0.0, 1.0, 1.0
    fit = fit_temperature(events, is_balanced=False)
    assert fit.n_clipped == 3
    assert math.isfinite(fit.value)
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize(("cell", "shift"), [((1, 3.0), -5.87), ((7, 6.0), -3.14)])
def test_prior_shift_is_that_of_the_printed_statistics(cell, shift):
    row = next(r for r in results.CNN_STATISTICS if (r.cell.crystal, r.cell.energy_low_kev) == cell)
    n_background, n_signal = row.training
    mix = Mix(1.0, n_signal / n_background)
    assert mix.shift == pytest.approx(shift, abs=0.005)
    assert adjusted(np.array([0.5]), 1.0, mix.shift)[0] == pytest.approx(n_signal / (n_signal + n_background), rel=1e-6)


def test_balanced_scores_shifted_to_the_natural_mix_are_calibrated_there_and_unshifted_not():
    """Scores of a balanced population, signal thinned to one in twenty: Bayes' theorem, closed form."""
    events = calibrated(60000, 5)
    balance = events.n_of(1) / events.n_of(0)
    rare = events.where((events.labels == 0) | (np.arange(60000) % 20 == 0))
    natural = rare.n_of(1) / rare.n_of(0)
    assert judge(rare, Mix(balance, natural), axis=KEV).before.whole.error.is_compatible
    assert judge(rare, Mix(balance, balance), axis=KEV).before.whole.error.is_compatible  # weighted back to the balance
    assert judge(rare, Mix(natural, natural), axis=KEV).before.whole.error.is_compatible is False
    assert judge(rare, Mix(balance, natural * 10), axis=KEV).before.whole.error.is_compatible


def test_brier_of_a_constant_score_is_closed_form():
    labels = np.repeat([0, 1], [600, 200]).astype(np.int8)
    for p, wanted in ((0.3, 1.0), (0.25, 1 / 3), (0.9, 0.01)):
        mix = Mix(1.0, wanted)
        q = wanted / (1 + wanted)
        weights = mix.weights(labels)
        assert weights.mean() == pytest.approx(1.0)
        brier = quality(np.full(800, p), labels, weights, np.linspace(0, 1, 16))
        assert brier.brier.value == pytest.approx(q * (1 - p) ** 2 + (1 - q) * p**2)
        assert (brier.resolution, brier.within_bins) == pytest.approx((0.0, 0.0), abs=1e-12)
        assert brier.uncertainty == pytest.approx(q * (1 - q))
        assert brier.reliability == pytest.approx((p - q) ** 2)
        assert brier.error.plain == pytest.approx(abs(p - q))
        assert brier.error.ece.low - 1e-6 <= abs(p - q) <= brier.error.ece.high


def test_brier_is_the_sum_of_its_parts_and_its_interval_covers():
    truth = 0.0
    inside = 0
    for seed in range(60):
        events = calibrated(800, seed)
        weights = own_mix(events).weights(events.labels)
        brier = quality(events.score.astype(float), events.labels, weights, np.linspace(0.0, 1.0, 16))
        parts = brier.reliability - brier.resolution + brier.uncertainty + brier.within_bins
        assert brier.brier.value == pytest.approx(parts)
        truth = truth or float(np.mean(as_score(z := np.random.default_rng(0).normal(0, 2, 10**6)) * as_score(-z)))
        inside += brier.brier.low <= truth <= brier.brier.high
    assert inside >= 51  # of 60, 95 % wanted


def test_intervals_of_the_bins_are_clopper_pearson_carried_over_by_the_odds():
    labels = np.repeat([0, 1], [90, 30]).astype(np.int8)
    mix = Mix(1.0, 1.0)
    (bin,) = reliability_bins(np.full(120, 0.5), labels, mix.weights(labels), np.array([0.0, 1.0]))
    assert bin.observed.value == pytest.approx(0.5)
    own = Mix(1.0, 1 / 3)
    (same,) = reliability_bins(np.full(120, 0.5), labels, own.weights(labels), np.array([0.0, 1.0]))
    assert same.observed.value == pytest.approx(0.25)
    for end in ("low", "high"):
        p = getattr(same.observed, end)
        assert getattr(bin.observed, end) == pytest.approx(3 * p / (1 - p + 3 * p))


def test_half_point_is_where_the_natural_probability_is_one_half():
    events = calibrated(20000, 7)
    mix = Mix(1.0, 0.4)
    point = half_point(events, 2.0, mix)
    assert adjusted(np.array([point.threshold]), 2.0, mix.shift)[0] == pytest.approx(0.5)
    accepted = events.score >= np.float32(point.threshold)
    k_s = (accepted & (events.labels == 1)).sum() / events.n_of(1)
    k_b = (accepted & (events.labels == 0)).sum() / events.n_of(0)
    assert point.signal_efficiency.value == pytest.approx(k_s)
    assert point.precision.value == pytest.approx(0.4 * k_s / (0.4 * k_s + k_b))
    assert point.precision.low < point.precision.value < point.precision.high


def test_the_pile_up_of_the_printed_table_is_found():
    counts = np.sum([np.sum(rows, axis=0) for rows in results.dnn_counts().values()], axis=0)
    (pile_up,) = pile_ups(counts)
    assert (pile_up.low, pile_up.n) == (0.4, 646)
    assert pile_up.share == pytest.approx(0.16, abs=0.005)
    assert "16 % of the events (646)" in str(pile_up)
    assert pile_ups(np.bincount((20 * calibrated(4000).score).astype(int), minlength=20)) == ()


def test_equal_count_bins_are_equal_and_ties_make_fewer():
    p = np.random.default_rng(1).random(1500)
    counts = np.histogram(p, bin_edges(p, EQUAL_COUNT))[0]
    assert set(counts) <= {99, 100, 101}
    assert len(bin_edges(np.full(100, 0.4), EQUAL_COUNT)) == 3
    with pytest.raises(DarkroomError, match="binning"):
        bin_edges(p, "odd")


def test_one_class_only_is_undefined_in_a_window_and_refused_as_a_whole():
    events = calibrated(500)
    events.axis_values[events.labels == 1] = 5.0
    events.axis_values[events.labels == 0] = 1.5
    qualities = judge(events, Mix(1.0, 1.0), axis=KEV).before.windows
    assert set(qualities) == {(1.0, 2.0), (3.0, 6.0)}
    plain = qualities[1.0, 2.0].to_dict()
    assert plain["ece"]["value"] is None
    assert plain["compatible_with_calibrated"] is None
    with pytest.raises(DarkroomError, match="both classes are needed"):
        judge(events.where(events.labels == 1), Mix(1.0, 1.0), axis=KEV)


def test_mixes_that_mean_nothing_are_refused():
    with pytest.raises(DarkroomError, match="signal per background as a number above 0"):
        calibration.mix_of(_run(), calibrated(10), calibration.TYPED, 0.0)
    with pytest.raises(DarkroomError, match="Unknown mix"):
        calibration.mix_of(_run(), calibrated(10), "odd")


def _run():
    from pathlib import Path

    from core.runs import Run

    return Run(Path("r"), {}, {"network": "n", "training": {}}, {}, {})
