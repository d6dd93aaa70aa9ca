"""Kinds of showers as a mixture of Gaussians of what a view tells; how many there are is chosen by how apart and how stable they are.

The criterion of Bayes, which rises with every detail of the shape, prefers too many (5 where there are 3).
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError

FEWEST, MOST_K, N_COMPONENTS, N_BOOTSTRAPS = 50, 8, 6, 5
MOST_SILHOUETTE = 2_000  # rows whose distances to each other are taken
EMPTY, REGULARISED, UNLIKE_SHARE = -1, 1e-5, 1e-3
CLEAR = (
    0.25  # of a silhouette: below, the kinds are parts of a cloud (Kaufman & Rousseeuw 1990: no substantial structure)
)


@dataclass(frozen=True)
class Choice:
    """How apart k kinds are: mean silhouette (-1 to 1), and how alike the kinds of resampled rows are (adjusted Rand index, 1 the same)."""

    k: int
    silhouette: float
    stability: float

    @property
    def score(self) -> float:
        return self.silhouette * max(self.stability, 0.0)


@dataclass(frozen=True)
class Kinds:
    """Kinds of showers, the most frequent among those that they were taken from first.

    `choices`: k = 2 to 8, of which `k` is the one of the highest silhouette x stability. `assign(view)` gives the kind int64 (n,) of rows
    of a view (n, d), EMPTY where it is NaN; `likelihood(view)` float64 (n,) how likely a row is under all kinds, `least` what 0.1 % of
    the rows that they were taken from stay below.
    """

    k: int
    choices: tuple[Choice, ...]
    assign: Callable[[np.ndarray], np.ndarray]
    likelihood: Callable[[np.ndarray], np.ndarray]
    least: float

    @property
    def is_clear(self) -> bool:
        return any(choice.k == self.k and choice.silhouette >= CLEAR for choice in self.choices)

    def unlike(self, view: np.ndarray) -> np.ndarray:
        """Bool (n,): rows with energy that are less likely than 99.9 % of those that the kinds were taken from."""
        unlike: np.ndarray = self.likelihood(view) < self.least
        return unlike


def find(view: np.ndarray, seed: int = 1, k: int = 0, progress: Callable[[int, int], None] = lambda *_: None) -> Kinds:
    """Kinds in rows of a view (n, d), those that are NaN left out; as many as `k` says, 0: chosen from 2 to 8."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    rows = view[np.isfinite(view).all(axis=1)]
    if len(rows) < FEWEST:
        raise DarkroomError(
            f"Kinds of showers need {FEWEST} showers with energy, there are {len(rows)}: prepare or generate more."
        )
    scale = StandardScaler(with_std=rows.shape[1] < 2 * N_COMPONENTS).fit(
        rows
    )  # shares have one unit, numbers of a shape have not
    with np.errstate(invalid="ignore"):  # of showers that are all the same, whose shares of the variance are not needed
        reduced = PCA(min(N_COMPONENTS, *rows.shape), random_state=seed).fit(scale.transform(rows))

    def seen(values: np.ndarray) -> np.ndarray:
        return np.asarray(reduced.transform(scale.transform(values)))

    points = seen(rows)
    n_kinds = min(MOST_K, len(np.unique(points.round(9), axis=0)))
    with threadpool_limits(1):  # of matrices this small threads wait for each other: twenty times as long
        candidates = [k] if k else range(2, n_kinds + 1)
        choices = []
        for i, candidate in enumerate(candidates):
            progress(i, len(candidates))
            choices.append(_choice(points, candidate, seed))
        best = max(choices, key=lambda choice: (choice.score, -choice.k), default=Choice(1, math.nan, math.nan))
        mixture = _mixture(points, best.k, seed)
        order = np.argsort(-np.bincount(mixture.predict(points), minlength=best.k), kind="stable")
    rank = np.argsort(order)

    def assign(values: np.ndarray) -> np.ndarray:
        kinds, known = np.full(len(values), EMPTY), np.isfinite(values).all(axis=1)
        if known.any():
            kinds[known] = rank[mixture.predict(seen(values[known]))]
        return kinds

    def likelihood(values: np.ndarray) -> np.ndarray:
        logs, known = np.full(len(values), np.nan), np.isfinite(values).all(axis=1)
        if known.any():
            logs[known] = mixture.score_samples(seen(values[known]))
        return logs

    return Kinds(best.k, tuple(choices), assign, likelihood, float(np.quantile(likelihood(rows), UNLIKE_SHARE)))


def _choice(points: np.ndarray, k: int, seed: int) -> Choice:
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng((seed, k))
    kinds = _mixture(points, k, seed).predict(points)
    if len(np.unique(kinds)) < 2:
        return Choice(k, -1.0, 0.0)
    chosen = rng.permutation(len(points))[:MOST_SILHOUETTE]
    if len(np.unique(kinds[chosen])) < 2:
        return Choice(k, -1.0, 0.0)
    again = [
        _mixture(points[rng.integers(0, len(points), len(points))], k, seed + 1 + i).predict(points)
        for i in range(N_BOOTSTRAPS)
    ]
    stability = float(np.mean([adjusted_rand_score(kinds, others) for others in again]))
    return Choice(k, float(silhouette_score(points[chosen], kinds[chosen])), stability)


def _mixture(points: np.ndarray, k: int, seed: int) -> Any:
    """A fitted mixture of k Gaussians. That a fit of too many has not converged, or that points are the same, is no error here: it is
    unstable, and not chosen.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(k, random_state=seed, reg_covar=REGULARISED, n_init=2).fit(points)


def agreement(kinds: np.ndarray, labels: np.ndarray) -> float:
    """Adjusted Rand index of two sortings (n,): 1 the same whatever the names, 0 what chance gives. NaN of fewer than two rows."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(labels, kinds)) if len(kinds) > 1 else math.nan
