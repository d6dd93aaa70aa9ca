"""When a member of a sweep is given up: by hand on made-up curves."""

import math

import pytest

from core.learn.hopeless import HALVING, NEVER, Patience, best_until, is_rung, verdict

FALLING = [[1.0, 0.9, 0.8, 0.7, 0.6], [1.0, 0.8, 0.6, 0.5, 0.4], [1.0, 0.7, 0.5, 0.4, 0.3], [1.0, 0.6, 0.4, 0.3, 0.2]]
MEDIAN_AT_3 = 0.55  # of 0.8, 0.6, 0.5, 0.4


def test_the_best_loss_so_far_passes_over_what_is_undefined() -> None:
    assert best_until([None, 0.5, math.nan, 0.7], 4) == 0.5
    assert best_until([0.4, 0.3], 1) == 0.4
    assert best_until([None, math.nan], 2) == math.inf


@pytest.mark.parametrize(
    ("losses", "is_given_up"),
    [([1.0, 1.0, 0.56], True), ([1.0, 1.0, 0.55], False), ([1.0, 0.5, 0.9], False), ([None, math.nan, None], True)],
)
def test_the_median_rule_compares_the_best_at_the_same_epoch(losses: list[float | None], is_given_up: bool) -> None:
    sentence = verdict(Patience(min_epochs=3, fewest=4), losses, FALLING)
    assert bool(sentence) is is_given_up
    if is_given_up:
        assert (
            f"after epoch 3: its best validation loss {best_until(losses, 3):.4g} is above the median {MEDIAN_AT_3} of 4"
            in sentence
        )


def test_nobody_is_given_up_early_or_beside_too_few() -> None:
    bad = [9.0, 9.0, 9.0]
    assert verdict(Patience(min_epochs=4, fewest=4), bad, FALLING) == ""
    assert verdict(Patience(min_epochs=3, fewest=5), bad, FALLING) == ""
    assert verdict(Patience(rule=NEVER, min_epochs=1, fewest=2), bad, FALLING) == ""
    shorter = [curve[:2] for curve in FALLING[:2]] + FALLING[
        2:
    ]  # two were given up before: they say nothing of epoch 3
    assert verdict(Patience(min_epochs=3, fewest=3), bad, shorter) == ""
    assert "of 2 others" in verdict(Patience(min_epochs=3, fewest=2), bad, shorter)


def test_halving_lets_the_best_part_go_on_at_rungs_only() -> None:
    patience = Patience(rule=HALVING, min_epochs=2, fewest=2, part=2)
    assert [epoch for epoch in range(1, 20) if is_rung(epoch, patience)] == [2, 4, 8, 16]
    others = [[1.0, loss, loss, loss] for loss in (0.1, 0.2, 0.3)]  # of four the best two go on
    assert verdict(patience, [1.0, 0.2], others) == ""
    assert "not among the best 2 of 4" in verdict(patience, [1.0, 0.25], others)
    assert verdict(patience, [1.0, 0.25, 0.25], others) == ""
    assert "after epoch 4" in verdict(patience, [1.0, 0.25, 0.25, 0.25], others)
