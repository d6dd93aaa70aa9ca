"""A run of several classes beside its baselines on the same events: everything that a page or the command line shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.judge import topcalibration
from core.judge.baselines import TREES
from core.judge.judged_sample import judged_sample
from core.judge.reliability import Bin
from core.judge.score_table import ScoreTable
from core.statistics import classcurves, multiclass, paired_classes
from core.statistics.binned import CalibrationError
from core.statistics.classcurves import ClassByBin, ClassCurve
from core.statistics.efficiency import checked_threshold, passes, threshold_for
from core.statistics.intervals import Efficiency, defined, efficiency
from core.statistics.multiclass import ClassQuality, Confusion, Summary
from core.statistics.paired_classes import Difference

WANTED_EFFICIENCY = 0.9


@dataclass(frozen=True)
class Judged:
    """One classifier of all classes. `calibration`, over `bins`, is of probabilities moved to the mix of the events."""

    confusion: Confusion
    classes: tuple[ClassQuality, ...]
    summary: Summary
    calibration: CalibrationError
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "confusion": self.confusion.to_dict(),
            "per_class": [quality.to_dict() for quality in self.classes],
            **self.summary.to_dict(),
            "calibration_error": self.calibration.to_dict(),
        }


@dataclass(frozen=True)
class CutPerformance:
    """What keeps one class and rejects all others: efficiency, purity of the events with a label, and of all."""

    name: str
    threshold: float
    efficiency: Efficiency
    purity: Efficiency
    purity_of_all: Efficiency

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        numbers = {name: getattr(self, name).to_dict() for name in ("efficiency", "purity", "purity_of_all")}
        return {"name": self.name, "threshold": defined(self.threshold), **numbers}


@dataclass(frozen=True)
class Classified:
    """`network` and `baselines` (name -> the same) with all classes; `differences`: macro-F1 of the network minus theirs.

    `signal` is the class of which `at_efficiency` tells what a threshold on its probability, chosen on the events
    `chosen_on` to keep 90 %, keeps of these, for the network and each baseline; `cuts`: what the experiment's own cuts
    keep. Counts of what was left out: `n_missing` (no score); `n_unlabelled` stand apart in the matrix.
    """

    which_split: str
    label_scheme: str
    signal: str
    network: Judged
    baselines: dict[str, Judged]
    differences: dict[str, Difference]
    at_efficiency: tuple[CutPerformance, ...]
    chosen_on: str
    cuts: tuple[CutPerformance, ...]
    curves: tuple[ClassCurve, ...]
    by_bin: tuple[ClassByBin, ...]
    n_missing: int
    n_unlabelled: int
    notes: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        return self.network.confusion.classes

    def of(self, name: str) -> ClassQuality:
        """One class of the network."""
        return self.network.classes[self.classes.index(name)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined: the network's numbers at the top."""
        return {
            **self.network.to_dict(),
            "classes": list(self.classes),
            "signal": self.signal,
            "baselines": {name: part.to_dict() for name, part in self.baselines.items()},
            "differences": {name: part.to_dict() for name, part in self.differences.items()},
            "at_efficiency": {
                "wanted": WANTED_EFFICIENCY,
                "chosen_on": self.chosen_on,
                "methods": [part.to_dict() for part in self.at_efficiency],
            },
            "cuts": [part.to_dict() for part in self.cuts],
            "curves": [part.to_dict() for part in self.curves],
            "by_energy": [row for part in self.by_bin for row in part.to_rows()],
            "split": self.which_split,
            "labels": self.label_scheme,
            "n_missing": self.n_missing,
            "n_unlabelled": self.n_unlabelled,
            "notes": list(self.notes),
        }


