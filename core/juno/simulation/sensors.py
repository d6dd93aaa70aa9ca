"""Which sensor light meets: the nearest to where a ray crosses the sphere of the sensors.

A cube around the sphere is cut into cells; each knows the sensor nearest to its middle, and each sensor its neighbours, so that
nine distances decide. Light between sensors counts for the nearest; the light yield is what is detected.
"""

import math
from typing import NamedTuple

import numba
import numpy as np

from core.juno.geometry import Geometry

CELLS = 96  # along an edge of the cube: 0.4 m on JUNO's sphere, less than a sensor's distance to the next
NEIGHBOURS = 8
MOST = 65_535


class Sensors(NamedTuple):
    """n sensors on a sphere, at most MOST. `position_m` float64 (n, 3), `tts_ns` float32 (n,), `near` uint16 (n, 9): each and its
    neighbours; `cell` uint16 (6, CELLS, CELLS): the nearest to the cell's middle. All together stay in a core's cache.
    """

    position_m: np.ndarray
    tts_ns: np.ndarray
    near: np.ndarray
    cell: np.ndarray
    radius_m: float
    ls_radius_m: float


def sensors(geometry: Geometry) -> Sensors:
    """Prepared for `nearest`; at least nine sensors, at most MOST."""
    from scipy.spatial import cKDTree

    tree = cKDTree(geometry.position_m)
    middle = (np.arange(CELLS) + 0.5) / CELLS * 2.0 - 1.0
    u, v = (a.ravel() for a in np.meshgrid(middle, middle, indexing="ij"))
    cell = np.empty((6, CELLS, CELLS), np.uint16)
    for face in range(6):
        axis, sign = face // 2, 1.0 - 2.0 * (face % 2)
        point = np.empty((len(u), 3))
        point[:, axis], point[:, (axis + 1) % 3], point[:, (axis + 2) % 3] = sign, u, v
        point *= geometry.radius_m / np.linalg.norm(point, axis=1, keepdims=True)
        cell[face] = tree.query(point)[1].reshape(CELLS, CELLS)
    near = tree.query(geometry.position_m, NEIGHBOURS + 1)[1].astype(np.uint16)
    position_m = np.ascontiguousarray(geometry.position_m, dtype=float)
    return Sensors(
        position_m, geometry.tts_ns.astype(np.float32), near, cell, geometry.radius_m, float(geometry.ls_radius_m)
    )


@numba.njit(cache=True, nogil=True)
def nearest(position_m: np.ndarray, near: np.ndarray, cell: np.ndarray, x: float, y: float, z: float) -> int:
    """The sensor nearest to a point in m that is on the sphere or near it; the arrays of `Sensors`."""
    ax, ay, az = abs(x), abs(y), abs(z)
    if ax >= ay and ax >= az:
        face, u, v = (0 if x > 0 else 1), y / ax, z / ax
    elif ay >= az:
        face, u, v = (2 if y > 0 else 3), z / ay, x / ay
    else:
        face, u, v = (4 if z > 0 else 5), x / az, y / az
    i = min(int((u + 1.0) * 0.5 * CELLS), CELLS - 1)
    j = min(int((v + 1.0) * 0.5 * CELLS), CELLS - 1)
    middle = cell[face, i, j]
    best, least = 0, math.inf
    for n in range(NEIGHBOURS + 1):
        k = near[middle, n]
        dx, dy, dz = position_m[k, 0] - x, position_m[k, 1] - y, position_m[k, 2] - z
        d = dx * dx + dy * dy + dz * dz
        if d < least:
            best, least = k, d
    return best
