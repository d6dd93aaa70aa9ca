"""Energy scale from the K lines of Fe-55: which charge in DN (ADU) a photon of known energy leaves, per amplifier.

Photons of Mn K-alpha (5.895 keV) and K-beta (6.490 keV) that leave all their charge in one pixel make a narrow
line; where charge is shared or lost near the surface, a shelf lies below it. Unbinned maximum likelihood in a window
around the expected place: K-alpha and K-beta as Gaussians of a common relative width, their places tied by the energies,
a shelf that ends at K-alpha, and a flat background. Energies: Bearden, Rev. Mod. Phys. 39 (1967) 78, weighted means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.connie.clusters.extract import Clusters, find_clusters
from core.connie.mapping import Mapping
from core.connie.raw.calibrate import Image, calibrate
from core.connie.raw.fits import read_images
from core.errors import DarkroomError
from core.judge.report import KeyNumber, Report, Table
from core.parameters import param

K_ALPHA_KEV, K_BETA_KEV = 5.895, 6.490
MIN_CLUSTERS = 12
MIN_SIGNIFICANCE = 4.0  # the place is searched for, so that 3 comes by chance
N_SCANNED, N_STARTS = 60, 3


@dataclass(frozen=True)
class LineParameters:
    """Which clusters make the spectrum, and where the line is looked for."""

    max_pixels: int = param(1, "largest number of pixels of a cluster", low=1, high=16)
    window: float = param(0.15, "half of the window, as a share of the expected place", low=0.05, high=0.3)
    together: bool = param(False, "one line for all amplifiers, their assumed gains right up to a common factor")


@dataclass(frozen=True)
class Line:
    """The K-alpha line: place in DN with its 68 % profile interval, width, its share of the n clusters in the window, and
    its significance in standard deviations against no line."""

    place_dn: float
    low_dn: float
    high_dn: float
    sigma_dn: float
    n: int
    n_line: float
    significance: float


@dataclass(frozen=True)
class Scale:
    """Gain of one amplifier from the line: e⁻/DN with its 68 % interval, next to the one assumed before."""

    amplifier: int
    line: Line
    gain_e_per_dn: float
    low_e_per_dn: float
    high_e_per_dn: float
    assumed_e_per_dn: float
    n_clusters: int


def energy_scales(
    paths: Sequence[Path], mapping: Mapping, settings: LineParameters = LineParameters()
) -> tuple[Scale, ...]:
    """One scale per amplifier from all images of Fe-55 frames together; refuses where an amplifier shows no line."""
    spectra: list[list[np.ndarray]] = []
    gains: tuple[float, ...] = ()
    for path in paths:
        for raw in read_images(path, mapping):
            image = calibrate(raw, mapping)
            if gains and len(gains) != len(image.gain_adu_per_e):
                raise DarkroomError(f"{path.name}: the images have different amplifiers: choose files of one camera.")
            gains = image.gain_adu_per_e
            spectra.append(spectra_dn(image, find_clusters(image, mapping), settings.max_pixels))
    if not spectra:
        raise DarkroomError("No image to find a line in: choose at least one file with an Fe-55 exposure.")
    charges = [np.concatenate(parts) for parts in zip(*spectra, strict=True)]
    electrons = 1e3 * K_ALPHA_KEV / mapping.pair_ev
    if settings.together:
        line = fit_line(
            np.concatenate([q / g for q, g in zip(charges, gains, strict=True)]), electrons, settings.window
        )
        return tuple(
            _scale(i, _scaled(line, g), electrons, g, q) for i, (q, g) in enumerate(zip(charges, gains, strict=True))
        )
    scales = []
    for i, (charge, gain) in enumerate(zip(charges, gains, strict=True)):
        try:
            line = fit_line(charge, electrons * gain, settings.window)
        except DarkroomError as error:
            raise DarkroomError(f"Amplifier {i}: {error}") from None
        scales.append(_scale(i, line, electrons, gain, charge))
    return tuple(scales)


def measure(paths: Sequence[Path], mapping: Mapping, settings: LineParameters) -> list[dict[str, Any]]:
    """The scales as plain records, rounded for display."""
    return [
        {
            "amplifier": scale.amplifier, "line [DN]": round(scale.line.place_dn, 2), "low [DN]": round(scale.line.low_dn, 2),
            "high [DN]": round(scale.line.high_dn, 2), "width [DN]": round(scale.line.sigma_dn, 2), "n": scale.line.n,
            "sigmas": round(scale.line.significance, 1), "gain [e⁻/DN]": round(scale.gain_e_per_dn, 4),
            "gain low": round(scale.low_e_per_dn, 4), "gain high": round(scale.high_e_per_dn, 4),
            "gain assumed": round(scale.assumed_e_per_dn, 4), "clusters": scale.n_clusters,
        }
        for scale in energy_scales(paths, mapping, settings)
    ]  # fmt: skip


def _scale(amplifier: int, line: Line, electrons: float, gain: float, charges: np.ndarray) -> Scale:
    of = electrons / np.array([line.place_dn, line.high_dn, line.low_dn])
    return Scale(amplifier, line, float(of[0]), float(of[1]), float(of[2]), 1.0 / gain, len(charges))


def _scaled(line: Line, factor: float) -> Line:
    """The line in DN of an amplifier, from one in electrons."""
    place, low, high, sigma = (factor * v for v in (line.place_dn, line.low_dn, line.high_dn, line.sigma_dn))
    return Line(place, low, high, sigma, line.n, line.n_line, line.significance)


def spectra_dn(image: Image, clusters: Clusters, max_pixels: int = 1) -> list[np.ndarray]:
    """Charges in DN of the clusters of at most `max_pixels` pixels, one array per amplifier (the gain taken back)."""
    n_columns = len(image.seam_columns) + 1
    n = n_columns * (len(image.seam_rows) + 1)
    charge_e = np.bincount(clusters.owner, clusters.q, minlength=len(clusters))
    first = clusters.offsets[:-1]
    row = np.searchsorted(image.seam_rows, clusters.y[first], side="right")
    column = np.searchsorted(image.seam_columns, clusters.x[first], side="right")
    amplifier = row * n_columns + column
    few = clusters.npix <= max_pixels
    return [charge_e[few & (amplifier == i)] * image.gain_adu_per_e[i] for i in range(n)]


def fit_line(charge_dn: np.ndarray, expected_dn: float, window: float = 0.15) -> Line:
    """The K-alpha line near `expected_dn` among charges (n,); refuses fewer than 12 in the window or no line above 3 sigma."""
    low, high = (1.0 - window) * expected_dn, (1.0 + window) * expected_dn
    inside = np.asarray(charge_dn, np.float64)
    inside = inside[(inside > low) & (inside < high)]
    if len(inside) < MIN_CLUSTERS:
        raise DarkroomError(
            f"{len(inside)} clusters between {low:.0f} and {high:.0f} DN: expected at least {MIN_CLUSTERS} around the "
            "K-alpha line. Add Fe-55 frames or correct the gain in the mapping."
        )

    def cost(place: float, width: float, line: float, beta: float, shelf: float) -> float:
        density = _density(inside, (low, high), place, width * place, line, beta, shelf)
        return -2.0 * float(np.log(np.maximum(density, 1e-300)).sum())

    # several maxima are usual with few clusters: the best places of a scan are followed
    places = np.linspace(low, high, N_SCANNED)[1:-1]
    scan = [cost(place, 0.012, 0.4, 0.15, 0.5) for place in places]
    fits = [_minimised(cost, (low, high), places[i]) for i in np.argsort(scan)[:N_STARTS]]
    best = min(fits, key=lambda fit: float(fit.fval))
    without = _minimised(cost, (low, high), expected_dn, line=0.0)
    significance = float(np.sqrt(max(without.fval - best.fval, 0.0)))
    if significance < MIN_SIGNIFICANCE:
        raise DarkroomError(
            f"no K-alpha line among {len(inside)} clusters between {low:.0f} and {high:.0f} DN ({significance:.1f} sigma): "
            f"expected at least {MIN_SIGNIFICANCE:g}. Add Fe-55 frames or correct the gain in the mapping."
        )
    place, width, line = (float(best.values[key]) for key in ("place", "width", "line"))
    below, above = _interval(best)
    n_line = line * (1.0 - float(best.values["beta"])) * len(inside)
    return Line(place, place - below, place + above, width * place, len(inside), n_line, significance)


def _minimised(cost: Callable[..., float], window: tuple[float, float], place: float, line: float | None = None) -> Any:
    """A fit that began at `place`; with `line` given its share is held there, and with it what a line alone has."""
    from iminuit import Minuit

    fit = Minuit(cost, place=place, width=0.012, line=0.4 if line is None else line, beta=0.15, shelf=0.5)
    fit.limits = [window, (0.003, 0.04), (0.0, 1.0), (0.0, 0.5), (0.0, 1.0)]
    if line is not None:
        fit.fixed["width", "line", "beta"] = True
    fit.errordef = Minuit.LEAST_SQUARES  # the cost is already -2 ln L
    return fit.migrad()


def _interval(fit: Any) -> tuple[float, float]:
    """How far the place may go down and up by the profile of the likelihood (68 %), else by its curvature."""
    try:
        errors = fit.minos("place", cl=0.6827).merrors["place"]
    except RuntimeError:  # the minimum is at a limit
        errors = None
    if errors is None or not errors.is_valid:
        return float(fit.errors["place"]), float(fit.errors["place"])
    return -float(errors.lower), float(errors.upper)


def _density(
    x: np.ndarray, window: tuple[float, float], place: float, sigma: float, line: float, beta: float, shelf: float
) -> np.ndarray:
    """Probability per DN within the window: `line` of it K lines (`beta` of these K-beta), `shelf` of the rest below K-alpha."""
    low, high = window
    ratio = K_BETA_KEV / K_ALPHA_KEV
    lines = (1.0 - beta) * _gaussian(x, place, sigma, window) + beta * _gaussian(
        x, ratio * place, ratio * sigma, window
    )
    edge = ndtr((place - x) / sigma)
    # the integral of the shelf's rounded end is that of a sharp one unless it is cut by the window
    below = edge / max(place - low, sigma)
    return np.asarray(line * lines + (1.0 - line) * (shelf * below + (1.0 - shelf) / (high - low)))


def _gaussian(x: np.ndarray, mean: float, sigma: float, window: tuple[float, float]) -> np.ndarray:
    inside = ndtr((window[1] - mean) / sigma) - ndtr((window[0] - mean) / sigma)
    peak = np.exp(-0.5 * ((x - mean) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    return np.asarray(peak / max(inside, 1e-12))


def run(inputs: Inputs, parameters: LineParameters, progress: Progress) -> Report:
    """One row per amplifier, and the range of the gains."""
    progress(0, 1, "reading images and fitting the line")
    scales = measure(inputs.files, inputs.mapping, parameters)
    numbers = [
        KeyNumber(
            f"amplifier {scale['amplifier']} [e⁻/DN]", f"{scale['gain [e⁻/DN]']:.4g}",
            f"[{scale['gain low']:.4g}, {scale['gain high']:.4g}], n = {scale['n']:,}", "gain with its 68 % interval",
        )
        for scale in scales[:4]
    ]  # fmt: skip
    return Report(tuple(numbers), (Table(TITLE, scales, EXPLANATION),), values={"scales": scales}, result=scales)


TITLE = "K-alpha line of Fe-55 (5.895 keV)"
EXPLANATION = "Place of the line with its 68 % interval, and the gain that follows from it beside the one assumed. Statistical only."
ENERGY_SCALE = Analysis(
    title=TITLE,
    explanation=EXPLANATION,
    parameters=LineParameters,
    needs={"files": Need("raw files with an Fe-55 exposure", True)},
    run=run,
    takes_long=True,
)
