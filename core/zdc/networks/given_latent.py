"""Drawing cores of which every cell is by itself given what a network said: sticks broken in their order. Compiled."""

import numba
import numpy as np

from core.zdc.frame.sticks import energy_gev


@numba.njit(cache=True, nogil=True)
def broken(y, is_hit, total_gev, threshold_gev):  # type: ignore[no-untyped-def]
    """float64 (n, N_CORE) [GeV]: cells from their y and whether they are hit (n, N_CORE), of sums (n,)."""
    cells = np.zeros(y.shape)
    for i in range(len(y)):
        rest = total_gev[i]
        for k in range(y.shape[1]):
            if is_hit[i, k] and rest > threshold_gev:
                cells[i, k] = energy_gev(y[i, k], rest, threshold_gev)
                rest -= cells[i, k]
    return cells
