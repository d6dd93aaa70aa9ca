"""The queue: its mix, an unbiased random part, what is repeated, and that nothing is asked twice by accident."""

from collections import Counter

import numpy as np
import pytest

from core.errors import DarkroomError
from core.labels import queue
from core.labels.log import ADJUDICATION, LABEL, SKIP, Entry
from core.labels.queue import GOLD, RANDOM, REPEAT, UNCERTAIN, UNRANKED, QueueParameters, margin, plan
from core.parameters import build

N = 2000
UID = np.arange(N, dtype=np.int64) * 977 + 5
POOL = np.arange(N)
MIX = QueueParameters()


def said(rows, labeller="anna", kind=LABEL, start=0) -> tuple[list[Entry], np.ndarray]:
    entries = [
        Entry(
            f"{labeller}{kind}{start + i}",
            kind,
            int(UID[r]),
            0,
            "",
            "" if kind == SKIP else "worm",
            labeller,
            start + i,
        )
        for i, r in enumerate(rows)
    ]
    return entries, np.array(rows, np.int64)


def planned(n=100, labeller="anna", margins=None, entries=(), rows=(), pool=POOL, mix=MIX):
    return plan(n, labeller, UID, pool, margins, entries, np.array(rows, np.int64), mix)


def test_margin_is_the_distance_of_the_two_most_probable():
    p = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [1.0, 0.0, 0.0], [np.nan] * 3], np.float32)
    np.testing.assert_allclose(margin(p), [0.2, 0.0, 1.0, np.nan], atol=1e-6)


def test_the_mix_is_kept_from_the_first_ten_on():
    entries, rows = said(range(0, 400, 2), "bert")
    items = planned(100, margins=np.linspace(1, 0, N).astype(np.float32), entries=entries, rows=rows)
    for n in (10, 50, 100):
        whys = Counter(item.why for item in items[:n])
        assert whys == {UNCERTAIN: 0.6 * n, RANDOM: 0.2 * n, REPEAT: 0.2 * n}


def test_uncertain_events_come_most_uncertain_first_and_never_from_the_random_part():
    margins = np.random.default_rng(1).random(N).astype(np.float32)
    rows = [item.row for item in planned(margins=margins) if item.why == UNCERTAIN]
    aside = queue.is_set_aside(UID, MIX)
    free = np.flatnonzero(~aside)
    assert rows == free[np.argsort(margins[free])][: len(rows)].tolist()
    assert aside.mean() == pytest.approx(0.2, abs=0.03)


def test_the_random_part_is_the_same_unbiased_sample_for_everybody_with_and_without_a_run():
    margins = np.linspace(0, 1, N).astype(np.float32)
    of_anna = [i.row for i in planned(500, "anna", margins) if i.why == RANDOM]
    other = [i.row for i in planned(500, "bert") if i.why == RANDOM]
    n = min(len(of_anna), len(other))
    assert n >= 100
    assert of_anna[:n] == other[:n]
    # were it biased to the uncertain (low) rows, their mean margin would be far from a half (error 0.29 / sqrt(n))
    assert margins[of_anna].mean() == pytest.approx(0.5, abs=4 * 0.29 / np.sqrt(len(of_anna)))


def test_without_a_run_the_rest_is_in_random_order_and_says_so():
    items = planned(50)
    assert {item.why for item in items} == {UNRANKED, RANDOM}
    assert [i.row for i in items] != sorted(i.row for i in items)


def test_rows_without_a_score_come_after_all_scored_ones():
    margins = np.full(N, np.nan, np.float32)
    scored = np.flatnonzero(~queue.is_set_aside(UID, MIX))[:10]
    margins[scored] = 0.9
    items = [i for i in planned(60, margins=margins) if i.why in (UNCERTAIN, UNRANKED)]
    assert {i.row for i in items[:10]} == set(scored.tolist())
    assert {i.why for i in items[10:]} == {UNRANKED}


def test_what_was_labelled_or_skipped_is_not_new_again():
    first = planned(60)
    labelled, rows = said([i.row for i in first[:30]])
    skipped, skipped_rows = said([i.row for i in first[30:]], kind=SKIP, start=30)
    items = planned(60, entries=labelled + skipped, rows=np.concatenate([rows, skipped_rows]))
    again = {i.row for i in items if i.why != REPEAT} & {i.row for i in first}
    assert not again
    assert {i.row for i in items if i.why == REPEAT} <= set(rows[:10].tolist())  # only those 20 labels ago


def test_gold_comes_before_repetitions_and_only_once():
    votes, rows = said(range(100, 130), "bert")
    gold, gold_rows = said([500, 501], "cleo", ADJUDICATION)
    items = planned(50, entries=votes + gold, rows=np.concatenate([rows, gold_rows]))
    repeated = [i for i in items if i.why in (REPEAT, GOLD)]
    assert [(i.row, i.why) for i in repeated[:2]] == [(500, GOLD), (501, GOLD)]
    own, own_rows = said([500, 501], "anna", start=90)
    items = planned(50, entries=votes + gold + own, rows=np.concatenate([rows, gold_rows, own_rows]))
    assert GOLD not in {i.why for i in items}


def test_an_event_with_enough_labels_is_left_alone():
    row = next(i.row for i in planned(10) if i.why == UNRANKED)
    lines, rows = [], []
    for name in ("bert", "cleo", "dora"):
        entries, at = said([row], name)
        lines += entries
        rows += at.tolist()
    assert row in {i.row for i in planned(N, entries=lines[:2], rows=rows[:2])}
    assert row not in {i.row for i in planned(N, entries=lines, rows=rows)}


def test_the_queue_ends_with_the_pool_and_holds_no_row_twice():
    items = planned(N, pool=POOL[:40])
    assert sorted(i.row for i in items) == list(range(40))
    assert planned(10, pool=POOL[:0]) == []


def test_shares_must_add_up():
    with pytest.raises(DarkroomError, match=r"add up to 1\.2"):
        build(QueueParameters, {"uncertain": 0.8})
