"""The compiled pass from an image to clusters: runs of pixels above threshold, joined over rows by union-find.

Each row is cut into runs; a run is joined to the runs of the row above that it touches. Strips of rows are scanned at
the same time by threads (the compiled code releases the lock of Python) and joined at their seams. No label image is
made: only the pixels above threshold, 6 % of an exposure of three hours, are ever written down.
"""

import os
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from core import threads

_jit = numba.njit(nogil=True, cache=True)


def n_threads() -> int:
    """How many threads share a pass: the processors that this process may use, at most eight."""
    return min(8, len(os.sched_getaffinity(0)))


def in_parts(work: Callable[[int, int], Any], n: int, least: int = 1) -> list[Any]:
    """`work(begin, end)` over range(n) in as many parts as there are threads, none smaller than `least`; in order."""
    n_parts = max(1, min(n_threads(), n // max(1, least)))
    edges = [n * i // n_parts for i in range(n_parts + 1)]
    if n_parts == 1:
        return [work(0, n)]
    with threads.pool(n_parts) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))


@_jit
def _root(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@_jit
def _join(parent, i, j):  # type: ignore[no-untyped-def]
    """Let two runs be of one cluster; the earlier root stays, so that clusters are numbered as one reads."""
    a, b = _root(parent, i), _root(parent, j)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@_jit
def _join_rows(begins, ends, parent, above, above_end, here, here_end, reach):  # type: ignore[no-untyped-def]
    """Join the runs [here, here_end) of a row to those of the row above; `reach` 1 lets diagonals touch, 0 does not."""
    for i in range(here, here_end):
        while above < above_end and ends[above] + reach <= begins[i]:
            above += 1
        j = above
        while j < above_end and begins[j] < ends[i] + reach:
            _join(parent, i, j)
            j += 1


@_jit
def scan(charge, usable, weak, y_begin, y_end, reach, rows, begins, ends, parent):  # type: ignore[no-untyped-def]
    """Runs of the rows [y_begin, y_end) into `rows`, `begins`, `ends` (exclusive), `parent`; returns how many."""
    n, above, n_columns = 0, 0, charge.shape[1]
    for y in range(y_begin, y_end):
        here = n
        inside = False
        for x in range(n_columns):
            if charge[y, x] > weak[x] and usable[y, x]:
                if not inside:
                    rows[n], begins[n], parent[n] = y, x, n
                    inside = True
            elif inside:
                ends[n] = x
                n += 1
                inside = False
        if inside:
            ends[n] = n_columns
            n += 1
        _join_rows(begins, ends, parent, above, here, here, n, reach)
        above = here
    return n


@_jit
def join_seams(rows, begins, ends, parent, seams, reach):  # type: ignore[no-untyped-def]
    """Join strips: `seams` are the numbers of the first run of each strip."""
    n = len(rows)
    for s in seams:
        if s == 0 or s == n:
            continue
        y = rows[s]
        above = s
        while above > 0 and rows[above - 1] >= y - 1:
            above -= 1
        end = s
        while end < n and rows[end] == y:
            end += 1
        if above < s:
            _join_rows(begins, ends, parent, above, s, s, end, reach)


@_jit
def number(parent, component):  # type: ignore[no-untyped-def]
    """Component of each run, numbered in the order of their first pixels; returns how many there are."""
    n = 0
    for i in range(len(parent)):
        if parent[i] == i:
            component[i] = n
            n += 1
        else:
            component[i] = component[parent[i]]
    return n


@_jit
def weigh(charge, strong, rows, begins, ends, component, n_pixels, total, is_strong):  # type: ignore[no-untyped-def]
    """Pixels, charge and whether a pixel is above the strong threshold, per component."""
    for i in range(len(rows)):
        c, y = component[i], rows[i]
        n_pixels[c] += ends[i] - begins[i]
        for x in range(begins[i], ends[i]):
            total[c] += charge[y, x]
            if charge[y, x] > strong[x]:
                is_strong[c] = True


@_jit
def gather(charge, rows, begins, ends, component, place, at, y_out, x_out, q_out):  # type: ignore[no-untyped-def]
    """Pixels of the kept components one after the other, each as one reads; `place` is -1 for a dropped one."""
    for i in range(len(rows)):
        k = place[component[i]]
        if k < 0:
            continue
        to, y = at[k], rows[i]
        for x in range(begins[i], ends[i]):
            y_out[to], x_out[to], q_out[to] = y, x, charge[y, x]
            to += 1
        at[k] = to


@_jit
def regroup(owner, n, place):  # type: ignore[no-untyped-def]
    """(sequence, offsets): the pixels by owner, those of an owner by their `place`, owners by their first pixels' place.

    owner: int (m,), 0 to n - 1; place: int64 (m,). Returns int64 (m,), int64 (n + 1), and the owners' new order (n,).
    """
    first, count = np.full(n, np.iinfo(np.int64).max), np.zeros(n, np.int64)
    for k in range(len(owner)):
        first[owner[k]] = min(first[owner[k]], place[k])
        count[owner[k]] += 1
    order = np.argsort(first)
    offsets, at = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    for i in range(n):
        at[order[i]] = offsets[i]
        offsets[i + 1] = offsets[i] + count[order[i]]
    sequence = np.empty(len(owner), np.int64)
    for k in range(len(owner)):
        sequence[at[owner[k]]] = k
        at[owner[k]] += 1
    for i in range(n):
        of_group = sequence[offsets[i] : offsets[i + 1]]
        for k in range(1, len(of_group)):
            if place[of_group[k]] < place[of_group[k - 1]]:
                of_group[:] = of_group[np.argsort(place[of_group])]
                break
    return sequence, offsets, order
