"""Clusters of an image by hysteresis: connected pixels above a weak threshold that hold one above a strong threshold.

Thresholds are multiples of the noise of each column. Defaults of the mapping: strong 10 sigma, weak 4 sigma, at least
60 e- in the cluster, pixels joined also over corners. A pixel that is exactly at a threshold is below it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.connie.clusters import components, moments

if TYPE_CHECKING:
    from core.connie.mapping import Mapping
    from core.connie.raw.calibrate import Image

MIN_ROWS = 64  # of a strip: below it a thread costs more than it saves
MIN_CLUSTERS = 64  # for a thread


@dataclass(frozen=True)
class Clusters:
    """n clusters as lists of pixels: cluster i has the pixels offsets[i]:offsets[i + 1], sorted as one reads.

    y, x: int32 (m,); q: float32 (m,), e-; offsets: int64 (n + 1). `n_weak` counts the connected groups of pixels above
    the weak threshold, kept or not. `shape`: of the image. `marks`: uint32 (n,), the bits of `core.connie.features.FLAGS`
    that deblending has set. A pixel belongs to at most one cluster. `known_sums`: `sums`, where they are known already.
    """

    y: np.ndarray
    x: np.ndarray
    q: np.ndarray
    offsets: np.ndarray
    n_weak: int
    shape: tuple[int, int]
    marks: np.ndarray
    known_sums: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def npix(self) -> np.ndarray:
        """int64 (n,): pixels of each cluster."""
        return np.diff(self.offsets)

    @property
    def owner(self) -> np.ndarray:
        """int32 (m,): the cluster of each pixel."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.npix)

    @cached_property
    def label_image(self) -> np.ndarray:
        """int32 (ny, nx): the cluster of each pixel plus 1, 0 where there is none."""
        image = np.zeros(self.shape, np.int32)
        image[self.y, self.x] = self.owner + 1
        return image

    @cached_property
    def sums(self) -> np.ndarray:
        """float64 (n, len(moments.COMMON)): charge, highest pixel, centroid, box, second moments, axis (radian)."""
        if self.known_sums is not None:
            return self.known_sums
        out = np.empty((len(self), len(moments.COMMON)))
        y, x, q, offsets = self.y, self.x, self.q, self.offsets
        components.in_parts(lambda a, b: moments.common(y, x, q, offsets, a, b, out), len(self), MIN_CLUSTERS)
        return out


def find_clusters(image: "Image", mapping: "Mapping") -> Clusters:
    """The clusters of a calibrated image, in the order of their first pixels. NaN and masked pixels belong to none.

    A saturated pixel does belong to its cluster, with the charge that was read.
    """
    usable = image.usable
    if image.saturated.any():
        usable = usable | image.saturated
    sigma = np.asarray(image.sigma_e, np.float32)
    return cluster(
        image.charge_e,
        usable,
        np.float32(mapping.weak_sigma) * sigma,
        np.float32(mapping.strong_sigma) * sigma,
        mapping.min_charge_e,
        mapping.connectivity,
    )


def cluster(
    charge_e: np.ndarray,
    usable: np.ndarray,
    weak_e: np.ndarray,
    strong_e: np.ndarray,
    min_charge_e: float = -np.inf,
    connectivity: int = 8,
) -> Clusters:
    """Clusters of charge_e, float32 (ny, nx), where `usable`, bool (ny, nx); thresholds float32 (nx,), e-."""
    reach = 1 if connectivity == 8 else 0
    rows, begins, ends, parent = _runs(charge_e, usable, weak_e, reach)
    component = np.empty(len(rows), np.int32)
    n_weak = int(components.number(parent, component))
    n_pixels, total, is_strong = np.zeros(n_weak, np.int64), np.zeros(n_weak), np.zeros(n_weak, np.bool_)
    components.weigh(charge_e, strong_e, rows, begins, ends, component, n_pixels, total, is_strong)
    is_cluster = is_strong & (total >= min_charge_e)
    n = int(is_cluster.sum())
    offsets = np.concatenate([[0], np.cumsum(n_pixels[is_cluster])]).astype(np.int64)
    place = np.where(is_cluster, np.cumsum(is_cluster) - 1, -1)
    y, x, q = (np.empty(offsets[-1], kind) for kind in (np.int32, np.int32, np.float32))
    components.gather(charge_e, rows, begins, ends, component, place, offsets[:-1].copy(), y, x, q)
    return Clusters(y, x, q, offsets, n_weak, charge_e.shape, np.zeros(n, np.uint32))


def _runs(charge_e: np.ndarray, usable: np.ndarray, weak_e: np.ndarray, reach: int) -> tuple[np.ndarray, ...]:
    """Rows, first columns, ends and union-find parents (int32 each) of all runs, strips joined."""
    n_rows, n_columns = charge_e.shape

    def strip(begin: int, end: int) -> list[np.ndarray]:
        # room for the worst case; memory that is never touched costs nothing
        buffers = [np.empty((end - begin) * (n_columns // 2 + 1), np.int32) for _ in range(4)]
        n = components.scan(charge_e, usable, weak_e, begin, end, reach, *buffers)
        return [values[:n] for values in buffers]

    strips = components.in_parts(strip, n_rows, MIN_ROWS)
    seams = np.cumsum([0] + [len(strip_runs[0]) for strip_runs in strips])
    for strip_runs, first in zip(strips, seams, strict=False):
        strip_runs[3] += np.int32(first)
    rows, begins, ends, parent = (np.concatenate(values) for values in zip(*strips, strict=True))
    components.join_seams(rows, begins, ends, parent, seams, reach)
    return rows, begins, ends, parent
