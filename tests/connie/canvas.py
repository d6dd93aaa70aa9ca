"""Small images to draw on, for tests of clusters and their features."""

import math

import numpy as np

from core.connie.clusters.extract import Clusters, find_clusters
from core.connie.clusters.stored_images import bare_image
from core.connie.mapping import Mapping
from core.connie.raw.calibrate import Image
from core.connie.raw.fits import Exposure

SIGMA_E = 2.0
MAPPING = Mapping()  # thresholds 8 and 20 e- at this noise, 60 e- in a cluster
TOLD = Exposure(9, 246, 2, 1, 10800.0, None, 1.47e9, None, None, 7.25, False)


def image_of(charge_e: np.ndarray) -> Image:
    """An image with noise 2 e- and gain 7.25 ADU/e⁻; NaN is masked."""
    charge_e = np.asarray(charge_e, np.float32)
    return bare_image("canvas", charge_e, np.full(charge_e.shape[1], SIGMA_E), 7.25, TOLD)


def found(charge_e: np.ndarray, mapping: Mapping = MAPPING) -> tuple[Clusters, Image]:
    image = image_of(charge_e)
    return find_clusters(image, mapping), image


def track(
    shape: tuple[int, int], x0: float, y0: float, x1: float, y1: float, e_per_px: float = 1200.0, sigma_px: float = 0.8
) -> np.ndarray:
    """float64 (ny, nx): a straight line of charge, blurred by a Gaussian."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    length = math.hypot(x1 - x0, y1 - y0)
    c, s = (x1 - x0) / length, (y1 - y0) / length
    u, t = c * (x - x0) + s * (y - y0), -s * (x - x0) + c * (y - y0)
    across = np.exp(-0.5 * (t / sigma_px) ** 2) / (sigma_px * math.sqrt(2.0 * math.pi))
    return e_per_px * across * ((u >= 0) & (u <= length))


def blob(shape: tuple[int, int], x0: float, y0: float, charge_e: float, sx: float, sy: float) -> np.ndarray:
    """float64 (ny, nx): a Gaussian with axes along the columns and rows."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    return charge_e / (2 * math.pi * sx * sy) * np.exp(-0.5 * (((x - x0) / sx) ** 2 + ((y - y0) / sy) ** 2))
