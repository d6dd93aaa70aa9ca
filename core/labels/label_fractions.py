"""Votes: what several labellers said of an event, as counts, as shares and as one class.

Of each labeller the newest label of an event counts. An adjudication, the newest one, overrules all votes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.labels.log import ADJUDICATION, LABEL, Entry, live

DIFFICULT_SHARE = 0.5  # of the labellers: from here on an event has no class of its own
MAJORITY_RULE = (
    "the class with most votes; none at a tie, or where at least half of the labellers called the event difficult; "
    "an adjudication overrules both"
)


@dataclass(frozen=True)
class Votes:
    """Votes of all labellers on m events.

    rows int64 (m,), ascending; counts int32 (m, n_classes): labellers that chose a class; n_difficult int32 (m,);
    decided int8 (m,): class of the adjudication, -1 without. `n_unknown`: labels with a class that is not among these.
    """

    classes: tuple[str, ...]
    rows: np.ndarray
    counts: np.ndarray
    n_difficult: np.ndarray
    decided: np.ndarray
    n_unknown: int

    @property
    def n_votes(self) -> np.ndarray:
        """int (m,): labellers of each event."""
        return self.counts.sum(axis=1)

    @property
    def shares(self) -> np.ndarray:
        """float32 (m, n_classes): parts of the votes, adding up to 1; the class of the adjudication alone where there
        is one.
        """
        shares = self.counts / np.maximum(self.n_votes, 1)[:, None]
        decided = self.decided >= 0
        shares[decided] = np.eye(len(self.classes))[self.decided[decided]]
        return shares.astype(np.float32)

    @property
    def majority(self) -> np.ndarray:
        """int8 (m,): class index, -1 for none, by MAJORITY_RULE."""
        return majority(self.counts, self.n_difficult, self.decided)


def majority(counts: np.ndarray, n_difficult: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """int8 (m,) class index or -1, by MAJORITY_RULE; counts (m, n_classes), n_difficult and decided (m,)."""
    most, n = counts.max(axis=1, initial=0), counts.sum(axis=1)
    is_clear = (counts == most[:, None]).sum(axis=1) == 1
    is_clear &= (n > 0) & (n_difficult < np.maximum(DIFFICULT_SHARE * n, 1e-9))
    chosen = np.where(is_clear, counts.argmax(axis=1), -1)
    return np.where(decided >= 0, decided, chosen).astype(np.int8)


def newest(entries: Sequence[Entry], kind: str = LABEL) -> list[Entry]:
    """The newest line of a kind per labeller and event, of lines that were not taken back, by time."""
    by_event = {(e.labeller, e.event): e for e in sorted(live(entries), key=lambda e: e.time_ms) if e.kind == kind}
    return sorted(by_event.values(), key=lambda e: e.time_ms)


def count(entries: Sequence[Entry], rows: np.ndarray, classes: Sequence[str]) -> Votes:
    """Votes per row; `rows` int64 (n,) gives the row of each entry, those with -1 are left out."""
    row_of = {entry.event: int(row) for entry, row in zip(entries, rows, strict=True) if row >= 0}
    index = {name: i for i, name in enumerate(classes)}
    labels = [e for e in newest(entries) if e.event in row_of]
    decisions = [e for e in newest(entries, ADJUDICATION) if e.event in row_of]
    counted = [e for e in (*labels, *decisions) if e.label in index]
    every = np.array(sorted({row_of[e.event] for e in counted}), np.int64)
    counts = np.zeros((len(every), len(index)), np.int32)
    n_difficult, decided = np.zeros(len(every), np.int32), np.full(len(every), -1, np.int8)
    for entry in counted:
        at = int(np.searchsorted(every, row_of[entry.event]))
        if entry.kind == ADJUDICATION:
            decided[at] = index[entry.label]
        else:
            counts[at, index[entry.label]] += 1
            n_difficult[at] += entry.is_difficult
    return Votes(tuple(classes), every, counts, n_difficult, decided, len(labels) + len(decisions) - len(counted))


def spread(n_rows: int, votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """For all rows of a data set: majority float32 (n_rows,) as class index and shares float32 (n_rows, n_classes),
    NaN where nobody labelled (and, of the majority, where there is none).
    """
    hard = np.full(n_rows, np.nan, np.float32)
    soft = np.full((n_rows, len(votes.classes)), np.nan, np.float32)
    chosen = votes.majority
    hard[votes.rows] = np.where(chosen >= 0, chosen, np.nan)
    soft[votes.rows] = votes.shares
    return hard, soft
