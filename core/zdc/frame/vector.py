"""What a network learns of a shower, as one row of numbers: impact, total, core cells, facts for the tail, and some cells of the tail.

Columns of the row, in this order (`PARTS`): `start` (log of the energy in GeV, a, b, sum over energy), `y`, `is_hit`, `rest` of each
core cell (`rest` is log((left after it + t) / sum)), `facts` (`N_FACTS` of `facts`), `near` (the features of N_TAIL cells of the tail),
`tail_y` and `tail_hit` of these. The cells of the tail are chosen anew for each shower by a hash of its identity, half of them near.
"""

import numba
import numpy as np

from core.learn.noise import GOLDEN, mixed, uniform
from core.zdc.frame import fold
from core.zdc.frame.sticks import EPSILON_GEV, N_CORE, N_RINGS, ORDER, RING, stick

N_TAIL, N_START, N_FACTS, N_NEAR = 24, 4, 2 * N_RINGS + 1, 4
NEAR_PX = 7  # half of the chosen cells of the tail lie within so many cells of the middle
PARTS = {
    "start": N_START, "y": N_CORE, "is_hit": N_CORE, "rest": N_CORE, "facts": N_FACTS, "near": N_TAIL * N_NEAR,
    "tail_y": N_TAIL, "tail_hit": N_TAIL,
}  # fmt: skip
SIZE = sum(PARTS.values())


@numba.njit(cache=True, nogil=True)
def fill_facts(share, n_hit, left_gev, sum_gev, threshold_gev, facts):  # type: ignore[no-untyped-def]
    """What the tail depends on: share of the sum (log) and part of the cells that are hit of each ring of the core, and what is left.

    share, n_hit (N_RINGS,): energy over sum, and number of hit cells, of each ring.
    """
    for i in range(N_RINGS):
        facts[i] = np.log(share[i] + 1e-4)
        facts[N_RINGS + i] = n_hit[i] / max(8.0 * i, 1.0)
    facts[2 * N_RINGS] = np.log((max(left_gev, 0.0) + threshold_gev) / sum_gev)


@numba.njit(cache=True, nogil=True)
def fill_near(across, along, a, b, near):  # type: ignore[no-untyped-def]
    """Where a cell lies from the impact: log of the distance in cells, that distance, and the direction."""
    dx, dy = across - a, along - b
    r = max(np.sqrt(dx * dx + dy * dy), 0.5)
    near[0], near[1], near[2], near[3] = np.log(r), 0.1 * r, dx / r, dy / r


@numba.njit(cache=True, nogil=True)
def tail_y(v_gev, threshold_gev):  # type: ignore[no-untyped-def]
    """A hit cell of the tail as a number without bounds."""
    return np.log((max(v_gev - threshold_gev, 0.0) + EPSILON_GEV) / threshold_gev)


@numba.njit(cache=True, nogil=True)
def tail_energy_gev(y, threshold_gev):  # type: ignore[no-untyped-def]
    """And back."""
    return threshold_gev * (1.0 + np.exp(min(y, 30.0)))


@numba.njit(cache=True, nogil=True)
def fill(cells_mev, energy_gev, x_mm, y_mm, keys, is_known, cell_mm, threshold_mev, out):  # type: ignore[no-untyped-def]
    """Fill rows (n, SIZE) of showers (n, n_y, n_x) with their energy and impact (n,); `keys` uint64 (n,) choose cells of the tail."""
    t = 1e-3 * threshold_mev
    share, n_hit = np.zeros(N_RINGS), np.zeros(N_RINGS)
    for e in range(len(out)):
        cells, row = cells_mev[e], out[e]
        row[:] = 0.0
        n_y, n_x = cells.shape
        total = 1e-3 * cells.sum()
        if total <= 0.0:
            total = t
        frame = fold.of_impact(x_mm[e], y_mm[e], cell_mm, n_x, n_y) if is_known else fold.of_brightest(cells)
        a, b = frame[5], frame[6]
        row[0], row[1], row[2], row[3] = np.log(energy_gev[e]), a, b, total / energy_gev[e]
        rest = total
        share[:], n_hit[:] = 0.0, 0.0
        for k in range(N_CORE):
            column, line = fold.place(frame, ORDER[k, 0], ORDER[k, 1])
            v = 0.0
            if 0 <= column < n_x and 0 <= line < n_y:
                v = 1e-3 * cells[line, column]
            if v > 0.0:
                row[N_START + k] = stick(v, rest, t)
                row[N_START + N_CORE + k] = 1.0
                rest -= v
                share[RING[k]] += v / total
                n_hit[RING[k]] += 1.0
            row[N_START + 2 * N_CORE + k] = np.log((max(rest, 0.0) + t) / total)
        begin = N_START + 3 * N_CORE
        fill_facts(share, n_hit, rest, total, t, row[begin : begin + N_FACTS])
        _fill_tail(cells, frame, keys[e], t, row[begin + N_FACTS :])


@numba.njit(cache=True, nogil=True)
def _fill_tail(cells, frame, key, t, row):  # type: ignore[no-untyped-def]
    """Features, y and hit of N_TAIL cells outside of the core and inside of the grid."""
    n_y, n_x = cells.shape
    state = mixed(key + GOLDEN)
    for j in range(N_TAIL):
        reach = NEAR_PX if j < N_TAIL // 2 else fold.HALF_PX
        for _ in range(1000):
            state += GOLDEN
            across = int(np.floor(uniform(mixed(state)) * (2 * reach + 1))) - reach
            state += GOLDEN
            along = int(np.floor(uniform(mixed(state)) * (2 * reach + 1))) - reach
            column, line = fold.place(frame, across, along)
            if max(abs(across), abs(along)) > 3 and 0 <= column < n_x and 0 <= line < n_y:
                break
        fill_near(across, along, frame[5], frame[6], row[N_NEAR * j : N_NEAR * (j + 1)])
        v = 1e-3 * cells[line, column] if 0 <= column < n_x and 0 <= line < n_y else 0.0
        if v > 0.0:
            row[N_NEAR * N_TAIL + j] = tail_y(v, t)
            row[(N_NEAR + 1) * N_TAIL + j] = 1.0
