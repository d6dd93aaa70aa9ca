"""Network and baselines on the very same events, two at a time: McNemar's test, and what leaks at 99 % signal efficiency.

McNemar's test takes the limits as given. Where they were chosen to keep 99 % of few signal events, another choice would
leak otherwise: of two equally good methods, p is below 0.05 in 20 to 70 of 100 such comparisons (simulated, 1 to 40 %
leaking). `InWindow.p_with_limits` holds that choice too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.data.selection import checked_scheme
from core.judge.baselines import Decision, Method, Ranking, basis_of, of_run
from core.judge.efficiency import Leakage, checked_threshold
from core.judge.evaluation import members_of
from core.judge.intervals import LEVEL, defined, efficiency
from core.judge.mcnemar import METHOD, PairedTest, mcnemar
from core.judge.scored import Scored, inside_own_cuts

NETWORK = "network"
WANTED = 0.99
N_REDRAWN = 100  # times that limits are chosen again: their scatter is known to 7 %
Window = tuple[float, float]


@dataclass(frozen=True)
class AtThreshold:
    """The reference against one method, both at their usual operating point: part of each class decided rightly."""

    method: str
    signal: PairedTest
    background: PairedTest

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"method": self.method, "signal": self.signal.to_dict(), "background": self.background.to_dict()}


@dataclass(frozen=True)
class InWindow:
    """One method where it keeps the wanted part of the signal of an energy window (None: of all).

    `limits` were chosen on `n_basis` signal events. `against` tests the background that leaks, reference minus this
    method, at these limits; None for the reference itself and where one of the two is undefined. `p_with_limits`: the
    same with the scatter of both methods' limits, see `_with_limits`; NaN where there is no test.
    """

    window: Window | None
    method: str
    limits: dict[str, Any]
    n_basis: int
    leakage: Leakage
    against: PairedTest | None
    reference: str = NETWORK
    p_with_limits: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "window_kev": list(self.window) if self.window else None,
            "method": self.method,
            "limits": self.limits,
            "n_basis": self.n_basis,
            **self.leakage.to_dict(),
            "against": self.against.to_dict() if self.against else None,
            "p_with_limits": defined(self.p_with_limits),
        }


@dataclass(frozen=True)
class Comparison:
    """The reference beside every other method. `chosen_on` says on which events the limits of `rows` were chosen."""

    reference: str
    at_threshold: tuple[AtThreshold, ...]
    rows: tuple[InWindow, ...]
    chosen_on: str
    notes: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        """What is compared, the reference first."""
        return list(dict.fromkeys(row.method for row in self.rows))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "reference": self.reference,
            "at_threshold": [one.to_dict() for one in self.at_threshold],
            "leakage_at_99": [row.to_dict() for row in self.rows],
            "chosen_on": self.chosen_on,
            "method": METHOD,
            "notes": list(self.notes),
        }


def compare(
    methods: Mapping[str, Method],
    energy_kev: np.ndarray,
    labels: np.ndarray,
    used: np.ndarray,
    basis: np.ndarray,
    windows: tuple[Window, ...],
    *,
    reference: str = NETWORK,
    level: float = LEVEL,
) -> tuple[tuple[AtThreshold, ...], tuple[InWindow, ...]]:
    """Judge all `methods` on the events `used`, bool (n,), with limits chosen on those of `basis`, bool (n,).

    `energy_kev`, `labels` (n,) 1 or 0 on these events. In every window the limits are chosen anew.
    """
    usual = {name: method.usual(labels, basis) for name, method in methods.items()}
    rows: list[InWindow] = []
    for window in (*windows, None):
        inside = np.ones(len(labels), bool) if window is None else (energy_kev >= window[0]) & (energy_kev < window[1])
        decided = {name: method.keeping(WANTED, labels, basis & inside) for name, method in methods.items()}
        n_basis = int((labels[basis & inside] == 1).sum())
        background = used & inside & (labels == 0)
        leaked = _leaked_again(methods, labels, basis & inside, background)
        for name, one in decided.items():
            against = None if name == reference else _paired(decided[reference], one, background, level)
            p = math.nan if against is None else _with_limits(against, leaked[reference] - leaked[name])
            found = _leakage(one, labels, used & inside, level)
            rows.append(InWindow(window, name, one.limits, n_basis, found, against, reference, p))
    return _at_threshold(usual, labels, used, reference, level), tuple(rows)


def _at_threshold(
    usual: Mapping[str, Decision], labels: np.ndarray, used: np.ndarray, reference: str, level: float
) -> tuple[AtThreshold, ...]:
    own, found = usual[reference].kept, []
    for name, one in usual.items():
        if name == reference or own is None or one.kept is None:
            continue
        signal, background = used & (labels == 1), used & (labels == 0)
        right = mcnemar(own[signal], one.kept[signal], level), mcnemar(~own[background], ~one.kept[background], level)
        found.append(AtThreshold(name, *right))
    return tuple(found)


def _leakage(decision: Decision, labels: np.ndarray, used: np.ndarray, level: float) -> Leakage:
    if decision.kept is None:
        return Leakage(WANTED, float("nan"), efficiency(0, 0, level), efficiency(0, 0, level))
    members = [used & (labels == label) for label in (1, 0)]
    kept, leaked = (efficiency(int((decision.kept & m).sum()), int(m.sum()), level) for m in members)
    return Leakage(WANTED, float(decision.limits.get("threshold", float("nan"))), kept, leaked)


def _paired(first: Decision, second: Decision, events: np.ndarray, level: float) -> PairedTest | None:
    if first.kept is None or second.kept is None:
        return None
    return mcnemar(first.kept[events], second.kept[events], level)


def _leaked_again(
    methods: Mapping[str, Method], labels: np.ndarray, basis: np.ndarray, background: np.ndarray
) -> dict[str, np.ndarray]:
    """Per method the part of `background` that leaks with limits chosen on the events `basis`, drawn again with
    replacement (the same ones for all methods), float64 (N_REDRAWN,); NaN where none keeps enough.
    """
    rng, n = np.random.default_rng(1), int(background.sum())
    rows = np.flatnonzero(basis | background)
    some = {name: method.of(rows) for name, method in methods.items()}
    part, chosen_on, leaking = labels[rows], np.flatnonzero(basis[rows]), background[rows]
    leaked = {name: np.full(N_REDRAWN, math.nan) for name in methods}
    if not (len(chosen_on) and n):
        return leaked
    for i in range(N_REDRAWN):
        drawn = rng.choice(chosen_on, len(chosen_on))
        for name, method in some.items():
            kept = method.keeping(WANTED, part, drawn).kept
            if kept is not None:
                leaked[name][i] = (kept & leaking).sum() / n
    return leaked


def _with_limits(test: PairedTest, differences: np.ndarray) -> float:
    """p of a difference in leakage, two-sided and normal, where the variance of choosing the limits again
    (`differences`) adds to that of the events on which the two methods differ; never below McNemar's own.
    """
    if not test.n or not np.isfinite(differences).any():
        return math.nan
    variance = ((test.n10 + test.n01) / test.n - test.difference**2) / test.n + float(np.nanvar(differences))
    if variance <= 0.0:
        return test.p
    return max(test.p, 2.0 * float(special.ndtr(-abs(test.difference) / math.sqrt(variance))))


def compare_run(
    scored: Scored, threshold: float = 0.5, which_split: str = "test", scheme: str | None = None
) -> Comparison:
    """A run beside its baselines, under its own labels or those of `scheme`."""
    own = checked_scheme(scored.experiment, scheme or scored.selection.labels)
    scored = inside_own_cuts(scored)
    labels = scored.labels(own)
    used = members_of(scored.split, which_split) & ~np.isnan(scored.score) & (labels >= 0)
    basis, chosen_on = basis_of(scored.split, labels, used, scored.score)
    beside, notes = of_run(scored, own)
    methods = {NETWORK: Ranking(scored.score, checked_threshold(threshold)), **beside}
    energy_kev = scored.column(scored.experiment.judge_columns[0])
    found = compare(methods, energy_kev, labels, used, basis, scored.experiment.judge_windows)
    return Comparison(NETWORK, *found, chosen_on, tuple(notes))
