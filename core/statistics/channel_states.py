"""Channels of a detector that see nothing or too much beside their neighbours, by an exact test of two Poisson counts."""

import numpy as np
from scipy import special

ALIVE, DEAD, HOT = 0, 1, 2
WORDS = ("", "dead", "hot")
ALPHA = 0.01  # that any channel of a detector without a fault is called dead or hot, about
N_NEIGHBOURS = 8
HOT_TIMES = 3.0  # its neighbours, at least: less is how a detector is lit
TEST = (
    f"Dead: no event, hot: more than {HOT_TIMES:g} times its neighbours, and so unlikely if it saw as many as the median of its "
    f"{N_NEIGHBOURS} nearest neighbours of the same kind that an exact conditional test of two Poisson counts gives less than "
    f"{ALPHA:g} over the number of channels."
)


def expected(counts: np.ndarray, position: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """float64 (n,): the median count of the nearest channels of the same kind; NaN of a channel that is alone. Of so few channels
    that all are neighbours those that see nothing are left out; NaN where none is left.

    counts int64 (n,), position (n, d) in any unit, kind int (n,).
    """
    from scipy.spatial import cKDTree  # only where a map is drawn

    medians = np.full(len(counts), np.nan)
    for each in np.unique(kind):
        own = np.flatnonzero(kind == each)
        if len(own) < 2:
            continue
        n_nearest = min(N_NEIGHBOURS, len(own) - 1)
        _, nearest = cKDTree(position[own]).query(position[own], n_nearest + 1)
        others = nearest != np.arange(len(own))[:, None]
        others[others.all(axis=1), -1] = False  # at the same place as others, it may not be among its own nearest
        beside = counts[own][nearest[others].reshape(len(own), n_nearest)].astype(np.float64)
        if n_nearest == len(own) - 1:  # all of so few are neighbours: most may be switched off
            beside = np.where(beside > 0, beside, np.nan)
        is_seen = ~np.isnan(beside).all(axis=1)
        medians[own[is_seen]] = np.nanmedian(beside[is_seen], axis=1)
    return medians


def states(counts: np.ndarray, position: np.ndarray, kind: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """int8 (n,): ALIVE, DEAD or HOT; see `TEST`.

    Given the sum of two Poisson counts of the same mean one of them is binomial with 1/2 (Przyborowski & Wilenski 1940), so that
    0 beside m has the probability 2^-m. The median of neighbours stands for the other count.
    """
    others = expected(counts, position, kind)
    m = np.nan_to_num(others)
    threshold = alpha / max(len(counts), 1)
    is_dead = (counts == 0) & (np.exp2(-m) < threshold)
    tail = special.betainc(np.maximum(counts, 1), m + 1.0, 0.5)  # P(K >= k) of k + m trials
    is_hot = ~np.isnan(others) & (counts > HOT_TIMES * np.maximum(m, 1.0)) & (tail < threshold)
    return np.where(is_dead, DEAD, np.where(is_hot, HOT, ALIVE)).astype(np.int8)
