"""The copper lines of the background, 8.046 and 8.904 keV: the energy scale at low energy, from the images themselves."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from core.connie.muons.landau import FEWEST, deviance, interval_of
from core.errors import DarkroomError
from core.statistics.intervals import Interval

K_ALPHA_KEV, K_BETA_KEV = 8.046, 8.904
WINDOW_KEV = (6.5, 10.5)
BIN_KEV = 0.1
_START_KEV = 0.15  # width


@dataclass(frozen=True)
class LineFit:
    """K-alpha's place, the width at it (sigma), its number of events, and the fit to counts (m,) between edges."""

    k_alpha_kev: Interval
    sigma_kev: Interval
    n_k_alpha: Interval
    chi2: float
    ndf: int
    p_value: float
    edges_kev: np.ndarray
    counts: np.ndarray
    curve: np.ndarray


def fit(energy_kev: np.ndarray) -> LineFit:
    """Two Gauss lines at a fixed ratio of energies, width as the root of the energy, on a straight background.

    Maximum likelihood in bins of energies (n,) from 6.5 to 10.5 keV; NaN are left out.
    """
    from iminuit import Minuit

    edges = np.arange(WINDOW_KEV[0], WINDOW_KEV[1] + BIN_KEV / 2.0, BIN_KEV)
    counts = np.histogram(energy_kev[np.isfinite(energy_kev)], edges)[0].astype(float)
    n = int(counts.sum())
    if n < FEWEST:
        raise DarkroomError(
            f"{n} clusters lie from {WINDOW_KEV[0]:g} to {WINDOW_KEV[1]:g} keV, expected at least {FEWEST} for the copper "
            "lines: take more images."
        )
    middle = (edges[1:] + edges[:-1]) / 2.0 - sum(WINDOW_KEV) / 2.0

    def expected(place: float, sigma: float, alpha: float, beta: float, level: float, slope: float) -> np.ndarray:
        ratio = K_BETA_KEV / K_ALPHA_KEV
        lines = alpha * _in_bins(edges, place, sigma) + beta * _in_bins(edges, place * ratio, sigma * ratio**0.5)
        both: np.ndarray = lines + np.maximum(level + slope * middle, 0.0)
        return both

    start = {
        "place": K_ALPHA_KEV, "sigma": _START_KEV, "alpha": 0.3 * n, "beta": 0.06 * n, "level": 0.6 * n / len(counts),
        "slope": 0.0,
    }  # fmt: skip
    minuit = Minuit(lambda *p: deviance(counts, expected(*p)), *start.values(), name=tuple(start))
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.limits["place"], minuit.limits["sigma"] = (7.0, 9.0), (0.03, 0.6)
    for name in ("alpha", "beta", "level"):
        minuit.limits[name] = (0.0, None)
    minuit.migrad()
    minuit.hesse()
    ndf = len(counts) - len(start)
    place, sigma, alpha = (interval_of(minuit, name, n) for name in ("place", "sigma", "alpha"))
    curve = expected(*minuit.values)
    p_value = float(special.chdtrc(ndf, minuit.fval))
    return LineFit(place, sigma, alpha, minuit.fval, ndf, p_value, edges, counts, curve)


def _in_bins(edges: np.ndarray, place: float, sigma: float) -> np.ndarray:
    """Part of a Gauss line in each bin."""
    part: np.ndarray = np.diff(special.ndtr((edges - place) / sigma))
    return part
