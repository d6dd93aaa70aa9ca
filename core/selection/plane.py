"""Rows counted in the cells of a plane of two quantities, per class, as they are drawn: on linear or logarithmic axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np

from core.errors import DarkroomError
from core.selection.region import Region, as_drawn

N_CELLS, N_CELLS_OF_FEW = (140, 90), (56, 36)
MAX_POINTS = 5000  # as many rows or fewer are drawn one by one
MARGIN = 0.03  # of the range of what has none declared


@dataclass(frozen=True)
class PlaneAxis:
    """A quantity along a side of a plane, by the name that regions give it: its label and unit, and the range [low, high) in its unit."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    is_log: bool = False

    @property
    def title(self) -> str:
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def edges(self, n: int) -> np.ndarray:
        """n + 1 values between equal cells as they are drawn."""
        if not self.is_log:
            return np.linspace(self.low, self.high, n + 1)
        edges = np.geomspace(self.low, self.high, n + 1)
        edges[[0, -1]] = self.low, self.high
        return edges


@dataclass(frozen=True)
class Plane:
    """Counts of rows by class: int64 (n_x, n_y) each, between `x_edges` and `y_edges`; `n_outside` rows of `n` are in no cell.

    `mean` float64 (n_x, n_y): of a third quantity, NaN in empty cells; None without one. `points`: of few rows, how far each lies along both
    axes, float32 (k,) from 0 to 1, and the place of its class int8 (k,); None of many.
    """

    x: PlaneAxis
    y: PlaneAxis
    x_edges: np.ndarray
    y_edges: np.ndarray
    counts: Mapping[str, np.ndarray]
    n_outside: int
    n: int
    mean: np.ndarray | None = None
    points: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def columns(self) -> dict[str, Sequence[object]]:
        """Columns of a file: one line for each cell that is not empty, with the rows of each class."""
        i, j = np.nonzero(sum(self.counts.values(), np.zeros((len(self.x_edges) - 1, len(self.y_edges) - 1), np.int64)))
        ends = {
            f"{self.x.title} from": self.x_edges[i], "x to": self.x_edges[i + 1],
            f"{self.y.title} from": self.y_edges[j], "y to": self.y_edges[j + 1],
        }  # fmt: skip
        counts = {f"n {name}": of[i, j] for name, of in self.counts.items()}
        return {name: values.tolist() for name, values in {**ends, **counts}.items()}

    def fits(self, region: Region) -> bool:
        """Whether the region was drawn in this plane, over these axes as they are drawn now."""
        drawn = (region.x, region.y, region.x_log, region.y_log)
        return drawn == (self.x.name, self.y.name, self.x.is_log, self.y.is_log)


def range_of(values: np.ndarray, is_log: bool) -> tuple[float, float]:
    """A range (low, high) that holds nearly all of `values` (n,) with a margin; (0, 1), or (1, 10) on a logarithmic axis, of none."""
    drawn = as_drawn(values, is_log)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return (1.0, 10.0) if is_log else (0.0, 1.0)
    low, high = (float(v) for v in np.quantile(drawn, (0.0, 1.0) if len(drawn) < MAX_POINTS else (0.0005, 0.9995)))
    margin = MARGIN * (high - low) or 0.5
    ends = np.array([low - margin, high + margin])
    low, high = (float(v) for v in (10.0**ends if is_log else ends))
    return low, high


def plane_of(
    axes: tuple[PlaneAxis, PlaneAxis], x: np.ndarray, y: np.ndarray, labels: np.ndarray, names: Sequence[str],
    third: np.ndarray | None = None,
) -> Plane:  # fmt: skip
    """Count the rows with quantities x, y (n,) by `labels` int8 (n,), places in `names`; -1 is left out. `third` (n,), defined
    where labels are, is averaged.
    """
    n = int((labels >= 0).sum())
    n_cells = N_CELLS if n > MAX_POINTS else N_CELLS_OF_FEW
    edges = [axis.edges(n) for axis, n in zip(axes, n_cells, strict=True)]
    for axis, values in zip(axes, edges, strict=True):
        if not np.all(np.diff(values) > 0.0):
            raise DarkroomError(
                f"The axis of {axis.label} goes from {axis.low:g} to {axis.high:g}: it has no cells there."
            )
    drawn = [as_drawn(values, axis.is_log) for axis, values in zip(axes, (x, y), strict=True)]
    drawn_edges = [as_drawn(values, axis.is_log) for axis, values in zip(axes, edges, strict=True)]
    counts = np.zeros((len(names), *n_cells), np.int64)
    sums = np.zeros((0, 0) if third is None else n_cells)
    values = np.zeros(0) if third is None else np.ascontiguousarray(third, np.float64)
    n_outside = int(_count(*drawn, labels.astype(np.int8), *drawn_edges, values, counts, sums))
    total = counts.sum(axis=0)
    mean = None if third is None else np.divide(sums, total, out=np.full(n_cells, np.nan), where=total > 0)
    points = _points(drawn, drawn_edges, labels) if n <= MAX_POINTS else None
    by_name = dict(zip(names, counts, strict=True))
    return Plane(*axes, edges[0], edges[1], by_name, n_outside, n, mean, points)


def _points(
    drawn: Sequence[np.ndarray], edges: Sequence[np.ndarray], labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each row of a class lies that is within the axes."""
    with np.errstate(invalid="ignore"):
        x, y = ((values - ends[0]) / (ends[-1] - ends[0]) for values, ends in zip(drawn, edges, strict=True))
        is_there = (labels >= 0) & (x >= 0.0) & (x < 1.0) & (y >= 0.0) & (y < 1.0)
    return x[is_there].astype(np.float32), y[is_there].astype(np.float32), labels[is_there].astype(np.int8)


@numba.njit(nogil=True, cache=True)
def _bin(value, edges):  # type: ignore[no-untyped-def]
    """The cell [low, high) of a value by the edges as they are, -1 outside: a division alone would be off by one at some."""
    last = edges.size - 1
    if not (edges[0] <= value < edges[last]):
        return -1
    at = min(int((value - edges[0]) / (edges[last] - edges[0]) * last), last - 1)
    while value < edges[at]:
        at -= 1
    while value >= edges[at + 1]:
        at += 1
    return at


@numba.njit(nogil=True, cache=True)
def _count(x, y, labels, x_edges, y_edges, third, counts, sums):  # type: ignore[no-untyped-def]
    n_outside = 0
    for k in range(x.size):
        if labels[k] < 0:
            continue
        i, j = _bin(x[k], x_edges), _bin(y[k], y_edges)
        if i < 0 or j < 0:
            n_outside += 1
            continue
        counts[labels[k], i, j] += 1
        if third.size:
            sums[i, j] += third[k]
    return n_outside
