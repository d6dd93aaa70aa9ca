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
TIME_STEPS, CHARGE_STEPS = 16.0, 64.0  # digitised to 1/16 ns and 1/64 photoelectron


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
def _hit(rng: np.random.Generator, hits: Hits, m: Medium, pmt: int, time_ns: float) -> None:
    """One photoelectron; its charge is by lot. Outside the window it is not seen."""
    if not 0.0 <= time_ns < m.window_ns:
        return
    if hits.size[0] == len(hits.pmt):
        summed_up(hits)
    charge = max(1.0 + CHARGE_SIGMA * rng.standard_normal(), CHARGE_LOW)
    k = hits.size[0]
    hits.pmt[k] = pmt
    hits.time_ns[k] = math.floor(time_ns * TIME_STEPS) / TIME_STEPS
    hits.charge_pe[k] = math.ceil(charge * CHARGE_STEPS) / CHARGE_STEPS
    hits.size[0] = k + 1


@numba.njit(cache=True, nogil=True)
def arrived(
    rng: np.random.Generator, s: Sensors, m: Medium, x: float, y: float, z: float, ux: float, uy: float, uz: float
) -> int:
    """The sensor that a photon from (x, y, z) [m] along (ux, uy, uz) meets; -1 where it is absorbed or reflected for good."""
    along = x * ux + y * uy + z * uz
    off2 = along * along - (x * x + y * y + z * z)
    half2 = max(s.ls_radius_m * s.ls_radius_m + off2, 0.0)
    if m.reflects and half2 < CRITICAL_COS2 * s.ls_radius_m * s.ls_radius_m:
        return -1
    if rng.random() >= math.exp((along - math.sqrt(half2)) / m.attenuation_m):
        return -1
    path = math.sqrt(s.radius_m * s.radius_m + off2) - along
    return nearest(s, x + path * ux, y + path * uy, z + path * uz)


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
def _cone(rng: np.random.Generator, ux: float, uy: float, uz: float, smear: float) -> tuple[float, float, float]:
    """A direction on the Cherenkov cone around (ux, uy, uz), the axis tilted by `smear` [rad] per plane."""
    if smear > 0.0:
        tilt = smear * math.sqrt(2.0 * rng.standard_exponential())
        ux, uy, uz = turned(rng, ux, uy, uz, math.cos(min(tilt, math.pi)))
    return turned(rng, ux, uy, uz, 1.0 / INDEX_LS)


@numba.njit(cache=True, nogil=True)
def _seen(
    rng: np.random.Generator, s: Sensors, m: Medium, hits: Hits, row: np.ndarray, pmt: int, later_ns: float
) -> None:
    """The hit of a photon emitted `later_ns` after its deposit."""
    p = s.position_m[pmt]
    flight = flight_ns(row[0], row[1], row[2], p[0], p[1], p[2], s.ls_radius_m)
    _hit(rng, hits, m, pmt, row[3] + later_ns + flight + s.tts_ns[pmt] * rng.standard_normal())


@numba.njit(cache=True, nogil=True)
def shine(rng: np.random.Generator, s: Sensors, m: Medium, deposits: np.ndarray, n: int, hits: Hits) -> None:
    """Hits of the light of the first n deposits."""
    per_mev = m.light_yield * math.exp(s.ls_radius_m / m.attenuation_m)  # photons to emit for the yield at the centre
    for k in range(n):
        row = deposits[k]
        directed = row[5] * row[5] + row[6] * row[6] + row[7] * row[7] > 0.0
        cherenkov = m.cherenkov_share if directed else 0.0
        for _ in range(rng.poisson(row[4] * per_mev * (1.0 - cherenkov))):
            ux, uy, uz = isotropic(rng)
            pmt = arrived(rng, s, m, row[0], row[1], row[2], ux, uy, uz)
            if pmt >= 0:
                later = decayed_ns(rng)
                if rng.random() < m.scattered_share:
                    later += m.scattered_ns * rng.standard_exponential()
                _seen(rng, s, m, hits, row, pmt, later)
        if cherenkov > 0.0:
            for _ in range(rng.poisson(row[4] * per_mev * cherenkov)):
                is_scattered = rng.random() < m.scattered_share
                if is_scattered:
                    ux, uy, uz = isotropic(rng)
                else:
                    ux, uy, uz = _cone(rng, row[5], row[6], row[7], row[8])
                pmt = arrived(rng, s, m, row[0], row[1], row[2], ux, uy, uz)
                if pmt >= 0:
                    _seen(
                        rng, s, m, hits, row, pmt, m.scattered_ns * rng.standard_exponential() if is_scattered else 0.0
                    )


@numba.njit(cache=True, nogil=True)
def dark(rng: np.random.Generator, s: Sensors, m: Medium, hits: Hits) -> None:
    """Hits without light: any sensor, any time in the window."""
    for _ in range(rng.poisson(m.dark_per_ns * m.window_ns)):
        _hit(rng, hits, m, rng.integers(0, len(s.position_m)), m.window_ns * rng.random())


def relative_yield(attenuation_m: float, ls_radius_m: float, reflects: bool, n: int = 301) -> np.ndarray:
    """Light of a point at n radii from 0 to that of the scintillator, over that at the centre: what `arrived` lets through."""
    cosine = (np.arange(4000) + 0.5) / 2000.0 - 1.0
    r = np.linspace(0.0, ls_radius_m, n)[:, None]
    half2 = ls_radius_m**2 - r * r * (1.0 - cosine * cosine)
    through = np.exp((r * cosine - np.sqrt(np.maximum(half2, 0.0)) + ls_radius_m) / attenuation_m)
    if reflects:
        through[half2 < CRITICAL_COS2 * ls_radius_m**2] = 0.0
    return through.mean(axis=1)