def judge_classes(
    scored: ScoreTable,
    which_split: str = "test",
    scheme: str | None = None,
    *,
    reject_below: float = 0.0,
    edges: np.ndarray | None = None,
    mix: np.ndarray | None = None,
) -> Classified:
    """Judge a run with all its classes; an event is called none where no probability reaches `reject_below`.

    `edges` of the axis' bins (default: the range that the experiment is judged in, in 20); `mix`: parts of the classes
    as `multiclass.checked_mix` gives them, for purities and macro-F1 at another mix than that of the events.
    """
    checked_threshold(reject_below)
    sample = judged_sample(scored, scheme)
    scored, own_scheme = sample.table, sample.scheme
    labels, p = sample.class_labels, scored.probabilities
    chosen, known = sample.members(which_split), ~np.isnan(p).any(axis=1)
    used = chosen & known
    if not (labels[used] >= 0).any():
        raise DarkroomError(
            f"No event of split '{which_split}' has both a score and a label under '{own_scheme}': choose another split or label "
            "scheme, or score the run again."
        )
    rivals, notes = _rivals(scored)
    even = np.full(len(scored.classes), 1.0 / len(scored.classes))  # trees are trained with all classes weighted alike
    trained = {"network": topcalibration.trained_mix(scored.run), **dict.fromkeys(rivals, even)}
    every = {"network": p, **rivals}
    judged = {
        name: judge(q[used], labels[used], scored.classes, reject_below, trained[name], mix)
        for name, q in every.items()
    }
    calls = {name: multiclass.predicted_class(q[used], reject_below) for name, q in every.items()}
    basis, chosen_on = sample.basis(used & (labels >= 0))
    some = labels[used]
    axis = scored.axis.with_edges(np.linspace(*scored.axis.range, 21) if edges is None else edges)
    return Classified(
        which_split, own_scheme, scored.signal, judged.pop("network"), judged,
        {name: paired_classes.compare(some, calls["network"], calls[name], len(scored.classes)) for name in rivals},
        tuple(_at_efficiency(name, q, labels, used, basis, scored.at) for name, q in every.items()),
        chosen_on, _cuts(scored, labels, used), classcurves.by_threshold(p[used], some, scored.classes),
        classcurves.by_bin(scored.axis_values[used], calls["network"], some, scored.classes, axis) if scored.has_axis else (),
        int((chosen & ~known).sum()), int((some < 0).sum()), (_mix_note(scored, some), *notes),
    )  # fmt: skip


def judge(
    probabilities: np.ndarray,
    labels: np.ndarray,
    classes: tuple[str, ...],
    reject_below: float,
    trained: np.ndarray,
    mix: np.ndarray | None = None,
) -> Judged:
    """One classifier from probabilities (n, n_classes), made for the mix `trained`, and labels (n,), -1: without one."""
    matrix = multiclass.confusion(
        labels, multiclass.predicted_class(probabilities, reject_below), classes, reject_below
    )
    labelled = labels >= 0
    own_mix = topcalibration.mix_of(labels, len(classes))
    at_own_mix = topcalibration.moved(probabilities[labelled], trained, own_mix)
    return Judged(
        matrix,
        multiclass.per_class(matrix, mix),
        multiclass.summary(matrix, mix),
        *topcalibration.judge(at_own_mix, labels[labelled]),
    )


def _rivals(scored: ScoreTable) -> tuple[dict[str, np.ndarray], list[str]]:
    """Probabilities (n, n_classes) of the trees where all rows have them, and what is to be said where not."""
    if not scored.judging.tree_features:
        return {}, []
    trees = scored.baseline_outputs(TREES)
    n_missing = int(np.isnan(trees).any(axis=1).sum())
    if not n_missing:
        return {TREES: trees}, []
    way_out = f"run `python -m core baselines {scored.run.id} {scored.dataset.name}`."
    return {}, [f"Without the {TREES}, unknown for {n_missing:,} of {len(trees):,} rows: {way_out}"]


def _performance(name: str, threshold: float, passed: np.ndarray, labels: np.ndarray, at: int) -> CutPerformance:
    right, labelled = int((passed & (labels == at)).sum()), int((passed & (labels >= 0)).sum())
    return CutPerformance(
        name,
        threshold,
        efficiency(right, int((labels == at).sum())),
        efficiency(right, labelled),
        efficiency(right, int(passed.sum())),
    )


def _at_efficiency(
    name: str, p: np.ndarray, labels: np.ndarray, used: np.ndarray, basis: np.ndarray, at: int
) -> CutPerformance:
    is_it = np.where(labels == at, 1, 0)
    threshold = threshold_for(p[basis, at], is_it[basis], WANTED_EFFICIENCY)
    if np.isnan(threshold):
        nothing = efficiency(0, 0)
        return CutPerformance(name, threshold, nothing, nothing, nothing)
    return _performance(name, threshold, passes(p[used, at], threshold), labels[used], at)


def _cuts(scored: ScoreTable, labels: np.ndarray, used: np.ndarray) -> tuple[CutPerformance, ...]:
    """The experiment's own cuts, which keep its own signal class."""
    if scored.judging.class_baselines is None or not scored.is_own_signal:
        return ()
    cuts: Mapping[str, np.ndarray] = scored.judging.class_baselines(scored.dataset, scored.rows)
    return tuple(
        _performance(name, float("nan"), accepted[used], labels[used], scored.at) for name, accepted in cuts.items()
    )


def _mix_note(scored: ScoreTable, labels: np.ndarray) -> str:
    n = np.bincount(labels[labels >= 0], minlength=len(scored.classes))
    mix = ", ".join(f"{name} {100 * k / max(int(n.sum()), 1):.1f} %" for name, k in zip(scored.classes, n, strict=True))
    kind = "simulated" if scored.dataset.simulated else "measured"
    return f"Purities and macro-F1 hold for the mix of these {kind} events: {mix}."
