"""Showers in plain NumPy, shower by shower, as one writes them first: gamma, cosine and `histogram2d`. The peer of the compiled simulation.

Written from the formulas of GFlash anew, so that it shares nothing with `core.zdc.simulation` but the numbers of the parameters.
"""

import math

import numpy as np

RADIATION_CM, MOLIERE_MM, Z, CRITICAL_MEV, DEPTH_CM = 0.890, 19.6, 68.4, 9.64, 20.0
N_CELLS, CELL_MM, THRESHOLD_MEV, NOISE_MEV, PHOTOSTATISTICS, REACH_MM = 20, 30.0, 0.78, 0.2, 0.02, 150.0


def shower(rng: np.random.Generator, energy_gev: float, fineness: float = 1.0) -> np.ndarray:
    """Energies [MeV] of 20 x 20 cells of a shower in 20 cm of PbWO4, its place even in +-5 cells."""
    ln_y, ln_e = math.log(1000.0 * energy_gev / CRITICAL_MEV), math.log(energy_gev)
    spread_t, spread_a, rho = 1.0 / (-1.4 + 1.26 * ln_y), 1.0 / (-0.58 + 0.86 * ln_y), 0.705 - 0.023 * ln_y
    mean = 0.81 + (0.458 + 2.26 / Z) * ln_y
    alpha = 0.0
    while alpha <= 1.05:
        g = rng.standard_normal(2) * np.sqrt([(1.0 + rho) / 2.0, (1.0 - rho) / 2.0])
        t_max, alpha = (ln_y - 0.812) * math.exp(spread_t * (g[0] + g[1])), mean * math.exp(spread_a * (g[0] - g[1]))
    n = max(round(fineness * 93.0 * math.log(Z) * energy_gev**0.876), 1)
    t = rng.gamma(alpha, t_max / (alpha - 1.0), n)
    t = t[t * RADIATION_CM < DEPTH_CM]
    tau = t / t_max * (alpha - 1.0) / alpha * mean / (mean - 1.0)
    core = MOLIERE_MM * (0.0251 + 0.00319 * ln_e + (0.1162 - 0.000381 * Z) * tau)
    tail = MOLIERE_MM * (0.659 - 0.00309 * Z) * (np.exp(-2.59 * (tau - 0.645)) + np.exp((0.3585 + 0.0412 * ln_e) * (tau - 0.645)))  # fmt: skip
    u = (0.401 + 0.00187 * Z - tau) / (1.313 - 0.0686 * ln_e)
    is_core = rng.random(len(t)) < (2.632 - 0.00094 * Z) * np.exp(u - np.exp(u))
    q, phi = rng.random(len(t)), rng.uniform(0.0, 2.0 * math.pi, len(t))
    r = np.where(is_core, core, tail) * np.sqrt(q / (1.0 - q))
    x, y = rng.uniform(-REACH_MM, REACH_MM, 2)
    edges = np.linspace(-0.5, 0.5, N_CELLS + 1) * N_CELLS * CELL_MM
    cells = np.histogram2d(y + r * np.sin(phi), x + r * np.cos(phi), bins=(edges, edges))[0] * 1000.0 * energy_gev / n
    cells += np.sqrt(1000.0 * cells * PHOTOSTATISTICS**2 + NOISE_MEV**2) * rng.standard_normal(cells.shape)
    return np.where(cells > THRESHOLD_MEV, cells, 0.0)


def showers(energies_gev: np.ndarray, seed: int, fineness: float = 1.0) -> np.ndarray:
    """float64 (n, 20, 20) of energies (n,)."""
    rng = np.random.default_rng(seed)
    return np.stack([shower(rng, float(energy), fineness) for energy in energies_gev])
