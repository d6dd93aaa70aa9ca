"""Divisions: groups stay whole, shares are met, rows keep their side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import splits
from core.data.splits import OTHER, TEST, TRAIN, VALIDATION, SplitParameters, split_rows
from core.errors import DarkroomError
from core.parameters import build


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 40), st.integers(0, 5))
def test_no_group_is_on_two_sides(seed, n_groups, split_seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, 500)
    side = split_rows(SplitParameters(seed=split_seed), np.arange(500), group, rng.integers(-1, 2, 500))
    assert all(len(set(side[group == g])) == 1 for g in np.unique(group))


def test_ten_subruns_of_each_kind_are_divided_eight_one_one():
    group = np.repeat(np.arange(20), 100)
    label = (group >= 10).astype(int)
    side = split_rows(SplitParameters(), np.arange(2000), group, label)
    for kind in (0, 1):
        counts = np.bincount(side[label == kind], minlength=3)
        np.testing.assert_array_equal(counts, [800, 100, 100])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.sampled_from([0.0, 0.1, 0.25]))
def test_without_classes_many_groups_are_divided_as_with_them(seed, n_groups, validation):
    """The compiled way for one stratum gives every group the side that the general one gives it."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, (n_groups, 1)).astype(float)
    order = np.argsort(-counts[:, 0], kind="stable")
    target = SplitParameters(validation_fraction=validation).fractions[:, None] * counts.sum(axis=0)
    general = splits._assign_strata(counts, order, target)
    np.testing.assert_array_equal(splits._assign_one_stratum(counts[:, 0], order, target[:, 0]), general)


def test_unequal_groups_meet_the_shares_within_a_group():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(60), rng.integers(20, 200, 60))
    label = rng.integers(0, 2, len(group))
    side = split_rows(
        SplitParameters(validation_fraction=0.15, test_fraction=0.25), np.arange(len(group)), group, label
    )
    for kind in (0, 1):
        shares = np.bincount(side[label == kind], minlength=3) / (label == kind).sum()
        np.testing.assert_allclose(shares, [0.6, 0.15, 0.25], atol=0.03)


def test_random_division_has_the_shares_and_ignores_what_else_is_selected():
    uid = np.arange(200_000) * 977
    p = SplitParameters(method="random", seed=7)
    side = split_rows(p, uid, np.zeros_like(uid), np.zeros_like(uid))
    sigma = np.sqrt(0.1 * 0.9 / len(uid))
    assert abs(np.mean(side == TEST) - 0.1) < 5 * sigma
    assert abs(np.mean(side == VALIDATION) - 0.1) < 5 * sigma
    np.testing.assert_array_equal(split_rows(p, uid[::3], uid[::3], uid[::3] * 0), side[::3])
    assert (split_rows(SplitParameters(method="random", seed=8), uid, uid, uid * 0) != side).any()


def test_rows_without_label_follow_their_group():
    group = np.repeat(np.arange(10), 10)
    stratum = np.where(np.arange(100) % 10 < 5, 0, -1)
    side = split_rows(SplitParameters(), np.arange(100), group, stratum)
    assert set(side) == {TRAIN, VALIDATION, TEST}


def test_groups_without_a_label_are_on_no_side():
    group = np.repeat(np.arange(30), 10)
    stratum = np.where(group < 10, np.arange(300) % 2, -1)
    side = split_rows(SplitParameters(), np.arange(300), group, stratum)
    assert (side[group >= 10] == OTHER).all()
    np.testing.assert_array_equal(np.bincount(side[group < 10]), [80, 10, 10])


def test_fractions_that_leave_nothing_are_refused():
    with pytest.raises(DarkroomError, match=r"add up to 1.1: leave something below 1 for training"):
        build(SplitParameters, {"validation_fraction": 0.5, "test_fraction": 0.6})
