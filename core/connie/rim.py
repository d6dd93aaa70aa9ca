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
    from core.connie.calibrate import Image
    from core.connie.extract import Clusters

LEVELS = 3
_SQUARES = (LEVELS + 1) ** 2  # squared distances below it are within the last level
# every offset within reach, nearest first
_OFFSETS = np.array(
    sorted(
        (dy * dy + dx * dx, dy, dx)
        for dy in range(-LEVELS, LEVELS + 1)
        for dx in range(-LEVELS, LEVELS + 1)
        if 0 < dy * dy + dx * dx < _SQUARES
    ),
    np.int32,
)

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
def _near(labels, y, x, owner, square):  # type: ignore[no-untyped-def]
    """Write -(cluster + 1) of the nearest cluster into `labels` and the squared distance into `square`; how many pixels."""
    n_rows, n_columns = labels.shape
    n = 0
    for k in range(len(y)):
        j, i, mine = y[k], x[k], -(owner[k] + 1)
        if _is_inner(labels, j, i):
            continue
        for d in range(len(_OFFSETS)):
            b, a = j + _OFFSETS[d, 1], i + _OFFSETS[d, 2]
            if b < 0 or b >= n_rows or a < 0 or a >= n_columns or labels[b, a] > 0:
                continue
            found, distance = labels[b, a], _OFFSETS[d, 0]
            n += found == 0
            if found == 0 or distance < square[b, a] or (distance == square[b, a] and mine > found):
                labels[b, a], square[b, a] = mine, distance
    return n


@_jit
def _is_inner(labels, j, i):  # type: ignore[no-untyped-def]
    """True if the four neighbours lie in clusters: whatever this pixel reaches is nearer to one of them."""
    n_rows, n_columns = labels.shape
    if j == 0 or i == 0 or j == n_rows - 1 or i == n_columns - 1:
        return False
    return labels[j - 1, i] > 0 and labels[j + 1, i] > 0 and labels[j, i - 1] > 0 and labels[j, i + 1] > 0


@_jit
def _collect(labels, square, charge, usable, y, x, owner, pixels, q_out, owner_out):  # type: ignore[no-untyped-def]
    """List each pixel that `_near` has marked once, as (y, x, level) with charge and cluster; wipes the marks. How many."""
    n_rows, n_columns = labels.shape
    n = 0
    for k in range(len(y)):
        mine = -(owner[k] + 1)
        if _is_inner(labels, y[k], x[k]):
            continue
        for d in range(len(_OFFSETS)):
            b, a = y[k] + _OFFSETS[d, 1], x[k] + _OFFSETS[d, 2]
            if b < 0 or b >= n_rows or a < 0 or a >= n_columns or labels[b, a] != mine:
                continue
            labels[b, a] = 0
            if usable[b, a] and not np.isnan(charge[b, a]):
                pixels[n, 0], pixels[n, 1], pixels[n, 2] = b, a, int(np.sqrt(float(square[b, a])))
                q_out[n], owner_out[n] = charge[b, a], owner[k]
                n += 1
    return n


def around(clusters: "Clusters", image: "Image") -> Rim:
    """The pixels of level 1 to 3 around each cluster, in no order within a cluster."""
    labels, owner = clusters.label_image(), clusters.owner
    square = np.empty(clusters.shape, np.uint8)
    room = _near(labels, clusters.y, clusters.x, owner, square)
    pixels, q, of = np.empty((room, 3), np.int32), np.empty(room, np.float32), np.empty(room, np.int32)
    n = _collect(labels, square, image.charge_e, image.usable, clusters.y, clusters.x, owner, pixels, q, of)
    # clusters are passed through in order, so the list is sorted by cluster
    offsets = np.concatenate([[0], np.cumsum(np.bincount(of[:n], minlength=len(clusters)))])
    y, x, level = pixels[:n].T
    return Rim(y, x, q[:n], level.astype(np.uint8), offsets)


def levels(clusters: "Clusters", image: "Image") -> dict[str, np.ndarray]:
    """E0 to E3 [e-], float64, and n0 to n3, int64: charge and number of the pixels with level <= n. Each (n,)."""
    rim = around(clusters, image)
    n = len(clusters)
    owner = np.repeat(np.arange(n), np.diff(rim.offsets))
    made = {"e0": np.bincount(clusters.owner, clusters.q, n), "n0": clusters.npix}
    for level in range(1, LEVELS + 1):
        here = rim.level == level
        made[f"e{level}"] = made[f"e{level - 1}"] + np.bincount(owner[here], rim.q[here], n)
        made[f"n{level}"] = made[f"n{level - 1}"] + np.bincount(owner[here], minlength=n)
    return made


@_jit
def _touches(bad, y, x, owner, out):  # type: ignore[no-untyped-def]
    n_rows, n_columns = bad.shape
    for k in range(len(y)):
        for b in range(max(0, y[k] - 1), min(n_rows, y[k] + 2)):
            for a in range(max(0, x[k] - 1), min(n_columns, x[k] + 2)):
                if bad[b, a]:
                    out[owner[k]] = True


def touches(clusters: "Clusters", bad: np.ndarray) -> np.ndarray:
    """bool (n,): a pixel of the cluster has one of `bad`, bool (ny, nx), among its eight neighbours or is one."""
    out = np.zeros(len(clusters), np.bool_)
    _touches(bad, clusters.y, clusters.x, clusters.owner, out)
    return out
