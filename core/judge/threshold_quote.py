"""What a threshold that follows the energy does on events that it was not chosen on, beside a constant one."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.judge.held_out import Events
from core.judge.report import DASH, in_words
from core.judge.threshold_curve import ThresholdCurve
from core.statistics.axis import Axis
from core.statistics.classcurves import by_bin
from core.statistics.efficiency import FEW, plain_parts
from core.statistics.intervals import Efficiency, defined, efficiency


@dataclass(frozen=True)
class Quoted:
    """What thresholds do on events that were held out: `curve` and `constant` have per class the efficiency of each energy bin,
    `totals` that of all of them. `flat_p_value`: how probable such differences between the bins' signal efficiencies
    are if it is the same in all of them (chi-square, bins of at least 20), for the curve and the constant threshold.
    """

    axis: Axis
    rows: dict[str, dict[str, tuple[Efficiency, ...]]]
    totals: dict[str, dict[str, Efficiency]]
    flat_p_value: dict[str, float]

    def comparison(self) -> list[dict[str, str]]:
        """One record per threshold as text: what is kept and rejected, and whether that is flat in energy."""
        return [
            {
                "threshold": "follows the energy" if kind == "curve" else "constant",
                "signal kept": in_words(classes["signal"], with_unit=True),
                "background rejected": in_words(classes["background"], with_unit=True),
                "signal flat in energy?": DASH if math.isnan(p := self.flat_p_value[kind]) else f"p = {p:.3g}",
            }
            for kind, classes in self.totals.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "bins": [
                {"threshold": kind, "class": name, **self.axis.plain(low, high), **row.to_dict()}
                for kind, classes in self.rows.items()
                for name, rows in classes.items()
                for low, high, row in zip(self.axis.edges.tolist(), self.axis.edges[1:].tolist(), rows, strict=False)
            ],
            "totals": {kind: plain_parts(classes) for kind, classes in self.totals.items()},
            "flat_p_value": {kind: defined(value) for kind, value in self.flat_p_value.items()},
        }


def quote(curve: ThresholdCurve, events: Events, axis: Axis) -> Quoted:
    """Signal kept and background rejected per bin of the axis by the curve and by the constant threshold."""
    thresholds = {"curve": curve.at(events.axis_values), "constant": np.full(len(events.score), curve.constant)}
    rows: dict[str, dict[str, tuple[Efficiency, ...]]] = {}
    for kind, threshold in thresholds.items():
        calls = (events.score >= threshold.astype(np.float32)).astype(np.int8)
        background, signal = by_bin(events.axis_values, calls, events.labels, ("background", "signal"), axis)
        rows[kind] = {"signal": signal.efficiency, "background": background.efficiency}
    totals = {
        kind: {name: efficiency(sum(r.k for r in bins), sum(r.n for r in bins)) for name, bins in c.items()}
        for kind, c in rows.items()
    }
    return Quoted(axis, rows, totals, {kind: _flat_p_value(c["signal"]) for kind, c in rows.items()})


def _flat_p_value(rows: tuple[Efficiency, ...]) -> float:
    k, n = (np.array([getattr(row, name) for row in rows if row.n >= FEW], float) for name in ("k", "n"))
    if len(n) < 2:
        return math.nan
    common = k.sum() / n.sum()
    if common in (0.0, 1.0):
        return 1.0
    chi2 = float(np.sum((k - n * common) ** 2 / (n * common * (1.0 - common))))
    return float(special.chdtrc(len(n) - 1, chi2))
