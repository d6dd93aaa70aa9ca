"""Kappa against printed examples and closed forms; votes, majorities and shares by hand."""

import numpy as np
import pytest

from core.labels import agreement, label_fractions, label_session
from core.labels.agreement import cohen, cohen_interval, fleiss, fleiss_interval, paired
from core.labels.label_fractions import majority
from core.labels.log import ADJUDICATION
from core.registry import EXPERIMENTS

EXPERIMENT = EXPERIMENTS["connie"]

# Fleiss' worked example as commonly printed: 10 subjects, 14 raters, 5 categories; kappa 0.210
PRINTED = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip


def test_fleiss_kappa_of_the_printed_example():
    assert fleiss(PRINTED) == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_of_the_printed_example():
    assert cohen(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)  # p_o 0.7, p_e 0.5


def test_kappa_is_one_for_equal_and_about_zero_for_independent_labels():
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 4, (2, 4000))
    assert cohen(paired(a, a, 4)[0]) == 1.0
    assert cohen(paired(a, b, 4)[0]) == pytest.approx(0.0, abs=0.04)
    counts = np.eye(4, dtype=int)[a] + np.eye(4, dtype=int)[b]
    assert fleiss(counts) == pytest.approx(0.0, abs=0.04)


def test_events_with_one_label_say_nothing_and_nothing_is_nan():
    assert fleiss(np.vstack([PRINTED, np.eye(5, dtype=int)])) == pytest.approx(fleiss(PRINTED))
    assert np.isnan(fleiss(np.eye(3, dtype=int)))
    assert np.isnan(cohen(np.zeros((3, 3))))
    assert fleiss_interval(np.eye(3, dtype=int)).n == cohen_interval(np.zeros((3, 3), int)).n == 0
    assert fleiss(np.array([[3, 0], [2, 0]])) == 1.0


def test_the_bootstrap_interval_covers_and_narrows():
    rng = np.random.default_rng(4)

    def interval(n):
        a = rng.integers(0, 3, n)
        b = np.where(rng.random(n) < 0.7, a, rng.integers(0, 3, n))  # kappa 0.7 by construction
        return paired(a, b, 3)[1]

    few, many = interval(60), interval(1500)
    assert few.low < 0.7 < few.high
    assert many.low < 0.7 < many.high
    assert many.high - many.low < (few.high - few.low) / 3
    assert (few.n, many.n) == (60, 1500)


def test_drawing_patterns_is_drawing_events():
    """The interval against one from 400 explicit draws of the printed example, ten times over."""
    counts = np.repeat(PRINTED, 10, axis=0)
    kappa = fleiss_interval(counts)
    rng = np.random.default_rng(9)
    drawn = [float(fleiss(counts[rng.integers(0, 100, 100)])) for _ in range(400)]
    assert kappa.value == pytest.approx(0.210, abs=5e-4)
    np.testing.assert_allclose([kappa.low, kappa.high], np.quantile(drawn, [0.025, 0.975]), atol=0.015)


@pytest.mark.parametrize(
    ("counts", "difficult", "decided", "wanted"),
    [
        ([3, 0, 0], 0, -1, 0),
        ([1, 2, 0], 0, -1, 1),
        ([1, 1, 0], 0, -1, -1),  # a tie
        ([1, 1, 0], 0, 2, 2),  # adjudicated
        ([0, 0, 0], 0, -1, -1),
        ([0, 3, 0], 1, -1, 1),
        ([0, 2, 0], 1, -1, -1),  # half called it difficult
        ([0, 2, 0], 2, 0, 0),
    ],
)
def test_majority_follows_its_rule(counts, difficult, decided, wanted):
    majorities = majority(np.array([counts]), np.array([difficult]), np.array([decided]))
    assert majorities.tolist() == [wanted]


def test_the_newest_label_of_each_labeller_counts_and_undo_brings_the_older_one_back(data, say):
    say(5, "worm")
    last = say(5, "spot")
    say(5, "worm", "bert")
    votes = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).votes
    assert votes.rows.tolist() == [5]
    assert dict(zip(votes.classes, votes.counts[0].tolist(), strict=True))["spot"] == 1
    assert votes.n_votes.tolist() == [2]
    np.testing.assert_allclose(votes.shares[0][[1, 2]], [0.5, 0.5])
    assert label_session.take_back(EXPERIMENT.by_hand, data, "anna") == last
    votes = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).votes
    assert votes.counts[0].tolist() == [0, 2, 0, 0, 0, 0, 0]


def test_undo_goes_back_step_by_step_and_then_says_that_there_is_nothing(data, say):
    lines = [say(row, "worm") for row in (1, 2)]
    say(3, "worm", "bert")
    assert label_session.take_back(EXPERIMENT.by_hand, data, "anna") == lines[1]
    assert label_session.take_back(EXPERIMENT.by_hand, data, "anna") == lines[0]
    assert label_session.take_back(EXPERIMENT.by_hand, data, "anna") is None
    hand_labels = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data)
    assert len(hand_labels.entries) == 5
    assert hand_labels.votes.rows.tolist() == [3]


def test_agreement_lists_pairs_disputes_and_repetitions(data, say):
    for row in range(20):
        say(row, "worm" if row % 2 else "spot", "anna")
        say(row, "worm" if row % 2 or row == 4 else "spot", "bert")
    say(0, "spot", "anna")
    say(1, "spot", "anna")
    agreement = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).agreement
    assert agreement.name == "Cohen's kappa"
    assert agreement.kappa.n == agreement.n_events == 20
    assert agreement.kappa.value == pytest.approx(
        (0.9 - 0.495) / 0.505
    )  # 18 of 20 agree; by chance (9 x 11 + 11 x 9) / 400
    assert {(d.row, d.votes["anna"], d.votes["bert"]) for d in agreement.disputes} == {(1, "spot", "worm"), (4, "spot", "worm")}  # fmt: skip
    (own,) = agreement.own
    assert own.kappa.n == 2
    assert own.table[2, 2] == own.table[1, 2] == 1
    say(1, "worm", "cleo")
    assert (
        label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).agreement.name == "Fleiss' kappa"
    )


def test_a_decision_settles_a_dispute_and_can_be_taken_back(data, say):
    say(7, "worm")
    say(7, "spot", "bert")
    assert label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).votes.majority.tolist() == [-1]
    say(7, "undefined", "bert", ADJUDICATION)
    hand_labels = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data)
    assert hand_labels.votes.majority.tolist() == [hand_labels.classes.index("undefined")]
    assert hand_labels.votes.shares[0].tolist() == np.eye(7)[5].tolist()
    assert hand_labels.agreement.disputes[0].decided == "undefined"
    assert hand_labels.labels_of_row(7) == {"anna": "worm", "bert": "spot", "adjudication": "undefined"}
    label_session.take_back(EXPERIMENT.by_hand, data, "bert")
    assert label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).votes.decided.tolist() == [-1]


def test_labels_of_other_classes_are_counted_apart(data, say):
    entry = say(2, "worm")
    votes = label_fractions.count([entry], np.array([2]), ("dot", "line"))
    assert (len(votes.rows), votes.n_unknown) == (0, 1)
    assert agreement.agree([entry], np.array([2]), votes).labellers == ()
