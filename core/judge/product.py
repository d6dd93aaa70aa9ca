"""Trigger times selection: two efficiencies of different events, kept apart, and their product with its interval."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.data.selection import Selection, select
from core.errors import DarkroomError
from core.experiment import Experiment, TriggerPoint
from core.judge.efficiency import checked_threshold, passes
from core.judge.intervals import LEVEL, Efficiency, defined, efficiencies, efficiency, jeffreys
from core.judge.scored import Scored
from core.judge.unseen import UNSEEN, widened

METHOD = "propagation of the two Jeffreys intervals in the logarithm (MOVER, Zou & Donner 2008)"
MEANING = (
    "Trigger: part of the events of a true energy that is recorded. Selection: part of the recorded ones that is kept; the "
    "events of the data set were all recorded by its own simulated trigger, whatever is set here. Total: their product, "
    "which holds where both are meant for the same light yield and trigger. A run counts only events that it has scored "
    "and not been trained on: of true energies beyond its energy window only the few that were reconstructed inside it. "
    "Simulated; the intervals are statistical only."
)


@dataclass(frozen=True)
class Product:
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
        return {**bounds, "n_first": self.n_first, "n_second": self.n_second}


def product(first: Efficiency, second: Efficiency, level: float = LEVEL) -> Product:
    """first * second. The logarithm is a sum, so the distances of the two limits add in quadrature there.

    The limits are Jeffreys', as for the harmonic efficiency: one that is 1 cannot grow, and the joint interval covers
    `level` on the average. k = 0 in either: the value and low are 0, and high is the product of the two upper limits.
    """
    k, n = np.array([first.k, second.k]), np.array([first.n, second.n])
    if not n.all():
        return Product(math.nan, math.nan, math.nan, first.n, second.n, level)
    low, high = jeffreys(k, n, level)
    value = float(np.prod(k / n))
    if not k.all():
        return Product(0.0, 0.0, float(np.prod(high)), first.n, second.n, level)
    down, up = float(np.hypot(*np.log(k / n / low))), float(np.hypot(*np.log(high * n / k)))
    return Product(value, value * math.exp(-down), value * math.exp(up), first.n, second.n, level)


@dataclass(frozen=True)
class Chain:
    """Trigger, selection of what is recorded, and their product, in bins of true energy (edges [keV])."""

    edges_kev: np.ndarray
    trigger: tuple[Efficiency, ...]
    selection: tuple[Efficiency, ...]
    total: tuple[Product, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per bin."""
        edges = self.edges_kev.tolist()
        return [
            {"energy_low_kev": low, "energy_high_kev": high}
            | {"trigger": a.to_dict(), "selection": b.to_dict(), "total": c.to_dict()}
            for low, high, a, b, c in zip(edges, edges[1:], self.trigger, self.selection, self.total, strict=False)
        ]


@dataclass(frozen=True)
class Kept:
    """Simulated signal that has been recorded: its true energies [keV] and whether a selection keeps it, both (n,)."""

    name: str
    energy_kev: np.ndarray
    passed: np.ndarray


def chain(points: Sequence[TriggerPoint], kept: Kept, edges_kev: np.ndarray) -> Chain:
    """Both efficiencies in the same bins. The points of a scan in a bin stand for events spread evenly over it."""
    at = np.array([point.energy_kev for point in points])
    inside = [(at >= low) & (at < high) for low, high in itertools.pairwise(edges_kev)]
    lights = [[point.light for point, one in zip(points, of, strict=True) if one] for of in inside]
    trigger = tuple(efficiency(sum(x.k for x in bin), sum(x.n for x in bin)) for bin in lights)
    n, _ = np.histogram(kept.energy_kev, edges_kev)
    k, _ = np.histogram(kept.energy_kev[kept.passed], edges_kev)
    selection = efficiencies(k, n)
    return Chain(edges_kev, trigger, selection, tuple(product(a, b) for a, b in zip(trigger, selection, strict=True)))


def kept_by_run(scored: Scored, threshold: float) -> Kept:
    """Simulated signal that a run has scored and not been trained on, and whether the score keeps it.

    What the run has no score of, because its own cuts left it out, is not counted: those cuts are in no efficiency here.
    """
    column, scheme = _truth(scored.experiment, scored.dataset)
    asked = widened(scored.experiment, scored.selection, scheme)
    labels = scored.labels_of(asked)
    chosen = np.isin(scored.split, UNSEEN) & (labels == 1)
    passed = passes(scored.score[chosen], checked_threshold(threshold))
    return Kept(f"run {scored.run.id} at {threshold:g}", scored.column(column)[chosen], passed)


def kept_by_cut(experiment: Experiment, dataset: Dataset) -> Kept:
    """All simulated signal of a data set, and whether the one cut keeps it that every network has to beat."""
    column, scheme = _truth(experiment, dataset)
    if experiment.cut_baseline is None:
        raise DarkroomError(f"{experiment.title} has no cut that stands beside the networks: choose a run.")
    everything = list(experiment.presets.values())[-1].selection  # the last preset cuts nothing
    cut = experiment.cut_baseline(everything.cuts)
    labels = select(experiment, dataset, Selection(everything.cuts, scheme, everything.split)).cutting.labels
    signal = labels == 1
    passed = passes(dataset.column(cut.column)[signal], cut.threshold)
    return Kept(f"{cut.name} at {cut.threshold:g}", dataset.column(column)[signal], passed)


def in_percent(one: Efficiency | Product) -> str:
    """Value and interval as text."""
    if math.isnan(one.value):
        return "undefined"
    return f"{100 * one.value:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}]"


def table(found: Chain) -> list[dict[str, Any]]:
    """The bins for a reader: percent."""
    bins = itertools.pairwise(found.edges_kev.tolist())
    return [
        {"true energy [keV]": f"{low:.4g}-{high:.4g}", "trigger": in_percent(a), "n trigger": a.n}
        | {"selection": in_percent(b), "n selection": b.n, "total": in_percent(c)}
        for (low, high), a, b, c in zip(bins, found.trigger, found.selection, found.total, strict=True)
    ]


def in_words(found: Chain, kept: Kept) -> str:
    """What the total efficiency means and, where nothing was selected from, why it is missing."""
    if any(one.n for one in found.selection):
        return MEANING
    lowest = f"the lowest has {kept.energy_kev.min():.2f} keV" if len(kept.energy_kev) else "there is none at all"
    return (
        f"No recorded signal event that {kept.name} judged lies below {found.edges_kev[-1]:g} keV ({lowest}), so selection and "
        "total are undefined here: show higher energies, or choose a selection with a lower energy window."
    )


def _truth(experiment: Experiment, dataset: Dataset) -> tuple[str, str]:
    """(column with the true energy, label scheme of the truth)."""
    if experiment.trigger is None or not dataset.simulated or not experiment.truth_schemes:
        raise DarkroomError(
            f"Data set '{dataset.name}' is measured or has no true energies: the efficiency of a selection against the "
            "true energy needs simulated events. Choose a simulated data set."
        )
    return experiment.trigger.true_energy, experiment.truth_schemes[0]
