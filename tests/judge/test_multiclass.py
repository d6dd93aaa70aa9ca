"""Several classes: scikit-learn's numbers, closed forms, intervals that cover, paired differences."""

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score, recall_score

from core.errors import DarkroomError
from core.statistics import multiclass, paired_classes
from core.statistics.intervals import clopper_pearson, jeffreys

CLASSES = ("a", "b", "c")


def sample(n: int = 3000, seed: int = 1, noise: float = 1.0):
    """Labels at a mix of 6:3:1 and probabilities from noisy distances."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    z = 2.5 * np.eye(3)[labels] + rng.normal(0, noise, (n, 3))
    p = np.exp(z)
    return labels, (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def test_numbers_are_those_of_scikit_learn():
    labels, p = sample()
    calls = multiclass.predicted_class(p)
    matrix = multiclass.confusion(labels, calls, CLASSES)
    summary, classes = multiclass.summary(matrix), multiclass.per_class(matrix)
    assert summary.accuracy.value == pytest.approx(accuracy_score(labels, calls))
    assert summary.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(labels, calls))
    assert summary.macro_f1.value == pytest.approx(f1_score(labels, calls, average="macro"))
    assert summary.macro_f1_of_all.value == summary.macro_f1.value  # every event has a label
    assert [c.efficiency.value for c in classes] == pytest.approx(recall_score(labels, calls, average=None))
    assert [c.purity.value for c in classes] == pytest.approx(precision_score(labels, calls, average=None))
    assert [c.f1.value for c in classes] == pytest.approx(f1_score(labels, calls, average=None))


def test_a_threshold_leaves_events_uncalled_and_unlabelled_ones_stand_apart():
    labels = np.array([0, 0, 1, 2, -1, -1, -1])
    p = np.array(
        [[0.9, 0.1, 0], [0.4, 0.3, 0.3], [0.1, 0.8, 0.1], [0, 0.2, 0.8], [0.7, 0.3, 0], [0, 0, 1], [0.4, 0.4, 0.2]]
    )
    matrix = multiclass.confusion(labels, multiclass.predicted_class(p, 0.5), CLASSES, 0.5)
    assert matrix.counts.tolist() == [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert matrix.others.tolist() == [1, 0, 1, 1]
    first = multiclass.per_class(matrix)[0]
    assert (first.efficiency.k, first.efficiency.n) == (1, 2)
    assert (first.purity.k, first.purity.n) == (1, 1)
    assert (first.purity_of_all.k, first.purity_of_all.n) == (1, 2)
    summary = multiclass.summary(matrix)
    assert summary.macro_f1.value == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert summary.macro_f1_of_all.value == pytest.approx((2 / 4 + 1 + 2 / 3) / 3)
    assert json.loads(json.dumps({**matrix.to_dict(), **summary.to_dict()}))["unlabelled"] == [1, 0, 1, 1]


def test_shares_carry_clopper_pearson():
    labels, p = sample(200)
    matrix = multiclass.confusion(labels, multiclass.predicted_class(p), CLASSES)
    share, (low, high) = matrix.share(1, 0), clopper_pearson(matrix.counts[1, 0], matrix.n_true[1])
    assert (share.low, share.high) == (low, high)


def test_purity_at_a_mix_is_bayes_theorem():
    """Half of b is called a, no a is lost: at n_b = 3 n_a the purity of a is 1 / (1 + 3/2)."""
    labels = np.repeat([0, 1, 2], [1000, 1000, 1000])
    calls = np.concatenate([np.zeros(1000), np.tile([0, 1], 500), np.full(1000, 2)]).astype(int)
    matrix = multiclass.confusion(labels, calls, CLASSES)
    mix = multiclass.checked_mix((1, 3, 0.5), CLASSES)
    first, second, _ = multiclass.per_class(matrix, mix)
    assert first.purity.value == pytest.approx(2 / 3)
    assert first.purity_at_mix.value == pytest.approx(0.4)
    assert first.purity_at_mix.low < 0.4 < first.purity_at_mix.high
    assert second.purity_at_mix.value == 1.0
    own = multiclass.checked_mix(matrix.n_true, CLASSES)
    assert multiclass.summary(matrix, own).macro_f1_at_mix.value == pytest.approx(
        multiclass.summary(matrix).macro_f1.value
    )


def test_a_perfect_class_has_the_interval_of_its_jeffreys_posterior():
    matrix = multiclass.confusion(np.repeat([0, 1], 30), np.repeat([0, 1], 30), ("a", "b"))
    drawn = multiclass.parts_right(multiclass.draws(matrix, 20_000)[:, :2], 2)
    tail = np.percentile(drawn[:, 0], 5)
    assert tail == pytest.approx(float(jeffreys(30, 30, 0.9)[0]), abs=0.003)
    summary = multiclass.summary(matrix).balanced_accuracy
    assert (summary.value, summary.high) == (1.0, 1.0)
    assert 0.93 < summary.low < 0.99


@pytest.mark.parametrize("of", ["macro_f1", "balanced_accuracy"])
def test_intervals_cover(of):
    """95 % intervals of 400 samples of 300 events hold the true value, known from 300,000 events."""
    labels, p = sample(300_000, 2)
    truth = getattr(multiclass.summary(multiclass.confusion(labels, multiclass.predicted_class(p), CLASSES)), of).value
    whole = multiclass.confusion(labels, multiclass.predicted_class(p), CLASSES).counts
    rng = np.random.default_rng(3)
    held = 0
    for counts in rng.multinomial(300, whole.ravel() / whole.sum(), 400).reshape(400, 3, 4):
        interval = getattr(multiclass.summary(multiclass.Confusion(CLASSES, counts, np.zeros(4, int))), of)
        held += interval.low <= truth <= interval.high
    assert 0.92 <= held / 400 <= 0.985


def test_a_class_without_events_is_in_no_mean():
    matrix = multiclass.confusion(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1]), CLASSES)
    assert multiclass.summary(matrix).macro_f1.value == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(multiclass.per_class(matrix)[2].efficiency.value)
    empty = multiclass.confusion(np.array([], int), np.array([], int), CLASSES)
    assert np.isnan(multiclass.summary(empty).macro_f1.value)
    assert multiclass.per_class(empty, np.full(3, 1 / 3))[0].to_dict()["purity_at_mix"]["value"] is None


@pytest.mark.parametrize("mix", [(1, 2), (1, -1, 1), (0, 0, 0), (1, np.nan, 1)])
def test_a_mix_that_is_none_is_refused(mix):
    with pytest.raises(DarkroomError, match="expected 3 numbers"):
        multiclass.checked_mix(mix, CLASSES)


def test_a_classifier_against_itself_never_differs():
    labels, p = sample(500)
    calls = multiclass.predicted_class(p)
    difference = paired_classes.compare(labels, calls, calls.copy(), 3)
    assert (difference.difference.value, difference.difference.low, difference.difference.high, difference.p) == (
        0.0,
        0.0,
        0.0,
        1.0,
    )


def test_what_both_share_does_not_blur_a_difference():
    """The second makes the errors of the first and 20 more among 2000: far less than either one's own interval."""
    labels, p = sample(2000)
    first = multiclass.predicted_class(p)
    second = first.copy()
    right = np.flatnonzero((labels == 1) & (first == 1))[:20]
    second[right] = 0
    difference = paired_classes.compare(labels, first, second, 3)
    assert difference.first == pytest.approx(f1_score(labels, first, average="macro"))
    assert difference.second == pytest.approx(f1_score(labels, second, average="macro"))
    assert 0 < difference.difference.low < difference.difference.value < difference.difference.high
    assert difference.p < 0.01
    alone = multiclass.summary(multiclass.confusion(labels, first, CLASSES)).macro_f1
    assert difference.difference.high - difference.difference.low < 0.5 * (alone.high - alone.low)


def test_p_of_equally_good_classifiers_is_uniform_enough():
    small = 0
    for seed in range(150):
        labels, p = sample(300, seed)
        _, q = sample(300, seed)
        rng = np.random.default_rng(seed)
        first, second = (multiclass.predicted_class(x * rng.uniform(0.5, 1.5, p.shape)) for x in (p, q))
        small += paired_classes.compare(labels, first, second, 3).p < 0.1
    assert 3 <= small <= 27  # 15 expected
