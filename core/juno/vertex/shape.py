"""How far the light's edge is from that of a point: its width, its quadrupole over the sphere, and the axis of that.

A particle of length L sends its first light backward from where it begins and forward from where it ends. Against a point in the middle
it is early by L/2 |1 - n cos| / c at an angle to the track. A fitted vertex takes the mean and the dipole of it; the quadrupole stays.
"""

import math

import numba
import numpy as np

from core.juno.vertex.fit import flight_with_gradient
from core.juno.vertex.residuals import FIRST_NS, STEP_NS

REACH_NS = 40.0  # from the median; what is farther off is dark or late
FEWEST = 50  # sensors, for nine numbers
N_TERMS = 9


@numba.njit(cache=True, nogil=True)
def expected_first_ns(later, n_hits):  # type: ignore[no-untyped-def]
    """The median of the earliest of n hits [ns], where `later` (k,) is the probability of a later time on the grid of templates."""
    wanted = 0.5 ** (1.0 / n_hits)
    low, high = 0, len(later) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if later[middle] > wanted:
            low = middle
        else:
            high = middle
    drop = later[low] - later[high]
    part = (later[low] - wanted) / drop if drop > 0.0 else 0.0
    return FIRST_NS + STEP_NS * (low + 1.0 + part)  # `later` is that of the end of a step


@numba.njit(cache=True, nogil=True)
def _terms(direction, out):  # type: ignore[no-untyped-def]
    """Constant, dipole and quadrupole at a direction (3,), into `out` (9,)."""
    x, y, z = direction[0], direction[1], direction[2]
    out[0], out[1], out[2], out[3] = 1.0, x, y, z
    out[4], out[5] = x * x - z * z, y * y - z * z
    out[6], out[7], out[8] = 2.0 * x * y, 2.0 * x * z, 2.0 * y * z


@numba.njit(cache=True, nogil=True)
def light_shape(hits, at, centre, sensors, out):  # type: ignore[no-untyped-def]
    """Of the first hits around a vertex and event time (4,), into `out` (5,): the median distance of times from their median [ns], the
    largest eigenvalue of their quadrupole [ns], and the unit vector along which light is earliest. It points to the charge centre (3,):
    first light draws a vertex to where a particle begins, charge to its middle. Times are those of first hits less flight and what is
    expected of the first of so many. Too few sensors: `out` stays.
    """
    n = len(hits.pmt)
    if n < FEWEST or not np.isfinite(at).all():
        return
    late, directions, gradient = np.empty(n), np.empty((n, 3)), np.zeros(4)
    for i in range(n):
        sensor = hits.pmt[i]
        position = sensors.position_m[sensor]
        flight = flight_with_gradient(at, position, sensors.ls_radius_m, gradient)
        late[i] = hits.time_ns[i] - flight - expected_first_ns(sensors.later[sensors.kind[sensor]], hits.n_hits[i])
        way = position - at[:3]
        directions[i] = way / max(math.sqrt((way * way).sum()), 1e-6)
    late -= np.median(late)
    out[0] = np.median(np.abs(late))
    squares, sums, terms = np.zeros((N_TERMS, N_TERMS)), np.zeros(N_TERMS), np.empty(N_TERMS)
    for i in range(n):
        if abs(late[i]) < REACH_NS:
            _terms(directions[i], terms)
            for a in range(N_TERMS):
                sums[a] += terms[a] * late[i]
                for b in range(N_TERMS):
                    squares[a, b] += terms[a] * terms[b]
    for a in range(N_TERMS):
        squares[a, a] += 1e-6
    c = np.linalg.solve(squares, sums)
    quadrupole = np.array([[c[4], c[6], c[7]], [c[6], c[5], c[8]], [c[7], c[8], -c[4] - c[5]]])
    values, vectors = np.linalg.eigh(quadrupole)
    out[1] = values[2]
    axis = np.ascontiguousarray(vectors[:, 0])
    toward = centre - at[:3]
    out[2:5] = axis if (axis * toward).sum() >= 0.0 else -axis
