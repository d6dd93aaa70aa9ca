"""Electrons of tens of MeV and more: ionisation, bremsstrahlung, multiple scattering; photons scatter or make pairs.

A small cascade with the radiation length of LAB and the approximations of Rossi's textbook: bremsstrahlung in complete screening,
pairs that share their energy evenly by lot, angles of emission left out beside multiple scattering.
"""

import math

import numba
import numpy as np

from core.juno.optics import LIGHT_M_PER_NS
from core.juno.simulation.gammas import CUT_MEV, compton_per_m, put, scattered, turned

RADIATION_M = 0.5
LOSS_MEV_PER_M = 200.0  # 2 MeV/cm, of muons too
STEP_M = 0.05
SOFT_MEV = 2.0  # photons below are counted to ionisation; electrons below stop on the spot
SMEAR_RAD = 0.35  # of the Cherenkov cone of an electron that stops on the spot
Row = tuple[float, float, float, float, float, float, float, float]  # x, y, z [m], t [ns], energy [MeV], direction
MOST_PARTICLES = 8192  # waiting at once; a 5 GeV shower has about a hundred


@numba.njit(cache=True, nogil=True)
def pairs_per_m(energy_mev: float) -> float:
    """Pairs per metre: 7/9 of a radiation length at high energy, a third of that at 10 MeV (a logarithm between)."""
    if energy_mev <= 1.022:
        return 0.0
    return 7.0 / 9.0 / RADIATION_M * min(0.145 * math.log(energy_mev / 1.022), 1.0)


@numba.njit(cache=True, nogil=True)
def _radiated(rng: np.random.Generator, energy: float) -> float:
    """Energy of a bremsstrahlung photon above SOFT_MEV: (4/3 - 4/3 y + y^2) / y, y its share."""
    low = math.log(SOFT_MEV / energy)
    while True:
        y = math.exp(low * rng.random())
        if rng.random() * 4.0 / 3.0 < 4.0 / 3.0 - 4.0 / 3.0 * y + y * y:
            return y * energy


@numba.njit(cache=True, nogil=True)
def _electron(
    rng: np.random.Generator, out: np.ndarray, n: int, stack: np.ndarray, size: int, row: Row
) -> tuple[int, int]:
    """Follow an electron until it stops; photons that it radiates go to the stack."""
    x, y, z, t, energy, ux, uy, uz = row
    while energy > SOFT_MEV:
        share = SOFT_MEV / energy
        rate = (-4.0 / 3.0 * math.log(share) - 4.0 / 3.0 * (1.0 - share) + 0.5 * (1.0 - share * share)) / RADIATION_M
        to_photon = rng.standard_exponential() / max(rate, 1e-9)
        step = min(to_photon, STEP_M, energy / LOSS_MEV_PER_M)
        lost = min(step * LOSS_MEV_PER_M, energy)
        half = 0.5 * step
        n = put(out, n, x + half * ux, y + half * uy, z + half * uz, t + half / LIGHT_M_PER_NS, lost, ux, uy, uz, 0.0)
        x, y, z, t = x + step * ux, y + step * uy, z + step * uz, t + step / LIGHT_M_PER_NS
        angle = 13.6 / energy * math.sqrt(2.0 * step / RADIATION_M) * math.sqrt(rng.standard_exponential())
        ux, uy, uz = turned(rng, ux, uy, uz, math.cos(min(angle, math.pi)))
        energy -= lost
        if step == to_photon and energy > SOFT_MEV and size < len(stack):
            photon = _radiated(rng, energy)
            stack[size] = (x, y, z, t, photon, ux, uy, uz, 0.0)
            size += 1
            energy -= photon
    return put(out, n, x, y, z, t, energy, ux, uy, uz, SMEAR_RAD), size


@numba.njit(cache=True, nogil=True)
def _photon(
    rng: np.random.Generator, out: np.ndarray, n: int, stack: np.ndarray, size: int, row: Row
) -> tuple[int, int]:
    """Follow a photon until it is absorbed; electrons that it sets free go to the stack, slow ones stop on the spot."""
    x, y, z, t, energy, ux, uy, uz = row
    while energy > CUT_MEV:
        compton, pairs = compton_per_m(energy), pairs_per_m(energy)
        path = rng.standard_exponential() / (compton + pairs)
        x, y, z, t = x + path * ux, y + path * uy, z + path * uz, t + path / LIGHT_M_PER_NS
        if rng.random() * (compton + pairs) < pairs and size + 2 <= len(stack):
            share = rng.random()
            stack[size] = (x, y, z, t, share * energy, ux, uy, uz, 1.0)
            stack[size + 1] = (x, y, z, t, (1.0 - share) * energy, ux, uy, uz, 1.0)
            return n, size + 2
        left, cosine = scattered(rng, energy)
        vx, vy, vz = turned(rng, ux, uy, uz, cosine)
        ex, ey, ez = energy * ux - left * vx, energy * uy - left * vy, energy * uz - left * vz
        norm = max(math.sqrt(ex * ex + ey * ey + ez * ez), 1e-12)
        free = energy - left
        if free > SOFT_MEV and size < len(stack):
            stack[size] = (x, y, z, t, free, ex / norm, ey / norm, ez / norm, 1.0)
            size += 1
        elif free > 0.3:
            n = put(out, n, x, y, z, t, free, ex / norm, ey / norm, ez / norm, SMEAR_RAD)
        else:
            n = put(out, n, x, y, z, t, free, 0.0, 0.0, 0.0, 0.0)
        ux, uy, uz, energy = vx, vy, vz, left
    return put(out, n, x, y, z, t, energy, 0.0, 0.0, 0.0, 0.0), size


@numba.njit(cache=True, nogil=True)
def shower(
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
    """Append the deposits of an electron and its shower to `out`; the number of rows then. Their energies add up to its own."""
    stack = np.empty((MOST_PARTICLES, 9))
    stack[0] = (x, y, z, t, energy_mev, ux, uy, uz, 1.0)
    size = 1
    while size > 0:
        size -= 1
        s = stack[size]
        row = (s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
        if s[8] > 0.5:
            n, size = _electron(rng, out, n, stack, size, row)
        else:
            n, size = _photon(rng, out, n, stack, size, row)
    return n
