"""How far labellers agree: kappa with its interval, who confuses what, and which events need a decision.

Fleiss' kappa (Psychol. Bull. 76:378, 1971), in the form that lets the number of labellers differ from event to event:
P_i = sum_k n_ik (n_ik - 1) / (n_i (n_i - 1)), p_k = share of all labels. Cohen's kappa (Educ. Psychol. Meas. 20:37, 1960)
for two labellers on the events that both labelled. Intervals: percentiles of a bootstrap over events.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.judge.intervals import LEVEL, Interval
from core.labels.log import ADJUDICATION, LABEL, Entry, live
from core.labels.soft import Votes, newest

N_BOOTSTRAP = 1000
FEW = 10  # events: below, an interval is not trusted
METHOD = "bootstrap over events"


@dataclass(frozen=True)
class Pair:
    """Two labellers on the events that both labelled: table int (n_classes, n_classes), rows the first one's classes."""

    first: str
    second: str
    table: np.ndarray
    kappa: Interval


@dataclass(frozen=True)
class Dispute:
    """An event with different labels. votes: labeller -> class; decided: class of the adjudication or ''."""

    row: int
    votes: dict[str, str]
    n_difficult: int
    decided: str


@dataclass(frozen=True)
class Agreement:
    """Of all labellers: kappa over events with two labels or more, every pair, and what is disputed."""

    classes: tuple[str, ...]
    labellers: tuple[str, ...]
    n_events: int
    kappa: Interval
    pairs: tuple[Pair, ...]
    disputes: tuple[Dispute, ...]
    own: tuple[Pair, ...]  # a labeller's first label of an event against the last one, where it was shown again

    @property
    def name(self) -> str:
        """Whose kappa it is."""
        return "Cohen's kappa" if len(self.labellers) == 2 else "Fleiss' kappa"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, undefined is None."""
        return {
            "classes": list(self.classes), "labellers": list(self.labellers), "n_events": self.n_events,
            "kappa": {"name": self.name, **self.kappa.to_dict()},
            "pairs": [_plain(pair) for pair in self.pairs], "own": [_plain(pair) for pair in self.own],
            "n_disputes": len(self.disputes), "n_open": sum(not d.decided for d in self.disputes),
        }  # fmt: skip


def _plain(pair: Pair) -> dict[str, Any]:
    return {"first": pair.first, "second": pair.second, "kappa": pair.kappa.to_dict(), "table": pair.table.tolist()}


def fleiss(counts: np.ndarray) -> float:
    """Kappa of counts (n, n_classes); events with fewer than two labels are left out, NaN without any.

    1 where all agree on one class for all events: there chance explains everything, and kappa is 0/0.
    """
    n = counts.sum(axis=1)
    counts, n = counts[n > 1].astype(np.float64), n[n > 1].astype(np.float64)
    if not len(n):
        return math.nan
    observed = ((counts * (counts - 1)).sum(axis=1) / (n * (n - 1))).mean()
    share = counts.sum(axis=0) / n.sum()
    return _corrected(observed, float((share**2).sum()))


def cohen(table: np.ndarray) -> float:
    """Kappa of a table (n_classes, n_classes) of two labellers; NaN if it is empty."""
    total = table.sum()
    if not total:
        return math.nan
    expected = (table.sum(axis=1) * table.sum(axis=0)).sum() / float(total) ** 2
    return _corrected(np.trace(table) / total, float(expected))


def _corrected(observed: float, expected: float) -> float:
    return 1.0 if expected >= 1.0 else (observed - expected) / (1.0 - expected)


def bootstrapped(value: Callable[[np.ndarray], float], n: int, seed: int = 1) -> Interval:
    """`value(numbers)` of all events 0..n-1, with the interval from drawing n of them with replacement."""
    if not n:
        return Interval(math.nan, math.nan, math.nan, 0, LEVEL, METHOD)
    rng = np.random.default_rng(seed)
    drawn = np.array([value(rng.integers(0, n, n)) for _ in range(N_BOOTSTRAP)])
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value(np.arange(n)), float(low), float(high), n, LEVEL, METHOD)


def paired(first: np.ndarray, second: np.ndarray, n_classes: int) -> tuple[np.ndarray, Interval]:
    """Table and Cohen's kappa of class indices (n,) of two labellers on the same events."""

    def table(numbers: np.ndarray) -> np.ndarray:
        cells = np.bincount(first[numbers] * n_classes + second[numbers], minlength=n_classes**2)
        return cells.reshape(n_classes, n_classes)

    return table(np.arange(len(first))), bootstrapped(lambda numbers: cohen(table(numbers)), len(first))


def agree(entries: Sequence[Entry], rows: np.ndarray, votes: Votes) -> Agreement:
    """Everything about the agreement; `rows` int64 (n,) of the entries as `votes` was counted from."""
    row_of = {entry.event: int(row) for entry, row in zip(entries, rows, strict=True) if row >= 0}
    index = {name: i for i, name in enumerate(votes.classes)}
    said: dict[str, dict[int, int]] = {}
    for entry in newest(entries):
        if entry.event in row_of and entry.label in index:
            said.setdefault(entry.labeller, {})[row_of[entry.event]] = index[entry.label]
    names = tuple(sorted(said))
    pairs = [_pair(a, b, said[a], said[b], len(index)) for a, b in itertools.combinations(names, 2)]
    pairs = [pair for pair in pairs if pair.kappa.n]
    several = votes.counts[votes.n_votes > 1]
    if len(names) == 2 and pairs:
        kappa = pairs[0].kappa
    else:
        kappa = bootstrapped(lambda numbers: fleiss(several[numbers]), len(several))
    own = [_again(name, entries, row_of, index) for name in names]
    return Agreement(
        votes.classes, names, len(several), kappa, tuple(pairs), _disputes(said, votes),
        tuple(pair for pair in own if pair.kappa.n),
    )  # fmt: skip


def _pair(first: str, second: str, one: dict[int, int], other: dict[int, int], n_classes: int) -> Pair:
    both = sorted(set(one) & set(other))
    a, b = (np.array([said[row] for row in both], np.int64) for said in (one, other))
    return Pair(first, second, *paired(a, b, n_classes))


def _again(name: str, entries: Sequence[Entry], row_of: dict[Any, int], index: dict[str, int]) -> Pair:
    """A labeller's first and last label of events that were shown again."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for entry in sorted(live(entries), key=lambda e: e.time_ms):
        if entry.kind == LABEL and entry.labeller == name and entry.event in row_of and entry.label in index:
            row = row_of[entry.event]
            (last if row in first else first)[row] = index[entry.label]
    return _pair(name, name, {row: first[row] for row in last}, last, len(index))


def _disputes(said: dict[str, dict[int, int]], votes: Votes) -> tuple[Dispute, ...]:
    """Open ones first, most evenly split first."""
    found = []
    split = (votes.counts > 0).sum(axis=1) > 1
    for at in np.flatnonzero(split):
        row = int(votes.rows[at])
        given = {name: votes.classes[labels[row]] for name, labels in said.items() if row in labels}
        decided = int(votes.decided[at])
        found.append(Dispute(row, given, int(votes.n_difficult[at]), votes.classes[decided] if decided >= 0 else ""))
    evenness = {int(r): float(c.max() / c.sum()) for r, c in zip(votes.rows[split], votes.counts[split], strict=True)}
    return tuple(sorted(found, key=lambda d: (bool(d.decided), evenness[d.row], d.row)))


def n_adjudicated(entries: Sequence[Entry]) -> int:
    return len({entry.event for entry in live(entries) if entry.kind == ADJUDICATION})
