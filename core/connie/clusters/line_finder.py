"""The compiled search for straight tracks in one cluster: RANSAC over pairs of pixels of its skeleton, then the rest.

A line is judged by the length of the skeleton that it follows without a gap, and not by how many pixels lie near it: a
large blob holds many pixels but no long line. The draws start from the first pixel of the cluster, so a result
depends neither on the order of the clusters nor on the threads.
"""

import math

import numba
import numpy as np

from core.connie.clusters import moments

MAX_LINES = 8
N_TRIALS = 150
MIN_PAIR_PX = 10.0  # two pixels nearer than this do not define a direction
CORE_PX = 1.5  # a line follows pixels of the skeleton that are nearer than this ...
FIT_PX = 2.0  # ... is fitted to those nearer than this ...
BAND_PX = 3.5  # ... owns the pixels nearer than this, 3 sigma of the widest diffusion, ...
AXIS_PX = 1.0  # ... and goes on where the cluster has pixels nearer than this
MAX_HOLE_PX = 3  # of a line
MAX_FILL_BESIDE = 0.5  # share of pixels beside the band (up to twice its width): a line in a blob has more
CLEAN_SHARE = 0.97  # of the charge within the band of the principal axis: nothing to separate

_jit = numba.njit(nogil=True, cache=True)


@_jit
def _draw(state, n):  # type: ignore[no-untyped-def]
    """Next state of a linear congruential generator (Knuth, MMIX) and a number below n."""
    state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return state, int((state >> np.uint64(33)) % np.uint64(n))


@_jit
def _run(y, x, piece, px, py, c, s, bins):  # type: ignore[no-untyped-def]
    """(score, begin, end): the longest part of a line that is covered by pixels, px from (px, py) along (c, s).

    The score counts the steps of 1 px that are covered by pixels of no other line.
    """
    middle = len(bins) // 2
    bins[:] = 0
    for k in range(len(y)):
        dx, dy = x[k] - px, y[k] - py
        if abs(c * dy - s * dx) <= CORE_PX:
            at = math.floor(c * dx + s * dy + 0.5) + middle
            bins[at] = max(bins[at], 2 if piece[k] == 0 else 1)
    best, best_begin, best_end = 0, 0, 0
    score, begin, end, hole = 0, -1, 0, 0
    for at in range(len(bins)):
        if bins[at] == 0:
            hole += 1
            if hole > MAX_HOLE_PX:
                score, begin = 0, -1
            continue
        hole = 0
        if bins[at] == 2:
            if begin < 0:
                begin = at
            end = at
            score += 1
            if score > best:
                best, best_begin, best_end = score, begin, end
    return best, best_begin - middle, best_end - middle


@_jit
def _refit(y, x, px, py, c, s, begin, end):  # type: ignore[no-untyped-def]
    """Centre and direction of the pixels near a stretch of a line."""
    n = sx = sy = sxx = syy = sxy = 0.0
    for k in range(len(y)):
        dx, dy = x[k] - px, y[k] - py
        u = c * dx + s * dy
        if abs(c * dy - s * dx) <= FIT_PX and begin <= u <= end:
            n, sx, sy = n + 1.0, sx + dx, sy + dy
            sxx, syy, sxy = sxx + dx * dx, syy + dy * dy, sxy + dx * dy
    mx, my = sx / n, sy / n
    phi = 0.5 * math.atan2(2.0 * (sxy / n - mx * my), (sxx / n - mx * mx) - (syy / n - my * my))
    return px + mx, py + my, math.cos(phi), math.sin(phi)


