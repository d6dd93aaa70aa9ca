"""The event filter against NumPy, the steps through its list, and the words about a row."""

from itertools import pairwise, product

import numpy as np
import pytest

from core.errors import DarkroomError
from core.selection import events
from core.selection.events import EventFilter, RowScores

N = 4000
RNG = np.random.default_rng(4)
PRESELECTED = RNG.random(N) < 0.8
LABELS = RNG.integers(-1, 2, N).astype(np.int8)
ENERGY_KEV = np.where(RNG.random(N) < 0.1, np.nan, RNG.uniform(0, 10, N)).astype(np.float32)
FLAGS = np.where(RNG.random(N) < 0.5, 0, RNG.integers(0, 1 << 10, N)).astype(np.uint32)
SCORES = RowScores(
    np.where(RNG.random(N) < 0.1, np.nan, np.round(RNG.random(N), 2)).astype(np.float32),
    RNG.integers(-1, 4, N).astype(np.int8),
)


def found(conditions: EventFilter, scores: RowScores | None = SCORES) -> np.ndarray:
    return events.find(PRESELECTED, LABELS, ENERGY_KEV, FLAGS, scores, conditions)


def rows(condition: np.ndarray) -> list[int]:
    return [i for i in range(N) if PRESELECTED[i] and condition[i]]


def test_no_condition_keeps_what_is_preselected() -> None:
    assert found(EventFilter()).tolist() == rows(np.ones(N, bool))
    assert found(EventFilter(), None).tolist() == rows(np.ones(N, bool))


@pytest.mark.parametrize("label", [-1, 0, 1])
def test_class(label: int) -> None:
    assert found(EventFilter(label=label)).tolist() == rows(label == LABELS)


def test_window_holds_its_lower_edge_and_never_an_undefined_value() -> None:
    with np.errstate(invalid="ignore"):
        expected = (ENERGY_KEV >= 3.0) & (ENERGY_KEV < 3.5)
    assert found(EventFilter(low=3.0, high=3.5)).tolist() == rows(expected)
    assert found(EventFilter(low=-1e9)).tolist() == rows(~np.isnan(ENERGY_KEV))


@pytest.mark.parametrize("bit", [0, 3, 9])
def test_flag(bit: int) -> None:
    assert found(EventFilter(flag=bit)).tolist() == rows(FLAGS & (1 << bit) != 0)
    assert found(EventFilter(flag=-1)).tolist() == rows(FLAGS == 0)


def test_score_windows_part_the_scored_events_without_gap_or_overlap() -> None:
    """Columns of 0.05, as a table of scores has them: each scored event is in exactly one, 1.0 in the last."""
    edges = np.round(np.linspace(0, 1, 21), 10)
    parts = [found(EventFilter(score_low=a, score_high=b)) for a, b in pairwise(edges)]
    everything = np.concatenate(parts)
    assert sorted(everything.tolist()) == rows(~np.isnan(SCORES.score))
    assert (SCORES.score[parts[-1]] == 1.0).any()
    assert not (SCORES.score[parts[12]] == np.float32(0.65)).any()


def test_empty_score_window_is_refused() -> None:
    with pytest.raises(DarkroomError, match="score window is empty"):
        found(EventFilter(score_low=0.5, score_high=0.5))


def test_misclassified_events_have_a_label_and_a_score_against_it() -> None:
    t = np.float32(0.6)
    wrong = ((LABELS == 1) & (SCORES.score < t)) | ((LABELS == 0) & (SCORES.score >= t))
    assert found(EventFilter(misclassified_at=0.6)).tolist() == rows(wrong)


def test_conditions_hold_together() -> None:
    conditions = EventFilter(label=1, low=2.0, high=8.0, flag=-1, score_low=0.2, score_high=0.9, split=2)
    single = [
        EventFilter(label=1), EventFilter(low=2.0, high=8.0), EventFilter(flag=-1),
        EventFilter(score_low=0.2, score_high=0.9), EventFilter(split=2),
    ]  # fmt: skip
    expected = set(found(single[0]).tolist()).intersection(*(found(item).tolist() for item in single[1:]))
    assert set(found(conditions).tolist()) == expected
    assert expected


