"""Trigger times selection: two efficiencies of different events, kept apart, and their product with its interval."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.judge.held_out import HELD_OUT, widened
from core.judge.judging import CutBaseline
from core.judge.report import DASH
from core.statistics.efficiency import checked_threshold, passes
from core.statistics.intervals import LEVEL, Efficiency, defined, efficiencies, efficiency, jeffreys

if TYPE_CHECKING:
    from core.judge.score_table import ScoreTable

METHOD = "propagation of the two Jeffreys intervals in the logarithm (MOVER, Zou & Donner 2008)"
MEANING = (
    "Trigger: part of the events of a true energy that is recorded. Selection: part of the recorded ones that is kept; the "
    "events of the data set were all recorded by its own simulated trigger, whatever is set here. Total: their product, "
    "which holds where both are meant for the same light yield and trigger. A run counts only events that it has scored "
    "and not been trained on: of true energies beyond its energy window only the few that were reconstructed inside it. "
    "Simulated; the intervals are statistical only."
)


@dataclass(frozen=True)
class TriggerPoint:
    """Simulated events of one true energy: recorded by their own light, only with a dark count, or by dark counts alone.

    Only the first is an efficiency; the three add up to the part of the events with a record.
    """

    energy_kev: float
    light: Efficiency
    helped: Efficiency
    accidental: Efficiency


@dataclass(frozen=True)
class TotalEfficiency:
    """The product of two independent efficiencies with a two-sided interval; NaN where one is undefined."""

    value: float
    low: float
    high: float
    n_first: int
    n_second: int
    level: float = LEVEL
    method: str = METHOD

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        bounds = {name: defined(getattr(self, name)) for name in ("value", "low", "high")}
        return {**bounds, "n_first": self.n_first, "n_second": self.n_second, "method": self.method}


def total_efficiency(first: Efficiency, second: Efficiency, level: float = LEVEL) -> TotalEfficiency:
    """first * second. The logarithm is a sum, so the distances of the two limits add in quadrature there.

    The limits are Jeffreys', as for the harmonic efficiency: one that is 1 cannot grow, and the joint interval covers
    `level` on the average. k = 0 in either: the value and low are 0, and high is the product of the two upper limits.
    """
    k, n = np.array([first.k, second.k]), np.array([first.n, second.n])
    if not n.all():
        return TotalEfficiency(math.nan, math.nan, math.nan, first.n, second.n, level)
    low, high = jeffreys(k, n, level)
    value = float(np.prod(k / n))
    if not k.all():
        return TotalEfficiency(0.0, 0.0, float(np.prod(high)), first.n, second.n, level)
    down, up = float(np.hypot(*np.log(k / n / low))), float(np.hypot(*np.log(high * n / k)))
    return TotalEfficiency(value, value * math.exp(-down), value * math.exp(up), first.n, second.n, level)


@dataclass(frozen=True)
class Chain:
    """Trigger, selection of what is recorded, and their product, in bins of true energy (edges [keV])."""

    edges_kev: np.ndarray
    trigger: tuple[Efficiency, ...]
    selection: tuple[Efficiency, ...]
    total: tuple[TotalEfficiency, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per bin."""
        edges = self.edges_kev.tolist()
        return [
            {"energy_low_kev": low, "energy_high_kev": high}
            | {"trigger": a.to_dict(), "selection": b.to_dict(), "total": c.to_dict()}
            for low, high, a, b, c in zip(edges, edges[1:], self.trigger, self.selection, self.total, strict=False)
        ]


@dataclass(frozen=True)
class SelectedSignal:
    """Simulated signal that has been recorded: its true energies [keV] and whether a selection keeps it, both (n,)."""

    name: str
    energy_kev: np.ndarray
    passed: np.ndarray


def chain(points: Sequence[TriggerPoint], selected: SelectedSignal, edges_kev: np.ndarray) -> Chain:
    """Both efficiencies in the same bins. The points of a scan in a bin stand for events spread evenly over it."""
    at = np.array([point.energy_kev for point in points])
    inside = [(at >= low) & (at < high) for low, high in itertools.pairwise(edges_kev)]
    lights = [[point.light for point, is_inside in zip(points, of, strict=True) if is_inside] for of in inside]
    trigger = tuple(efficiency(sum(x.k for x in bin), sum(x.n for x in bin)) for bin in lights)
    n, _ = np.histogram(selected.energy_kev, edges_kev)
    k, _ = np.histogram(selected.energy_kev[selected.passed], edges_kev)
    selection = efficiencies(k, n)
    return Chain(
        edges_kev, trigger, selection, tuple(total_efficiency(a, b) for a, b in zip(trigger, selection, strict=True))
    )


def selected_by_run(scored: "ScoreTable", threshold: float, true_energy: str, truth: str) -> SelectedSignal:
    """Simulated signal that a run has scored and not been trained on, and whether the score keeps it.

    `true_energy` is the column with it, `truth` the label scheme of the truth. What the run has no score of, because its own
    cuts left it out, is not counted: those cuts are in no efficiency here.
    """
    _refuse_measured(scored.dataset)
    labels = scored.labels_of(widened(scored, truth))
    chosen = np.isin(scored.side, HELD_OUT) & (labels == 1)
    passed = passes(scored.score[chosen], checked_threshold(threshold))
    return SelectedSignal(f"run {scored.run.id} at {threshold:g}", scored.column(true_energy)[chosen], passed)


def selected_by_cut(dataset: Dataset, labels: np.ndarray, cut: CutBaseline, true_energy: str) -> SelectedSignal:
    """All simulated signal (labels (n,) of the truth) of a data set, and whether the cut keeps it."""
    _refuse_measured(dataset)
    signal = labels == 1
    passed = passes(dataset.column(cut.column)[signal], cut.threshold)
    return SelectedSignal(f"{cut.name} at {cut.threshold:g}", dataset.column(true_energy)[signal], passed)


def _refuse_measured(dataset: Dataset) -> None:
    if not dataset.simulated:
        raise DarkroomError(
            f"Data set '{dataset.name}' is measured or has no true energies: the efficiency of a selection against the "
            "true energy needs simulated events. Choose a simulated data set."
        )


def in_percent(share: Efficiency | TotalEfficiency) -> str:
    """Value and interval as text."""
    if math.isnan(share.value):
        return DASH
    return f"{100 * share.value:.2f} [{100 * share.low:.2f}, {100 * share.high:.2f}]"


def table(chain: Chain) -> list[dict[str, Any]]:
    """The bins for a reader: percent."""
    bins = itertools.pairwise(chain.edges_kev.tolist())
    return [
        {"true energy [keV]": f"{low:.4g}-{high:.4g}", "trigger": in_percent(a), "n trigger": a.n}
        | {"selection": in_percent(b), "n selection": b.n, "total": in_percent(c)}
        for (low, high), a, b, c in zip(bins, chain.trigger, chain.selection, chain.total, strict=True)
    ]


def in_words(chain: Chain, selected: SelectedSignal) -> str:
    """What the total efficiency means and, where nothing was selected from, why it is missing."""
    if any(share.n for share in chain.selection):
        return MEANING
    lowest = (
        f"the lowest has {selected.energy_kev.min():.2f} keV" if len(selected.energy_kev) else "there is none at all"
    )
    return (
        f"No recorded signal event that {selected.name} judged lies below {chain.edges_kev[-1]:g} keV ({lowest}), so selection and "
        "total are undefined here: show higher energies, or choose a selection with a lower energy window."
    )
