"""Gamma rays in liquid scintillator: Compton scattering until nothing is left.

Klein and Nishina's cross-section, and their angle by the composition and rejection of Butcher and Messel. Scintillator: LAB, C18H30,
0.859 g/cm3. Photoelectric absorption is left out: below the energy where it takes over the gamma is absorbed on the spot.
"""

import math

import numba
import numpy as np

from core.juno.optics import LIGHT_M_PER_NS

ELECTRON_MEV = 0.51099895
ELECTRONS_PER_M3 = 2.90e29
RADIUS2_M2 = 7.940788e-30  # classical electron radius, squared
CUT_MEV = 0.02  # a gamma below this is absorbed where it is
COLUMNS = ("x_m", "y_m", "z_m", "t_ns", "energy_mev", "ux", "uy", "uz", "smear_rad")  # of deposits
X, T, ENERGY, U, SMEAR = 0, 3, 4, 5, 8


@numba.njit(cache=True, nogil=True)
def put(
    out: np.ndarray,
    n: int,
    x: float,
    y: float,
    z: float,
    t: float,
    energy: float,
    ux: float,
    uy: float,
    uz: float,
    smear: float,
) -> int:
    """Write a deposit (`COLUMNS`) to row `n` of `out`; the number of rows then. Direction 0: no Cherenkov light. A full table gives
    the energy to its last row.
    """
    if n >= len(out):
        out[n - 1, ENERGY] += energy
        return n
    row = out[n]
    row[0], row[1], row[2], row[3], row[4] = x, y, z, t, energy
    row[5], row[6], row[7], row[8] = ux, uy, uz, smear
    return n + 1


@numba.njit(cache=True, nogil=True)
def compton_per_m(energy_mev: float) -> float:
    """Compton scatters per metre (Klein-Nishina, integrated over angles)."""
    k = energy_mev / ELECTRON_MEV
    log = math.log(1.0 + 2.0 * k)
    first = (1.0 + k) / (k * k) * (2.0 * (1.0 + k) / (1.0 + 2.0 * k) - log / k)
    rest = log / (2.0 * k) - (1.0 + 3.0 * k) / ((1.0 + 2.0 * k) * (1.0 + 2.0 * k))
    return ELECTRONS_PER_M3 * 2.0 * math.pi * RADIUS2_M2 * (first + rest)


@numba.njit(cache=True, nogil=True)
def scattered(rng: np.random.Generator, energy_mev: float) -> tuple[float, float]:
    """Energy [MeV] left to a gamma after one Compton scatter, and the cosine of its angle."""
    k = energy_mev / ELECTRON_MEV
    low = 1.0 / (1.0 + 2.0 * k)
    a, b = -math.log(low), 0.5 * (1.0 - low * low)
    while True:
        if rng.random() * (a + b) < a:
            left = math.exp(-a * rng.random())
        else:
            left = math.sqrt(low * low + (1.0 - low * low) * rng.random())
        t = (1.0 - left) / (k * left)
        if rng.random() < 1.0 - left * t * (2.0 - t) / (1.0 + left * left):
            return left * energy_mev, 1.0 - t


@numba.njit(cache=True, nogil=True)
def isotropic(rng: np.random.Generator) -> tuple[float, float, float]:
    """A unit vector, any direction as likely as another."""
    z = 2.0 * rng.random() - 1.0
    phi = 2.0 * math.pi * rng.random()
    s = math.sqrt(max(1.0 - z * z, 0.0))
    return s * math.cos(phi), s * math.sin(phi), z


@numba.njit(cache=True, nogil=True)
def turned(rng: np.random.Generator, ux: float, uy: float, uz: float, cosine: float) -> tuple[float, float, float]:
    """The unit vector at an angle to (ux, uy, uz), its azimuth by lot."""
    sine = math.sqrt(max(1.0 - cosine * cosine, 0.0))
    phi = 2.0 * math.pi * rng.random()
    a, b = sine * math.cos(phi), sine * math.sin(phi)
    across = math.sqrt(ux * ux + uy * uy)
    if across < 1e-9:
        return a, b, math.copysign(cosine, uz * cosine)
    vx = cosine * ux + (a * ux * uz - b * uy) / across
    vy = cosine * uy + (a * uy * uz + b * ux) / across
    return vx, vy, cosine * uz - a * across


@numba.njit(cache=True, nogil=True)
def chain(
    rng: np.random.Generator,
    out: np.ndarray,
    n: int,
    x: float,
    y: float,
    z: float,
    t: float,
    ux: float,
    uy: float,
    uz: float,
    energy_mev: float,
) -> int:
    """Scatter a gamma until it is absorbed; every scatter is a deposit appended to `out`. The number of rows then.

    Compton electrons of a few 100 keV are hardly above Cherenkov threshold: they are given no direction.
    """
    while energy_mev > CUT_MEV:
        path = rng.standard_exponential() / compton_per_m(energy_mev)
        x, y, z, t = x + path * ux, y + path * uy, z + path * uz, t + path / LIGHT_M_PER_NS
        left, cosine = scattered(rng, energy_mev)
        n = put(out, n, x, y, z, t, energy_mev - left, 0.0, 0.0, 0.0, 0.0)
        ux, uy, uz = turned(rng, ux, uy, uz, cosine)
        energy_mev = left
    return put(out, n, x, y, z, t, energy_mev, 0.0, 0.0, 0.0, 0.0)


def table(n: int) -> np.ndarray:
    """Room for `n` deposits, float64 (n, 9) with columns `COLUMNS`."""
    return np.zeros((n, len(COLUMNS)))
