"""Hits -> those that count: sensors by their place in the geometry, what is broken dropped and counted.

Compiled, in place, so that ten million hits need no second copy.
"""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def places(pmt_id: np.ndarray, known: np.ndarray) -> None:
    """Replace numbers of sensors, int32 (m,), by their place among the known ones, ascending int64 (k,); -1 for another."""
    k = len(known)
    for i in range(len(pmt_id)):
        low, high, wanted = 0, k, pmt_id[i]
        while low < high:
            middle = (low + high) // 2
            if known[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        pmt_id[i] = low if low < k and known[low] == wanted else -1


@numba.njit(cache=True, nogil=True)
def good_hits(
    offsets: np.ndarray, place: np.ndarray, time_ns: np.ndarray, charge_pe: np.ndarray, count: np.ndarray, goal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(offsets of the good hits int64 (n + 1,), dropped hits int32 (n,)); `goal` int32 (m,) becomes where each hit goes, -1 for
    one of no sensor, without a finite time, or without a finite charge above 0.

    `count` int32 (m,): how many hits an entry stands for, where it is above 0; of length 0 where none is summed up.
    """
    n, at = len(offsets) - 1, 0
    after, n_dropped = np.zeros(n + 1, np.int64), np.zeros(n, np.int32)
    for e in range(n):
        for i in range(offsets[e], offsets[e + 1]):
            if place[i] >= 0 and np.isfinite(time_ns[i]) and np.isfinite(charge_pe[i]) and charge_pe[i] > 0.0:
                goal[i] = at
                at += 1
            else:
                goal[i] = -1
                n_dropped[e] += max(count[i], 1) if len(count) else 1
        after[e + 1] = at
    return after, n_dropped


@numba.njit(cache=True, nogil=True)
def packed(values: np.ndarray, goal: np.ndarray) -> None:
    """Move every value (m,) to its goal, which is never behind it."""
    for i in range(len(values)):
        if goal[i] >= 0:
            values[goal[i]] = values[i]
