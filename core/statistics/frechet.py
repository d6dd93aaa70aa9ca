"""Distances between samples of several quantities: Frechet (FPD) and kernel physics distance (KPD) of 2211.10295.

Both are of features (n, n_features), each divided by its largest absolute value in the reference, as the package jetnet does, so that
numbers compare with printed ones. Rows with an undefined feature must be left out before.
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import special
from scipy.optimize import lsq_linear

from core.errors import TooFewError
from core.statistics.histogram import ONE_SIGMA
from core.statistics.intervals import LEVEL, Interval

MIN_SAMPLES, MAX_SAMPLES, N_SIZES, N_REPEATED = 10_000, 50_000, 10, 20
BATCH_ROWS, N_BATCHES, DEGREE = 5_000, 10, 4
BLOCK_ROWS = 1_000
FPD = "intercept in 1/N of {n} resampled sizes; normal, from the scatter of resampled samples and the fit"
KPD = "median and central 68.27 % of {n} batches"


def frechet(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two Gaussians, each its mean (d,) and covariance (d, d)."""
    (m1, c1), (m2, c2) = first, second
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ c2 @ root), 0.0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2.0 * cross)


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d) of a sample (n, d)."""
    return values.mean(axis=0), np.atleast_2d(np.cov(values, rowvar=False))


def normalised(reference: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both samples in units of the largest absolute value of each feature in the reference (of one that is 0, as it is)."""
    largest = np.abs(reference).max(axis=0)
    largest = np.where(largest > 0.0, largest, 1.0)
    return reference / largest, values / largest


def fpd(
    reference: np.ndarray, values: np.ndarray, min_samples: int = MIN_SAMPLES, max_samples: int = MAX_SAMPLES, seed: int = 1
) -> Interval:  # fmt: skip
    """Frechet distance of Gaussians with the moments of the samples (n, d), (m, d), extrapolated to infinitely many rows.

    Samples of 10 sizes N, even in 1/N, are drawn with replacement, 20 of each, and the mean distances are fitted by a + b / N, a and b
    not negative; a is quoted. What the rows themselves scatter stays in it. Fewer rows than `min_samples` are refused.
    """
    n = min(len(reference), len(values))
    if n < min_samples:
        raise TooFewError(
            f"The Frechet distance needs {min_samples:,} rows on each side, there are {n:,}: judge more rows, or lower its least number."
        )
    reference, values = normalised(np.asarray(reference, float), np.asarray(values, float))
    rng = np.random.default_rng(seed)
    sizes = (1.0 / np.linspace(1.0 / min_samples, 1.0 / max(max_samples, min_samples + 1), N_SIZES)).astype(int)
    distances = np.array([
        [frechet(_moments_of_draw(reference, size, rng), _moments_of_draw(values, size, rng)) for _ in range(N_REPEATED)]
        for size in sizes
    ])  # fmt: skip
    design = np.column_stack([np.ones(N_SIZES), 1.0 / sizes])
    scale = np.array([1.0, float(min_samples)])  # both columns near 1
    fit = lsq_linear(design * scale, distances.mean(axis=1), bounds=(0.0, np.inf))
    value = float(fit.x[0])
    inverse = np.linalg.inv((design * scale).T @ (design * scale))
    of_fit = 2.0 * fit.cost / (N_SIZES - 2) * inverse[0, 0]
    of_rows = float(distances[-1].var(ddof=1)) * sizes[-1] / n
    reach = float(special.ndtri((1.0 + LEVEL) / 2.0)) * math.sqrt(of_fit + of_rows)
    return Interval(value, max(value - reach, 0.0), value + reach, n, method=FPD.format(n=N_SIZES * N_REPEATED))


def _moments_of_draw(values: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Moments of rows drawn with replacement, by how often each was drawn."""
    weights = np.bincount(rng.integers(0, len(values), size), minlength=len(values)).astype(float)
    mean = weights @ values / size
    centred = values - mean
    return mean, (centred * weights[:, None]).T @ centred / (size - 1)


def kpd(reference: np.ndarray, values: np.ndarray, batch_rows: int = BATCH_ROWS, seed: int = 1) -> Interval:
    """Squared maximum mean discrepancy with the kernel (x y / d + 1)^4, unbiased (so it may be negative), of 10 batches of rows drawn
    without replacement: median, and 16 to 84 %. Fewer rows than two batches, which would be the same rows again, are refused.
    """
    n = min(len(reference), len(values))
    if n < 2 * batch_rows:
        raise TooFewError(
            f"The kernel distance needs {2 * batch_rows:,} rows on each side, twice those of a batch, there are {n:,}: judge more rows, "
            "or lower the rows of a batch."
        )
    reference, values = normalised(np.asarray(reference, float), np.asarray(values, float))
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(N_BATCHES):
        x, y = (v[rng.choice(len(v), batch_rows, replace=False)] for v in (reference, values))
        draws.append(squared_discrepancy(x, y))
    low, median, high = np.quantile(draws, [(1.0 - ONE_SIGMA) / 2.0, 0.5, (1.0 + ONE_SIGMA) / 2.0])
    return Interval(float(median), float(low), float(high), n, ONE_SIGMA, method=KPD.format(n=N_BATCHES))


def squared_discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of two samples (n, d), (m, d) with the kernel (x y / d + 1)^4."""
    n, m = len(x), len(y)
    own = sum((_kernel_sum(s, s) - float(_kernel_of_itself(s).sum())) / (len(s) * (len(s) - 1)) for s in (x, y))
    return own - 2.0 * _kernel_sum(x, y) / (n * m)


def _kernel_of_itself(x: np.ndarray) -> np.ndarray:
    return np.asarray(((x * x).sum(axis=1) / x.shape[1] + 1.0) ** DEGREE)


def _kernel_sum(x: np.ndarray, y: np.ndarray) -> float:
    return float(sum(block.sum() for block in _kernel_blocks(x, y)))


def _kernel_blocks(x: np.ndarray, y: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(x), BLOCK_ROWS):
        block = x[start : start + BLOCK_ROWS] @ y.T / x.shape[1] + 1.0
        block *= block
        block *= block
        yield block
