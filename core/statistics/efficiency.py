"""What a threshold keeps and what it rejects: efficiencies, precision, and the table along an axis and in score.

Scores are probabilities of signal, labels 1 (signal) or 0 (background). An event is kept when its score is
at or above the threshold. Both are compared as float32, the precision in which networks answer and features
are stored. A NaN score is not kept: its signal is lost, its background rejected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.statistics.axis import Axis
from core.statistics.histogram import bin_indices
from core.statistics.intervals import (
    LEVEL,
    Efficiency,
    Interval,
    PairInterval,
    balanced_accuracy,
    efficiencies,
    efficiency,
    harmonic_efficiency,
    ordinary_f1,
)

CLASSES = {"signal": 1, "background": 0}
RIGHT = {"signal": "signal efficiency", "background": "background rejection"}
"""What the part of a class that is decided rightly is called; the slides of 2020 call the second background efficiency."""
SCORE_EDGES = np.round(np.linspace(0.0, 1.0, 21), 10)
FEW = 20


@dataclass(frozen=True)
class OperatingPoint:
    """One threshold on one set of events."""

    threshold: float
    signal: Efficiency
    background: Efficiency
    harmonic: PairInterval
    precision: Efficiency
    f1: Interval
    balanced_accuracy: PairInterval

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "threshold": self.threshold,
            "signal_efficiency": self.signal.to_dict(),
            **plain_parts({"background": self.background}),
            "harmonic_efficiency": self.harmonic.to_dict(),
            "precision": self.precision.to_dict(),
            "f1": self.f1.to_dict(),
            "balanced_accuracy": self.balanced_accuracy.to_dict(),
        }


@dataclass(frozen=True)
class Leakage:
    """What of the background passes where a wanted part of the signal is kept."""

    wanted_signal_efficiency: float
    threshold: float
    signal: Efficiency
    leakage: Efficiency

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "wanted_signal_efficiency": self.wanted_signal_efficiency,
            "threshold": float(self.threshold) if np.isfinite(self.threshold) else None,
            "signal_efficiency": self.signal.to_dict(),
            "leakage": self.leakage.to_dict(),
        }


@dataclass(frozen=True)
class ClassTable:
    """One class in rows along an axis and in score columns.

    `counts` (rows, columns); `rows` has the efficiency of each row, a bin of the axis (kept for signal, rejected for
    background), `total` that of all rows. `n_outside` events of the class lie in no cell (outside the
    rows or NaN, score NaN or outside the columns) and in no efficiency of the table.
    """

    name: str
    threshold: float
    axis: Axis
    score_edges: np.ndarray
    counts: np.ndarray
    rows: tuple[Efficiency, ...]
    total: Efficiency
    n_outside: int

    @property
    def few(self) -> tuple[bool, ...]:
        """Rows with fewer than 20 events: drawn pale."""
        return tuple(row.n < FEW for row in self.rows)

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per row."""
        edges = self.axis.edges.tolist()
        return [
            {
                "class": self.name,
                **self.axis.plain(low, high),
                "counts": counts,
                **row.to_dict(),
                "few": few,
            }
            for low, high, counts, row, few in zip(
                edges, edges[1:], self.counts.tolist(), self.rows, self.few, strict=False
            )
        ]


def plain_parts(parts: Mapping[str, Efficiency]) -> dict[str, dict[str, Any]]:
    """Parts decided rightly by class name, for JSON: `<name>_efficiency`, that of the background as `background_rejection`
    too, the field's word.
    """
    plain = {f"{name}_efficiency": part.to_dict() for name, part in parts.items()}
    return plain | ({"background_rejection": parts["background"].to_dict()} if "background" in parts else {})


def checked_threshold(threshold: float) -> float:
    """Refuse a score threshold outside 0..1."""
    if not 0.0 <= threshold <= 1.0:
        raise DarkroomError(
            f"Parameter 'threshold' is {threshold!r}: expected a number from 0 to 1, as scores are probabilities."
        )
    return float(threshold)


