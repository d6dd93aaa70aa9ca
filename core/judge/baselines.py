"""What a network has to beat: a ranking with a threshold, or a box of several cuts chosen to leak least.

Whatever is chosen for a wanted signal efficiency is chosen on the events `basis` (validation; bool (n,) or their places) and
applied to all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.data.splits import VALIDATION
from core.judge.judging import BoxSide
from core.statistics.efficiency import passes, threshold_for
from core.statistics.intervals import defined

if TYPE_CHECKING:
    from core.judge.score_table import ScoreTable

BOX, BOUND, TREES = "box cut", "bound", "trees"
BOX_EFFICIENCY = 0.99
MAX_CANDIDATES = 64  # limits tried per side; with fewer signal events to lose than that the search is exact
KEEP: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "above": lambda values: values,
    "below": np.negative,
    "inside": lambda values: -np.abs(values),
}


@dataclass(frozen=True)
class Decision:
    """What is accepted, bool (n,), and the limits that decided it, plain values. `accepted` is None where none keeps enough."""

    accepted: np.ndarray | None
    limits: dict[str, Any]


class Method(Protocol):
    """A classifier as it is compared: at its own operating point, and where it keeps a wanted part of the signal."""

    def usual(self, labels: np.ndarray, basis: np.ndarray) -> Decision: ...
    def keeping(self, wanted: float, labels: np.ndarray, basis: np.ndarray) -> Decision: ...
    def of(self, rows: np.ndarray) -> "Method": ...


@dataclass(frozen=True)
class Ranking:
    """A quantity (n,) that is higher for signal, NaN ranking lowest, with its usual threshold."""

    values: np.ndarray
    threshold: float

    def usual(self, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """The usual threshold, whatever the events."""
        del labels, basis
        return Decision(passes(self.values, self.threshold), {"threshold": self.threshold})

    def keeping(self, wanted: float, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """The highest threshold that keeps at least the wanted part of the signal of the basis."""
        threshold = threshold_for(self.values[basis], labels[basis], wanted)
        accepted = None if np.isnan(threshold) else passes(self.values, threshold)
        return Decision(accepted, {"threshold": defined(threshold)})

    def of(self, rows: np.ndarray) -> "Ranking":
        """The same on some of the events."""
        return Ranking(self.values[rows], self.threshold)


@dataclass(frozen=True)
class FixedCut:
    """A decision that cannot be moved: `accepted` bool (n,)."""

    accepted: np.ndarray

    def usual(self, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """What it keeps, whatever the events."""
        del labels, basis
        return Decision(self.accepted, {})

    def keeping(self, wanted: float, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """The same where it happens to keep the wanted part of the signal of the basis, else none."""
        signal = self.accepted[basis][labels[basis] == 1]
        return Decision(self.accepted if len(signal) and signal.mean() >= wanted else None, {})

    def of(self, rows: np.ndarray) -> "FixedCut":
        """The same on some of the events."""
        return FixedCut(self.accepted[rows])


@dataclass(frozen=True)
class BoxCut:
    """Several columns (n,) by name, each cut on one side; see `optimal_box`. NaN in one of them never passes."""

    columns: Mapping[str, np.ndarray]
    sides: tuple[BoxSide, ...]

    def usual(self, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """The box that leaks least at 99 % signal efficiency."""
        return self.keeping(BOX_EFFICIENCY, labels, basis)

    def keeping(self, wanted: float, labels: np.ndarray, basis: np.ndarray) -> Decision:
        """The box that leaks least of the basis while it keeps the wanted part of its signal."""
        oriented = np.stack([KEEP[side.keep](np.asarray(self.columns[side.column])) for side in self.sides], axis=1)
        limits = optimal_box(oriented[basis], labels[basis], wanted)
        if limits is None:
            return Decision(None, {})
        limit_texts = {
            f"{side.column} {side.keep}": float(limit if side.keep == "above" else -limit)
            for side, limit in zip(self.sides, limits, strict=True)
        }
        accepted: np.ndarray = np.all(oriented >= limits, axis=1)
        return Decision(accepted, limit_texts)

    def of(self, rows: np.ndarray) -> "BoxCut":
        """The same on some of the events."""
        return BoxCut({name: np.asarray(column)[rows] for name, column in self.columns.items()}, self.sides)


def of_run(scored: "ScoreTable", scheme: str) -> tuple[dict[str, Method], list[str]]:
    """The baselines that can be judged on the rows of a run, and what is to be said of those that cannot.

    The bound stands in only where the data set knows it, and is one only for labels of the truth. A baseline without a value for some of the rows is left out,
    as it would not be judged on the same events.
    """
    judging, notes = scored.judging, []
    methods: dict[str, Method] = {}
    if judging.cut_baseline:
        cut = judging.cut_baseline(scored.selection.cuts)
        methods[cut.name] = Ranking(scored.column(cut.column), cut.threshold)
    if judging.box and all(scored.dataset.defines(side.column) for side in judging.box):
        methods[BOX] = BoxCut({side.column: scored.column(side.column) for side in judging.box}, judging.box)
    if judging.class_baselines and scored.is_own_signal:  # the only class that they keep
        for name, accepted in judging.class_baselines(scored.dataset, scored.rows).items():
            methods[name] = FixedCut(np.asarray(accepted, bool))
    known = {TREES: (scored.baseline(TREES), 0.5)} if judging.tree_features else {}
    if judging.truth_bound and scored.dataset.has(judging.truth_bound):
        known[BOUND] = (scored.column(judging.truth_bound), 0.0)
    for name, (values, threshold) in known.items():
        n_missing = int(np.isnan(values).sum())
        if not n_missing:
            methods[name] = Ranking(values, threshold)
        elif name == TREES or n_missing < len(values):
            way_out = (
                f": run `python -m core baselines {scored.run.id} {scored.dataset.name}`." if name == TREES else "."
            )
            notes.append(
                f"Left out of the baselines: {name}, unknown for {n_missing:,} of {len(values):,} rows{way_out}"
            )
    if BOUND in methods and not scored.needs_truth(scheme):
        notes.append(
            f"The bound holds for the simulated truth only: with the labels '{scheme}' a method may do better."
        )
    return methods, notes


def basis_of(split: np.ndarray, labels: np.ndarray, used: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, str]:
    """Events on which thresholds are chosen, bool (n,), and their name: validation, or where there is none of the
    signal (another data set than the run's own) the events that are judged, which flatters a little.
    """
    validation = (split == VALIDATION) & ~np.isnan(scores) & (labels >= 0)
    apart = bool((labels[validation] == 1).any())
    return (validation, "validation") if apart else (used, "the same events")


def optimal_box(values: np.ndarray, labels: np.ndarray, wanted: float) -> np.ndarray | None:
    """Lower limits (m,) of the columns of `values` (n, m) that keep at least `wanted` of the signal and leak least.

    An event is kept where every column is at or above its limit; NaN never passes. A limit can be raised to the next
    signal event without losing one, so signal values are the only candidates; up to MAX_CANDIDATES of them per side are
    tried in every combination, evenly from the lowest to the one at which a side alone uses up all that may be lost.
    All combinations are counted at once, from a histogram of how many candidates each event passes. Of equal boxes
    the one that keeps more signal is taken, then the loosest. None where no box keeps enough.
    """
    signal, background = values[labels == 1], values[labels == 0]
    n_needed = int(np.ceil(wanted * len(signal) - 1e-9))
    candidates = [_candidates(column, n_needed) for column in signal.T]
    if not len(signal) or not all(len(column) for column in candidates):
        return None
    n_signal, leaked = (_counts(events, candidates) for events in (signal, background))
    allowed = n_signal >= n_needed
    if not allowed.any():
        return None
    leaked = np.where(allowed, leaked, np.iinfo(leaked.dtype).max)
    best = np.where(leaked == leaked.min(), n_signal, -1)
    at = np.unravel_index(int(np.argmax(best)), best.shape)
    return np.array([column[i] for column, i in zip(candidates, at, strict=True)])


def _candidates(column: np.ndarray, n_needed: int) -> np.ndarray:
    """Ascending limits of one side of which each alone keeps at least `n_needed` signal events."""
    known = np.sort(column[~np.isnan(column)])
    n_to_lose = len(known) - n_needed
    if n_to_lose < 0:
        return known[:0]
    steps = np.linspace(0, n_to_lose, min(n_to_lose + 1, MAX_CANDIDATES)).round().astype(int)
    return np.unique(known[steps.clip(max=max(len(known) - 1, 0))]) if len(known) else known


def _counts(events: np.ndarray, candidates: Sequence[np.ndarray]) -> np.ndarray:
    """int64: how many of `events` (n, m) pass each combination of limits, one axis per side."""
    shape = tuple(len(column) + 1 for column in candidates)
    n_passed = [
        np.searchsorted(column, np.where(np.isnan(values), -np.inf, values), side="right")
        for column, values in zip(candidates, events.T, strict=True)
    ]
    cells = np.bincount(np.ravel_multi_index(n_passed, shape), minlength=int(np.prod(shape))).reshape(shape)
    for axis in range(len(shape)):
        cells = np.flip(np.flip(cells, axis).cumsum(axis), axis)
    return cells[tuple(slice(1, None) for _ in shape)]
