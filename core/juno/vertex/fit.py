"""The vertex of an event from the times of its hits: maximum likelihood by Fisher scoring, compiled.

The density of a hit's time depends on position and event time through the residual t - flight - t0 only. The Fisher matrix is the
sum of the hits' squared scores, so that a step needs first derivatives only and goes uphill once it is short enough. Of several
hits on a sensor the first is used, with the probability that all others came later.
"""

import math
from typing import NamedTuple

import numba
import numpy as np

from core.juno.geometry import Geometry
from core.juno.optics import LIGHT_M_PER_NS, N_LS, N_WATER
from core.juno.vertex.residuals import FIRST_NS, PROFILE, STEP_NS, TimeProfile, template

MOST_STEPS, ENOUGH_M = 200, 1e-3
FARTHEST = 0.98  # of the radius of the sensors: no vertex is looked for beyond
KINDS_NS = 0.05  # spreads closer than this are one kind of sensor
LEAST_DENSITY = 1e-7  # per ns: no hit rules a vertex out
MEDIAN_NS = 8.0  # of scintillation light after straight light: where event times are tried around
SCAN_NS = (-30.0, -24.0, -18.0, -12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0, 18.0, 24.0, 30.0)
SCAN_HITS = 400  # are enough to tell those event times apart
LEAST_HITS = 5


class Sensors(NamedTuple):
    """What the fit needs of a geometry of n sensors of m kinds.

    `position_m` float64 (n, 3), `kind` int64 (n,); `density`, `slope`, `later` float64 (m, k) as in `Template`; `limit_m`:
    how far from the centre a vertex may lie.
    """

    position_m: np.ndarray
    kind: np.ndarray
    density: np.ndarray
    slope: np.ndarray
    later: np.ndarray
    ls_radius_m: float
    limit_m: float


class FirstHits(NamedTuple):
    """The sensors that were hit: place int64 (n,), first time float64 (n,) [ns], number of hits int64 (n,)."""

    pmt: np.ndarray
    time_ns: np.ndarray
    n_hits: np.ndarray


class Fitted(NamedTuple):
    """x, y, z [m] and t0 [ns] with their errors, ln L per sensor hit, and whether the fit came to rest.

    NaN and not at rest where fewer than LEAST_HITS sensors were hit.
    """

    parameters: np.ndarray
    errors: np.ndarray
    log_likelihood: float
    is_at_rest: bool


def sensors_of(geometry: Geometry, profile: TimeProfile = PROFILE) -> Sensors:
    """The sensors of a geometry by kinds of equal transit time spread."""
    rounded = np.rint(geometry.tts_ns.astype(float) / KINDS_NS).astype(np.int64)
    values, kind = np.unique(rounded, return_inverse=True)
    times = template(profile, tuple(float(value * KINDS_NS) for value in values))
    limit_m = FARTHEST * float(np.linalg.norm(geometry.position_m, axis=1).max())
    position_m = np.ascontiguousarray(geometry.position_m, np.float64)
    return Sensors(
        position_m, kind.astype(np.int64), times.density, times.slope, times.later, geometry.ls_radius_m, limit_m
    )


@numba.njit(cache=True, nogil=True)
def flight_with_gradient(point, position, ls_radius_m, gradient):  # type: ignore[no-untyped-def]
    """Flight time [ns] from a point (3,) to a sensor (3,), as `core.juno.optics.flight_ns`; how it changes with the point [ns/m] is
    put into `gradient` (3, or more).
    """
    dx, dy, dz = position[0] - point[0], position[1] - point[1], position[2] - point[2]
    length = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-6)
    unit = (dx / length, dy / length, dz / length)
    along = point[0] * unit[0] + point[1] * unit[1] + point[2] * unit[2]
    half2 = ls_radius_m**2 - (point[0] ** 2 + point[1] ** 2 + point[2] ** 2 - along * along)
    water, extra = N_WATER / LIGHT_M_PER_NS, (N_LS - N_WATER) / LIGHT_M_PER_NS
    for axis in range(3):
        gradient[axis] = -unit[axis] * water
    half = math.sqrt(max(half2, 0.0))
    begin, end = max(along, -half), min(along + length, half)
    if half2 <= 0.0 or end <= begin:
        return length * water
    for axis in range(3):
        # how the nearest approach to the centre moves with the point, and with it half the chord
        d_along = unit[axis] - (point[axis] - along * unit[axis]) / length
        d_half = (along * d_along - point[axis]) / half
        d_end = d_half if half < along + length else d_along - unit[axis]
        d_begin = -d_half if -half > along else d_along
        gradient[axis] += (d_end - d_begin) * extra
    return length * water + (end - begin) * extra


