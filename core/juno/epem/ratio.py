"""The likelihood ratio of positron and electron from residual times, with the simulation's own densities.

Hits are taken as independent of each other, given when the event happened and when the positron annihilated. Both are unknown and summed
over: the event time evenly, the delay as positronium decays. With the true vertex this is what times alone allow; with a fitted one it
is a classifier that learns nothing. The pattern of the two gammas over the sensors is not used, so that a network may see more.
"""

from functools import lru_cache

import numpy as np
from scipy.special import logsumexp

from core.juno.epem.histograms import SHARP_NS
from core.juno.geometry import Geometry
from core.juno.optics import LIGHT_M_PER_NS, N_LS
from core.juno.simulation.deposits import ANNIHILATION_MEV, PROMPT_NS
from core.juno.simulation.gammas import COLUMNS, ELECTRON_MEV, ENERGY, T, chain
from core.juno.vertex.residuals import PROFILE, STEP_NS, density, grid_ns

OPS_SHARE, OPS_NS = 0.5, 3.0  # of ortho-positronium: how often, and its lifetime in the scintillator
SHIFTS_NS = np.arange(-4.0, 4.01, 0.2)  # of the event time around the given one
DELAY_EDGES_NS = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.5, 7.5, 10.0, 14.0, 20.0])
N_GAMMAS, GAMMA_NS = 4000, 12.0  # simulated for the spread of their light, which lies within this
ENERGY_STEP_MEV = 0.25  # densities of energies closer than this are the same


@lru_cache(maxsize=1)
def gamma_kernel() -> np.ndarray:
    """Shares (2 m + 1,) of the light of an annihilation gamma by how late it is [steps of STEP_NS from -GAMMA_NS on] against light of
    the annihilation's own place: scattered some 20 cm away, nearer to a sensor or farther, and on its way there.
    """
    rng, m = np.random.default_rng(511), round(GAMMA_NS / STEP_NS)
    kernel, rows = np.zeros(2 * m + 1), np.zeros((256, len(COLUMNS)))
    for _ in range(N_GAMMAS):
        deposits = rows[: chain(rng, rows, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, ELECTRON_MEV)]
        toward = rng.normal(size=3)
        toward /= np.linalg.norm(toward)
        late_ns = deposits[:, T] - deposits[:, :3] @ toward * N_LS / LIGHT_M_PER_NS
        cells = np.clip(np.rint(late_ns / STEP_NS).astype(int) + m, 0, 2 * m)
        np.add.at(kernel, cells, deposits[:, ENERGY])
    kernel /= kernel.sum()
    return kernel


def delay_shares() -> np.ndarray:
    """Share of positrons (k,) that annihilate between each pair of DELAY_EDGES_NS; the last one has the rest."""
    later = OPS_SHARE * np.exp(-DELAY_EDGES_NS / OPS_NS) + (1.0 - OPS_SHARE) * np.exp(-DELAY_EDGES_NS / PROMPT_NS)
    later[-1] = 0.0
    shares: np.ndarray = -np.diff(later)
    return shares


@lru_cache(maxsize=4)
def _templates(spreads_ns: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Densities [1/ns] (2, k) on the grid of `grid_ns`: of light from one place and time, and of a gamma's light."""
    point = np.array([density(PROFILE, tts) for tts in spreads_ns]) / STEP_NS
    gamma = np.array([np.convolve(p, gamma_kernel(), mode="same") for p in point])
    return point, gamma


def log_ratios(histograms: np.ndarray, middles_ns: np.ndarray, energy_mev: np.ndarray, geometry: Geometry, dark_per_ns: float) -> np.ndarray:  # fmt: skip
    """ln(L of a positron / L of an electron), float32 (n,), of residual histograms (n, 2, n_bins) with middles (n_bins,).

    `energy_mev` (n,) is visible energy, `dark_per_ns` how many dark hits the detector has in a ns. NaN: no hit in the histograms or no
    energy above the annihilation's.
    """
    is_sharp = geometry.tts_ns < SHARP_NS
    spreads = tuple(float(geometry.tts_ns[k].mean()) if k.any() else SHARP_NS for k in (is_sharp, ~is_sharp))
    shares = np.array([is_sharp.mean(), 1.0 - is_sharp.mean()])
    out = np.full(len(histograms), np.nan, np.float32)
    counted = histograms.reshape(len(histograms), -1).astype(np.float64)
    steps = np.rint(energy_mev / ENERGY_STEP_MEV)
    usable = (counted.sum(axis=1) > 0) & (energy_mev > ANNIHILATION_MEV)
    for step in np.unique(steps[usable]):
        rows = np.flatnonzero(usable & (steps == step))
        n_light = max(float(counted[rows].sum(axis=1).mean()) - dark_per_ns * np.ptp(middles_ns), 1.0)
        floor = (dark_per_ns * shares / (n_light * shares))[:, None] + 1e-9
        out[rows] = _ratio(
            counted[rows], middles_ns, max(step * ENERGY_STEP_MEV, ANNIHILATION_MEV), _templates(spreads), floor
        )
    return out


def _ratio(counted: np.ndarray, middles_ns: np.ndarray, energy_mev: float, templates: tuple[np.ndarray, np.ndarray], floor: np.ndarray) -> np.ndarray:  # fmt: skip
    """ln of the ratio (n,) for events of one energy."""
    point, gamma = templates
    grid, delays = grid_ns(), 0.5 * (DELAY_EDGES_NS[:-1] + DELAY_EDGES_NS[1:])
    of_gammas = ANNIHILATION_MEV / energy_mev

    def logarithm(delay_ns: float | None) -> np.ndarray:
        """ln of the density (2 n_bins, n_shifts)."""
        tables = []
        for shift in SHIFTS_NS:
            at = middles_ns - shift
            values = np.array([np.interp(at, grid, p) for p in point])
            if delay_ns is not None:
                late = np.array([np.interp(at - delay_ns, grid, p) for p in gamma])
                values = (1.0 - of_gammas) * values + of_gammas * late
            tables.append(np.log(values + floor).ravel())
        return np.array(tables).T

    electron = logsumexp(counted @ logarithm(None), axis=1)
    positron = [
        np.log(share) + logsumexp(counted @ logarithm(float(delay)), axis=1)
        for delay, share in zip(delays, delay_shares(), strict=True)
    ]
    ratio: np.ndarray = logsumexp(positron, axis=0) - electron
    return ratio
