"""What a threshold that follows the energy does on events that it was not chosen on, beside a constant one."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.judge.efficiency import CLASSES, FEW
from core.judge.intervals import LEVEL, Efficiency, defined, efficiencies, efficiency
from core.judge.threshold_curve import ThresholdCurve
from core.judge.unseen import Events


@dataclass(frozen=True)
class Quoted:
    """What thresholds do on unseen events: `curve` and `constant` have per class the efficiency of each energy bin,
    `totals` that of all of them. `flat_p_value`: how probable such differences between the bins' signal efficiencies
    are if it is the same in all of them (chi-square, bins of at least 20), for the curve and the constant threshold.
    """

    edges_kev: np.ndarray
    rows: dict[str, dict[str, tuple[Efficiency, ...]]]
    totals: dict[str, dict[str, Efficiency]]
    flat_p_value: dict[str, float]

    def comparison(self) -> list[dict[str, str]]:
        """One record per threshold as text: what is kept and rejected, and whether that is flat in energy."""
        return [
            {
                "threshold": "follows the energy" if kind == "curve" else "constant",
                "signal kept": _in_words(classes["signal"]),
                "background rejected": _in_words(classes["background"]),
                "signal flat in energy?": "undefined" if math.isnan(p := self.flat_p_value[kind]) else f"p = {p:.3g}",
            }
            for kind, classes in self.totals.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "bins": [
                {"threshold": kind, "class": name, "energy_low_kev": low, "energy_high_kev": high, **row.to_dict()}
                for kind, classes in self.rows.items()
                for name, rows in classes.items()
                for low, high, row in zip(self.edges_kev.tolist(), self.edges_kev[1:].tolist(), rows, strict=False)
            ],
            "totals": {
                kind: {f"{name}_efficiency": one.to_dict() for name, one in classes.items()}
                for kind, classes in self.totals.items()
            },
            "flat_p_value": {kind: defined(value) for kind, value in self.flat_p_value.items()},
        }


def quote(curve: ThresholdCurve, unseen: Events, edges_kev: np.ndarray, level: float = LEVEL) -> Quoted:
    """Signal kept and background rejected per energy bin by the curve and by the constant threshold."""
    m = len(edges_kev) - 1
    row = np.searchsorted(edges_kev, unseen.energy_kev, side="right") - 1
    inside = (row >= 0) & (row < m)
    thresholds = {"curve": curve.at(unseen.energy_kev), "constant": np.full(len(row), curve.constant)}
    rows: dict[str, dict[str, tuple[Efficiency, ...]]] = {}
    for kind, threshold in thresholds.items():
        kept = unseen.score >= threshold.astype(np.float32)
        rows[kind] = {}
        for name, label in CLASSES.items():
            mine = inside & (unseen.labels == label)
            good = mine & (kept == bool(label))
            n_good, n = (np.bincount(row[chosen], minlength=m) for chosen in (good, mine))
            rows[kind][name] = efficiencies(n_good, n, level)
    totals = {
        kind: {name: efficiency(sum(r.k for r in found), sum(r.n for r in found), level) for name, found in c.items()}
        for kind, c in rows.items()
    }
    return Quoted(edges_kev, rows, totals, {kind: _flat_p_value(c["signal"]) for kind, c in rows.items()})


def _flat_p_value(rows: tuple[Efficiency, ...]) -> float:
    k, n = (np.array([getattr(row, name) for row in rows if row.n >= FEW], float) for name in ("k", "n"))
    if len(n) < 2:
        return math.nan
    common = k.sum() / n.sum()
    if common in (0.0, 1.0):
        return 1.0
    chi2 = float(np.sum((k - n * common) ** 2 / (n * common * (1.0 - common))))
    return float(special.chdtrc(len(n) - 1, chi2))


def _in_words(one: Efficiency) -> str:
    if math.isnan(one.value):
        return "undefined"
    return f"{100 * one.value:.2f} % [{100 * one.low:.2f}, {100 * one.high:.2f}] n = {one.n:,}"
