"""Electrons in silicon: range, energy loss that rises towards the end, and multiple scattering.

Range R = 0.412 E^(1.265 - 0.0954 ln E) g/cm2 (Katz and Penfold 1952, E in MeV); scattering: Highland's formula.
"""

import math
from functools import cache

import numba
import numpy as np

from core.connie.simulation.deposit import PIXEL_UM, THICKNESS_UM

DENSITY_G_CM3 = 2.329
RADIATION_LENGTH_UM = 93_700.0
MASS_KEV = 510.999
STEP_UM = 5.0
_POINT_UM = 1.0  # a remaining range below this ends where it is


def range_um(energy_kev: np.ndarray) -> np.ndarray:
    """Path length until an electron of kinetic energy `energy_kev` (2 to 2500) has stopped in silicon."""
    mev = np.asarray(energy_kev, np.float64) * 1e-3
    return 0.412 * mev ** (1.265 - 0.0954 * np.log(mev)) / DENSITY_G_CM3 * 1e4


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """log range [µm] and log energy [keV]: from the range that is left to the energy that is left."""
    energy = np.geomspace(2.0, 2500.0, 400)
    return np.log(range_um(energy)), np.log(energy)


def propagate(
    rng: np.random.Generator, particle: np.ndarray, start: np.ndarray, direction: np.ndarray, energy_kev: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follow n electrons in steps of 5 µm until they stop or leave the silicon.

    `start` (n, 3): x and y in pixels, depth in um; `direction` (n, 3) of length 1. Returns for every step the particle
    int32 (m,), the place (m, 3) and the energy it leaves there [keV] (m,).
    """
    log_range, log_energy = _table()
    return _propagate(rng, particle.astype(np.int32), start, direction, energy_kev, log_range, log_energy)


@numba.njit(cache=True)
def _turned(ux, uy, uz, a, b):  # type: ignore[no-untyped-def]
    """The direction after small angles a and b in two planes that stand on it and on each other."""
    norm = math.hypot(ux, uy)
    if norm < 1e-9:
        ex, ey, ez, fx, fy, fz = 1.0, 0.0, 0.0, 0.0, 1.0, 0.0
    else:
        ex, ey, ez = -uy / norm, ux / norm, 0.0
        fx, fy, fz = -uz * ux / norm, -uz * uy / norm, norm
    angle = math.hypot(a, b)
    if angle < 1e-12:
        return ux, uy, uz
    c, s = math.cos(angle), math.sin(angle) / angle
    return (
        c * ux + s * (a * ex + b * fx),
        c * uy + s * (a * ey + b * fy),
        c * uz + s * (a * ez + b * fz),
    )


@numba.njit(cache=True)
def _propagate(rng, particle, start, direction, energy, log_range, log_energy):  # type: ignore[no-untyped-def]
    size = 4096
    who, place, left = np.empty(size, np.int32), np.empty((size, 3)), np.empty(size)
    n = 0
    for p in range(len(particle)):
        x, y, z = start[p]
        ux, uy, uz = direction[p]
        kinetic = energy[p]
        to_go = math.exp(np.interp(math.log(kinetic), log_energy, log_range))
        while kinetic > 0.0:
            step = min(STEP_UM, to_go)
            to_go -= step
            after = 0.0 if to_go < _POINT_UM else math.exp(np.interp(math.log(to_go), log_range, log_energy))
            x, y, z = x + 0.5 * step * ux / PIXEL_UM, y + 0.5 * step * uy / PIXEL_UM, z + 0.5 * step * uz
            if z < 0.0 or z > THICKNESS_UM:
                break
            if n == len(who):
                bigger = np.empty((2 * n, 3))
                bigger[:n] = place
                place = bigger
                who, left = np.append(who, np.empty(n, np.int32)), np.append(left, np.empty(n))
            who[n], left[n] = particle[p], kinetic - after
            place[n, 0], place[n, 1], place[n, 2] = x, y, z
            n += 1
            x, y, z = x + 0.5 * step * ux / PIXEL_UM, y + 0.5 * step * uy / PIXEL_UM, z + 0.5 * step * uz
            mean = 0.5 * (kinetic + after)
            momentum_beta = mean * (mean + 2.0 * MASS_KEV) / (mean + MASS_KEV) * 1e-3
            thickness = step / RADIATION_LENGTH_UM
            width = 13.6 / momentum_beta * math.sqrt(thickness) * max(0.1, 1.0 + 0.038 * math.log(thickness))
            ux, uy, uz = _turned(ux, uy, uz, width * rng.standard_normal(), width * rng.standard_normal())
            kinetic = after
    return who[:n].copy(), place[:n].copy(), left[:n].copy()
