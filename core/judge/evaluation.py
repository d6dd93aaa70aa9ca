"""One classifier and its baselines judged on the same events: everything that a page or the command line shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.judge.baselines import basis_of
from core.judge.judging import Judging
from core.judge.pileups import pile_ups
from core.judge.reach import edges_for
from core.statistics.efficiency import (
    CLASSES,
    SCORE_EDGES,
    ClassTable,
    Leakage,
    OperatingPoint,
    at_threshold,
    by_bins,
    checked_threshold,
    leakage_at,
    threshold_for,
)
from core.statistics.histogram import Histogram, histogram
from core.statistics.intervals import CLOPPER_PEARSON, LEVEL, MOVER, PairInterval, defined
from core.statistics.moving import Moving, Side, along
from core.statistics.roc import NO_RANKING, Roc, auc, roc_points, thinned

WANTED_SIGNAL_EFFICIENCIES = (0.9, 0.99)
SCORE_STEP = 0.01  # of thresholds at which all counts are known
STATISTICAL_ONLY = (
    "Intervals are statistical: they hold neither wrong labels nor the difference between the samples that "
    "stand for signal and background and the events that are searched for."
)

ONE_ANSWER = (
    "Many events share a score between {0.low:.2f} and {0.high:.2f}: the network may give one answer to all that it does not "
    "recognise."
)

Baselines = Mapping[str, tuple[np.ndarray, float]]
"""Name -> (quantity (n,) that is higher for signal, threshold); of type bool: what a cut keeps, with any threshold from
above 0 to 1."""


@dataclass(frozen=True)
class Judged:
    """One classifier on one set of labelled events."""

    point: OperatingPoint
    auc: PairInterval
    roc: Roc

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.point.to_dict(), "auc": self.auc.to_dict()}


@dataclass(frozen=True)
class Evaluation:
    """A network at a threshold, beside its baselines.

    `baselines` are judged on the same events and labels; `other_labels` has, per other label scheme, the network
    (key "network") and the baselines on the same events as that scheme labels them. `tables` and `spectra` are per
    class; `moving` says what every other threshold would keep of each. `leakage` quotes thresholds chosen on the events named in `leakage_chosen_on`. `spike_scores` are the
    lower edges of score columns that hold suspiciously many events. Counts of what was left out: `n_missing`
    (no score), `n_unlabelled` (of those with a score).
    """

    which_split: str
    label_scheme: str
    network: Judged
    baselines: dict[str, Judged]
    other_labels: dict[str, dict[str, Judged]]
    leakage: tuple[Leakage, ...]
    leakage_chosen_on: str
    tables: dict[str, ClassTable]
    spectra: dict[str, Histogram]
    moving: Moving
    spike_scores: tuple[float, ...]
    n_missing: int
    n_unlabelled: int
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the network's numbers at the top, None where undefined."""
        curve = thinned(self.network.roc)

        def plain(judged: Mapping[str, Judged]) -> dict[str, Any]:
            return {name: classifier.to_dict() for name, classifier in judged.items()}

        return {
            **self.network.to_dict(),
            "baselines": plain(self.baselines),
            "other_labels": {scheme: plain(judged) for scheme, judged in self.other_labels.items()},
            "leakage": [row.to_dict() for row in self.leakage],
            "leakage_chosen_on": self.leakage_chosen_on,
            "energy_table": [row for table in self.tables.values() for row in table.to_rows()],
            "score_edges": SCORE_EDGES.tolist(),
            "n_outside_table": {name: table.n_outside for name, table in self.tables.items()},
            "roc": {
                "leakage": curve.leakage.tolist(),
                "signal_efficiency": curve.signal_efficiency.tolist(),
                "threshold": [defined(v) for v in curve.threshold],
            },
            "spectra": {
                name: {"edges": s.edges.tolist(), "counts": s.counts.tolist(), "n": s.n}
                for name, s in self.spectra.items()
            },
            "spike_scores": list(self.spike_scores),
            "split": self.which_split,
            "labels": self.label_scheme,
            "n_missing": self.n_missing,
            "n_unlabelled": self.n_unlabelled,
            "level": LEVEL,
            "method": {"efficiencies": CLOPPER_PEARSON, "harmonic": MOVER, "auc": self.network.auc.method},
            "notes": list(self.notes),
        }


