"""Several classes: scikit-learn's numbers, closed forms, intervals that cover, paired differences."""

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score, recall_score

from core.errors import DarkroomError
from core.judge import multiclass, paired_classes
from core.judge.intervals import clopper_pearson, jeffreys

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
    calls = multiclass.called(p)
    found = multiclass.confusion(labels, calls, CLASSES)
    told, classes = multiclass.summary(found), multiclass.per_class(found)
    assert told.accuracy.value == pytest.approx(accuracy_score(labels, calls))
    assert told.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(labels, calls))
    assert told.macro_f1.value == pytest.approx(f1_score(labels, calls, average="macro"))
    assert told.macro_f1_of_all.value == told.macro_f1.value  # every event has a label
    assert [c.efficiency.value for c in classes] == pytest.approx(recall_score(labels, calls, average=None))
    assert [c.purity.value for c in classes] == pytest.approx(precision_score(labels, calls, average=None))
    assert [c.f1.value for c in classes] == pytest.approx(f1_score(labels, calls, average=None))


def test_a_threshold_leaves_events_uncalled_and_unlabelled_ones_stand_apart():
    labels = np.array([0, 0, 1, 2, -1, -1, -1])
    p = np.array(
        [[0.9, 0.1, 0], [0.4, 0.3, 0.3], [0.1, 0.8, 0.1], [0, 0.2, 0.8], [0.7, 0.3, 0], [0, 0, 1], [0.4, 0.4, 0.2]]
    )
    found = multiclass.confusion(labels, multiclass.called(p, 0.5), CLASSES, 0.5)
    assert found.counts.tolist() == [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert found.others.tolist() == [1, 0, 1, 1]
    first = multiclass.per_class(found)[0]
    assert (first.efficiency.k, first.efficiency.n) == (1, 2)
    assert (first.purity.k, first.purity.n) == (1, 1)
    assert (first.purity_of_all.k, first.purity_of_all.n) == (1, 2)
    told = multiclass.summary(found)
    assert told.macro_f1.value == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert told.macro_f1_of_all.value == pytest.approx((2 / 4 + 1 + 2 / 3) / 3)
    assert json.loads(json.dumps({**found.to_dict(), **told.to_dict()}))["unlabelled"] == [1, 0, 1, 1]


def test_shares_carry_clopper_pearson():
    labels, p = sample(200)
    found = multiclass.confusion(labels, multiclass.called(p), CLASSES)
    one, (low, high) = found.share(1, 0), clopper_pearson(found.counts[1, 0], found.n_true[1])
    assert (one.low, one.high) == (low, high)


def test_purity_at_a_mix_is_bayes_theorem():
    """Half of b is called a, no a is lost: at n_b = 3 n_a the purity of a is 1 / (1 + 3/2)."""
    labels = np.repeat([0, 1, 2], [1000, 1000, 1000])
    calls = np.concatenate([np.zeros(1000), np.tile([0, 1], 500), np.full(1000, 2)]).astype(int)
    found = multiclass.confusion(labels, calls, CLASSES)
    mix = multiclass.checked_mix((1, 3, 0.5), CLASSES)
    first, second, _ = multiclass.per_class(found, mix)
    assert first.purity.value == pytest.approx(2 / 3)
    assert first.purity_at_mix.value == pytest.approx(0.4)
    assert first.purity_at_mix.low < 0.4 < first.purity_at_mix.high
    assert second.purity_at_mix.value == 1.0
    own = multiclass.checked_mix(found.n_true, CLASSES)
    assert multiclass.summary(found, own).macro_f1_at_mix.value == pytest.approx(
        multiclass.summary(found).macro_f1.value
    )


def test_a_perfect_class_has_the_interval_of_its_jeffreys_posterior():
    found = multiclass.confusion(np.repeat([0, 1], 30), np.repeat([0, 1], 30), ("a", "b"))
    drawn = multiclass.parts_right(multiclass.draws(found, 20_000)[:, :2], 2)
    tail = np.percentile(drawn[:, 0], 5)
    assert tail == pytest.approx(float(jeffreys(30, 30, 0.9)[0]), abs=0.003)
    told = multiclass.summary(found).balanced_accuracy
    assert (told.value, told.high) == (1.0, 1.0)
    assert 0.93 < told.low < 0.99


@pytest.mark.parametrize("of", ["macro_f1", "balanced_accuracy"])
def test_intervals_cover(of):
    """95 % intervals of 400 samples of 300 events hold the true value, known from 300,000 events."""
    labels, p = sample(300_000, 2)
    truth = getattr(multiclass.summary(multiclass.confusion(labels, multiclass.called(p), CLASSES)), of).value
    whole = multiclass.confusion(labels, multiclass.called(p), CLASSES).counts
    rng = np.random.default_rng(3)
    held = 0
    for counts in rng.multinomial(300, whole.ravel() / whole.sum(), 400).reshape(400, 3, 4):
        one = getattr(multiclass.summary(multiclass.Confusion(CLASSES, counts, np.zeros(4, int))), of)
        held += one.low <= truth <= one.high
    assert 0.92 <= held / 400 <= 0.985


def test_a_class_without_events_is_in_no_mean():
    found = multiclass.confusion(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1]), CLASSES)
    assert multiclass.summary(found).macro_f1.value == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(multiclass.per_class(found)[2].efficiency.value)
    empty = multiclass.confusion(np.array([], int), np.array([], int), CLASSES)
    assert np.isnan(multiclass.summary(empty).macro_f1.value)
    assert multiclass.per_class(empty, np.full(3, 1 / 3))[0].to_dict()["purity_at_mix"]["value"] is None


@pytest.mark.parametrize("mix", [(1, 2), (1, -1, 1), (0, 0, 0), (1, np.nan, 1)])
def test_a_mix_that_is_none_is_refused(mix):
    with pytest.raises(DarkroomError, match="expected 3 numbers"):
        multiclass.checked_mix(mix, CLASSES)


def test_a_classifier_against_itself_never_differs():
    labels, p = sample(500)
    calls = multiclass.called(p)
    found = paired_classes.compare(labels, calls, calls.copy(), 3)
    assert (found.difference.value, found.difference.low, found.difference.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_what_both_share_does_not_blur_a_difference():
    """The second makes the errors of the first and 20 more among 2000: far less than either one's own interval."""
    labels, p = sample(2000)
    first = multiclass.called(p)
    second = first.copy()
    right = np.flatnonzero((labels == 1) & (first == 1))[:20]
    second[right] = 0
    found = paired_classes.compare(labels, first, second, 3)
    assert found.first == pytest.approx(f1_score(labels, first, average="macro"))
    assert found.second == pytest.approx(f1_score(labels, second, average="macro"))
    assert 0 < found.difference.low < found.difference.value < found.difference.high
    assert found.p < 0.01
    alone = multiclass.summary(multiclass.confusion(labels, first, CLASSES)).macro_f1
    assert found.difference.high - found.difference.low < 0.5 * (alone.high - alone.low)


def test_p_of_equally_good_classifiers_is_uniform_enough():
    small = 0
    for seed in range(150):
        labels, p = sample(300, seed)
        _, q = sample(300, seed)
        rng = np.random.default_rng(seed)
        first, second = (multiclass.called(x * rng.uniform(0.5, 1.5, p.shape)) for x in (p, q))
        small += paired_classes.compare(labels, first, second, 3).p < 0.1
    assert 3 <= small <= 27  # 15 expected