@_jit
def _search(y, x, piece, free, state, bins):  # type: ignore[no-untyped-def]
    """The best line through the pixels `free`: (score, px, py, c, s, begin, end)."""
    best = (0, 0.0, 0.0, 1.0, 0.0, 0, 0)
    for _ in range(N_TRIALS):
        state, i = _draw(state, len(free))
        state, j = _draw(state, len(free))
        px, py = float(x[free[i]]), float(y[free[i]])
        dx, dy = x[free[j]] - px, y[free[j]] - py
        distance = math.hypot(dx, dy)
        if distance < MIN_PAIR_PX:
            continue
        score, begin, end = _run(y, x, piece, px, py, dx / distance, dy / distance, bins)
        if score > best[0]:
            best = (score, px, py, dx / distance, dy / distance, begin, end)
    for _ in range(3):
        if best[0] == 0:
            break
        px, py, c, s = _refit(y, x, best[1], best[2], best[3], best[4], best[5], best[6])
        score, begin, end = _run(y, x, piece, px, py, c, s, bins)
        if score < best[0]:
            break
        best = (score, px, py, c, s, begin, end)
    return best


@_jit
def _extended(y, x, line, bins):  # type: ignore[no-untyped-def]
    """The line with its stretch as far as pixels of the cluster go on: near a crossing the skeleton leaves the track."""
    score, px, py, c, s, begin, end = line
    middle = len(bins) // 2
    bins[:] = 0
    for k in range(len(y)):
        dx, dy = x[k] - px, y[k] - py
        if abs(c * dy - s * dx) <= AXIS_PX:
            at = math.floor(c * dx + s * dy + 0.5) + middle
            if 0 <= at < len(bins):
                bins[at] = 1
    first, last = begin + middle, end + middle
    while first > 0 and bins[first - 1]:
        first -= 1
    while last < len(bins) - 1 and bins[last + 1]:
        last += 1
    return score, px, py, c, s, first - middle, last - middle


@_jit
def _in_blob(y, x, line):  # type: ignore[no-untyped-def]
    """True if the pixels beside the band of a line are filled too."""
    _, px, py, c, s, begin, end = line
    beside = 0
    for k in range(len(y)):
        dx, dy = x[k] - px, y[k] - py
        t, u = abs(c * dy - s * dx), c * dx + s * dy
        beside += BAND_PX < t <= 2.0 * BAND_PX and begin <= u <= end
    return beside > MAX_FILL_BESIDE * 2.0 * BAND_PX * (end - begin + 1)


@_jit
def _take(y, x, piece, distance, line, name):  # type: ignore[no-untyped-def]
    """Give the pixels to which a line is nearer than `distance`, which becomes its own, the number `name`."""
    _, px, py, c, s, begin, end = line
    for k in range(len(y)):
        dx, dy = x[k] - px, y[k] - py
        t, u = abs(c * dy - s * dx), c * dx + s * dy
        if t < distance[k] and begin - BAND_PX <= u <= end + BAND_PX:
            piece[k], distance[k] = name, t


@_jit
def _flood(grid, at, width, stack, old, new):  # type: ignore[no-untyped-def]
    """Give the connected cells with value `old` the value `new`; returns a touching value above 0 that is neither, or 0."""
    stack[0], n, touched = at, 1, 0
    grid[at] = new
    while n:
        n -= 1
        centre = stack[n]
        for step in (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1):
            value = grid[centre + step]
            if value == old:
                grid[centre + step] = new
                stack[n] = centre + step
                n += 1
            elif value > 0 and value != new:
                touched = value
    return touched


@_jit
def _rest(y, x, q, piece, n_lines, least_e):  # type: ignore[no-untyped-def]
    """Number the connected parts that no line owns; parts of less than `least_e` go to what they touch. How many pieces."""
    y0, x0 = y.min() - 1, x.min() - 1
    width = x.max() - x0 + 2
    grid = np.full((y.max() - y0 + 2) * width, -1, np.int32)
    cells = (y - y0) * width + (x - x0)
    for k in range(len(y)):
        grid[cells[k]] = piece[k]
    stack = np.empty(len(y), np.int64)
    total = np.zeros(len(y) + n_lines + 1)
    goes = np.arange(len(y) + n_lines + 1)
    n = n_lines
    for k in range(len(y)):
        if grid[cells[k]] == 0:
            n += 1
            goes[n] = -_flood(grid, cells[k], width, stack, 0, n)
    for k in range(len(y)):
        total[grid[cells[k]]] += q[k]
    n_pieces = n_lines
    for i in range(n_lines + 1, n + 1):
        if total[i] >= least_e or goes[i] == 0:
            n_pieces += 1
            goes[i] = n_pieces
        else:
            goes[i] = -goes[i]
    for k in range(len(y)):
        piece[k] = goes[grid[cells[k]]]
    return n_pieces


