"""Histograms of table columns per class, fast enough to follow a slider on millions of rows."""

from collections.abc import Sequence

import numba
import numpy as np

from core.data.cuts import sum_over_threads
from core.statistics.histogram import Histogram, poisson_errors


def class_histograms(
    values: np.ndarray, labels: np.ndarray, names: Sequence[str], low: float, high: float, n_bins: int
) -> dict[str, Histogram]:
    """Histogram of `values` (n,) for each class: `labels` (n,) is the index in `names`, -1 is left out.

    Bins are equal, [low, high); under- and overflow and NaN are told.
    """

    def count(part: slice) -> np.ndarray:
        out = np.zeros((len(names), n_bins + 3), np.int64)
        _fill(values[part], labels[part], low, high, n_bins, out)
        return out

    counts = sum_over_threads(count, len(values))
    edges = np.linspace(low, high, n_bins + 1)
    histograms = {}
    for name, row in zip(names, counts, strict=True):
        inside = row[1:-2]
        below, above = poisson_errors(inside)
        outside = (int(row[0]), int(row[-2]), int(row[-1]))
        histograms[name] = Histogram(edges, inside, below, above, *outside, n=int(row.sum()))
    return histograms


def usual_range(values: np.ndarray, declared: tuple[float, float]) -> tuple[float, float]:
    """The declared range if at least half of the defined values lie in it, else one that holds the data."""
    some = values[:: max(1, len(values) // 20_000)]
    some = some[np.isfinite(some)]
    if not len(some) or np.mean((some >= declared[0]) & (some < declared[1])) >= 0.5:
        return declared
    low, high = (float(v) for v in np.quantile(some, (0.0, 0.995)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def by_name(
    labels: np.ndarray, preselected: np.ndarray, classes: Sequence[str], rest: str
) -> tuple[np.ndarray, list[str]]:
    """(labels, names) with one class more: rows inside the cuts that have no label."""
    return np.where((labels < 0) & preselected, np.int8(len(classes)), labels), [*classes, rest]


@numba.njit(nogil=True, cache=True)
def _fill(values, labels, low, high, n_bins, out):  # type: ignore[no-untyped-def]
    scale = n_bins / (high - low)
    for i in range(values.size):
        k = labels[i]
        if k < 0:
            continue
        v = values[i]
        if np.isnan(v):
            out[k, n_bins + 2] += 1
        elif v < low:
            out[k, 0] += 1
        elif v >= high:
            out[k, n_bins + 1] += 1
        else:
            out[k, 1 + min(int((v - low) * scale), n_bins - 1)] += 1
