"""Energy loss of muons in silicon: Landau distribution convolved with a Gaussian, and its fit.

The standard of CERNLIB is meant: `xi` is Landau's width and MPV the place of the maximum. `scipy.stats.landau` is scaled
otherwise: loc = MPV + 0.22278 xi + xi ln(pi/2), scale = xi pi/2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.errors import DarkroomError
from core.statistics.intervals import Interval

LEVEL = 0.95
MODE = 0.22278  # the maximum of the standard Landau density lies at -0.22278
FEWEST = 100  # in the window of a fit
_STEPS, _REACH = 10.0, 6.0  # grid points per width, and how many sigma the Gauss reaches


@dataclass(frozen=True)
class LandauFit:
    """Landau (x) Gauss fitted to a histogram: each number with its interval; `peak_kev` is the maximum of the smeared
    density along one path length.

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


@dataclass(frozen=True)
class Paths:
    """How long the paths were: ln(length / the one that energies are scaled to) (k,) and the share of each (k,).

    Along a path t times as long the most probable loss per length is larger by xi ln t, with xi as it is per length.
    """

    log_length: np.ndarray
    share: np.ndarray


ONE_PATH = Paths(np.zeros(1), np.ones(1))


def paths_of(relative_length: np.ndarray, n_lengths: int = 24) -> Paths:
    """The distribution of path lengths (n,), relative to the one that energies are scaled to, in `n_lengths` steps."""
    log_length = np.log(relative_length[np.isfinite(relative_length) & (relative_length > 0.0)])
    if not len(log_length):
        return ONE_PATH
    count, edges = np.histogram(log_length, n_lengths)
    total = np.histogram(log_length, edges, weights=log_length)[0]
    filled = count > 0
    return Paths(total[filled] / count[filled], count[filled] / len(log_length))


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


def landau_gauss(edges: np.ndarray, mpv: float, xi: float, sigma: float, paths: Paths = ONE_PATH) -> np.ndarray:
    """Probability (m,) of each bin between edges (m + 1,), ascending, of Landau's density smeared by a Gauss; of several
    path lengths their sum.

    Of everything, so that wide edges give nearly 1: the tail falls only as 1/x2.
    """
    moved = xi * paths.log_length
    x, density = smeared(edges[0] - moved.max(), edges[-1] - moved.min(), mpv, xi, sigma)
    integral = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0) * (x[1] - x[0])])
    places = np.interp((edges[None, :] - moved[:, None]).ravel(), x, integral).reshape(len(moved), len(edges))
    shares: np.ndarray = np.diff(paths.share @ places)
    return shares


def peak(mpv: float, xi: float, sigma: float) -> float:
    """Where Landau's density smeared by a Gauss has its maximum; above `mpv` for every sigma > 0."""
    x, density = smeared(-3.0 * sigma - xi, 3.0 * sigma + xi, 0.0, xi, sigma)
    at = int(np.clip(density.argmax(), 1, len(density) - 2))
    below, top, above = np.log(density[at - 1 : at + 2])
    return float(mpv + x[at] + 0.5 * (below - above) / (below - 2.0 * top + above) * (x[1] - x[0]))


def deviance(counts: np.ndarray, expected: np.ndarray) -> float:
    """Likelihood ratio of Poisson counts against expectations (Baker & Cousins 1984): asymptotically a chi2."""
    expected = np.maximum(expected, 1e-9)
    return float(2.0 * np.sum(expected - counts + special.xlogy(counts, counts / expected)))


def fit(
    energy_kev: np.ndarray, low_kev: float, high_kev: float, bin_kev: float = 5.0, paths: Paths = ONE_PATH
) -> LandauFit:
    """Fit energies (n,), each scaled to one path length, within a window by maximum likelihood in bins; NaN are left out.

    All numbers are those of that one length. 95 % intervals by profile likelihood (MINOS), where it fails from the
    curvature; the peak is profiled as a parameter of its own, as the widths move it against the MPV.
    """
    edges = np.arange(low_kev, high_kev + bin_kev / 2.0, bin_kev)
    counts = np.histogram(energy_kev[np.isfinite(energy_kev)], edges)[0].astype(float)
    n = int(counts.sum())
    if n < FEWEST:
        raise DarkroomError(
            f"{n} energies lie from {low_kev:g} to {high_kev:g} keV, expected at least {FEWEST}: widen the window or take "
            "more images."
        )

    def expected(mpv: float, xi: float, sigma: float) -> np.ndarray:
        shares = landau_gauss(edges, mpv, xi, sigma, paths)
        return n * shares / shares.sum()

    mode = float(edges[int(np.convolve(counts, np.ones(3), "same").argmax())] + bin_kev / 2.0)
    by_mpv = _minimised(lambda mpv, xi, sigma: deviance(counts, expected(mpv, xi, sigma)), mode, edges)
    values = tuple(by_mpv.values)
    by_peak = _minimised(
        lambda top, xi, sigma: deviance(counts, expected(top - peak(0.0, xi, sigma), xi, sigma)),
        peak(*values), edges, values[1:],
    )  # fmt: skip
    mpv, xi, sigma = (interval_of(by_mpv, name, n) for name in ("place", "xi", "sigma"))
    ndf = len(counts) - 4
    return LandauFit(
        mpv, xi, sigma, interval_of(by_peak, "place", n), by_mpv.fval, ndf, float(special.chdtrc(ndf, by_mpv.fval)),
        edges, counts, expected(*values),
    )  # fmt: skip


def _minimised(
    loss: Callable[[float, float, float], float], place: float, edges: np.ndarray,
    widths: tuple[float, ...] = (12.0, 8.0),
) -> Any:  # fmt: skip
    """Minuit at the minimum of a likelihood ratio of a place [keV], xi and sigma."""
    from iminuit import Minuit

    minuit = Minuit(loss, place, *widths, name=("place", "xi", "sigma"))
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.limits["place"] = (edges[0] - 100.0, edges[-1])
    minuit.limits["xi"], minuit.limits["sigma"] = (1.0, 100.0), (1.0, 100.0)
    minuit.migrad()
    minuit.hesse()
    return minuit


def interval_of(minuit: Any, name: str, n: int) -> Interval:
    """A fitted number with its 95 % interval."""
    value, error = minuit.values[name], minuit.errors[name]
    try:
        minuit.minos(name, cl=LEVEL)
        merror = minuit.merrors[name]
        if merror.is_valid:
            return Interval(value, value + merror.lower, value + merror.upper, n, LEVEL, method="profile likelihood")
    except RuntimeError:  # the minimum is not one that MINOS accepts
        pass
    return Interval(value, value - 1.96 * error, value + 1.96 * error, n, LEVEL, method="curvature of the likelihood")
