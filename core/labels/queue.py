"""Which event is labelled next: uncertain ones for the training, random ones for an unbiased test, some twice.

The rows of a data set are put in an order that depends on their identity and a seed only, the same for everybody. A
fifth of them is set aside: only these are drawn at random, so that what was labelled of them is an unbiased sample
of the pool however the others were chosen, and labellers meet on the same events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.splits import uniform
from core.errors import DarkroomError
from core.labels.log import ADJUDICATION, LABEL, Entry, live
from core.parameters import param

UNCERTAIN, RANDOM, REPEAT, GOLD, UNRANKED, BROWSED = "uncertain", "random", "repeat", "gold", "unranked", "browsed"
MEANING = {
    UNCERTAIN: "the run's two most probable classes are close",
    UNRANKED: "without a run: in random order, outside the test sample",
    RANDOM: "drawn at random, for an unbiased test sample",
    REPEAT: "labelled before, by you or by somebody else",
    GOLD: "adjudicated before",
    BROWSED: "looked at again with the arrows",
}


@dataclass(frozen=True)
class QueueParameters:
    """The mix of the queue."""

    uncertain: float = param(0.6, "part of events on which the run is least sure", low=0.0, high=1.0)
    random: float = param(0.2, "part of events drawn at random, for an unbiased test sample", low=0.0, high=1.0)
    repeats: float = param(0.2, "part of events that were labelled or adjudicated before", low=0.0, high=1.0)
    votes_wanted: int = param(3, "an event with labels of so many people is not put into the queue again", low=1, high=20)  # fmt: skip
    pause: int = param(20, "labels between one's own label of an event and its repetition", low=1, high=1000)
    set_aside: float = param(0.2, "part of all events from which the random ones are drawn", low=0.01, high=0.9)
    seed: int = param(1, "seed of the random order, the same for all labellers", low=0, high=2**31 - 1)

    def check(self) -> None:
        total = self.uncertain + self.random + self.repeats
        if abs(total - 1.0) > 1e-6:
            raise DarkroomError(
                f"Parameters 'uncertain', 'random' and 'repeats' add up to {total:g}: expected 1, such as 0.6, 0.2 and 0.2."
            )


@dataclass(frozen=True)
class Item:
    """A row that is to be labelled, and why."""

    row: int
    why: str


def margin(probabilities: np.ndarray) -> np.ndarray:
    """float32 (n,): the most probable class less the second of (n, n_classes). 0 is undecided, 1 is sure; NaN stays NaN."""
    top = np.sort(probabilities, axis=1)[:, -2:]
    return (top[:, 1] - top[:, 0]).astype(np.float32)


def is_set_aside(uid: np.ndarray, settings: QueueParameters) -> np.ndarray:
    """bool (n,): rows that only the random part of the queue shows."""
    return uniform(uid, settings.seed) < settings.set_aside


def plan(
    n: int,
    labeller: str,
    uid: np.ndarray,
    pool: np.ndarray,
    margins: np.ndarray | None,
    entries: Sequence[Entry],
    rows: np.ndarray,
    settings: QueueParameters,
) -> list[Item]:
    """The next n events of a labeller, mixed; fewer where no more are left.

    uid int64 (n_rows,); pool int64 (k,): rows that may be shown; margins float32 (n_rows,), NaN without a score, or
    None without a run; entries of all labellers with their rows (-1: not in this data set). Shares that cannot be
    filled (nothing to repeat yet) are filled from the others.
    """
    order = pool[np.argsort(uniform(uid[pool], settings.seed), kind="stable")]
    aside = is_set_aside(uid[order], settings)
    seen, full = _seen(labeller, entries, rows, settings.votes_wanted)
    fresh = ~np.isin(order, seen)
    drawn = order[aside & fresh]
    others = order[~aside & fresh & ~np.isin(order, full)]
    if margins is None:
        ranked, why = others, UNRANKED
    else:
        ranked, why = others[np.argsort(margins[others], kind="stable")], UNCERTAIN  # NaN comes last
    streams = {
        why: [Item(int(row), why if margins is None or margins[row] == margins[row] else UNRANKED) for row in ranked[:n]],
        RANDOM: [Item(int(row), RANDOM) for row in drawn[:n]],
        REPEAT: _repeats(labeller, entries, rows, set(pool.tolist()), settings)[:n],
    }  # fmt: skip
    shares = {why: settings.uncertain, RANDOM: settings.random, REPEAT: settings.repeats}
    return _mixed(n, streams, shares)


def _seen(labeller: str, entries: Sequence[Entry], rows: np.ndarray, n_wanted: int) -> tuple[list[int], list[int]]:
    """(rows that the labeller has labelled or skipped, rows with labels of enough people)."""
    who: dict[int, set[str]] = {}
    seen: set[int] = set()
    row_of = {entry.id: int(row) for entry, row in zip(entries, rows, strict=True)}
    for entry in live(entries):
        if entry.kind == LABEL:
            who.setdefault(row_of[entry.id], set()).add(entry.labeller)
        if entry.labeller == labeller and entry.kind != ADJUDICATION:
            seen.add(row_of[entry.id])
    return sorted(seen), sorted(row for row, names in who.items() if len(names) >= n_wanted)


def _repeats(
    labeller: str, entries: Sequence[Entry], rows: np.ndarray, pool: set[int], settings: QueueParameters
) -> list[Item]:
    """Adjudicated events that the labeller has not labelled, then those of others, then own ones of long ago."""
    row_of = {entry.id: int(row) for entry, row in zip(entries, rows, strict=True)}
    in_pool = sorted((e for e in live(entries) if row_of[e.id] in pool), key=lambda e: e.time_ms)
    labelled = [row_of[e.id] for e in in_pool if e.kind == LABEL and e.labeller == labeller]
    judged = set(labelled) | {row_of[e.id] for e in in_pool if e.labeller == labeller}
    gold = dict.fromkeys(row_of[e.id] for e in in_pool if e.kind == ADJUDICATION and row_of[e.id] not in judged)
    by_others = [row_of[e.id] for e in in_pool if e.kind == LABEL and e.labeller != labeller]
    n_of = {row: by_others.count(row) for row in dict.fromkeys(by_others)}
    foreign = [row for row, n in n_of.items() if row not in judged and row not in gold and n < settings.votes_wanted]
    recent = set(labelled[-settings.pause :])
    repeatable = [row for row in dict.fromkeys(labelled) if row not in recent and labelled.count(row) == 1]
    return [
        *(Item(row, GOLD) for row in gold),
        *(Item(row, REPEAT) for pair in zip(foreign, repeatable, strict=False) for row in pair),
        *(Item(row, REPEAT) for row in (*foreign[len(repeatable) :], *repeatable[len(foreign) :])),
    ]


def _mixed(n: int, streams: dict[str, list[Item]], shares: dict[str, float]) -> list[Item]:
    """The streams in their shares: each step takes from the one that is furthest behind, as long as it lasts."""
    taken = dict.fromkeys(streams, 0)
    out: list[Item] = []
    used: set[int] = set()
    left = {name: iter(items) for name, items in streams.items() if shares[name] > 0}
    while left and len(out) < n:
        name = max(left, key=lambda s: shares[s] * (len(out) + 1) - taken[s])
        item = next((i for i in left[name] if i.row not in used), None)
        if item is None:
            del left[name]
            continue
        taken[name] += 1
        used.add(item.row)
        out.append(item)
    return out
