"""From rotated sensors to pixels: rows by polar angle, columns by azimuth, without gaps.

Rows are `rank` (all sensors sorted by polar angle and cut into groups as large as the rings of the table: every sensor its own pixel)
or `bins` (equal steps of the polar angle). Within a row sensors are sorted by azimuth; columns are `meridian` (azimuth 0 stays in
the middle, if the row has room) or `count` (each row is centred). Ranks count all sensors, hit or not; nothing is sorted as a whole: sensors lie evenly in
z' and nearly so in azimuth, so counting them in fine cells leaves a few to compare.
"""

import math
from functools import lru_cache

import numba
import numpy as np

from core.juno.geometry import Geometry

CELLS = 4096  # of z'
STEP_PX = 32  # canvases are multiples of it: a network halves an image up to five times
N_TRIALS = 200


@numba.njit(cache=True, nogil=True)
def rotated(position: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """x' = M x of all sensors, (3, n)."""
    out = np.empty_like(position)
    n = position.shape[1]
    for k in range(3):
        a, b, c = matrix[k, 0], matrix[k, 1], matrix[k, 2]
        for i in range(n):
            out[k, i] = a * position[0, i] + b * position[1, i] + c * position[2, i]
    return out


@numba.njit(cache=True, nogil=True)
def rows_by_rank(z: np.ndarray, radius_m: float, row_sizes: np.ndarray) -> np.ndarray:
    """uint32 (n,): row of each sensor when all are sorted from the top (equal heights by place) and cut into groups of `row_sizes`."""
    n, between_rows = len(z), np.uint32(len(row_sizes))
    cell, ends = np.empty(n, np.uint32), np.zeros(CELLS, np.int32)
    scale = 0.5 * CELLS / radius_m
    for i in range(n):
        cell[i] = min(max(int((radius_m - z[i]) * scale), 0), CELLS - 1)
    for i in range(n):
        ends[cell[i]] += 1
    row_of_cell, first_rank = np.full(CELLS, between_rows, np.uint32), np.empty(CELLS, np.int32)
    row, row_end, end = 0, row_sizes[0], 0
    for b in range(CELLS):
        first_rank[b] = end
        while end >= row_end and row < len(row_sizes) - 1:
            row += 1
            row_end += row_sizes[row]
        end += ends[b]
        if end <= row_end:
            row_of_cell[b] = row
    rows = np.empty(n, np.uint32)
    between = np.empty(n, np.int32)  # sensors of cells in which one row ends and the next begins
    m = 0
    for i in range(n):
        rows[i] = row_of_cell[cell[i]]
        if rows[i] == between_rows:
            between[m] = i
            m += 1
    _rows_between(z, cell, first_rank, ends, between[:m], row_sizes, rows)
    return rows


@numba.njit(cache=True, nogil=True)
def _rows_between(z, cell, first_rank, counts, members, row_sizes, rows):  # type: ignore[no-untyped-def]
    """Fills in the rows of `members`: each cell's are sorted by height, equal heights stay in order."""
    row_ends = np.cumsum(row_sizes)
    at, begin, m = np.full(CELLS, -1, np.int32), np.empty(CELLS, np.int32), 0
    ordered, size = np.empty(len(members), np.int32), np.zeros(CELLS, np.int32)
    for i in members:
        b = cell[i]
        if at[b] < 0:
            at[b], begin[b] = m, m
            m += counts[b]
        k = begin[b] + size[b]
        while k > begin[b] and z[ordered[k - 1]] < z[i]:
            ordered[k] = ordered[k - 1]
            k -= 1
        ordered[k] = i
        size[b] += 1
    for k in range(len(ordered)):
        b = cell[ordered[k]]
        rows[ordered[k]] = np.searchsorted(row_ends, first_rank[b] + k - begin[b], side="right")


@numba.njit(cache=True, nogil=True)
def rows_by_angle(z: np.ndarray, radius_m: float, n_rows: int) -> np.ndarray:
    """uint32 (n,): floor(theta' / pi * n_rows), by comparing z' with the rows' edges."""
    edges = np.empty(n_rows + 1)
    for k in range(n_rows + 1):
        edges[k] = radius_m * math.cos(math.pi * k / n_rows)
    edges[n_rows] = -math.inf
    row_of_cell = np.empty(CELLS + 1, np.int32)
    row = 0
    for b in range(CELLS + 1):  # of the cell's upper end
        while edges[row + 1] >= radius_m - 2.0 * radius_m * b / CELLS and row < n_rows - 1:
            row += 1
        row_of_cell[b] = row
    rows = np.empty(len(z), np.uint32)
    scale = 0.5 * CELLS / radius_m
    for i in range(len(z)):
        row = max(row_of_cell[min(max(int((radius_m - z[i]) * scale), 0), CELLS)] - 1, 0)
        while edges[row + 1] >= z[i]:
            row += 1
        rows[i] = row
    return rows


@numba.njit(cache=True, nogil=True)
def pseudo_azimuth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Grows with the azimuth in (-180, 180] degrees as (-2, 2]: y / (|x| + |y|) in front, mirrored behind."""
    out = np.empty_like(x)
    for i in range(len(x)):
        s = y[i] / max(abs(x[i]) + abs(y[i]), 1e-300)
        out[i] = s if x[i] >= 0.0 else (2.0 - s if y[i] >= 0.0 else -2.0 - s)
    return out


@numba.njit(cache=True, nogil=True)
def columns(rows, angle, row_sizes, is_meridian, width, places):  # type: ignore[no-untyped-def]
    """int32 (m,): column of each of the sensors `places`, in a row of `width` pixels; outside of it where the row is too full.

    A row has about as many cells of the angle as sensors, an even number, so that azimuth 0 lies between two of them.
    """
    n, n_rows = len(rows), len(row_sizes)
    base = np.zeros(n_rows + 1, np.int64)
    base[1:] = np.cumsum(2 * ((row_sizes + 1) // 2))
    last, scale = base[1:] - 1, 0.25 * (base[1:] - base[:-1])
    cell, count = np.empty(n, np.uint32), np.zeros(base[-1], np.int32)
    for i in range(n):
        row = rows[i]
        cell[i] = min(base[row] + int((angle[i] + 2.0) * scale[row]), last[row])
        count[cell[i]] += 1
    begin = np.zeros(len(count) + 1, np.int32)
    for k in range(len(count)):
        begin[k + 1] = begin[k] + count[k]
    order, end = np.empty(n, np.uint32), begin[:-1].copy()
    for i in range(n):
        order[end[cell[i]]] = i
        end[cell[i]] += 1
    start = np.empty(n_rows, np.int32)  # column of a row's first sensor, less its rank among all
    for k in range(n_rows):
        first, middle, stop = begin[base[k]], begin[(base[k] + base[k + 1]) // 2], begin[base[k + 1]]
        free = width - (stop - first)
        at = width // 2 - (middle - first) if is_meridian else free // 2
        start[k] = (min(max(at, 0), free) if free >= 0 else at) - first  # moved aside where the meridian leaves no room
    out = np.empty(len(places), np.int32)
    for k in range(len(places)):
        i = places[k]
        c, a, rank = cell[i], angle[i], begin[cell[i]]
        for m in range(begin[c], end[c]):
            j = order[m]
            rank += angle[j] < a or (angle[j] == a and j < i)
        out[k] = start[rows[i]] + rank
    return out


@numba.njit(cache=True, nogil=True)
def pixels(position, matrix, radius_m, row_sizes, is_rank, is_meridian, height, width, places):  # type: ignore[no-untyped-def]
    """(row, column) int32 (m,) on a canvas, rows centred, of the sensors `places` of all at `position` (3, n) after a rotation."""
    moved = rotated(position, matrix)
    n_rows = len(row_sizes)
    rows = rows_by_rank(moved[2], radius_m, row_sizes) if is_rank else rows_by_angle(moved[2], radius_m, n_rows)
    column = columns(rows, pseudo_azimuth(moved[0], moved[1]), row_sizes, is_meridian, width, places)
    return rows[places].astype(np.int32) + (height - n_rows) // 2, column


def row_sizes(geometry: Geometry) -> np.ndarray:
    """int64 (n_rows,): the rings of the table from the top; for sensors that stand on no rings, rows as evenly filled by rule."""
    rings, n = geometry.ring_sizes, len(geometry)
    n_even = max(round(math.sqrt(math.pi * n) / 2.0), 1)  # rows as far apart as neighbours in a row
    if len(rings) <= 1.5 * n_even:
        return rings
    ends = np.rint(n * 0.5 * (1.0 - np.cos(np.pi * np.arange(n_even + 1) / n_even))).astype(np.int64)
    return np.diff(ends)


def needed_px(geometry: Geometry, is_rank: bool) -> int:
    """The width below which a row does not fit: the fullest ring, or the most sensors that rotations show in a step of the angle."""
    return int(row_sizes(geometry).max()) if is_rank else _widths_px(*_key(geometry, is_rank))[0]


def canvas_px(geometry: Geometry, is_rank: bool, is_meridian: bool) -> tuple[int, int]:
    """(height, width) of the smallest canvas in steps of 32 pixels that holds the rows of all rotations that were tried."""
    height, width = len(row_sizes(geometry)), needed_px(geometry, is_rank)
    if is_meridian:
        width = _widths_px(*_key(geometry, is_rank))[1]
    return STEP_PX * -(-height // STEP_PX), STEP_PX * -(-width // STEP_PX)


def _key(geometry: Geometry, is_rank: bool) -> tuple[bytes, float, tuple[int, ...], bool]:
    return geometry.position_m.tobytes(), geometry.radius_m, tuple(row_sizes(geometry).tolist()), is_rank


@lru_cache(maxsize=16)
def _widths_px(positions: bytes, radius_m: float, sizes: tuple[int, ...], is_rank: bool) -> tuple[int, int]:
    """Most sensors in a row, and twice the most on one side of the meridian: of rotations at random, and of some near to turns
    about z, which leave rings level so that two of them may lie in one step of the angle.
    """
    from scipy.spatial.transform import Rotation

    position = np.ascontiguousarray(np.frombuffer(positions).reshape(-1, 3).T)
    generator = np.random.default_rng(1)
    tilt = generator.normal(size=(N_TRIALS, 2)) * np.geomspace(1e-5, 0.1, N_TRIALS)[:, None]
    turn = generator.uniform(-np.pi, np.pi, (N_TRIALS, 1))
    trials = Rotation.random(N_TRIALS, rng=generator), Rotation.from_rotvec(np.hstack([tilt, turn]))
    everything, fullest, widest = np.arange(position.shape[1], dtype=np.int32), 0, 0
    for matrix in np.concatenate([rotations.as_matrix() for rotations in trials]):
        row, column = pixels(position, matrix, radius_m, np.array(sizes), is_rank, True, len(sizes), 0, everything)
        fullest = max(fullest, int(np.bincount(row).max()))
        widest = max(widest, 2 * max(int(column.max()) + 1, -int(column.min())))
    return fullest, widest
