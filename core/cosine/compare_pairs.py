"""The nine train/test pairs of the CNN slides of 2020 beside the same cells of a study."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

from core.cosine import evaluate, published
from core.experiment import Region
from core.judge.compatibility import Matrix
from core.judge.efficiency import OperatingPoint
from core.judge.intervals import Interval, PairInterval, defined

Found = Interval | PairInterval

QUANTITIES: dict[str, tuple[str, Callable[[OperatingPoint], Found]]] = {
    "signal_efficiency": ("signal", lambda point: point.signal),
    "background_efficiency": ("background", lambda point: point.background),
    "harmonic_efficiency": ("harmonic", lambda point: point.harmonic),
}
"""Metric of a matrix -> field of a printed pair, and where an operating point has it."""


def published_pairs(matrix: Matrix) -> list[dict[str, Any]]:
    """One plain record per printed pair and quantity, the printed number beside the matrix' own; None where undefined.

    `published` is as printed (percent / 100), its `published_low` and `published_high` hold the intervals of all whole
    numbers of test events that would be printed so (those that also give the printed harmonic efficiency, where some
    do). `ours` is None where the study has no such cell, or the cell nothing to count. `at` is (trained, tested), the
    cell's indices in the matrix, or None. `difference_sigma` as in `difference_in_sigma`, at the matrix' level.
    """
    rows = []
    for check in evaluate.check_compatibility():
        pair = check.printed
        at = _place(matrix, pair)
        for metric, (name, of) in QUANTITIES.items():
            theirs = _printed(getattr(pair, name) / 100.0, [of(p) for p in check.matching or check.points])
            cell = matrix.cells[at[0]][at[1]] if at else None
            ours = of(cell.point) if cell else None
            row: dict[str, Any] = {"trained": str(pair.trained), "tested": str(pair.tested), "metric": metric, "at": at}
            row |= _plain("published", theirs) | _plain("ours", ours)
            row["difference_sigma"] = defined(difference_in_sigma(ours, theirs)) if ours else None
            rows.append(row)
    return rows


def difference_in_sigma(ours: Found, theirs: Found) -> float:
    """(ours - theirs) / sqrt(a^2 + b^2), where a and b are the parts of the two intervals that reach toward each other,
    taken from their level to one standard deviation as of a normal distribution (95 %: divided by 1.96).

    The intervals are asymmetric near 0 and 1, so this is a guide, not a test. NaN where one is undefined or both
    parts have no width; equal numbers: 0.
    """
    difference = ours.value - theirs.value
    if difference == 0.0:
        return 0.0
    upper, lower = (ours, theirs) if difference > 0 else (theirs, ours)
    reach = math.hypot(_one_sigma(upper.value - upper.low, upper), _one_sigma(lower.high - lower.value, lower))
    return difference / reach if reach > 0 else math.nan


def _one_sigma(width: float, of: Found) -> float:
    return width / NormalDist().inv_cdf((1.0 + of.level) / 2.0)


def _printed(value: float, points: list[Found]) -> Found:
    """A printed number with an interval that holds those of all counts which it may stand for."""
    low, high = min(p.low for p in points), max(p.high for p in points)
    return Interval(value, min(low, value), max(high, value), _n(points[0]), points[0].level, points[0].method)


def _n(found: Found) -> int:
    return found.n if isinstance(found, Interval) else found.n_signal + found.n_background


def _plain(name: str, found: Found | None) -> dict[str, float | int | None]:
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_n": None}
    return {
        name: defined(found.value), f"{name}_low": defined(found.low), f"{name}_high": defined(found.high),
        f"{name}_n": _n(found),
    }  # fmt: skip


def _place(matrix: Matrix, pair: published.Compatibility) -> tuple[int, int] | None:
    """Where a printed pair stands in the matrix."""
    there = [_cell_of(region) for region in matrix.regions]
    known = pair.trained in there and pair.tested in there
    return (there.index(pair.trained), there.index(pair.tested)) if known else None


def _cell_of(region: Region) -> published.Cell:
    low, high = region.facts["window_kev"]
    return published.Cell(int(region.facts["crystal"]), float(low), float(high))
