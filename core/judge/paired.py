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

from core.judge.baselines import Decision, Method, Ranking
from core.judge.judged_sample import judged_sample
from core.judge.score_table import ScoreTable
from core.statistics.axis import Axis, Window
from core.statistics.efficiency import Leakage, checked_threshold, leakage_of
from core.statistics.intervals import defined
from core.statistics.mcnemar import METHOD, PairedTest, mcnemar

NETWORK = "network"
WANTED = 0.99
N_REDRAWN = 100  # times that limits are chosen again: their scatter is known to 7 %


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
    """One method where it keeps the wanted part of the signal of a window of the axis (None: of all).

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

    def to_dict(self, axis: Axis) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            f"window{axis.suffix}": list(self.window) if self.window else None,
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
    axis: Axis
    notes: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        """What is compared, the reference first."""
        return list(dict.fromkeys(row.method for row in self.rows))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "reference": self.reference,
            "at_threshold": [pair.to_dict() for pair in self.at_threshold],
            "leakage_at_99": [row.to_dict(self.axis) for row in self.rows],
            "chosen_on": self.chosen_on,
            "method": METHOD,
            "notes": list(self.notes),
        }


def compare(
    methods: Mapping[str, Method],
    values: np.ndarray,
    labels: np.ndarray,
    used: np.ndarray,
    basis: np.ndarray,
    windows: tuple[Window, ...],
    *,
    reference: str = NETWORK,
) -> tuple[tuple[AtThreshold, ...], tuple[InWindow, ...]]:
    """Judge all `methods` on the events `used`, bool (n,), with limits chosen on those of `basis`, bool (n,).

    `values` (n,) of what the windows divide, `labels` (n,) 1 or 0 on these events. In every window the limits are chosen anew.
    """
    usual = {name: method.usual(labels, basis) for name, method in methods.items()}
    rows: list[InWindow] = []
    for window in (*windows, None):
        inside = np.ones(len(labels), bool) if window is None else (values >= window[0]) & (values < window[1])
        decided = {name: method.keeping(WANTED, labels, basis & inside) for name, method in methods.items()}
        n_basis = int((labels[basis & inside] == 1).sum())
        counted = used & inside
        background = counted & (labels == 0)
        leaked = _leaked_again(methods, labels, basis & inside, background)
        for name, decision in decided.items():
            against = None if name == reference else _paired(decided[reference], decision, background)
            p = math.nan if against is None else _with_limits(against, leaked[reference] - leaked[name])
            leakage = _leakage(decision, labels, counted)
            rows.append(InWindow(window, name, decision.limits, n_basis, leakage, against, reference, p))
    return _at_threshold(usual, labels, used, reference), tuple(rows)


def _at_threshold(
    usual: Mapping[str, Decision], labels: np.ndarray, used: np.ndarray, reference: str
) -> tuple[AtThreshold, ...]:
    accepted, pairs = usual[reference].accepted, []
    for name, decision in usual.items():
        if name == reference or accepted is None or decision.accepted is None:
            continue
        signal, background = used & (labels == 1), used & (labels == 0)
        right = (
            mcnemar(accepted[signal], decision.accepted[signal]),
            mcnemar(~accepted[background], ~decision.accepted[background]),
        )
        pairs.append(AtThreshold(name, *right))
    return tuple(pairs)


def _leakage(decision: Decision, labels: np.ndarray, counted: np.ndarray) -> Leakage:
    if decision.accepted is None:
        return leakage_of(None, labels, WANTED, math.nan)
    threshold = float(decision.limits.get("threshold", math.nan))
    return leakage_of(decision.accepted[counted], labels[counted], WANTED, threshold)


def _paired(first: Decision, second: Decision, events: np.ndarray) -> PairedTest | None:
    if first.accepted is None or second.accepted is None:
        return None
    return mcnemar(first.accepted[events], second.accepted[events])


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
            accepted = method.keeping(WANTED, part, drawn).accepted
            if accepted is not None:
                leaked[name][i] = (accepted & leaking).sum() / n
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
    scored: ScoreTable, threshold: float = 0.5, which_split: str = "test", scheme: str | None = None
) -> Comparison:
    """A run beside its baselines, under its own labels or those of `scheme`."""
    sample = judged_sample(scored, scheme)
    table, labels = sample.table, sample.labels
    used = sample.members(which_split) & ~np.isnan(table.score) & (labels >= 0)
    basis, chosen_on = sample.basis(used)
    baselines, notes = sample.baselines
    methods = {NETWORK: Ranking(table.score, checked_threshold(threshold)), **baselines}
    windows = table.axis.windows if table.has_axis else ()
    compared = compare(methods, table.axis_values, labels, used, basis, windows)
    return Comparison(NETWORK, *compared, chosen_on, table.axis, tuple(notes))
