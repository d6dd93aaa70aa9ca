"""Directions of muons: zenith angle against cos3 sin, azimuth against flat.

A horizontal plane is crossed by muons with the density 4 cos3(theta) sin(theta): intensity cos2, projected area cos,
solid angle sin.
"""

import math

import numpy as np
from scipy import special

from core.judge.applying import Angle

ZENITH_EDGES_DEG = np.linspace(0.0, 90.0, 19)
AZIMUTH_EDGES_DEG = np.linspace(-90.0, 90.0, 19)
LEAST = 5.0  # expected counts of a bin, for the chi2


def crossing_share(edges_deg: np.ndarray) -> np.ndarray:
    """Part (m,) of the muons through a horizontal plane whose zenith angle lies in each bin of edges (m + 1,) [deg]."""
    share: np.ndarray = -np.diff(np.cos(np.radians(edges_deg)) ** 4)
    return share


def acceptance(called_deg: np.ndarray, n_all: float, edges_deg: np.ndarray = ZENITH_EDGES_DEG) -> np.ndarray:
    """Called muons per muon that came, (m,) per bin of measured angle: from `n_all` simulated muons.

    It holds what is lost and what angles are mistaken for; NaN where none came.
    """
    came = n_all * crossing_share(edges_deg)
    with np.errstate(divide="ignore", invalid="ignore"):
        share: np.ndarray = np.where(came > 0, np.histogram(called_deg, edges_deg)[0] / came, np.nan)
    return share


def zenith(theta_deg: np.ndarray, accepted: np.ndarray | None = None) -> Angle:
    """Zenith angles (n,) against cos3 sin times the acceptance (m,), scaled to the same number; NaN are left out."""
    edges = ZENITH_EDGES_DEG
    counts = np.histogram(theta_deg[np.isfinite(theta_deg)], edges)[0].astype(float)
    shape = crossing_share(edges) * (np.ones(len(counts)) if accepted is None else np.nan_to_num(accepted))
    remark = (
        "cos³θ sinθ, without acceptance: short tracks of steep muons are called otherwise, so a lack at small angles is "
        "expected."
        if accepted is None
        else "cos³θ sinθ times the acceptance of the simulated data set."
    )
    return _against("zenith angle", "zenith angle θ [deg]", edges, counts, shape, remark)


def azimuth(phi_deg: np.ndarray) -> Angle:
    """Azimuths in the image (n,), -90 to 90 since a track has no direction, against flat; NaN are left out."""
    edges = AZIMUTH_EDGES_DEG
    folded = (phi_deg[np.isfinite(phi_deg)] + 90.0) % 180.0 - 90.0
    counts = np.histogram(folded, edges)[0].astype(float)
    remark = "flat; an excess at 0 or ±90 are rows or columns taken for tracks."
    return _against("azimuth", "azimuth φ in the image [deg]", edges, counts, np.ones(len(counts)), remark)


def _against(title: str, axis: str, edges: np.ndarray, counts: np.ndarray, shape: np.ndarray, remark: str) -> Angle:
    total, sum_of_shape = counts.sum(), shape.sum()
    expected = shape * (total / sum_of_shape) if sum_of_shape > 0 else np.full(len(counts), np.nan)
    usable = expected >= LEAST
    chi2 = float(np.sum((counts - expected)[usable] ** 2 / expected[usable]))
    ndf = int(usable.sum()) - 1
    p_value = float(special.chdtrc(ndf, chi2)) if ndf > 0 else math.nan
    return Angle(title, axis, edges, counts, expected, chi2, max(ndf, 0), p_value, remark)
