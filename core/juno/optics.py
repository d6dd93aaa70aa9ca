"""How light travels from an event to a sensor: straight, through scintillator and then water."""

import math

import numba
import numpy as np

LIGHT_M_PER_NS = 0.299792458
N_LS, N_WATER = 1.54, 1.33  # group indices, as in JUNO's own reconstruction


@numba.njit(cache=True, nogil=True)
def flight_ns(x: float, y: float, z: float, px: float, py: float, pz: float, ls_radius_m: float) -> float:
    """Time of flight [ns] on the straight line from a point (x, y, z) to a sensor at (px, py, pz), all in m. A point in the water
    sees the scintillator where the line crosses it.
    """
    dx, dy, dz = px - x, py - y, pz - z
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    if length == 0.0:
        return 0.0
    along = (x * dx + y * dy + z * dz) / length  # of the point, from where the line is nearest to the centre
    half2 = ls_radius_m * ls_radius_m - (x * x + y * y + z * z) + along * along
    in_ls = 0.0
    if half2 > 0.0:
        half = math.sqrt(half2)
        in_ls = max(min(along + length, half) - max(along, -half), 0.0)
    return (in_ls * N_LS + (length - in_ls) * N_WATER) / LIGHT_M_PER_NS


@numba.njit(cache=True, nogil=True)
def flights_ns(point_m: np.ndarray, position_m: np.ndarray, ls_radius_m: float) -> np.ndarray:
    """Times of flight [ns] (n,) from a point (3,) to sensors (n, 3), in m."""
    out = np.empty(len(position_m))
    for i in range(len(position_m)):
        out[i] = flight_ns(
            point_m[0], point_m[1], point_m[2], position_m[i, 0], position_m[i, 1], position_m[i, 2], ls_radius_m
        )
    return out
