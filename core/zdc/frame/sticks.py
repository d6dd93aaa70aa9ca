"""The energies of a shower's core as numbers without bounds: each cell takes its part of what is left (stick-breaking).

In the order of `ORDER` a hit cell of energy v, of which `rest` was left, has y = log((v - t + EPSILON) / (rest - v + t)) with the threshold t;
all in GeV. What a network draws so adds up to the energy of the shower by itself.
"""

import numba
import numpy as np

CORE_HALF = 3
MEAN_OFFSET = (0.33, 0.17)  # of an impact that is uniform in its cell, folded
EPSILON_GEV = 1e-6


def _order() -> np.ndarray:
    """int64 (49, 2): the cells of the core as (across, along) from the middle, the nearest to a mean impact first."""
    steps = np.arange(-CORE_HALF, CORE_HALF + 1)
    cells = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    distance = np.hypot(*(cells - MEAN_OFFSET).T)
    return np.ascontiguousarray(cells[np.argsort(distance, kind="stable")])


ORDER = _order()
N_CORE = len(ORDER)
RING = np.abs(ORDER).max(axis=1)  # 0 in the middle, 3 at the edge of the core
N_RINGS = CORE_HALF + 1


@numba.njit(cache=True, nogil=True)
def stick(v_gev, rest_gev, threshold_gev):  # type: ignore[no-untyped-def]
    """y of a hit cell."""
    left = max(rest_gev - v_gev, 0.0)
    return np.log((max(v_gev - threshold_gev, 0.0) + EPSILON_GEV) / (left + threshold_gev))


@numba.njit(cache=True, nogil=True)
def energy_gev(y, rest_gev, threshold_gev):  # type: ignore[no-untyped-def]
    """The energy of a hit cell from its y: above the threshold, at most what is left (or the threshold, if that is more)."""
    part = np.exp(min(max(y, -30.0), 30.0))
    v = (part * (rest_gev + threshold_gev) + threshold_gev - EPSILON_GEV) / (1.0 + part)
    return max(min(v, rest_gev), threshold_gev + EPSILON_GEV)