@numba.njit(cache=True, nogil=True)
def _likelihood(at, hits, every, sensors, floor, score, fisher):  # type: ignore[no-untyped-def]
    """ln L of every so many hits at x, y, z, t0; `score` (4,) and `fisher` (4, 4) are its derivatives and their products."""
    score[:], fisher[:] = 0.0, 0.0
    gradient, total = np.ones(4), 0.0
    for i in range(0, len(hits.pmt), every):
        sensor = hits.pmt[i]
        flight = flight_with_gradient(at, sensors.position_m[sensor], sensors.ls_radius_m, gradient)
        place = (hits.time_ns[i] - flight - at[3] - FIRST_NS) / STEP_NS - 0.5
        cell = math.floor(place)
        if cell < 0 or cell + 1 >= sensors.density.shape[1]:
            total += math.log(floor)
            continue
        part, kind = place - cell, sensors.kind[sensor]
        density = (1.0 - part) * sensors.density[kind, cell] + part * sensors.density[kind, cell + 1] + floor
        slope = ((1.0 - part) * sensors.slope[kind, cell] + part * sensors.slope[kind, cell + 1]) / density
        total += math.log(density)
        if hits.n_hits[i] > 1:
            later = (1.0 - part) * sensors.later[kind, cell] + part * sensors.later[kind, cell + 1]
            total += (hits.n_hits[i] - 1) * math.log(later)
            slope -= (hits.n_hits[i] - 1) * (density - floor) / later
        for a in range(4):
            score[a] -= slope * gradient[a]
            for b in range(4):
                fisher[a, b] += slope * slope * gradient[a] * gradient[b]
    return total


@numba.njit(cache=True, nogil=True)
def _first_guess(start_m, hits, sensors, floor):  # type: ignore[no-untyped-def]
    """The start with the best of some event times around what the median of the hits says, float64 (4,)."""
    gradient, residual = np.zeros(4), np.empty(len(hits.pmt))
    for i in range(len(hits.pmt)):
        position = sensors.position_m[hits.pmt[i]]
        residual[i] = hits.time_ns[i] - flight_with_gradient(start_m, position, sensors.ls_radius_m, gradient)
    middle = np.median(residual) - MEDIAN_NS
    score, fisher = np.zeros(4), np.zeros((4, 4))
    every = max(len(hits.pmt) // SCAN_HITS, 1)
    tried = np.array([start_m[0], start_m[1], start_m[2], middle])
    best, highest = middle, -np.inf
    for shift in SCAN_NS:
        tried[3] = middle + shift
        value = _likelihood(tried, hits, every, sensors, floor, score, fisher)
        if value > highest:
            best, highest = tried[3], value
    tried[3] = best
    return tried


@numba.njit(cache=True, nogil=True)
def _within(at, limit_m):  # type: ignore[no-untyped-def]
    """Pulled back along the line to the centre where it is too far out."""
    distance = math.sqrt(at[0] ** 2 + at[1] ** 2 + at[2] ** 2)
    if distance > limit_m:
        at[:3] *= limit_m / distance
    return at


@numba.njit(cache=True, nogil=True)
def fit(start_m, hits, sensors, dark_per_ns):  # type: ignore[no-untyped-def]
    """The vertex of an event: `Fitted`, from a start (3,) [m] such as the charge centre.

    `dark_per_ns`: how many dark hits the whole detector has in a ns.
    """
    if len(hits.pmt) < LEAST_HITS:
        return Fitted(np.full(4, np.nan), np.full(4, np.nan), np.nan, False)
    floor = dark_per_ns / len(hits.pmt) + LEAST_DENSITY
    score, fisher, new_score, new_fisher = np.zeros(4), np.zeros((4, 4)), np.zeros(4), np.zeros((4, 4))
    here = _first_guess(_within(start_m.copy(), sensors.limit_m), hits, sensors, floor)
    value = _likelihood(here, hits, 1, sensors, floor, score, fisher)
    damping, is_at_rest = 0.01, False
    for _ in range(MOST_STEPS):
        damped = fisher.copy()
        for a in range(4):
            damped[a, a] += damping * fisher[a, a] + 1e-9
        there = _within(here + np.linalg.solve(damped, score), sensors.limit_m)
        is_at_rest = np.abs(there[:3] - here[:3]).max() < ENOUGH_M
        new_value = _likelihood(there, hits, 1, sensors, floor, new_score, new_fisher)
        if new_value >= value:
            here, value, damping = there, new_value, max(damping * 0.2, 1e-4)
            score[:], fisher[:] = new_score, new_fisher
        else:
            damping *= 8.0
        if is_at_rest:
            break
    for a in range(4):
        fisher[a, a] += 1e-9
    errors = np.sqrt(np.maximum(np.diag(np.linalg.inv(fisher)), 0.0))
    return Fitted(here, errors, value / len(hits.pmt), is_at_rest)