@_jit
def _is_clean(y, x, q, mx, my, phi):  # type: ignore[no-untyped-def]
    c, s = math.cos(phi), math.sin(phi)
    near = total = 0.0
    for k in range(len(y)):
        total += q[k]
        if abs(c * (y[k] - my) - s * (x[k] - mx)) <= BAND_PX:
            near += q[k]
    return near >= CLEAN_SHARE * total


@_jit
def _lines(y, x, rows, columns, diagonal, min_length, state, piece):  # type: ignore[no-untyped-def]
    """Find lines one after the other and give each pixel in their bands to the nearest; how many lines.

    `rows`, `columns`: of the skeleton.
    """
    bins = np.zeros(2 * int(diagonal + 4.0) + 1, np.uint8)
    of, nearest = np.zeros(len(rows), np.uint16), np.full(len(rows), BAND_PX)
    distance = np.full(len(y), BAND_PX)
    n = 0
    while n < MAX_LINES:
        free = np.flatnonzero(of == 0)
        if len(free) < min_length:
            break
        line = _search(rows, columns, of, free, state, bins)
        if line[0] < min_length or _in_blob(y, x, line):
            break
        line = _extended(y, x, line, bins)
        n += 1
        _take(rows, columns, of, nearest, line, n)
        _take(y, x, piece, distance, line, n)
    return n


@_jit
def split(y, x, q, offsets, begin, end, sums, min_length, min_line, min_share, min_charge, piece, n_pieces):  # type: ignore[no-untyped-def]
    """Number the pieces of the clusters [begin, end) from 1 in `piece`, uint16 (m,), and count them in `n_pieces` (n,).

    `sums` as filled by `core.connie.clusters.moments.common`. A part beside a line is a piece of its own if it has `min_share` of
    the charge of the cluster.
    """
    for i in range(begin, end):
        a, b = offsets[i], offsets[i + 1]
        pieces = piece[a:b]
        n_pieces[i] = 1
        diagonal = math.hypot(sums[i, 5] - sums[i, 4], sums[i, 7] - sums[i, 6])
        if diagonal < min_length or b - a < min_length or _is_clean(y[a:b], x[a:b], q[a:b], *_axis(sums[i])):
            pieces[:] = 1
            continue
        pieces[:] = 0
        box = int(sums[i, 4]), int(sums[i, 5]), int(sums[i, 6]), int(sums[i, 7])
        rows, columns = moments.skeleton(y, x, a, b, *box)
        state = np.uint64(y[a]) * np.uint64(1000003) + np.uint64(x[a])
        n_lines = _lines(y[a:b], x[a:b], rows, columns, diagonal, min_line, state, pieces)
        if n_lines == 0:
            pieces[:] = 1
            continue
        least = max(min_charge, min_share * sums[i, 0])
        n_pieces[i] = _rest(y[a:b], x[a:b], q[a:b], pieces, n_lines, least)


@_jit
def _axis(row):  # type: ignore[no-untyped-def]
    return row[2], row[3], row[13]


@_jit
def ends(y, x, offsets, sums, out):  # type: ignore[no-untyped-def]
    """Fill `out`, float64 (n, 2): the lowest and highest position of a pixel along the axis, px from the centroid."""
    for i in range(len(offsets) - 1):
        mx, my, phi = _axis(sums[i])
        c, s = math.cos(phi), math.sin(phi)
        out[i, 0], out[i, 1] = math.inf, -math.inf
        for k in range(offsets[i], offsets[i + 1]):
            u = c * (x[k] - mx) + s * (y[k] - my)
            out[i, 0], out[i, 1] = min(out[i, 0], u), max(out[i, 1], u)