def test_scores_are_not_asked_where_there_are_none() -> None:
    conditions = EventFilter(score_low=0.5, split=2, misclassified_at=0.5)
    assert found(conditions, None).tolist() == found(EventFilter(), None).tolist()


def test_steps_go_to_the_neighbours_and_stop_at_the_ends() -> None:
    listed = np.array([2, 5, 9])
    assert [events.step(listed, row, 1) for row in (0, 2, 4, 5, 9, 11)] == [2, 5, 5, 9, 9, 9]
    assert [events.step(listed, row, -1) for row in (0, 2, 4, 5, 9, 11)] == [2, 2, 2, 2, 5, 9]
    assert [events.place(listed, row) for row in (2, 3, 9, 10)] == [1, None, 3, None]


def test_the_stretch_shown_holds_the_row() -> None:
    listed = np.arange(0, 100, 2)
    for row, n in product((0, 18, 20, 98), (10, 50, 7)):
        before, shown = events.stretch(listed, row, n)
        assert row in shown
        assert len(shown) <= n
        assert before == np.searchsorted(listed, shown[0])
    assert events.stretch(listed, 3, 10)[0] == 0


def test_scores_are_put_where_their_rows_stand() -> None:
    every = events.spread(5, np.array([1, 4]), np.array([0.25, 0.5], np.float32), np.array([2, 3], np.int8))
    assert np.array_equal(every.score, np.array([np.nan, 0.25, np.nan, np.nan, 0.5], np.float32), equal_nan=True)
    assert every.split.tolist() == [-1, 2, -1, -1, 3]


OUTPUTS = RNG.dirichlet([1.0, 1.0, 1.0], N).astype(np.float32)
OUTPUTS[np.isnan(SCORES.score)] = np.nan
SEVERAL = RowScores(SCORES.score, SCORES.split, OUTPUTS, ("a", "b", "c"))


def test_what_an_event_is_called_is_the_most_probable_class() -> None:
    called = np.where(np.isnan(SCORES.score), -1, np.nan_to_num(OUTPUTS).argmax(axis=1))
    assert SEVERAL.called is not None
    assert SEVERAL.called.tolist() == called.tolist()
    for k in range(3):
        assert found(EventFilter(predicted=k), SEVERAL).tolist() == rows(called == k)
    sure = np.nan_to_num(OUTPUTS).max(axis=1) >= np.float32(0.7)
    assert found(EventFilter(predicted=1, reject_below=0.7), SEVERAL).tolist() == rows((called == 1) & sure)
    none = found(EventFilter(predicted=-1, reject_below=0.7), SEVERAL)
    assert none.tolist() == rows(~np.isnan(SCORES.score) & ~sure)
    assert SCORES.called is None
    assert found(EventFilter(predicted=1), SCORES).tolist() == found(EventFilter(), SCORES).tolist()


def test_misclassified_is_said_of_the_class_that_the_score_is_of() -> None:
    t = np.float32(0.6)
    wrong = ((LABELS == 0) & (SCORES.score < t)) | ((LABELS == 1) & (SCORES.score >= t))
    assert found(EventFilter(misclassified_at=0.6, signal=0)).tolist() == rows(wrong)
    assert found(EventFilter(without=0)).tolist() == rows(LABELS == 1)
    without = (LABELS >= 0) & (SCORES.score >= t)  # a selection without that class
    assert found(EventFilter(misclassified_at=0.6, signal=-1)).tolist() == rows(without)


def test_tagged() -> None:
    tagged = RNG.random(N) < 0.3
    both = events.find(PRESELECTED, LABELS, ENERGY_KEV, FLAGS, None, EventFilter(label=1, tag="noise-burst"), tagged)
    assert both.tolist() == rows((LABELS == 1) & tagged)
