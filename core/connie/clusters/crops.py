"""The part of the image around each cluster: its bounding box and one pixel more on every side."""

from typing import TYPE_CHECKING

import numba
import numpy as np

from core.connie.clusters import components
from core.data.ragged import Ragged
from core.data.reading import StoredArray

if TYPE_CHECKING:
    from core.connie.clusters.extract import Clusters
    from core.connie.raw.calibrate import Image

HALO_PX = 1
STEP_E = 1 / 16  # charges are rounded to it: far below the noise

CROP = StoredArray(
    "crop", "e⁻", ("float32",), is_ragged=True, help="pixels around a track, row by row; of small pictures grey values"
)
OWNED = StoredArray(
    "owned", "", ("uint8",), is_ragged=True, help="1 where the pixel of the crop is one of the track's, else 0"
)

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
def _cut(charge, usable, labels, boxes, offsets, begin, end, out, owned):  # type: ignore[no-untyped-def]
    for i in range(begin, end):
        to = offsets[i]
        for y in range(boxes[0, i], boxes[0, i] + boxes[2, i]):
            for x in range(boxes[1, i], boxes[1, i] + boxes[3, i]):
                value, owner = charge[y, x], labels[y, x]
                is_cropped = owner == i + 1 or (owner == 0 and usable[y, x])
                if is_cropped and not np.isnan(value):
                    out[to] = np.rint(value / STEP_E) * STEP_E
                owned[to] = owner == i + 1
                to += 1


def crops(
    clusters: "Clusters", image: "Image"
) -> tuple[Ragged, Ragged, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(crops, owned, height, width, first row, first column): record i is the box of cluster i, row after row: its charges,
    e-, float32, and which pixels are the cluster's, uint8.

    Pixels of other clusters, masked pixels and NaN are 0; what lies between clusters keeps its noise. At an edge of the
    image the halo is cut off. Charges are rounded to 1/16 e-. height, width, y0, x0: int32 (n,).
    """
    boxes = np.empty((4, len(clusters)), np.int32)
    _boxes(clusters.y, clusters.x, clusters.offsets, *clusters.shape, boxes)
    offsets = np.concatenate([[0], np.cumsum(boxes[2].astype(np.int64) * boxes[3])])
    values, owned = np.zeros(offsets[-1], np.float32), np.zeros(offsets[-1], np.uint8)
    charge, usable, labels = image.charge_e, image.usable, clusters.label_image
    components.in_parts(
        lambda a, b: _cut(charge, usable, labels, boxes, offsets, a, b, values, owned), len(clusters), 64
    )
    return Ragged(values, offsets), Ragged(owned, offsets), boxes[2], boxes[3], boxes[0], boxes[1]
