"""Purity and efficiency of each class, against a threshold on its probability and along an axis."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.statistics.axis import Axis
from core.statistics.efficiency import FEW
from core.statistics.intervals import LEVEL, Efficiency, clopper_pearson, defined, efficiencies

THRESHOLDS = np.round(np.linspace(0.0, 1.0, 101), 10)


@dataclass(frozen=True)
class Band:
    """k of n at every threshold, all (m,), with Clopper-Pearson limits; NaN where n = 0."""

    k: np.ndarray
    n: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def value(self) -> np.ndarray:
        return np.divide(self.k, self.n, out=np.full(len(self.k), np.nan), where=self.n > 0)


@dataclass(frozen=True)
class ClassCurve:
    """One class called where it is the most probable one and its probability reaches a threshold of `THRESHOLDS`.

    `efficiency`: of its true events; `purity`: of what is called so among events with a label, `purity_of_all` among all.
    """

    name: str
    efficiency: Band
    purity: Band
    purity_of_all: Band

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        bands = {name: getattr(self, name) for name in ("efficiency", "purity", "purity_of_all")}
        return {
            "class": self.name,
            "threshold": THRESHOLDS.tolist(),
            **{name: [defined(v) for v in band.value] for name, band in bands.items()},
            **{f"{name}_low": [defined(v) for v in band.low] for name, band in bands.items()},
            **{f"{name}_high": [defined(v) for v in band.high] for name, band in bands.items()},
            "n_true": int(self.efficiency.n[0]),
            "n_called": self.purity.n.tolist(),
        }


@dataclass(frozen=True)
class ClassByBin:
    """Efficiency of the true events of a class and purity of the called ones, per bin [low, high) of an axis."""

    name: str
    axis: Axis
    efficiency: tuple[Efficiency, ...]
    purity: tuple[Efficiency, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per bin."""
        bins = itertools.pairwise(self.axis.edges.tolist())
        return [
            {
                "class": self.name, **self.axis.plain(low, high), "efficiency": a.to_dict(),
                "purity": b.to_dict(), "few": a.n < FEW,
            }
            for (low, high), a, b in zip(bins, self.efficiency, self.purity, strict=True)
        ]  # fmt: skip


def by_threshold(
    probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str], level: float = LEVEL
) -> tuple[ClassCurve, ...]:
    """Curves of each class from probabilities (n, n_classes) and labels (n,), -1: without one."""
    best, top = probabilities.argmax(axis=1), np.asarray(probabilities.max(axis=1), np.float32)
    curves = []
    for k, name in enumerate(classes):
        is_best = best == k
        right, labelled, everything = (
            _reaching(top[is_best & chosen]) for chosen in (labels == k, labels >= 0, np.ones(len(labels), bool))
        )
        n_true = np.full(len(THRESHOLDS), int((labels == k).sum()))
        curves.append(
            ClassCurve(
                name, _band(right, n_true, level), _band(right, labelled, level), _band(right, everything, level)
            )
        )
    return tuple(curves)


def by_bin(
    values: np.ndarray,
    calls: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    axis: Axis,
    level: float = LEVEL,
) -> tuple[ClassByBin, ...]:
    """Each class per bin of the axis' quantity `values` (n,); `calls`, `labels` int (n,), -1: none. Purity counts events with a label."""
    m = len(axis.edges) - 1
    row = np.searchsorted(axis.edges, values, side="right") - 1
    inside = (row >= 0) & (row < m) & (labels >= 0)

    def count(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(row[inside & chosen], minlength=m)

    qualities = []
    for k, name in enumerate(classes):
        right = count((labels == k) & (calls == k))
        efficiency, purity = (efficiencies(right, count(chosen), level) for chosen in (labels == k, calls == k))
        qualities.append(ClassByBin(name, axis, efficiency, purity))
    return tuple(qualities)


def _reaching(top: np.ndarray) -> np.ndarray:
    """int64 (m,): how many of the probabilities reach each threshold."""
    return len(top) - np.searchsorted(np.sort(top), THRESHOLDS.astype(np.float32), side="left")


def _band(k: np.ndarray, n: np.ndarray, level: float) -> Band:
    return Band(k, n, *clopper_pearson(k, n, level))
