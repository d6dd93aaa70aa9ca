"""Scores that pile up where no answer should be: one and the same output for many events."""

from dataclasses import dataclass

import numpy as np

from core.statistics.efficiency import SCORE_EDGES
from core.statistics.histogram import spikes


@dataclass(frozen=True)
class PileUp:
    """A score column that holds suspiciously many of all events."""

    low: float
    high: float
    n: int
    share: float

    def __str__(self) -> str:
        return (
            f"{100 * self.share:.0f} % of the events ({self.n:,}) score between {self.low:.2f} and {self.high:.2f}: the network "
            "may give one answer to all that it does not recognise, and no temperature can part them."
        )


def pile_ups(counts: np.ndarray, edges: np.ndarray = SCORE_EDGES) -> tuple[PileUp, ...]:
    """The inner score columns that hold far more of the counts (m,) than their neighbours (see `histogram.spikes`)."""
    total = float(np.sum(counts))
    return tuple(
        PileUp(float(edges[i]), float(edges[i + 1]), int(counts[i]), float(counts[i]) / total) for i in spikes(counts)
    )
