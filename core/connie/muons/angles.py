"""Directions of muons: zenith angle against cos3 sin, azimuth against flat.

A horizontal plane is crossed by muons with the density 4 cos3(theta) sin(theta): intensity cos2, projected area cos,
solid angle sin.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from core.analysis.rates import Angle

ZENITH_EDGES_DEG = np.linspace(0.0, 90.0, 19)
AZIMUTH_EDGES_DEG = np.linspace(-90.0, 90.0, 19)
LEAST = 5.0  # expected counts of a bin, for the chi2


def crossing_share(edges_deg: np.ndarray) -> np.ndarray:
    """Part (m,) of the muons through a horizontal plane whose zenith angle lies in each bin of edges (m + 1,) [deg]."""
    share: np.ndarray = -np.diff(np.cos(np.radians(edges_deg)) ** 4)
    return share


@dataclass(frozen=True)
class Acceptance:
    """Called muons per muon that came, per bin of measured angle: share (m,) and its relative error (m,)."""

    share: np.ndarray
    relative_error: np.ndarray


def acceptance(called_deg: np.ndarray, n_all: float) -> Acceptance:
    """From the angles (n,) called in simulated images with `n_all` muons; it holds what is lost and what angles are
    mistaken for.
    """
    counts = np.histogram(called_deg, ZENITH_EDGES_DEG)[0]
    share = counts / np.maximum(n_all * crossing_share(ZENITH_EDGES_DEG), 1e-12)
    return Acceptance(share, 1.0 / np.sqrt(np.maximum(counts, 1)))


def zenith(theta_deg: np.ndarray, accepted: Acceptance | None = None) -> Angle:
    """Zenith angles (n,) against cos3 sin times the acceptance, scaled to the same number; NaN are left out.

    chi2 counts the errors of the acceptance too.
    """
    counts = np.histogram(theta_deg[np.isfinite(theta_deg)], ZENITH_EDGES_DEG)[0].astype(float)
    shape, error = crossing_share(ZENITH_EDGES_DEG), np.zeros(len(counts))
    remark = (
        "cos³θ sinθ without acceptance; short tracks of steep muons are called otherwise, so a lack at small angles is "
        "expected."
    )
    if accepted is not None:
        shape, error = shape * accepted.share, accepted.relative_error
        remark = "cos³θ sinθ times the acceptance of the simulated data set."
    return _against(("zenith angle", "zenith angle θ [deg]", remark), ZENITH_EDGES_DEG, counts, shape, error)


def azimuth(phi_deg: np.ndarray) -> Angle:
    """Azimuths in the image (n,), -90 to 90 since a track has no direction, against flat; NaN are left out."""
    folded = (phi_deg[np.isfinite(phi_deg)] + 90.0) % 180.0 - 90.0
    counts = np.histogram(folded, AZIMUTH_EDGES_DEG)[0].astype(float)
    words = (
        "azimuth",
        "azimuth φ in the image [deg]",
        "flat; an excess at 0 or ±90 are rows or columns taken for tracks.",
    )
    return _against(words, AZIMUTH_EDGES_DEG, counts, np.ones(len(counts)), np.zeros(len(counts)))


def _against(
    words: tuple[str, str, str], edges: np.ndarray, counts: np.ndarray, shape: np.ndarray, relative_error: np.ndarray
) -> Angle:
    total, sum_of_shape = counts.sum(), shape.sum()
    expected = shape * (total / sum_of_shape) if sum_of_shape > 0 else np.full(len(counts), np.nan)
    usable = expected >= LEAST
    variance = expected + (expected * relative_error) ** 2
    chi2 = float(np.sum((counts - expected)[usable] ** 2 / variance[usable]))
    ndf = max(int(usable.sum()) - 1, 0)
    p_value = float(special.chdtrc(ndf, chi2)) if ndf else math.nan
    title, axis, remark = words
    return Angle(title, axis, edges, counts, expected, chi2, ndf, p_value, remark)
