"""The energy that muons leave in silicon: Landau's distribution, smeared by a Gauss, and its fit.

The standard of CERNLIB is meant: `xi` is Landau's width and MPV the place of the maximum. `scipy.stats.landau` is scaled
otherwise: loc = MPV + 0.22278 xi + xi ln(pi/2), scale = xi pi/2.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.errors import DarkroomError
from core.judge.intervals import Interval

LEVEL = 0.95
MODE = 0.22278  # the maximum of the standard Landau density lies at -0.22278
FEWEST = 100  # in the window of a fit
_STEPS, _REACH = 10.0, 6.0  # grid points per width, and how many sigma the Gauss reaches


@dataclass(frozen=True)
class LandauFit:
    """Landau (x) Gauss fitted to a histogram: each number with its interval; `peak_kev` is the maximum of the sum.

    chi2 is Baker and Cousins' likelihood ratio; `curve` (m,) are the fitted counts per bin.
    """

    mpv_kev: Interval
    xi_kev: Interval
    sigma_kev: Interval
    peak_kev: Interval
    chi2: float
    ndf: int
    p_value: float
    edges_kev: np.ndarray
    counts: np.ndarray
    curve: np.ndarray


def landau(x: np.ndarray, mpv: float, xi: float) -> np.ndarray:
    """Landau's density (n,) at x (n,) with its maximum at `mpv` and the width `xi`."""
    from scipy import stats  # takes more than half a second to import

    density: np.ndarray = stats.landau.pdf(x, mpv + MODE * xi + xi * math.log(math.pi / 2.0), xi * math.pi / 2.0)
    return density


def smeared(low: float, high: float, mpv: float, xi: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Landau's density smeared by a Gauss: places (k,) from `low` to beyond `high`, finer than both widths, and density."""
    # a step that stays the same over a fit: one that followed the parameters would put noise on the likelihood
    step = 2.0 ** math.floor(math.log2(min(xi, sigma) / _STEPS))
    half = math.ceil(_REACH * sigma / step)
    n = math.ceil((high - low) / step)
    x = low + np.arange(-half, n + half + 1) * step
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * step / sigma) ** 2)
    return x[half : len(x) - half], np.convolve(landau(x, mpv, xi), kernel / kernel.sum(), "valid")


def landau_gauss(edges: np.ndarray, mpv: float, xi: float, sigma: float) -> np.ndarray:
    """Probability (m,) of each bin between edges (m + 1,), ascending, of Landau's density smeared by a Gauss.

    Of everything, so that wide edges give nearly 1: the tail falls only as 1/x2.
    """
    x, density = smeared(edges[0], edges[-1], mpv, xi, sigma)
    integral = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0) * (x[1] - x[0])])
    shares: np.ndarray = np.diff(np.interp(edges, x, integral))
    return shares


def peak(mpv: float, xi: float, sigma: float) -> float:
    """Where Landau's density smeared by a Gauss has its maximum; above `mpv` for every sigma > 0."""
    x, density = smeared(mpv - 3.0 * sigma - xi, mpv + 3.0 * sigma + xi, mpv, xi, sigma)
    at = int(np.clip(density.argmax(), 1, len(density) - 2))
    below, top, above = np.log(density[at - 1 : at + 2])
    return float(x[at] + 0.5 * (below - above) / (below - 2.0 * top + above) * (x[1] - x[0]))


def deviance(counts: np.ndarray, expected: np.ndarray) -> float:
    """Likelihood ratio of Poisson counts against expectations (Baker & Cousins 1984): asymptotically a chi2."""
    expected = np.maximum(expected, 1e-9)
    return float(2.0 * np.sum(expected - counts + special.xlogy(counts, counts / expected)))


def fit(energy_kev: np.ndarray, low_kev: float, high_kev: float, bin_kev: float = 5.0) -> LandauFit:
    """Fit energies (n,) within a window by maximum likelihood in bins; NaN are left out. 95 % intervals by profile
    likelihood (MINOS), where it fails from the curvature.
    """
    from iminuit import Minuit

    edges = np.arange(low_kev, high_kev + bin_kev / 2.0, bin_kev)
    counts = np.histogram(energy_kev[np.isfinite(energy_kev)], edges)[0].astype(float)
    n = int(counts.sum())
    if n < FEWEST:
        raise DarkroomError(
            f"{n} energies lie from {low_kev:g} to {high_kev:g} keV, expected at least {FEWEST}: widen the window or take "
            "more images."
        )

    def expected(mpv: float, xi: float, sigma: float) -> np.ndarray:
        shares = landau_gauss(edges, mpv, xi, sigma)
        return n * shares / shares.sum()

    mode = float(edges[int(np.convolve(counts, np.ones(3), "same").argmax())] + bin_kev / 2.0)
    minuit = Minuit(lambda mpv, xi, sigma: deviance(counts, expected(mpv, xi, sigma)), mpv=mode, xi=12.0, sigma=8.0)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.limits["mpv"] = (low_kev - 100.0, high_kev)
    minuit.limits["xi"], minuit.limits["sigma"] = (1.0, 100.0), (1.0, 100.0)
    minuit.migrad()
    minuit.hesse()
    found = {name: interval_of(minuit, name, n) for name in ("mpv", "xi", "sigma")}
    values = tuple(minuit.values)
    top = peak(*values)
    shift = top - values[0]
    mpv = found["mpv"]
    ndf = len(counts) - 4
    return LandauFit(
        mpv, found["xi"], found["sigma"],
        Interval(top, mpv.low + shift, mpv.high + shift, n, LEVEL, mpv.method),
        minuit.fval, ndf, float(special.chdtrc(ndf, minuit.fval)), edges, counts, expected(*values),
    )  # fmt: skip


def interval_of(minuit: Any, name: str, n: int) -> Interval:
    """A fitted number with its 95 % interval."""
    value, error = minuit.values[name], minuit.errors[name]
    try:
        minuit.minos(name, cl=LEVEL)
        merror = minuit.merrors[name]
        if merror.is_valid:
            return Interval(value, value + merror.lower, value + merror.upper, n, LEVEL, "profile likelihood")
    except RuntimeError:  # the minimum is not one that MINOS accepts
        pass
    return Interval(value, value - 1.96 * error, value + 1.96 * error, n, LEVEL, "curvature of the likelihood")