def evaluate(
    values: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    split: np.ndarray,
    *,
    judging: Judging,
    threshold: float = 0.5,
    which_split: str = "test",
    label_scheme: str = "",
    baselines: Baselines | None = None,
    other_labels: Mapping[str, np.ndarray] | None = None,
) -> Evaluation:
    """Judge `scores` (n,) float, probability of signal, NaN = not scored, against `labels` (n,) 1, 0 or -1.

    `split` (n,) has the codes of `core.data.splits`; `which_split` is one of them or "all". Events without a score or a
    label are left out and counted; a baseline is judged on the very same events, its NaN ranking lowest.
    `other_labels` are further label arrays (n,) by name. One class empty: its numbers are NaN. The tables have
    the rows of `judging`, or others where these do not hold `values` (n,), the quantity of its axis.
    """
    checked_threshold(threshold)
    scores = np.asarray(scores, dtype=np.float32)
    chosen, scored = members_of(split, which_split), ~np.isnan(scores)
    used = chosen & scored & (labels >= 0)
    if not used.any():
        raise DarkroomError(
            f"No event of split '{which_split}' has both a score and a label under '{label_scheme}' "
            f"({int(chosen.sum())} in the split, {int((chosen & scored).sum())} of them scored): "
            "choose another split or label scheme, or score the run again."
        )
    is_known = bool(np.isfinite(values).any())
    rows = judging.table(is_known)
    axis = rows.with_edges(edges_for(rows, values[used]))
    tables = by_bins(values[used], scores[used], labels[used], threshold, axis)
    of_class = {name: scores[used & (labels == label)] for name, label in CLASSES.items()}
    spectra = {name: histogram(of, SCORE_EDGES) for name, of in of_class.items()}
    everything = scores[used], histogram(scores[used], SCORE_EDGES)
    heaps = pile_ups(spectra["signal"].counts + spectra["background"].counts)
    leakage, chosen_on = _leakages(scores, labels, split, used)
    return Evaluation(
        which_split=which_split,
        label_scheme=label_scheme,
        network=judge(scores[used], labels[used], threshold),
        baselines=_judge_all(baselines, labels, used),
        other_labels={
            scheme: {
                "network": judge(scores[both], other[both], threshold),
                **_judge_all(baselines, other, both),
            }
            for scheme, other in (other_labels or {}).items()
            for both in [chosen & scored & (other >= 0)]
        },
        leakage=leakage,
        leakage_chosen_on=chosen_on,
        tables=tables,
        spectra=spectra,
        moving=along(of_class, spectra, *everything, SCORE_STEP, Side(low=0), (threshold,)),
        spike_scores=tuple(heap.low for heap in heaps),
        n_missing=int((chosen & ~scored).sum()),
        n_unlabelled=int((chosen & scored & (labels < 0)).sum()),
        notes=(STATISTICAL_ONLY, *judging.notes(label_scheme, is_known), *map(ONE_ANSWER.format, heaps)),
    )


def judge(scores: np.ndarray, labels: np.ndarray, threshold: float) -> Judged:
    """A classifier on labelled events (n,); NaN scores are not kept and rank lowest. Scores of type bool are a cut's
    decision: it has an operating point, but no ranking, so neither a curve nor an area.
    """
    if scores.dtype == bool:
        point = at_threshold(scores, labels, threshold)
        n_s, n_b, nothing = point.signal.n, point.background.n, np.zeros(0)
        area = PairInterval(np.nan, np.nan, np.nan, n_s, n_b, method=NO_RANKING)
        return Judged(point, area, Roc(nothing, nothing, nothing, n_s, n_b))
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    return Judged(
        at_threshold(scores, labels, threshold),
        auc(ranked, labels),
        roc_points(ranked, labels),
    )


def _judge_all(baselines: Baselines | None, labels: np.ndarray, used: np.ndarray) -> dict[str, Judged]:
    return {
        name: judge(np.asarray(values)[used], labels[used], threshold)
        for name, (values, threshold) in (baselines or {}).items()
    }


def members_of(split: np.ndarray, which: str) -> np.ndarray:
    if which == "all":
        return np.ones(len(split), bool)
    if which not in SPLITS:
        raise DarkroomError(f"Unknown split '{which}': expected one of {', '.join(SPLITS)} or all.")
    members: np.ndarray = split == SPLITS.index(which)
    return members


def _leakages(
    scores: np.ndarray, labels: np.ndarray, split: np.ndarray, used: np.ndarray
) -> tuple[tuple[Leakage, ...], str]:
    basis, chosen_on = basis_of(split, labels, used, scores)
    rows = tuple(
        leakage_at(scores[used], labels[used], wanted, threshold=threshold_for(scores[basis], labels[basis], wanted))
        for wanted in WANTED_SIGNAL_EFFICIENCIES
    )
    return rows, chosen_on
