"""Where and when a particle leaves its energy: electron, positron, muon. Deposits as in `gammas.COLUMNS`.

At a few MeV an electron is a point. A positron is a point and, after it has formed positronium or not, two gammas back to back.
"""

import math

import numba
import numpy as np

from core.juno.optics import LIGHT_M_PER_NS
from core.juno.simulation.gammas import ELECTRON_MEV, ENERGY, T, chain, isotropic, put
from core.juno.simulation.showers import LOSS_MEV_PER_M, SMEAR_RAD, shower

ELECTRON, POSITRON, MUON = 0, 1, 2  # classes
ANNIHILATION_MEV = 2.0 * ELECTRON_MEV
PROMPT_NS = 0.4  # mean time to annihilation without ortho-positronium
MUON_STEP_M, MUON_SPREAD = 0.1, 0.2
MUON_MEV, MUON_LIFE_NS, MICHEL_MEV = 105.6583755, 2197.0, 52.83
MOST_DEPOSITS = 65_536  # of one event


@numba.njit(cache=True, nogil=True)
def electron(out: np.ndarray, energy_mev: float, ux: float, uy: float, uz: float) -> int:
    """A point at the origin."""
    return put(out, 0, 0.0, 0.0, 0.0, 0.0, energy_mev, ux, uy, uz, SMEAR_RAD)


@numba.njit(cache=True, nogil=True)
def positron(
    rng: np.random.Generator,
    out: np.ndarray,
    energy_mev: float,
    ux: float,
    uy: float,
    uz: float,
    ops_share: float,
    ops_ns: float,
) -> int:
    """A point with `energy_mev` less the annihilation's 1.022, and the scatters of two gammas. They start after ortho-positronium's
    lifetime `ops_ns` (mean, exponential) in a share of events, else after `PROMPT_NS`.
    """
    n = electron(out, energy_mev - ANNIHILATION_MEV, ux, uy, uz)
    delay = rng.standard_exponential() * (ops_ns if rng.random() < ops_share else PROMPT_NS)
    gx, gy, gz = isotropic(rng)
    n = chain(rng, out, n, 0.0, 0.0, 0.0, delay, gx, gy, gz, ELECTRON_MEV)
    return chain(rng, out, n, 0.0, 0.0, 0.0, delay, -gx, -gy, -gz, ELECTRON_MEV)


@numba.njit(cache=True, nogil=True)
def muon(rng: np.random.Generator, out: np.ndarray, energy_mev: float, ux: float, uy: float, uz: float) -> int:
    """A straight track from the origin, 2 MeV/cm at the speed of light; what a step of 10 cm leaves varies by 20 %."""
    length = energy_mev / LOSS_MEV_PER_M
    steps = max(math.ceil(length / MUON_STEP_M), 1)
    total = 0.0
    for k in range(steps):
        s = (k + 0.5) * length / steps
        e = math.exp(MUON_SPREAD * rng.standard_normal())
        total += e
        put(out, k, s * ux, s * uy, s * uz, s / LIGHT_M_PER_NS, e, ux, uy, uz, 0.0)
    for k in range(steps):
        out[k, ENERGY] *= energy_mev / total
    return steps


@numba.njit(cache=True, nogil=True)
def michel(rng: np.random.Generator, out: np.ndarray, n: int, x: float, y: float, z: float, length_m: float) -> int:
    """Append the electron of a muon's decay at the end (x, y, z) of its track: its shower, 2.2 µs later in the mean, of an energy with
    Michel's spectrum. The number of rows then.
    """
    share = rng.random()
    while rng.random() > share * share * (3.0 - 2.0 * share):
        share = rng.random()
    t = length_m / LIGHT_M_PER_NS + MUON_LIFE_NS * rng.standard_exponential()
    ux, uy, uz = isotropic(rng)
    return shower(rng, out, n, x, y, z, t, ux, uy, uz, share * MICHEL_MEV)


@numba.njit(cache=True, nogil=True)
def moved(out: np.ndarray, n: int, x: float, y: float, z: float, ls_radius_m: float) -> None:
    """Move the first n deposits by (x, y, z) [m]; the few outside the scintillator then are put to its surface."""
    for k in range(n):
        row = out[k]
        row[0] += x
        row[1] += y
        row[2] += z
        r = math.sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2])
        if r > 0.999 * ls_radius_m:
            row[0:3] *= 0.999 * ls_radius_m / r


@numba.njit(cache=True, nogil=True)
def centre(out: np.ndarray, n: int) -> tuple[float, float, float, float]:
    """Centre of energy of the first n deposits: x, y, z [m] and time [ns]."""
    x = y = z = t = total = 0.0
    for k in range(n):
        e = out[k, ENERGY]
        x, y, z, t, total = x + e * out[k, 0], y + e * out[k, 1], z + e * out[k, 2], t + e * out[k, T], total + e
    return x / total, y / total, z / total, t / total


@numba.njit(cache=True, nogil=True)
def yield_at(relative: np.ndarray, r_m: float, ls_radius_m: float) -> float:
    """`light.relative_yield` between its points."""
    place = min(r_m / ls_radius_m, 1.0) * (len(relative) - 1)
    low = min(int(place), len(relative) - 2)
    return relative[low] + (place - low) * (relative[low + 1] - relative[low])


@numba.njit(cache=True, nogil=True)
def level(out: np.ndarray, n: int, r_m: float, relative: np.ndarray, ls_radius_m: float) -> None:
    """Scale the first n deposits so that they give the light, in the mean, of a point with their energy at the radius `r_m`: a
    track's light differs by up to a few per cent as it reaches regions of other yields, which would tell the class.
    """
    energy = light = 0.0
    for k in range(n):
        row = out[k]
        r = math.sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2])
        energy += row[ENERGY]
        light += row[ENERGY] * yield_at(relative, r, ls_radius_m)
    factor = energy * yield_at(relative, r_m, ls_radius_m) / light
    for k in range(n):
        out[k, ENERGY] *= factor


@numba.njit(cache=True, nogil=True)
def delayed(out: np.ndarray, n: int, t_ns: float) -> None:
    """Let the first n deposits happen `t_ns` later."""
    for k in range(n):
        out[k, T] += t_ns
