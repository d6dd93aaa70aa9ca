"""Light of deposits and how sensors see it: straight rays, attenuation, total reflection, times, charges, dark hits.

Scintillation is isotropic, with three decay times (beta and gamma alike, JUNO's values of 2016). Cherenkov light is prompt and on a
cone around the particle. A share of all light is scattered: it comes later, and of Cherenkov light the direction is lost.
"""

import math
from typing import NamedTuple

import numba
import numpy as np

from core.juno.optics import flight_ns
from core.juno.simulation.gammas import isotropic, turned
from core.juno.simulation.sensors import Sensors, nearest

RISE_NS = 1.2
DECAY_NS, DECAY_SHARES = (4.93, 20.6, 190.0), (0.799, 0.171, 0.030)
INDEX_LS, INDEX_WATER = 1.49, 1.33  # phase: of reflection and of the Cherenkov cone
CRITICAL_COS2 = 1.0 - (INDEX_WATER / INDEX_LS) ** 2
CHARGE_SIGMA, CHARGE_LOW = 0.3, 0.1  # of one photoelectron
TIME_STEPS, CHARGE_STEPS = 8.0, 32.0  # digitised to 1/8 ns and 1/32 photoelectron


class Medium(NamedTuple):
    """What light meets: numbers of `SimulationParameters`, in its units."""

    light_yield: float
    attenuation_m: float
    scattered_share: float
    scattered_ns: float
    cherenkov_share: float
    reflects: bool
    dark_per_ns: float  # of all sensors together
    window_ns: float


class Hits(NamedTuple):
    """Room for hits, and sums for each sensor where the room does not suffice. `size` int64 (2,): hits in the room, hits summed up."""

    pmt: np.ndarray
    time_ns: np.ndarray
    charge_pe: np.ndarray
    size: np.ndarray
    n: np.ndarray
    charge_sum: np.ndarray
    first_ns: np.ndarray
    time_sum: np.ndarray
    square_sum: np.ndarray


