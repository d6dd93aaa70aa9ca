"""How far two samples of one quantity are from each other: separation power, Jensen-Shannon and Wasserstein distance.

None of them is negative, so that two samples of one distribution are a little apart as well: quote beside them what truth against
truth gives with as many values. Intervals are the scatter of resampled samples, laid around the value: they hold what samples of this
size scatter by, and do not correct for what it adds.
"""

import math
from collections.abc import Callable

import numpy as np

from core.statistics.histogram import bin_indices
from core.statistics.intervals import LEVEL, Interval

N_BINS, OUTSIDE, ALIKE = 50, 1e-3, 1e-6
N_DRAWN, MOST_ROWS, N_DRAWN_SORTED = 400, 10_000, 100
AROUND = "scatter of {n} resampled pairs of samples, around the value"


def edges_of(reference: np.ndarray, n_bins: int = N_BINS) -> np.ndarray:
    """Bins of equal width from the lowest to the highest of the central 99.8 % of the reference (n,), as the CaloChallenge has
    them (40 to 100 over a range that holds nearly all): float64 (n_bins + 1,). NaN is not looked at; a reference that is all
    one value gets one narrow bin.
    """
    values = np.asarray(reference, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = np.quantile(values, [OUTSIDE, 1.0 - OUTSIDE])
    if high <= low:
        return np.array([low, low]) + np.array([-1.0, 1.0]) * ALIKE * max(abs(low), ALIKE)
    return np.linspace(low, high, n_bins + 1)


def counts_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """int64 (m + 3,): values below the first edge, in each of m bins, above the last, and NaN: nothing is left out."""
    return np.bincount(bin_indices(np.asarray(values, float), edges) + 1, minlength=len(edges) + 2)


def separation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """S = 1/2 sum (p - q)^2 / (p + q) of two histograms (..., m), each normalised to 1 (triangular discrimination, eq. 15 of
    2009.03796, as the CaloChallenge quotes it): 0 the same, 1 disjoint. Empty: NaN.
    """
    p, q = _shares(first), _shares(second)
    total = p + q
    parts = np.divide((p - q) ** 2, total, out=np.zeros_like(total), where=total != 0.0)
    return np.asarray(0.5 * parts.sum(axis=-1))


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of two histograms (..., m) in bits: 0 the same, 1 disjoint. Empty: NaN."""
    p, q = _shares(first), _shares(second)
    middle = 0.5 * (p + q)
    parts = [part * np.log2(np.divide(part, middle, out=np.ones_like(part), where=part != 0.0)) for part in (p, q)]
    return np.asarray(0.5 * (parts[0] + parts[1]).sum(axis=-1))


def of_histograms(
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray], first: np.ndarray, second: np.ndarray, seed: int = 1
) -> Interval:  # fmt: skip
    """A distance of two histograms of counts (m,) with its interval; NaN where one is empty."""
    sizes = int(first.sum()), int(second.sum())
    if not min(sizes):
        return Interval(math.nan, math.nan, math.nan, min(sizes), method=AROUND.format(n=N_DRAWN))
    rng = np.random.default_rng(seed)
    draws = [rng.multinomial(n, counts / n, N_DRAWN) for n, counts in zip(sizes, (first, second), strict=True)]
    return around(float(distance(first, second)), distance(*draws), min(sizes))


def separation_of(reference: np.ndarray, values: np.ndarray, n_bins: int = N_BINS) -> Interval:
    """Separation power of values (m,) from the reference (n,), in its bins (`edges_of`)."""
    edges = edges_of(reference, n_bins)
    return of_histograms(separation, counts_of(reference, edges), counts_of(values, edges))


def wasserstein_of(reference: np.ndarray, values: np.ndarray, seed: int = 1) -> Interval:
    """Mean distance by which values (m,) have to be carried to become the reference (n,), in its unit; NaN where one is empty or
    holds none that is defined.
    """
    from scipy.stats import wasserstein_distance  # takes more than a second to import

    samples = [np.sort(v[np.isfinite(v)]) for v in (np.asarray(reference, float), np.asarray(values, float))]
    n = min(map(len, samples))
    if not n:
        return Interval(math.nan, math.nan, math.nan, 0, method=AROUND.format(n=N_DRAWN_SORTED))
    rng, sizes = np.random.default_rng(seed), [min(len(sample), MOST_ROWS) for sample in samples]
    draws = [
        wasserstein_distance(*(s[rng.integers(0, len(s), m)] for s, m in zip(samples, sizes, strict=True)))
        for _ in range(N_DRAWN_SORTED)
    ]
    return around(float(wasserstein_distance(*samples)), np.array(draws), n, math.sqrt(min(sizes) / n))


def around(value: float, draws: np.ndarray, n: int, shrunk: float = 1.0) -> Interval:
    """A number that is never negative, with the central 95 % of resampled ones (k,) around it; `shrunk` where fewer values
    were drawn than there are.
    """
    low, high = np.quantile(draws, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]) - draws.mean()
    method = AROUND.format(n=len(draws))
    return Interval(value, max(value + shrunk * float(low), 0.0), value + shrunk * float(high), n, method=method)


def _shares(counts: np.ndarray) -> np.ndarray:
    """A histogram normalised to 1, NaN where it is empty."""
    counts = np.asarray(counts, float)
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0.0)
