"""Compiled passes over the pixel lists of clusters: sums, the principal axis, what is measured along and across it.

Sums are taken from the first pixel of the cluster, so that no digits are lost far from the origin. The weight of a pixel
is w = max(q, 0). A cluster without positive charge has no moments: NaN.
"""

import math

import numba
import numpy as np

COMMON = (
    "charge_e", "max_e", "x_px", "y_px", "x_min_px", "x_max_px", "y_min_px", "y_max_px", "cxx", "cyy", "cxy",
    "sigma_l_px", "sigma_t_px", "phi",
)  # fmt: skip
SHAPE = ("length_px", "wedge_px", "sagitta_px", "residual_px", "straightness")
_EPSILON = 1e-9  # px^2: variances of points on a line come out this close to 0

_jit = numba.njit(nogil=True, cache=True)


@_jit
def axes(cxx, cyy, cxy):  # type: ignore[no-untyped-def]
    """(sigma_L, sigma_T, phi) of a covariance matrix; phi in (-pi/2, pi/2], NaN if no direction is longer."""
    middle, half = 0.5 * (cxx + cyy), math.hypot(0.5 * (cxx - cyy), cxy)
    small = middle - half
    phi = math.nan if half < _EPSILON else 0.5 * math.atan2(2.0 * cxy, cxx - cyy)
    return math.sqrt(middle + half), math.sqrt(small) if small > _EPSILON else 0.0, phi


@_jit
def common(y, x, q, offsets, begin, end, out):  # type: ignore[no-untyped-def]
    """Fill `out`, float64 (n, len(COMMON)), for the clusters [begin, end)."""
    for i in range(begin, end):
        a, b = offsets[i], offsets[i + 1]
        x0, y0 = x[a], y[a]
        left, right, low, high = x0, x0, y0, y0
        total = weight = sx = sy = sxx = syy = sxy = 0.0
        highest = q[a]
        for k in range(a, b):
            value = q[k]
            left, right = min(left, x[k]), max(right, x[k])
            high = max(high, y[k])
            highest = max(highest, value)
            total += value
            if value > 0.0:
                dx, dy = float(x[k] - x0), float(y[k] - y0)
                weight += value
                sx += value * dx
                sy += value * dy
                sxx += value * dx * dx
                syy += value * dy * dy
                sxy += value * dx * dy
        row = out[i]
        row[0], row[1] = total, highest
        row[4], row[5], row[6], row[7] = left, right, low, high
        if weight > 0.0:
            mx, my = sx / weight, sy / weight
            row[2], row[3] = x0 + mx, y0 + my
            cxx, cyy = max(0.0, sxx / weight - mx * mx), max(0.0, syy / weight - my * my)
            cxy = sxy / weight - mx * my
            row[8], row[9], row[10] = cxx, cyy, cxy
            row[11], row[12], row[13] = axes(cxx, cyy, cxy)
        else:
            row[2] = row[3] = math.nan
            row[8:14] = math.nan


@_jit
def _spread(weight, s, ss):  # type: ignore[no-untyped-def]
    """Standard deviation from sums; NaN without weight."""
    return math.sqrt(max(0.0, ss / weight - (s / weight) ** 2)) if weight > 0.0 else math.nan


@_jit
def _curvature(s1, s2, s3, s4, t0, t1, t2):  # type: ignore[no-untyped-def]
    """c of the weighted fit t = a + b s + c s^2 from means of powers of s and of t s^k; NaN if it has no solution."""
    # eliminate a and b: regress t on s^2 after both are freed of their straight part
    var = s2 - s1 * s1
    if var <= 1e-12:
        return math.nan
    slope_square, slope_t = (s3 - s1 * s2) / var, (t1 - s1 * t0) / var
    rest = s4 - s2 * s2 - slope_square * (s3 - s1 * s2)
    if rest <= 1e-9:
        return math.nan
    return (t2 - s2 * t0 - slope_t * (s3 - s1 * s2)) / rest


@_jit
def along(y, x, q, a, b, mx, my, phi):  # type: ignore[no-untyped-def]
    """(length, wedge, sagitta) px of the pixels [a, b) about the axis through (mx, my) with direction phi."""
    c, s = math.cos(phi), math.sin(phi)
    first, last = math.inf, -math.inf
    for k in range(a, b):
        u = c * (x[k] - mx) + s * (y[k] - my)
        first, last = min(first, u), max(last, u)
    length = last - first
    middle, scale = 0.5 * (first + last), max(0.5 * length, 1e-6)
    w1 = t1 = tt1 = w2 = t2 = tt2 = 0.0
    m1 = m2 = m3 = m4 = n0 = n1 = n2 = 0.0
    for k in range(a, b):
        w = max(float(q[k]), 0.0)
        u = (c * (x[k] - mx) + s * (y[k] - my) - middle) / scale
        t = -s * (x[k] - mx) + c * (y[k] - my)
        if u > 0.0:
            w2, t2, tt2 = w2 + w, t2 + w * t, tt2 + w * t * t
        else:
            w1, t1, tt1 = w1 + w, t1 + w * t, tt1 + w * t * t
        m1, m2, m3, m4 = m1 + w * u, m2 + w * u * u, m3 + w * u**3, m4 + w * u**4
        n0, n1, n2 = n0 + w * t, n1 + w * t * u, n2 + w * t * u * u
    total = w1 + w2
    wedge = _spread(w2, t2, tt2) - _spread(w1, t1, tt1)
    # u runs from -1 to 1, so the height of the arc over its chord is |c|
    bend = _curvature(m1 / total, m2 / total, m3 / total, m4 / total, n0 / total, n1 / total, n2 / total)
    return length, wedge, abs(bend)


