"""Counts along a quantity from which a cut on it can be moved without the rows: exact at every position."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from core.statistics.histogram import Histogram, poisson_errors

USUAL_POSITIONS, MOST_POSITIONS = 500, 2000


@dataclass(frozen=True)
class Side:
    """Which ends keep a class: indices of ends, None where no end does; `exclusive_low`: the value of the low end itself is
    not kept."""

    low: int | None = None
    high: int | None = None
    exclusive_low: bool = False


@dataclass(frozen=True)
class Counts:
    """Rows of one kind along the moving cut.

    `below` int64 (k,): rows with a value below each position; `upto`: at or below it, where the low end itself is not kept,
    else None. `n_open` are those below the open low and the open high end, so that n_open[1] - n_open[0] pass a cut that is
    open at both; `n` is all of them, undefined values included.
    """

    histogram: Histogram
    below: np.ndarray
    upto: np.ndarray | None
    n_open: tuple[int, int]
    n: int
    side: Side


@dataclass(frozen=True)
class Moving:
    """All that is needed to move a cut without the rows: `positions` (k,) ascending, at which counts are known, `counts` of
    each class and of the rest, by name (those without a row are left out), and of `all` common rows. `step` is the distance
    of positions.
    """

    positions: np.ndarray
    step: float
    counts: Mapping[str, Counts]
    all: Counts


def n_below(ordered: np.ndarray, edges: np.ndarray, *, or_equal: bool = False) -> np.ndarray:
    """int64 (k,): values below each of `edges` (k,), or at it too, of values in ascending order with NaN at the end.

    Edges are compared in the column's own precision, as cuts do; NaN is below nothing.
    """
    edges = edges.astype(ordered.dtype) if ordered.dtype.kind == "f" else edges
    return np.searchsorted(ordered, edges, side="right" if or_equal else "left")


def histogram_of(ordered: np.ndarray, edges: np.ndarray) -> Histogram:
    """A histogram in bins [low, high), all of them: what a cut on the ends of a bin keeps is what the bin holds."""
    below = n_below(ordered, edges)
    inside = np.diff(below)
    low, high = poisson_errors(inside)
    n_defined = int(np.count_nonzero(~np.isnan(ordered)))
    n_under, n_over = int(below[0]), n_defined - int(below[-1])
    return Histogram(edges, inside, low, high, n_under, n_over, len(ordered) - n_defined, len(ordered))


def count(
    ordered: np.ndarray, histogram: Histogram, positions: np.ndarray, side: Side = Side(), *, is_limit: bool = False
) -> Counts:
    """The counts of some rows, values (m,) in ascending order, at `positions`, with their `histogram`; `is_limit`: open ends
    are those of a limit (1e30).
    """
    low, high = n_below(ordered, np.array([-1e30, 1e30] if is_limit else [-math.inf, math.inf]))
    upto = n_below(ordered, positions, or_equal=True) if side.exclusive_low else None
    return Counts(histogram, n_below(ordered, positions), upto, (int(low), int(high)), len(ordered), side)


def round_step(low: float, high: float, n: int = USUAL_POSITIONS) -> float:
    """The least of 1, 2 and 5 times a power of ten of which at most n lie between low and high."""
    value = (high - low) / n
    power = math.floor(math.log10(value))
    return next(float(f"{digit}e{power}") for digit in (1, 2, 5, 10) if float(f"{digit}e{power}") >= value * (1 - 1e-9))


def digits_of(step: float) -> int:
    """Digits behind the point that a step needs."""
    exponent = Decimal(repr(step)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def positions_between(low: float, high: float, step: float, typed: Sequence[float] = ()) -> np.ndarray:
    """Float64 (k,), ascending: the multiples of a step from low to high, and the `typed` values wherever they are."""
    multiples = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
    return np.unique(np.concatenate([np.round(multiples, digits_of(step)), np.asarray(typed, float)]))


def bin_edges(low: float, high: float, n_bins: int) -> np.ndarray:
    """Float64 (n_bins + 1,): edges of twelve digits, which an address can carry without another row falling between them."""
    return np.array([float(f"{edge:.12g}") for edge in np.linspace(low, high, n_bins + 1)])


def along(
    values: Mapping[str, np.ndarray], histograms: Mapping[str, Histogram], all_values: np.ndarray, all_histogram: Histogram, step: float,
    side: Side, typed: Sequence[float] = (),
) -> Moving:  # fmt: skip
    """One threshold for all classes: `values` (m,) of each, with its histogram, from the first to the last edge of these."""
    edges = all_histogram.edges
    positions = positions_between(float(edges[0]), float(edges[-1]), step, typed)
    counts = {name: count(np.sort(of), histograms[name], positions, side) for name, of in values.items()}
    return Moving(positions, step, counts, count(np.sort(all_values), all_histogram, positions, side))
