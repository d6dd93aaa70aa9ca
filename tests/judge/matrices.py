"""Matrices made by hand from counts, for tests of what is drawn and written of them."""

import math

import numpy as np

from core.judge.compatibility import Cell, Matrix
from core.judge.grid import Region
from core.statistics.efficiency import Leakage, from_counts
from core.statistics.intervals import PairInterval, efficiency

Counts = tuple[int, int, int, int]
"""Signal kept, signal, background rejected, background."""


def region(name: str = "C1 3-6 keV", crystal: int = 1, low: float = 3.0, high: float = 6.0) -> Region:
    return Region(name, {"crystal": crystal, "window_kev": [low, high]})


REGIONS = (region(), region("C1 6-10 keV", 1, 6.0, 10.0), region("C3 3-6 keV", 3, 3.0, 6.0))


def cell(counts: Counts, n_left_out: int = 0, n_missing: int = 0, leaked: int = 0) -> Cell:
    """A cell with these counts; its area is a stand-in, defined where both classes are there."""
    n_kept, n_signal, _, n_background = counts
    value = 0.9 if n_signal and n_background else math.nan
    area = PairInterval(value, value - 0.1, value + 0.05, n_signal, n_background)
    leakage = Leakage(0.99, 0.4, efficiency(n_kept, n_signal), efficiency(leaked, n_background))
    return Cell("run", from_counts(*counts), area, leakage, "validation", n_left_out, n_missing)


def matrix(cells, regions=REGIONS, notes: tuple[str, ...] = ("a note",)) -> Matrix:
    return Matrix(tuple(regions), tuple(tuple(row) for row in cells), 0.5, "published", notes)


def square(n: int) -> Matrix:
    """n x n cells whose signal efficiency falls from 99 % away from the diagonal."""
    regions = [region(f"C{i + 1} 3-6 keV", i + 1) for i in range(n)]
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return matrix(
        [[cell((990 - 3 * int(d), 1000, 970, 1000), leaked=int(d)) for d in row] for row in distance], regions
    )


def sparse() -> Matrix:
    """Of three regions: full, few, missing (no run), unscored, undefined (no background)."""
    return matrix(
        [
            [cell((95, 100, 180, 200), n_left_out=7), cell((9, 10, 19, 30)), cell((90, 100, 198, 200))],
            [None, None, None],
            [cell((0, 0, 0, 0), n_missing=40), cell((50, 60, 0, 0)), cell((100, 100, 200, 200))],
        ]
    )
