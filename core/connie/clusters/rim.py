"""The levels of a cluster: level 0 are its own pixels, level n the pixels at a distance of n to n + 1 around it.

The distance is that to the nearest pixel of the cluster, from centre to centre, rounded down, as in the catalogs of
CONNIE. A pixel around several clusters belongs to the nearest, of equally near ones to the first; a pixel of level 0
belongs to no other level. Masked pixels and NaN are left out.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from core.connie.clusters.extract import Clusters
    from core.connie.raw.calibrate import Image

LEVELS = 3
_SQUARES = (LEVELS + 1) ** 2  # squared distances below it are within the last level


def _offsets() -> tuple[np.ndarray, np.ndarray]:
    """Offsets (squared distance, rows, columns) within reach for each of 16 patterns of neighbours, and how many.

    Pattern: 1 above, 2 below, 4 left, 8 right is in a cluster. What lies beyond such a neighbour is nearer to it.
    """
    near = range(-LEVELS, LEVELS + 1)
    whole = [(dy * dy + dx * dx, dy, dx) for dy in near for dx in near if 0 < dy * dy + dx * dx < _SQUARES]
    table, counts = np.zeros((16, len(whole), 3), np.int64), np.zeros(16, np.int64)
    for pattern in range(16):
        shut = [(pattern & bit) > 0 for bit in (1, 2, 4, 8)]
        open_ones = [
            (square, dy, dx)
            for square, dy, dx in whole
            if not ((dy < 0 and shut[0]) or (dy > 0 and shut[1]) or (dx < 0 and shut[2]) or (dx > 0 and shut[3]))
        ]
        counts[pattern] = len(open_ones)
        table[pattern, : len(open_ones)] = np.array(open_ones, np.int64).reshape(-1, 3)
    return table, counts


_OFFSETS, _COUNTS = _offsets()

_jit = numba.njit(nogil=True, cache=True)


@dataclass(frozen=True)
class Rim:
    """Pixels of level 1 to 3 around n clusters: y, x int32 (m,), q float32 (m,) e-, level uint8 (m,), offsets int64 (n + 1)."""

    y: np.ndarray
    x: np.ndarray
    q: np.ndarray
    level: np.ndarray
    offsets: np.ndarray


@_jit
def _pattern(labels, j, i):  # type: ignore[no-untyped-def]
    """Which of the four neighbours lie in clusters, see `_offsets`."""
    n_rows, n_columns = labels.shape
    pattern = 1 if j > 0 and labels[j - 1, i] > 0 else 0
    pattern |= 2 if j < n_rows - 1 and labels[j + 1, i] > 0 else 0
    pattern |= 4 if i > 0 and labels[j, i - 1] > 0 else 0
    return pattern | (8 if i < n_columns - 1 and labels[j, i + 1] > 0 else 0)


@_jit
def _near(labels, y, x, owner, square):  # type: ignore[no-untyped-def]
    """Write -(cluster + 1) of the nearest cluster into `labels` and the squared distance into `square`; how many pixels."""
    n_rows, n_columns = labels.shape
    n = 0
    for k in range(len(y)):
        j, i, mark = y[k], x[k], -(owner[k] + 1)
        pattern = _pattern(labels, j, i)
        for d in range(_COUNTS[pattern]):
            b, a = j + _OFFSETS[pattern, d, 1], i + _OFFSETS[pattern, d, 2]
            if b < 0 or b >= n_rows or a < 0 or a >= n_columns or labels[b, a] > 0:
                continue
            nearest, distance = labels[b, a], _OFFSETS[pattern, d, 0]
            n += nearest == 0
            if nearest == 0 or distance < square[b, a] or (distance == square[b, a] and mark > nearest):
                labels[b, a], square[b, a] = mark, distance
    return n


@_jit
def _collect(labels, square, charge, usable, y, x, owner, pixels, q_out, owner_out):  # type: ignore[no-untyped-def]
    """List each pixel that `_near` has marked once, as (y, x, level) with charge and cluster; wipes the marks. How many."""
    n_rows, n_columns = labels.shape
    n = 0
    for k in range(len(y)):
        mark = -(owner[k] + 1)
        pattern = _pattern(labels, y[k], x[k])
        for d in range(_COUNTS[pattern]):
            b, a = y[k] + _OFFSETS[pattern, d, 1], x[k] + _OFFSETS[pattern, d, 2]
            if b < 0 or b >= n_rows or a < 0 or a >= n_columns or labels[b, a] != mark:
                continue
            labels[b, a] = 0
            if usable[b, a] and not np.isnan(charge[b, a]):
                pixels[n, 0], pixels[n, 1], pixels[n, 2] = b, a, int(np.sqrt(float(square[b, a])))
                q_out[n], owner_out[n] = charge[b, a], owner[k]
                n += 1
    return n


def around(clusters: "Clusters", image: "Image") -> Rim:
    """The pixels of level 1 to 3 around each cluster, in no order within a cluster."""
    labels, owner = clusters.label_image.copy(), clusters.owner
    square = np.empty(clusters.shape, np.uint8)
    room = _near(labels, clusters.y, clusters.x, owner, square)
    pixels, q, of = np.empty((room, 3), np.int32), np.empty(room, np.float32), np.empty(room, np.int32)
    n = _collect(labels, square, image.charge_e, image.usable, clusters.y, clusters.x, owner, pixels, q, of)
    # clusters are passed through in order, so the list is sorted by cluster
    offsets = np.concatenate([[0], np.cumsum(np.bincount(of[:n], minlength=len(clusters)))])
    y, x, level = pixels[:n].T
    return Rim(y, x, q[:n], level.astype(np.uint8), offsets)


def levels(clusters: "Clusters", rim: Rim) -> dict[str, np.ndarray]:
    """E0 to E3 [e-], float64, and n0 to n3, int64: charge and number of the pixels with level <= n. Each (n,)."""
    n = len(clusters)
    rows = np.repeat(np.arange(n), np.diff(rim.offsets)) * (LEVELS + 1) + rim.level
    size = n * (LEVELS + 1)
    charge = np.bincount(rows, rim.q, size).reshape(n, LEVELS + 1)
    count = np.bincount(rows, minlength=size).reshape(n, LEVELS + 1)
    charge[:, 0], count[:, 0] = np.bincount(clusters.owner, clusters.q, n), clusters.npix
    charges = {f"e{level}": values for level, values in enumerate(np.cumsum(charge, axis=1).T)}
    return charges | {f"n{level}": values for level, values in enumerate(np.cumsum(count, axis=1).T)}


@_jit
def touches(labels, usable, saturated, n):  # type: ignore[no-untyped-def]
    """bool (n,): a pixel of the cluster is a neighbour, also over a corner, of one that is neither usable nor saturated.

    `labels`: int32 (ny, nx), the cluster of each pixel plus 1.
    """
    out = np.zeros(n, np.bool_)
    n_rows, n_columns = labels.shape
    for j in range(n_rows):
        for i in range(n_columns):
            if usable[j, i] or saturated[j, i]:
                continue
            for b in range(max(0, j - 1), min(n_rows, j + 2)):
                for a in range(max(0, i - 1), min(n_columns, i + 2)):
                    if labels[b, a] > 0:
                        out[labels[b, a] - 1] = True
    return out
