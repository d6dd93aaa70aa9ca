"""Histograms that tell what they leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special  # not scipy.stats, which takes more than a second to import

ONE_SIGMA = 0.6827


@dataclass(frozen=True)
class Histogram:
    """Counts per bin with statistical errors.

    `edges` (m + 1,); `counts`, `error_low`, `error_high` (m,): distances to the ends of the central 68.27 %
    Poisson interval (Garwood), so that an empty bin has an upper error. `n_under`, `n_over`, `n_missing` (NaN)
    are in no bin; `n` is everything that was given.
    """

    edges: np.ndarray
    counts: np.ndarray
    error_low: np.ndarray
    error_high: np.ndarray
    n_under: int
    n_over: int
    n_missing: int
    n: int

    def fractions(self) -> "Histogram":
        """The same histogram in units of everything defined (under- and overflow included)."""
        scale = 1.0 / max(self.n - self.n_missing, 1)
        return Histogram(
            self.edges, self.counts * scale, self.error_low * scale, self.error_high * scale,
            self.n_under, self.n_over, self.n_missing, self.n,
        )  # fmt: skip


def bin_indices(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin number of each value: -1 below, m above, m + 1 for NaN; bins are [low, high), the last one closed.

    float32 values are compared with float32 edges: 0.95 as a network prints it (0.9499999881) and the edge
    0.95 are meant to be the same number, and a floor division by the bin width would part them.
    """
    values = np.asarray(values)
    edges = np.asarray(edges, dtype=np.float32 if values.dtype == np.float32 else np.float64)
    index = np.searchsorted(edges, values, side="right") - 1
    n_bins = len(edges) - 1
    index[values == edges[-1]] = n_bins - 1
    if values.dtype.kind == "f":
        index[np.isnan(values)] = n_bins + 1
    return index


def poisson_errors(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances from counts to the ends of their central 68.27 % Poisson interval (Garwood 1936); low = 0 at 0."""
    tail = (1.0 - ONE_SIGMA) / 2.0
    counts = np.asarray(counts, dtype=float)
    low = np.where(counts > 0, special.gammaincinv(np.maximum(counts, 1.0), tail), 0.0)
    high = special.gammaincinv(counts + 1.0, 1.0 - tail)
    return counts - low, high - counts


def histogram(values: np.ndarray, edges: np.ndarray) -> Histogram:
    """Histogram of `values` (n,), any real type, NaN counted as missing."""
    n_bins = len(edges) - 1
    tally = np.bincount(bin_indices(values, edges) + 1, minlength=n_bins + 3)
    counts = tally[1 : n_bins + 1]
    low, high = poisson_errors(counts)
    over, missing = int(tally[n_bins + 1]), int(tally[n_bins + 2])
    return Histogram(np.asarray(edges), counts, low, high, int(tally[0]), over, missing, len(values))


def spikes(counts: np.ndarray, share: float = 0.05, factor: float = 3.0) -> np.ndarray:
    """Inner bins that hold more than `share` of all and `factor` times as much as either neighbour: (k,) indices.

    A network that answers many events with one and the same score does this (a default output); the first and
    the last bin, where confident answers pile up, are not looked at.
    """
    counts = np.asarray(counts, dtype=float)
    neighbour = np.maximum(counts[:-2], counts[2:])
    inner = counts[1:-1]
    return np.flatnonzero((inner > share * counts.sum()) & (inner > factor * neighbour)) + 1


def histogram_columns(by_class: Mapping[str, Histogram]) -> dict[str, Sequence[Any]]:
    """Class histograms with the same edges as columns for a file: low, high, and of each class n with the ends of its error."""
    edges: Sequence[Any] = list(next(iter(by_class.values())).edges) if by_class else []
    columns: dict[str, Sequence[Any]] = {"low": list(edges[:-1]), "high": list(edges[1:])}
    for name, histogram in by_class.items():
        columns |= {f"n {name}": list(histogram.counts)}
        columns |= {f"error low {name}": list(histogram.error_low), f"error high {name}": list(histogram.error_high)}
    return columns
