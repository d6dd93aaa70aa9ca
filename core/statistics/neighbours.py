"""What nearest neighbours tell of a generated sample: is it likely, does it cover the truth, was it copied?"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.errors import TooFewError
from core.statistics.intervals import LEVEL, Efficiency, Interval, efficiency
from core.statistics.residuals import resampled

N_NEIGHBOURS, MOST_ROWS, N_RESAMPLED = 5, 4_000, 1_000
RATIO = f"percentiles of {N_RESAMPLED} bootstrap samples of both means"


@dataclass(frozen=True)
class Manifolds:
    """Precision, recall (Kynkaanniemi et al., 1904.06991), density and coverage (Naeem et al., 2002.09797).

    `precision`: generated rows that lie within reach of a true row, its k-th true neighbour; `recall`: true rows within reach of a generated
    row; `density`: reaches of true rows that hold a generated row, mean over k (1 for the truth itself, may be more); `coverage`: true
    rows in whose reach a generated row lies. Intervals take rows as independent.
    """

    precision: Efficiency
    recall: Efficiency
    density: Interval
    coverage: Efficiency


def manifolds(truth: np.ndarray, generated: np.ndarray, k: int = N_NEIGHBOURS) -> Manifolds:
    """Of two samples (n, d), (m, d); fewer than k + 1 rows in one are refused."""
    from sklearn.metrics import pairwise_distances

    n = min(len(truth), len(generated))
    if n <= k:
        raise TooFewError(f"Neighbours need {k + 1} rows on each side, there are {n}: judge more rows.")
    reach = [np.partition(pairwise_distances(sample), k, axis=1)[:, k] for sample in (truth, generated)]
    distance = pairwise_distances(truth, generated)
    in_true, in_generated = distance <= reach[0][:, None], distance <= reach[1][None, :]
    return Manifolds(
        precision=efficiency(int(in_true.any(axis=0).sum()), len(generated)),
        recall=efficiency(int(in_generated.any(axis=1).sum()), len(truth)),
        density=resampled(in_true.sum(axis=0) / k, np.mean),
        coverage=efficiency(int((distance.min(axis=1) <= reach[0]).sum()), len(truth)),
    )


def nearest(queries: np.ndarray, reference: Iterable[np.ndarray]) -> np.ndarray:
    """float64 (n,): distance of each query (n, d) to the nearest row of a reference, which comes in blocks (m, d); inf without any."""
    queries = np.asarray(queries, np.float32)
    best = np.full(len(queries), np.inf)
    for block in reference:
        others = np.asarray(block, np.float32)
        if not len(others):
            continue
        of_others = np.einsum("ij,ij->i", others, others, dtype=np.float64)
        rest = of_others[None, :] - 2.0 * (queries @ others.T)
        closest = rest.argmin(axis=1)  # then without the cancellation of float32
        apart = queries.astype(float) - others[closest]
        best = np.minimum(best, np.einsum("ij,ij->i", apart, apart))
    return np.sqrt(best)


def blocks(values: np.ndarray, n_rows: int = 5_000) -> Iterator[np.ndarray]:
    """A sample (n, d) in blocks."""
    return (values[start : start + n_rows] for start in range(0, len(values), n_rows))


def ratio_of_means(first: np.ndarray, second: np.ndarray, seed: int = 1) -> Interval:
    """Mean of `first` (n,) over that of `second` (m,), both positive; NaN where one is empty or the second is all 0."""
    n = min(len(first), len(second))
    if not n or not second.mean():
        return Interval(math.nan, math.nan, math.nan, n, method=RATIO)
    rng = np.random.default_rng(seed)
    means = [np.array([v[rng.integers(0, len(v), len(v))].mean() for _ in range(N_RESAMPLED)]) for v in (first, second)]
    low, high = np.quantile(means[0] / means[1], [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return Interval(float(first.mean() / second.mean()), float(low), float(high), n, method=RATIO)
