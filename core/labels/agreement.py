"""How far labellers agree: kappa with its interval, who confuses what, and which events need a decision.

Fleiss' kappa (Psychol. Bull. 76:378, 1971), in the form that lets the number of labellers differ from event to event:
P_i = sum_k n_ik (n_ik - 1) / (n_i (n_i - 1)), p_k = share of all labels. Cohen's kappa (Educ. Psychol. Meas. 20:37, 1960)
for two labellers on the events that both labelled. Intervals: percentiles of a bootstrap over events.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.labels.label_fractions import Votes, newest
from core.labels.log import LABEL, Entry, live
from core.statistics.intervals import LEVEL, Interval

N_BOOTSTRAP = 1000
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


def fleiss(counts: np.ndarray, weights: np.ndarray | None = None) -> Any:
    """Kappa of counts (n, n_classes), each event counted `weights` (n,) times, or of weights (m, n) m kappas.

    Events with fewer than two labels are left out; NaN where none is left. 1 where all agree on one class for all events:
    chance explains everything then, and kappa would be 0/0.
    """
    n = counts.sum(axis=1)
    weights = np.ones(len(n)) if weights is None else weights
    weights = weights * (n > 1)
    pairs = (counts * (counts - 1.0)).sum(axis=1) / np.maximum(n * (n - 1.0), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = weights @ pairs / weights.sum(axis=-1)
        share = weights @ counts / (weights @ n)[..., None]
    return _corrected(observed, (share**2).sum(axis=-1))


def cohen(table: np.ndarray) -> Any:
    """Kappa of a table (..., n_classes, n_classes) of two labellers; NaN where it is empty."""
    total = table.sum(axis=(-2, -1), dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (table.sum(axis=-1, dtype=np.float64) * table.sum(axis=-2)).sum(axis=-1) / total**2
        observed = np.trace(table, axis1=-2, axis2=-1) / total
    return _corrected(observed, expected)


def _corrected(observed: Any, expected: Any) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected >= 1.0, 1.0, (observed - expected) / (1.0 - expected))


def fleiss_interval(counts: np.ndarray, seed: int = 1) -> Interval:
    """Fleiss' kappa of counts (n, n_classes) with its interval: n events are drawn with replacement, N_BOOTSTRAP times.

    Events with the same counts are the same, so how often each pattern is drawn is multinomial.
    """
    several = counts[counts.sum(axis=1) > 1]
    if not len(several):
        return _interval(math.nan, np.zeros(0), 0)
    patterns, times = np.unique(several, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(several), times / len(several), N_BOOTSTRAP)
    return _interval(fleiss(several), fleiss(patterns, drawn), len(several))


def cohen_interval(table: np.ndarray, seed: int = 1) -> Interval:
    """Cohen's kappa of a table (n_classes, n_classes) with its interval, as in `fleiss_interval`."""
    n = int(table.sum())
    if not n:
        return _interval(math.nan, np.zeros(0), 0)
    drawn = np.random.default_rng(seed).multinomial(n, table.ravel() / n, N_BOOTSTRAP)
    return _interval(cohen(table), cohen(drawn.reshape(-1, *table.shape)), n)


def _interval(value: Any, drawn: np.ndarray, n: int) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if n else (math.nan, math.nan)
    return Interval(float(value), float(low), float(high), n, LEVEL, method=METHOD)


def paired(first: np.ndarray, second: np.ndarray, n_classes: int) -> tuple[np.ndarray, Interval]:
    """Table int (n_classes, n_classes) and Cohen's kappa of class indices (n,) of two labellers on the same events."""
    cells = np.bincount(first * n_classes + second, minlength=n_classes**2)
    table = cells.reshape(n_classes, n_classes)
    return table, cohen_interval(table)


def agree(entries: Sequence[Entry], rows: np.ndarray, votes: Votes) -> Agreement:
    """Agreement of all labellers; `rows` int64 (n,) of the entries as `votes` was counted from."""
    row_of = {entry.event: int(row) for entry, row in zip(entries, rows, strict=True) if row >= 0}
    index = {name: i for i, name in enumerate(votes.classes)}
    labels_of: dict[str, dict[int, int]] = {}
    for entry in newest(entries):
        if entry.event in row_of and entry.label in index:
            labels_of.setdefault(entry.labeller, {})[row_of[entry.event]] = index[entry.label]
    names = tuple(sorted(labels_of))
    pairs = [_pair(a, b, labels_of[a], labels_of[b], len(index)) for a, b in itertools.combinations(names, 2)]
    pairs = [pair for pair in pairs if pair.kappa.n]
    kappa = pairs[0].kappa if len(names) == 2 and pairs else fleiss_interval(votes.counts)
    repeated = [_again(name, entries, row_of, index) for name in names]
    return Agreement(
        votes.classes, names, int((votes.n_votes > 1).sum()), kappa, tuple(pairs), _disputes(labels_of, votes),
        tuple(pair for pair in repeated if pair.kappa.n),
    )  # fmt: skip


def _pair(first: str, second: str, labels: dict[int, int], other_labels: dict[int, int], n_classes: int) -> Pair:
    both = sorted(set(labels) & set(other_labels))
    a, b = (np.array([by_row[row] for row in both], np.int64) for by_row in (labels, other_labels))
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


def _disputes(labels_of: dict[str, dict[int, int]], votes: Votes) -> tuple[Dispute, ...]:
    """Open ones first, most evenly split first."""
    disputes = []
    split = (votes.counts > 0).sum(axis=1) > 1
    for at in np.flatnonzero(split):
        row = int(votes.rows[at])
        by_labeller = {name: votes.classes[labels[row]] for name, labels in labels_of.items() if row in labels}
        decided = int(votes.decided[at])
        disputes.append(
            Dispute(row, by_labeller, int(votes.n_difficult[at]), votes.classes[decided] if decided >= 0 else "")
        )
    evenness = {int(r): float(c.max() / c.sum()) for r, c in zip(votes.rows[split], votes.counts[split], strict=True)}
    return tuple(sorted(disputes, key=lambda d: (bool(d.decided), evenness[d.row], d.row)))