def room(n_hits: int, n_sensors: int) -> Hits:
    """Empty room for `n_hits` hits of `n_sensors`."""
    sums = [np.zeros(n_sensors) for _ in range(4)]
    return Hits(
        np.zeros(n_hits, np.int32), np.zeros(n_hits), np.zeros(n_hits), np.zeros(2, np.int64),
        np.zeros(n_sensors, np.int64), *sums,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def cleared(hits: Hits) -> None:
    """Forget all hits."""
    hits.size[:] = 0
    hits.n[:] = 0
    for sums in (hits.charge_sum, hits.time_sum, hits.square_sum):
        sums[:] = 0.0
    hits.first_ns[:] = math.inf


@numba.njit(cache=True, nogil=True)
def summed_up(hits: Hits) -> None:
    """Add the hits in the room to the sums of their sensors; the room is empty then."""
    for k in range(hits.size[0]):
        i, t = hits.pmt[k], hits.time_ns[k]
        hits.n[i] += 1
        hits.charge_sum[i] += hits.charge_pe[k]
        hits.first_ns[i] = min(hits.first_ns[i], t)
        hits.time_sum[i] += t
        hits.square_sum[i] += t * t
    hits.size[1] += hits.size[0]
    hits.size[0] = 0


@numba.njit(cache=True, nogil=True)
def decayed_ns(rng: np.random.Generator) -> float:
    """How long after the deposit scintillation is emitted."""
    lot = rng.random()
    if lot < DECAY_SHARES[0]:
        tau = DECAY_NS[0]
    elif lot < DECAY_SHARES[0] + DECAY_SHARES[1]:
        tau = DECAY_NS[1]
    else:
        tau = DECAY_NS[2]
    return RISE_NS * rng.standard_exponential() + tau * rng.standard_exponential()


@numba.njit(cache=True, nogil=True)
def on_cone(rng: np.random.Generator, ux: float, uy: float, uz: float, smear: float) -> tuple[float, float, float]:
    """A direction on the Cherenkov cone around (ux, uy, uz), the axis tilted by `smear` [rad] per plane."""
    if smear > 0.0:
        tilt = smear * math.sqrt(2.0 * rng.standard_exponential())
        ux, uy, uz = turned(rng, ux, uy, uz, math.cos(min(tilt, math.pi)))
    return turned(rng, ux, uy, uz, 1.0 / INDEX_LS)


@numba.njit(cache=True, nogil=True)
def through(along: float, half2: float, ls_radius_m: float, attenuation_m: float, reflects: bool) -> float:
    """The probability that a photon leaves the scintillator. `along`: of its place on its direction; `half2`: squared half of the chord.
    A photon that is totally reflected once, is so forever.
    """
    if reflects and half2 < CRITICAL_COS2 * ls_radius_m * ls_radius_m:
        return 0.0
    return math.exp((along - math.sqrt(max(half2, 0.0))) / attenuation_m)


@numba.njit(cache=True, nogil=True)
def _emitted(
    rng: np.random.Generator, s: Sensors, m: Medium, row: np.ndarray, n: int, is_cherenkov: bool, hits: Hits
) -> None:
    """Hits of n photons of a deposit, as many as there is room for."""
    # all that a photon needs in variables of its own: taken out of tuples within the loop it costs twice the time
    position_m, tts_ns, near, cell = s.position_m, s.tts_ns, s.near, s.cell
    radius2, ls_radius, ls2 = s.radius_m * s.radius_m, s.ls_radius_m, s.ls_radius_m * s.ls_radius_m
    pmts, times_ns, charges_pe, k = hits.pmt, hits.time_ns, hits.charge_pe, hits.size[0]
    x, y, z, t = row[0], row[1], row[2], row[3]
    r2 = x * x + y * y + z * z
    for _ in range(n):
        is_scattered = rng.random() < m.scattered_share
        if is_cherenkov and not is_scattered:
            ux, uy, uz = on_cone(rng, row[5], row[6], row[7], row[8])
        else:
            ux, uy, uz = isotropic(rng)
        along = x * ux + y * uy + z * uz
        off2 = along * along - r2
        if rng.random() >= through(along, ls2 + off2, ls_radius, m.attenuation_m, m.reflects):
            continue
        path = math.sqrt(radius2 + off2) - along
        pmt = nearest(position_m, near, cell, x + path * ux, y + path * uy, z + path * uz)
        px, py, pz = position_m[pmt, 0], position_m[pmt, 1], position_m[pmt, 2]
        time = t + flight_ns(x, y, z, px, py, pz, ls_radius) + tts_ns[pmt] * rng.standard_normal()
        if not is_cherenkov:
            time += decayed_ns(rng)
        if is_scattered:
            time += m.scattered_ns * rng.standard_exponential()
        if 0.0 <= time < m.window_ns:
            pmts[k], times_ns[k], charges_pe[k] = pmt, digitised_ns(time), charge_pe(rng)
            k += 1
    hits.size[0] = k


@numba.njit(cache=True, nogil=True)
def digitised_ns(time_ns: float) -> float:
    """Down to the step that is read out, exact in float32."""
    return math.floor(time_ns * TIME_STEPS) / TIME_STEPS


@numba.njit(cache=True, nogil=True)
def charge_pe(rng: np.random.Generator) -> float:
    """The charge of a photoelectron, as it is read out."""
    return math.ceil(max(1.0 + CHARGE_SIGMA * rng.standard_normal(), CHARGE_LOW) * CHARGE_STEPS) / CHARGE_STEPS


@numba.njit(cache=True, nogil=True)
def shine(rng: np.random.Generator, s: Sensors, m: Medium, deposits: np.ndarray, n: int, hits: Hits) -> None:
    """Hits of the light of the first n deposits."""
    per_mev = m.light_yield * math.exp(s.ls_radius_m / m.attenuation_m)  # photons to emit for the yield at the centre
    for k in range(n):
        row = deposits[k]
        is_directed = row[5] != 0.0 or row[6] != 0.0 or row[7] != 0.0
        share = m.cherenkov_share if is_directed else 0.0
        for part in range(2):
            photons = rng.poisson(row[4] * per_mev * (share if part == 1 else 1.0 - share))
            while photons > 0:
                if hits.size[0] == len(hits.pmt):
                    summed_up(hits)
                some = min(photons, len(hits.pmt) - hits.size[0])
                _emitted(rng, s, m, row, some, part == 1, hits)
                photons -= some


@numba.njit(cache=True, nogil=True)
def dark(rng: np.random.Generator, s: Sensors, m: Medium, hits: Hits) -> None:
    """Hits without light: any sensor, any time in the window."""
    for _ in range(rng.poisson(m.dark_per_ns * m.window_ns)):
        if hits.size[0] == len(hits.pmt):
            summed_up(hits)
        k = hits.size[0]
        hits.pmt[k] = rng.integers(0, len(s.position_m))
        hits.time_ns[k] = digitised_ns(m.window_ns * rng.random())
        hits.charge_pe[k] = charge_pe(rng)
        hits.size[0] = k + 1


def relative_yield(attenuation_m: float, ls_radius_m: float, reflects: bool, n: int = 301) -> np.ndarray:
    """Light of a point at n radii from 0 to that of the scintillator, over that at the centre: `through`, averaged over directions."""
    cosine = (np.arange(4000) + 0.5) / 2000.0 - 1.0
    r = np.linspace(0.0, ls_radius_m, n)[:, None]
    half2 = ls_radius_m**2 - r * r * (1.0 - cosine * cosine)
    share = np.exp((r * cosine - np.sqrt(np.maximum(half2, 0.0)) + ls_radius_m) / attenuation_m)
    if reflects:
        share[half2 < CRITICAL_COS2 * ls_radius_m**2] = 0.0
    return share.mean(axis=1)
