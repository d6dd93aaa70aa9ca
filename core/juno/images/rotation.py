"""The rotation that brings an event into the middle of the image: the direction of its charge centre onto the x axis."""

import math

import numba
import numpy as np

ANTIPARALLEL = 1e-9  # nearer to -1 the axis of the rotation is undefined


@numba.njit(cache=True, nogil=True)
def charge_centre(position: np.ndarray, place: np.ndarray, charge_pe: np.ndarray) -> np.ndarray:
    """c = sum(q x) / sum(q) [m], float64 (3,), of sensors `place` of `position` (3, n). Without charge 0."""
    c, total = np.zeros(3), 0.0
    for k in range(len(place)):
        i, q = place[k], charge_pe[k]
        c[0] += q * position[0, i]
        c[1] += q * position[1, i]
        c[2] += q * position[2, i]
        total += q
    return c / total if total > 0.0 else c


@numba.njit(cache=True, nogil=True)
def onto_x(c: np.ndarray) -> np.ndarray:
    """Rodrigues' matrix M (3, 3) with M c = |c| (1, 0, 0), about the axis perpendicular to both: with u = c / |c|, t = (1, 0, 0),
    v = u x t and K its cross-product matrix, M = I + K + K K / (1 + u t). Opposite to t: half a turn about z. c = 0: I.
    """
    length = math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2])
    if not length > 0.0:
        return np.eye(3)
    x, y, z = c[0] / length, c[1] / length, c[2] / length
    if x < -1.0 + ANTIPARALLEL:
        return np.diag(np.array([-1.0, -1.0, 1.0]))
    f = 1.0 / (1.0 + x)  # v = (0, z, -y)
    return np.array(
        [[1.0 - (y * y + z * z) * f, y, z], [-y, 1.0 - y * y * f, -y * z * f], [-z, -y * z * f, 1.0 - z * z * f]]
    )


@numba.njit(cache=True, nogil=True)
def about_x(angle: float) -> np.ndarray:
    """The rotation (3, 3) by an angle about x, from y to z."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


@numba.njit(cache=True, nogil=True)
def rolled_to_axis(matrix, position, place, charge_pe, first_ns):  # type: ignore[no-untyped-def]
    """`matrix` followed by the roll about x after which the larger charge-weighted principal axis in (y, z) is horizontal and
    early light is at the left (y < 0). For tracks, whose charge centre tells their place and not their direction.
    """
    total = yy = zz = yz = ym = zm = tm = 0.0
    m = len(place)
    y, z = np.empty(m), np.empty(m)
    for k in range(m):
        i, q = place[k], charge_pe[k]
        px, py, pz = position[0, i], position[1, i], position[2, i]
        y[k] = matrix[1, 0] * px + matrix[1, 1] * py + matrix[1, 2] * pz
        z[k] = matrix[2, 0] * px + matrix[2, 1] * py + matrix[2, 2] * pz
        total += q
        ym += q * y[k]
        zm += q * z[k]
        tm += first_ns[k]
    if not total > 0.0:
        return matrix
    ym, zm, tm = ym / total, zm / total, tm / m
    for k in range(m):
        q, dy, dz = charge_pe[k], y[k] - ym, z[k] - zm
        yy += q * dy * dy
        zz += q * dz * dz
        yz += q * dy * dz
    angle = -0.5 * math.atan2(2.0 * yz, yy - zz)
    c, s = math.cos(angle), math.sin(angle)
    late = 0.0  # whether times grow to the right
    for k in range(m):
        late += (c * y[k] - s * z[k]) * (first_ns[k] - tm)
    return about_x(angle if late >= 0.0 else angle + math.pi) @ matrix


@numba.njit(cache=True, nogil=True)
def rolled_at_random(matrix: np.ndarray, uid: int) -> np.ndarray:
    """`matrix` followed by a roll about x, and by a mirror (z to -z) for every other event: by lot, the same for the same uid."""
    mixed = np.uint64(uid) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    rolled = about_x(2.0 * math.pi * (np.float64(mixed >> np.uint64(12)) / 2.0**52)) @ matrix
    if mixed & np.uint64(1):
        rolled[2] = -rolled[2]
    return rolled
