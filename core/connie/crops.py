"""The part of the image around each cluster: its bounding box and one pixel more on every side."""

from typing import TYPE_CHECKING

import numba
import numpy as np

from core.connie import label
from core.data.ragged import Ragged

if TYPE_CHECKING:
    from core.connie.calibrate import Image
    from core.connie.extract import Clusters

HALO_PX = 1
STEP_E = 1 / 16  # charges are rounded to it: far below the noise

_jit = numba.njit(nogil=True, cache=True)


@_jit
def _boxes(y, x, offsets, n_rows, n_columns, out):  # type: ignore[no-untyped-def]
    """First row, first column, height and width of each box with its halo."""
    for i in range(len(offsets) - 1):
        low, high, left, right = n_rows, -1, n_columns, -1
        for k in range(offsets[i], offsets[i + 1]):
            low, high = min(low, y[k]), max(high, y[k])
            left, right = min(left, x[k]), max(right, x[k])
        low, left = max(0, low - HALO_PX), max(0, left - HALO_PX)
        out[0, i], out[1, i] = low, left
        out[2, i], out[3, i] = min(n_rows, high + HALO_PX + 1) - low, min(n_columns, right + HALO_PX + 1) - left


@_jit
def _cut(charge, usable, labels, boxes, offsets, begin, end, out):  # type: ignore[no-untyped-def]
    for i in range(begin, end):
        to = offsets[i]
        for y in range(boxes[0, i], boxes[0, i] + boxes[2, i]):
            for x in range(boxes[1, i], boxes[1, i] + boxes[3, i]):
                value, owner = charge[y, x], labels[y, x]
                mine = owner == i + 1 or (owner == 0 and usable[y, x])
                if mine and not np.isnan(value):
                    out[to] = np.rint(value / STEP_E) * STEP_E
                to += 1


def crops(clusters: "Clusters", image: "Image") -> tuple[Ragged, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(crops, height, width, first row, first column): record i is the box of cluster i, e-, float32, row after row.

    Pixels of other clusters, masked pixels and NaN are 0; what lies between clusters keeps its noise. At an edge of the
    image the halo is cut off. Charges are rounded to 1/16 e-. height, width, y0, x0: int32 (n,).
    """
    boxes = np.empty((4, len(clusters)), np.int32)
    _boxes(clusters.y, clusters.x, clusters.offsets, *clusters.shape, boxes)
    offsets = np.concatenate([[0], np.cumsum(boxes[2].astype(np.int64) * boxes[3])])
    values, labels = np.zeros(offsets[-1], np.float32), clusters.label_image()
    label.in_parts(
        lambda a, b: _cut(image.charge_e, image.usable, labels, boxes, offsets, a, b, values), len(clusters), 64
    )
    return Ragged(values, offsets), boxes[2], boxes[3], boxes[0], boxes[1]
