"""The nine train/test pairs of the CNN slides of 2020 beside the same cells of a study."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

from core.cosine import evaluate
from core.cosine.published import results
from core.judge.compatibility import Matrix
from core.judge.grid import Region
from core.statistics.efficiency import OperatingPoint
from core.statistics.intervals import Interval, PairInterval, defined

Share = Interval | PairInterval

QUANTITIES: dict[str, tuple[str, Callable[[OperatingPoint], Share]]] = {
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


def difference_in_sigma(ours: Share, theirs: Share) -> float:
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


def _one_sigma(width: float, of: Share) -> float:
    return width / NormalDist().inv_cdf((1.0 + of.level) / 2.0)


def _printed(value: float, points: list[Share]) -> Share:
    """A printed number with an interval that holds those of all counts which it may stand for."""
    low, high = min(p.low for p in points), max(p.high for p in points)
    return Interval(value, min(low, value), max(high, value), _n(points[0]), points[0].level, method=points[0].method)


def _n(point: Share) -> int:
    return point.n if isinstance(point, Interval) else point.n_signal + point.n_background


def _plain(name: str, point: Share | None) -> dict[str, float | int | None]:
    if point is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_n": None}
    return {
        name: defined(point.value), f"{name}_low": defined(point.low), f"{name}_high": defined(point.high),
        f"{name}_n": _n(point),
    }  # fmt: skip


def _place(matrix: Matrix, pair: results.Compatibility) -> tuple[int, int] | None:
    """Where a printed pair stands in the matrix."""
    places = [_cell_of(region) for region in matrix.regions]
    is_there = pair.trained in places and pair.tested in places
    return (places.index(pair.trained), places.index(pair.tested)) if is_there else None


def _cell_of(region: Region) -> results.Cell:
    low, high = region.facts["window_kev"]
    return results.Cell(int(region.facts["crystal"]), float(low), float(high))