@_jit
def _thin(grid, height, width, crossing, doomed):  # type: ignore[no-untyped-def]
    """Thin `grid` (padded by a pixel of 0) to its skeleton: Zhang and Suen, Comm. ACM 27 (1984) 236."""
    n = 0
    for j in range(1, height - 1):
        for i in range(1, width - 1):
            if grid[j, i]:
                crossing[n] = j * width + i
                n += 1
    changed = True
    while changed:
        changed = False
        for turn in range(2):
            n_doomed = 0
            n_left = 0
            for k in range(n):
                at = crossing[k]
                j, i = at // width, at % width
                if not grid[j, i]:
                    continue
                crossing[n_left] = at
                n_left += 1
                p2, p3, p4, p5 = grid[j - 1, i], grid[j - 1, i + 1], grid[j, i + 1], grid[j + 1, i + 1]
                p6, p7, p8, p9 = grid[j + 1, i], grid[j + 1, i - 1], grid[j, i - 1], grid[j - 1, i - 1]
                neighbours = p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9
                if neighbours < 2 or neighbours > 6:
                    continue
                rises = (p3 > p2) + (p4 > p3) + (p5 > p4) + (p6 > p5) + (p7 > p6) + (p8 > p7) + (p9 > p8) + (p2 > p9)
                if rises != 1:
                    continue
                if turn == 0:
                    if p2 * p4 * p6 or p4 * p6 * p8:
                        continue
                elif p2 * p4 * p8 or p2 * p6 * p8:
                    continue
                doomed[n_doomed] = at
                n_doomed += 1
            n = n_left
            n_doomed = min(n_doomed, n - 1)  # a square of 2 x 2 would vanish
            for k in range(n_doomed):
                grid[doomed[k] // width, doomed[k] % width] = 0
            changed = changed or n_doomed > 0
    n_left = 0
    for k in range(n):
        if grid[crossing[k] // width, crossing[k] % width]:
            crossing[n_left] = crossing[k]
            n_left += 1
    return n_left


@_jit
def skeleton(y, x, a, b, x_min, x_max, y_min, y_max):  # type: ignore[no-untyped-def]
    """Rows and columns (k,) of the skeleton of the pixels [a, b); as one reads."""
    height, width = y_max - y_min + 3, x_max - x_min + 3
    grid = np.zeros((height, width), np.uint8)
    for k in range(a, b):
        grid[y[k] - y_min + 1, x[k] - x_min + 1] = 1
    pixels, doomed = np.empty(b - a, np.int64), np.empty(b - a, np.int64)
    n = _thin(grid, height, width, pixels, doomed)
    return pixels[:n] // width + y_min - 1, pixels[:n] % width + x_min - 1


@_jit
def shape(y, x, q, offsets, begin, end, sums, out):  # type: ignore[no-untyped-def]
    """Fill `out`, float64 (n, len(SHAPE)), for the clusters [begin, end); `sums` is filled by `common`."""
    for i in range(begin, end):
        a, b, row = offsets[i], offsets[i + 1], sums[i]
        mx, my, phi = row[2], row[3], row[13]
        if math.isnan(phi):
            out[i, 0] = max(row[5] - row[4], row[7] - row[6])
            out[i, 1:] = math.nan
            continue
        out[i, 0], out[i, 1], out[i, 2] = along(y, x, q, a, b, mx, my, phi)
        rows, columns = skeleton(y, x, a, b, int(row[4]), int(row[5]), int(row[6]), int(row[7]))
        c, s = math.cos(phi), math.sin(phi)
        first, last, i_first, i_last, squares = math.inf, -math.inf, 0, 0, 0.0
        for k in range(len(rows)):
            u = c * (columns[k] - mx) + s * (rows[k] - my)
            t = -s * (columns[k] - mx) + c * (rows[k] - my)
            squares += t * t
            if u < first:
                first, i_first = u, k
            if u > last:
                last, i_last = u, k
        reach = max(abs(rows[i_last] - rows[i_first]), abs(columns[i_last] - columns[i_first])) + 1
        out[i, 3] = math.sqrt(squares / len(rows))
        out[i, 4] = reach / len(rows)


@_jit
def by_level(y, x, level, q, offsets, begin, end, out):  # type: ignore[no-untyped-def]
    """Fill `out`, float64 (n, n_levels, 6), with sum of q, pixels, mean x and y, variance of x and y up to each level."""
    n_levels = out.shape[1]
    sums = np.empty((n_levels, 7))
    for i in range(begin, end):
        a, b = offsets[i], offsets[i + 1]
        x0, y0 = x[a], y[a]
        sums[:] = 0.0
        for k in range(a, b):
            row = sums[level[k]]
            row[0] += q[k]
            row[1] += 1.0
            w, dx, dy = max(float(q[k]), 0.0), float(x[k] - x0), float(y[k] - y0)
            row[2] += w
            row[3] += w * dx
            row[4] += w * dy
            row[5] += w * dx * dx
            row[6] += w * dy * dy
        for n in range(n_levels):
            row = sums[n]
            if n:
                row += sums[n - 1]
            out[i, n, 0], out[i, n, 1] = row[0], row[1]
            if row[2] > 0.0:
                mx, my = row[3] / row[2], row[4] / row[2]
                out[i, n, 2], out[i, n, 3] = x0 + mx, y0 + my
                out[i, n, 4], out[i, n, 5] = max(0.0, row[5] / row[2] - mx * mx), max(0.0, row[6] / row[2] - my * my)
            else:
                out[i, n, 2:] = math.nan
