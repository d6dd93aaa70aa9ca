"""One shower: a gamma distribution of depths, two discs of radii at each depth, cells that count light, noise and a threshold.

The energy comes in spots of equal energy. They are coarse: of 2.5 to 5 MeV each, where a cell counts as hit above 0.78 MeV, so that at the
edge of a shower the cells that are hit are those where a spot fell. `Beam.fineness` makes them finer.
"""

import math
from typing import NamedTuple

import numba
import numpy as np

from core.zdc.simulation import gflash
from core.zdc.simulation.gflash import Material

N_DEPTH = 24  # bins of one radiation length
LEAST_ALPHA = 1.05  # a shower has its maximum inside: alpha is drawn again below, at 1 GeV one in 10,000
N_RADIAL = 256  # depths at which radii are tabulated
CONVERSION = 9.0 / 7.0  # mean depth of a photon's first pair, in radiation lengths
FIXED, CELL, AREA = 0, 1, 2


class Calorimeter(NamedTuple):
    """A block of crystals with the readout of a cell: photostatistics at 1 GeV; noise, threshold and the largest energy that is read in MeV."""

    material: Material
    depth_cm: float
    cell_mm: float
    photostatistics: float
    noise_mev: float
    threshold_mev: float
    largest_mev: float


class Beam(NamedTuple):
    """Energies between two, even in E or in ln E; where particles hit: at a place, within one cell, or up to `reach_mm` from the middle."""

    low_gev: float
    high_gev: float
    is_log: bool
    is_photon: bool
    impact: int
    x_mm: float
    y_mm: float
    reach_mm: float
    fineness: float


_jit = numba.njit(cache=True, nogil=True)


@_jit
def placed(rng: np.random.Generator, b: Beam) -> tuple[float, float, float]:
    """Energy [GeV] and place [mm] of a particle. In the mode `CELL` the cell begins at (x_mm, y_mm) and is `reach_mm` wide."""
    u, x, y = rng.random(), rng.random(), rng.random()
    energy = b.low_gev * (b.high_gev / b.low_gev) ** u if b.is_log else b.low_gev + (b.high_gev - b.low_gev) * u
    if b.impact == FIXED:
        return energy, b.x_mm, b.y_mm
    if b.impact == CELL:
        return energy, b.x_mm + b.reach_mm * x, b.y_mm + b.reach_mm * y
    return energy, b.reach_mm * (2.0 * x - 1.0), b.reach_mm * (2.0 * y - 1.0)


@_jit
def longitudinal(rng: np.random.Generator, m: Material, energy_gev: float) -> tuple[float, float]:
    """Depth of the maximum T [radiation lengths] and alpha of a shower, with their correlated fluctuations."""
    s = gflash.shape(m, energy_gev)
    plus, minus = math.sqrt(0.5 * (1.0 + s.correlation)), math.sqrt(0.5 * (1.0 - s.correlation))
    while True:
        first, second = plus * rng.standard_normal(), minus * rng.standard_normal()
        alpha = math.exp(s.ln_alpha + s.ln_alpha_sigma * (first - second))
        if alpha > LEAST_ALPHA:
            return math.exp(s.ln_t + s.ln_t_sigma * (first + second)), alpha


@_jit
def radial_table(m: Material, energy_gev: float, t_max: float, alpha: float, depth: float) -> np.ndarray:
    """R_core and R_tail [mm] and the share of the core, float64 (N_RADIAL, 3), in the middles of equal steps of depth.

    As in Geant4, tau is that of a shower of mean alpha.
    """
    mean = math.exp(gflash.shape(m, energy_gev).ln_alpha)
    scale = (alpha - 1.0) / alpha * mean / (mean - 1.0) / t_max
    table = np.empty((N_RADIAL, 3))
    for i in range(N_RADIAL):
        core, tail, share = gflash.radial(m, energy_gev, scale * (i + 0.5) * depth / N_RADIAL)
        table[i] = (10.0 * m.moliere_cm * core, 10.0 * m.moliere_cm * tail, share)
    return table


@_jit
def deposit(
    rng: np.random.Generator,
    c: Calorimeter,
    b: Beam,
    energy_gev: float,
    x_mm: float,
    y_mm: float,
    cells: np.ndarray,
    profile: np.ndarray,
) -> None:
    """Add the energy [MeV] that a particle leaves to the cells (n_y, n_x) and to the depths (N_DEPTH,); both hold what is in the block.

    A point even in the unit disc gives direction and radius at once: its squared distance q from the centre is even in (0, 1) and tells
    nothing of the direction, and r = R sqrt(q / (1 - q)) has the distribution wanted.
    """
    n_y, n_x = cells.shape
    depth = c.depth_cm / c.material.radiation_cm
    start = CONVERSION * rng.standard_exponential() if b.is_photon else 0.0
    t_max, alpha = longitudinal(rng, c.material, energy_gev)
    per_t = t_max / (alpha - 1.0)
    table = radial_table(c.material, energy_gev, t_max, alpha, depth)
    n = max(int(b.fineness * gflash.n_spots(c.material, energy_gev) + 0.5), 1)
    spot_mev = 1000.0 * energy_gev / n
    left, low = x_mm / c.cell_mm + 0.5 * n_x, y_mm / c.cell_mm + 0.5 * n_y
    for _ in range(n):
        t = per_t * rng.standard_gamma(alpha)
        if start + t >= depth:
            continue
        i = int(t / depth * N_RADIAL)
        radius_mm = table[i, 0] if rng.random() < table[i, 2] else table[i, 1]
        q = 1.0
        u, v = 0.0, 0.0
        while q >= 1.0:
            u, v = 2.0 * rng.random() - 1.0, 2.0 * rng.random() - 1.0
            q = u * u + v * v
        r = radius_mm / c.cell_mm / math.sqrt(1.0 - q)
        x, y = left + r * u, low + r * v
        if 0.0 <= x < n_x and 0.0 <= y < n_y:
            cells[int(y), int(x)] += spot_mev
            if start + t < len(profile):
                profile[int(start + t)] += spot_mev


@_jit
def read_out(rng: np.random.Generator, c: Calorimeter, gain: np.ndarray, cells: np.ndarray) -> None:
    """Turn energies left in cells into energies measured, in place: 0 where not above the threshold. `gain`: (n_y, n_x), 1 on average."""
    n_y, n_x = cells.shape
    is_exact = c.photostatistics == 0.0 and c.noise_mev == 0.0
    for iy in range(n_y):
        for ix in range(n_x):
            energy = cells[iy, ix]
            if not is_exact:
                sigma = math.sqrt(1000.0 * energy * c.photostatistics**2 + c.noise_mev**2)
                energy += sigma * rng.standard_normal()
            energy *= gain[iy, ix]
            cells[iy, ix] = min(energy, c.largest_mev) if energy > c.threshold_mev else 0.0


@_jit
def shower(
    rng: np.random.Generator,
    c: Calorimeter,
    b: Beam,
    gain: np.ndarray,
    cells: np.ndarray,
    profile: np.ndarray,
    truth: np.ndarray,
) -> None:
    """Simulate a shower into cells, profile (both are overwritten) and truth: energy [GeV], place x and y [mm]."""
    cells[:] = 0.0
    profile[:] = 0.0
    energy, x, y = placed(rng, b)
    deposit(rng, c, b, energy, x, y, cells, profile)
    read_out(rng, c, gain, cells)
    truth[0], truth[1], truth[2] = energy, x, y
