"""Muons per image unfolded from clusters per class and energy, as many muons share a cluster.

Counting clusters called muon is wrong in two ways that depend on the image: tracks that touch are found as one cluster
(half of the muons of a three-hour image), and electrons that look like muons weigh more where muons are few. Neither a
factor nor a function of occupancy survives another mix of particles. So the whole population of clusters is fitted:

    clusters in bin b = N(muon) A_b(occupancy) + sum over other kinds k of N_k T_kb(occupancy)

A bin is a called class and a range of energy. A_b is the number of clusters in it that hold a muon, per muon that came:
a polynomial in the occupancy, and linear in the width of the tracks, since how far charge diffuses differs from sensor to
sensor. T_kb is the distribution over bins of the clusters without any muon, per kind, linear in the occupancy. Both are
measured on simulated images of many rates through the same extraction and the same run. Since the numbers N are free for
every image, the mix of the calibration does not enter.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from core.errors import DarkroomError

ENERGY_EDGES_KEV = (0.0, 30.0, 110.0, 180.0, 250.0, 400.0, 700.0, 1500.0)  # the last bin is open
FEWEST_IMAGES = 4
ENOUGH_IMAGES = 8  # below, the square of the occupancy is left out
REPEATS = 60  # of the bootstrap over calibration images
_ROUNDS = 12


@dataclass(frozen=True)
class Truth:
    """What simulated images held: n_muons (n_images,), with_muon (n_images, n_bins) clusters that hold at least one muon,
    others (n_images, n_kinds, n_bins) clusters without, by the kind that gave most charge.
    """

    n_muons: np.ndarray
    with_muon: np.ndarray
    others: np.ndarray


@dataclass(frozen=True)
class Response:
    """muon (3, n_bins): terms 1, occupancy, its square; per muon. others (n_kinds, 2, n_bins): terms 1, occupancy; each kind
    normalised. `low`, `high`: the occupancies that were calibrated; beyond them the nearest is taken. `repeats`: the same
    from resampled images, for the error.
    """

    muon: np.ndarray
    others: np.ndarray
    low: float
    high: float
    n_images: int
    repeats: "tuple[Response, ...]" = ()

    def templates(self, occupancy: float) -> np.ndarray:
        """(1 + n_kinds, n_bins) for an image."""
        terms = np.clip(occupancy, self.low, self.high) ** np.arange(3)
        others = np.einsum("t,ktb->kb", terms[:2], self.others)
        template: np.ndarray = np.maximum(np.concatenate([(terms @ self.muon)[None], others]), 0.0)
        return template


@dataclass(frozen=True)
class Counted:
    """Muons of one image: `value`, its statistical error (that of a mean number, Poisson included) and the error from the
    calibration, one sigma each; `repeats` (n_repeats,) are the values with resampled calibrations.
    """

    value: float
    statistical: float
    calibration: float
    repeats: np.ndarray


def bins_of(predicted: np.ndarray, energy_kev: np.ndarray, n_classes: int) -> np.ndarray:
    """Bin int (n,) of clusters: predicted class (n,) times energy range; see `n_bins`."""
    at = np.clip(np.searchsorted(ENERGY_EDGES_KEV, energy_kev, side="right") - 1, 0, len(ENERGY_EDGES_KEV) - 1)
    return np.clip(predicted, 0, n_classes - 1).astype(np.int64) * len(ENERGY_EDGES_KEV) + at


def n_bins(n_classes: int) -> int:
    return n_classes * len(ENERGY_EDGES_KEV)


def per_image(image: np.ndarray, bins: np.ndarray, n_images: int, n: int) -> np.ndarray:
    """Counts (n_images, n) of clusters (m,) by image and bin."""
    return np.bincount(image * n + bins, minlength=n_images * n).reshape(n_images, n).astype(float)


def truth_of(
    image: np.ndarray, bins: np.ndarray, n: int, n_muons: np.ndarray, species: np.ndarray, in_image: np.ndarray,
    kinds: Sequence[int],
) -> Truth:  # fmt: skip
    """From clusters (m,): image, bin (of `n`), muons in it, species of most charge; in_image (n_images,) muons that came.

    A species that is none of `kinds` counts to the last of them.
    """
    n_images = len(in_image)
    has = n_muons > 0
    which = [species == k for k in kinds[:-1]]
    which.append(~np.any(which, axis=0) if which else np.ones(len(species), bool))
    others = [per_image(image[~has & is_kind], bins[~has & is_kind], n_images, n) for is_kind in which]
    return Truth(np.asarray(in_image, float), per_image(image[has], bins[has], n_images, n), np.stack(others, axis=1))


def calibrate(truth: Truth, occupancy: np.ndarray, seed: int = 1, repeats: int = REPEATS) -> Response:
    """Measure the response on simulated images of occupancy (n_images,); the errors come from resampling them."""
    n = len(occupancy)
    if n < FEWEST_IMAGES:
        raise DarkroomError(
            f"The counting is calibrated on {n} simulated images, expected at least {FEWEST_IMAGES} of different rates: "
            "simulate and score more."
        )
    rng = np.random.default_rng(seed)
    resampled = tuple(_response(truth, occupancy, rng.integers(0, n, n)) for _ in range(repeats))
    return dataclasses.replace(_response(truth, occupancy, np.arange(n)), repeats=resampled)


def _response(truth: Truth, occupancy: np.ndarray, drawn: np.ndarray) -> Response:
    """From some of the images, which may be the same more than once."""
    terms = occupancy[drawn][:, None] ** np.arange(3)
    n_terms = 3 if len(occupancy) >= ENOUGH_IMAGES else 2
    muon = np.zeros((3, truth.with_muon.shape[1]))
    muon[:n_terms] = _fitted(truth.with_muon[drawn], truth.n_muons[drawn], terms[:, :n_terms])
    others = [
        _fitted(counts[drawn], counts[drawn].sum(axis=1), terms[:, :2]) for counts in truth.others.transpose(1, 0, 2)
    ]
    return Response(muon, np.stack(others), float(occupancy.min()), float(occupancy.max()), len(drawn))


def _fitted(counts: np.ndarray, came: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """(n_terms, n_bins): counts (n_images, n_bins) = came (n_images,) * terms (n_images, n_terms) @ result, each bin by
    itself, weighted by what its pooled share lets expect.
    """
    design = came[:, None] * terms
    coefficients = np.zeros((terms.shape[1], counts.shape[1]))
    share = counts.sum(axis=0) / max(float(came.sum()), 1.0)
    for b in range(counts.shape[1]):
        weight = 1.0 / np.sqrt(np.maximum(came * share[b], 1.0))
        coefficients[:, b] = np.linalg.lstsq(design * weight[:, None], counts[:, b] * weight, rcond=None)[0]
    return coefficients


def count(response: Response, counts: np.ndarray, occupancy: np.ndarray) -> list[Counted]:
    """Muons of each image from its clusters per bin, counts (n_images, n_bins), and its occupancy (n_images,)."""
    muons = []
    for bins, x in zip(counts, occupancy, strict=True):
        value, error = solve(response.templates(x), bins)
        resampled = np.array([solve(repeated.templates(x), bins)[0] for repeated in response.repeats])
        muons.append(Counted(value, error, float(resampled.std()) if len(resampled) else 0.0, resampled))
    return muons


def solve(templates: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Amplitude of the first template and its error, from counts (n_bins,) as a sum of templates (n_templates, n_bins).

    Non-negative least squares with the weights that the solution itself gives: the Poisson likelihood's maximum.
    """
    expected = np.maximum(counts, 1.0)
    amplitude = np.zeros(len(templates))
    for _ in range(_ROUNDS):
        weight = 1.0 / np.sqrt(np.maximum(expected, 0.3))
        amplitude, _ = optimize.nnls(templates.T * weight[:, None], counts * weight)
        expected = amplitude @ templates
    fisher = (templates / np.maximum(expected, 0.3)) @ templates.T
    return float(amplitude[0]), float(np.sqrt(max(np.linalg.pinv(fisher)[0, 0], 0.0)))