def passes(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Bool (n,): score at or above the threshold, NaN False."""
    accepted: np.ndarray = np.asarray(scores, dtype=np.float32) >= np.float32(threshold)
    return accepted


def at_threshold(scores: np.ndarray, labels: np.ndarray, threshold: float, *, level: float = LEVEL) -> OperatingPoint:
    """Judge one threshold: `scores` (n,) probabilities or any other quantity that is higher for signal
    (nmt500 in µs for the cut-only baseline), `labels` (n,) 1 or 0; others are left out.
    """
    accepted = passes(scores, threshold)
    signal, background = labels == 1, labels == 0
    return from_counts(
        int((signal & accepted).sum()),
        int(signal.sum()),
        int((background & ~accepted).sum()),
        int(background.sum()),
        threshold=threshold,
        level=level,
    )


def from_counts(
    n_kept: int, n_signal: int, n_rejected: int, n_background: int, *, threshold: float = 0.5, level: float = LEVEL
) -> OperatingPoint:
    """As `at_threshold`, from the signal kept and the background rejected: for printed results.

    Without events of a class precision and F1 are undefined: of one class alone they would be 0 or 100 % whatever the
    classifier does.
    """
    n_leaked = n_background - n_rejected
    mixed = (n_kept, n_leaked, n_signal - n_kept) if n_signal and n_background else (0, 0, 0)
    return OperatingPoint(
        float(threshold),
        efficiency(n_kept, n_signal, level),
        efficiency(n_rejected, n_background, level),
        harmonic_efficiency(n_kept, n_signal, n_rejected, n_background, level),
        efficiency(mixed[0], mixed[0] + mixed[1], level),
        ordinary_f1(*mixed, level),
        balanced_accuracy(n_kept, n_signal, n_rejected, n_background, level),
    )


def threshold_for(scores: np.ndarray, labels: np.ndarray, signal_efficiency: float) -> float:
    """The highest threshold that keeps at least this part of the signal; NaN where no threshold does.

    Choose it on validation events and quote what it does on test events.
    """
    if not 0.0 < signal_efficiency <= 1.0:
        raise DarkroomError(f"Parameter 'signal_efficiency' is {signal_efficiency!r}: expected above 0, at most 1.")
    signal = np.sort(np.asarray(scores, dtype=np.float32)[labels == 1])
    n_needed = int(np.ceil(signal_efficiency * len(signal) - 1e-9))
    signal = signal[~np.isnan(signal)]
    return float(signal[len(signal) - n_needed]) if 0 < n_needed <= len(signal) else float("nan")


def leakage_at(
    scores: np.ndarray,
    labels: np.ndarray,
    signal_efficiency: float,
    *,
    threshold: float | None = None,
    level: float = LEVEL,
) -> Leakage:
    """Background that passes where `signal_efficiency` of the signal is kept.

    `threshold` is the one chosen on other events for that efficiency; None chooses it on these events, which
    flatters a little. NaN threshold (no signal): everything undefined.
    """
    if threshold is None:
        threshold = threshold_for(scores, labels, signal_efficiency)
    accepted = None if np.isnan(threshold) else passes(scores, threshold)
    return leakage_of(accepted, labels, signal_efficiency, threshold, level)


def leakage_of(
    accepted: np.ndarray | None, labels: np.ndarray, signal_efficiency: float, threshold: float, level: float = LEVEL
) -> Leakage:
    """As `leakage_at`, of a decision bool (n,); everything undefined without one."""
    if accepted is None:
        accepted, labels = np.zeros(0, bool), np.zeros(0)
    members = (labels == 1, labels == 0)
    signal, leaked = (efficiency(int((accepted & chosen).sum()), int(chosen.sum()), level) for chosen in members)
    return Leakage(signal_efficiency, threshold, signal, leaked)


def by_bins(
    values: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    threshold: float,
    axis: Axis,
    *,
    score_edges: np.ndarray = SCORE_EDGES,
    level: float = LEVEL,
) -> dict[str, ClassTable]:
    """The table of the 2020 DNN slides, one per class, from arrays (n,) of the axis' quantity, score and label.

    Rows are the bins [low, high) of the axis, columns [low, high) in score with 1.0 in the last one. The efficiencies
    count events, not cells, so the threshold need not lie on a column's edge.
    """
    scores = np.asarray(scores, dtype=np.float32)
    m, n_columns = len(axis.edges) - 1, len(score_edges) - 1
    row = np.searchsorted(axis.edges, values, side="right") - 1
    column = bin_indices(scores, score_edges)
    inside = (row >= 0) & (row < m) & (column >= 0) & (column < n_columns)
    passed = passes(scores, threshold)
    tables = {}
    for name, label in CLASSES.items():
        members = labels == label
        chosen = members & inside
        cells = np.bincount(row[chosen] * n_columns + column[chosen], minlength=m * n_columns).reshape(m, n_columns)
        good = passed if label else ~passed
        n_good = np.bincount(row[chosen & good], minlength=m)
        n_outside = int((members & ~inside).sum())
        tables[name] = _table(name, threshold, axis, score_edges, cells, n_good, n_outside, level)
    return tables


def table_from_counts(
    counts: Mapping[str, np.ndarray],
    threshold: float,
    axis: Axis,
    *,
    score_edges: np.ndarray = SCORE_EDGES,
    level: float = LEVEL,
) -> dict[str, ClassTable]:
    """As `by_bins`, from counts (rows, columns) per class name: for printed tables.

    The threshold has to lie on a column's edge, since cells cannot be parted.
    """
    edge = np.flatnonzero(np.isclose(score_edges, threshold, rtol=0.0, atol=1e-6))
    if not len(edge):
        raise DarkroomError(
            f"Parameter 'threshold' is {threshold:g}: a table of counts can only be cut at the lower edge of a "
            f"score column, here every {score_edges[1] - score_edges[0]:g}."
        )
    tables = {}
    for name, cells in counts.items():
        cells = np.asarray(cells, dtype=np.int64)
        n_good = cells[:, edge[0] :].sum(axis=1) if CLASSES[name] else cells[:, : edge[0]].sum(axis=1)
        tables[name] = _table(name, threshold, axis, score_edges, cells, n_good, 0, level)
    return tables


def _table(
    name: str,
    threshold: float,
    axis: Axis,
    score_edges: np.ndarray,
    cells: np.ndarray,
    n_good: np.ndarray,
    n_outside: int,
    level: float,
) -> ClassTable:
    rows = efficiencies(n_good, cells.sum(axis=1), level)
    total = efficiency(int(n_good.sum()), int(cells.sum()), level)
    return ClassTable(name, float(threshold), axis, score_edges, cells, rows, total, n_outside)
