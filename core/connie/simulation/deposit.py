"""From charge inside the silicon to charge in pixels: diffusion by error functions, then the fluctuation of whole electrons.

A deposit is charge at a point, spread by a Gaussian; its share of each pixel is a product of two differences of error
functions. Scattering every electron by itself gives the same mean for fifty times the time.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np

PIXEL_UM = 15.0
THICKNESS_UM = 675.0
PAIR_EV = 3.745
_REACH = 4.5  # Gaussian sigmas beyond which a deposit gives nothing
_MANY_E = 20.0  # from here on the fluctuation of a pixel is Gaussian and the particle's sum is kept


@dataclass(frozen=True)
class Deposits:
    """Charge in the silicon: `particle` (n,) ascending, `x_px`, `y_px`, Gaussian `sigma_px`, `charge_e`."""

    particle: np.ndarray
    x_px: np.ndarray
    y_px: np.ndarray
    sigma_px: np.ndarray
    charge_e: np.ndarray


@dataclass(frozen=True)
class PixelCharges:
    """Charge per particle and pixel: `particle` int32 (n,), flat `pixel` index int32, `charge_e` float32."""

    particle: np.ndarray
    pixel: np.ndarray
    charge_e: np.ndarray


def sigma_px(depth_um: np.ndarray, a_um2: float, b_per_um: float) -> np.ndarray:
    """Diffusion after drifting from `depth_um` to the front: sqrt(-A ln(1 - b z)), in pixels."""
    return np.sqrt(-a_um2 * np.log1p(-b_per_um * np.clip(depth_um, 0.0, THICKNESS_UM))) / PIXEL_UM


def collect(rng: np.random.Generator, deposits: Deposits, shape: tuple[int, int]) -> PixelCharges:
    """Pixels (ny, nx) that collect the deposits, in whole electrons; what falls outside is lost.

    A particle's pixels fluctuate like a multinomial draw: each by sqrt(q), their sum stays (but for rounding).
    """
    starts = np.r_[np.flatnonzero(np.diff(deposits.particle, prepend=-1)), len(deposits.particle)].astype(np.int64)
    pixels = _collect(
        rng, starts, deposits.particle.astype(np.int32), deposits.x_px, deposits.y_px,
        np.maximum(deposits.sigma_px, 0.02), deposits.charge_e, shape[0], shape[1],
    )  # fmt: skip
    return PixelCharges(*pixels)


def scatter(
    rng: np.random.Generator, particle: np.ndarray, x_px: np.ndarray, y_px: np.ndarray, sigma: np.ndarray,
    n_electrons: np.ndarray, shape: tuple[int, int],
) -> PixelCharges:  # fmt: skip
    """The same, electron by electron, for point-like particles: keeps the Fano width of their sum."""
    pixels = _scatter(
        rng, particle.astype(np.int32), x_px, y_px, sigma, n_electrons.astype(np.int64), shape[0], shape[1]
    )
    return PixelCharges(*pixels)


@numba.njit(cache=True)
def _grown(array: np.ndarray) -> np.ndarray:
    bigger = np.empty(2 * len(array), array.dtype)
    bigger[: len(array)] = array
    return bigger


@numba.njit(cache=True)
def _shares(centre: float, sigma: float, low: int, n: int, out: np.ndarray) -> None:
    """Part of a Gaussian that falls into pixels low .. low + n - 1; pixel i spans i - 0.5 to i + 0.5."""
    scale = 1.0 / (sigma * math.sqrt(2.0))
    before = math.erf((low - 0.5 - centre) * scale)
    for i in range(n):
        after = math.erf((low + i + 0.5 - centre) * scale)
        out[i] = 0.5 * (after - before)
        before = after


@numba.njit(cache=True)
def _fluctuate(rng: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """Whole electrons about `expected` (h, w): Poisson where few, else Gaussian with the particle's sum kept."""
    height, width = expected.shape
    drawn = np.zeros((height, width))
    many, excess = 0.0, 0.0
    for i in range(height):
        for j in range(width):
            mean = expected[i, j]
            if mean >= _MANY_E:
                drawn[i, j] = mean + math.sqrt(mean) * rng.standard_normal()
                many += mean
            elif mean > 1e-3:
                drawn[i, j] = rng.poisson(mean)
            else:
                continue
            excess += drawn[i, j] - mean
    for i in range(height):
        for j in range(width):
            if expected[i, j] >= _MANY_E:
                drawn[i, j] = max(0.0, round(drawn[i, j] - excess * expected[i, j] / many))
    return drawn


@numba.njit(cache=True)
def _window(x: np.ndarray, reach: np.ndarray, first: int, last: int, n: int):  # type: ignore[no-untyped-def]
    """Pixels low .. high - 1 that deposits first .. last - 1 can reach along one axis of n pixels."""
    low, high = n, 0
    for k in range(first, last):
        low = min(low, math.floor(x[k] - reach[k] + 0.5))
        high = max(high, math.floor(x[k] + reach[k] + 0.5) + 1)
    return max(low, 0), min(high, n)


@numba.njit(cache=True)
def _expected(x, y, sigma, charge, reach, first, last, y0, y1, x0, x1):  # type: ignore[no-untyped-def]
    """Mean charge (y1 - y0, x1 - x0) of deposits first .. last - 1."""
    expected = np.zeros((y1 - y0, x1 - x0))
    share_x, share_y = np.empty(x1 - x0), np.empty(y1 - y0)
    for k in range(first, last):
        left = max(math.floor(x[k] - reach[k] + 0.5), x0)
        right = min(math.floor(x[k] + reach[k] + 0.5) + 1, x1)
        low = max(math.floor(y[k] - reach[k] + 0.5), y0)
        high = min(math.floor(y[k] + reach[k] + 0.5) + 1, y1)
        if right <= left or high <= low:
            continue
        _shares(x[k], sigma[k], left, right - left, share_x)
        _shares(y[k], sigma[k], low, high - low, share_y)
        for i in range(high - low):
            part = share_y[i] * charge[k]
            for j in range(right - left):
                expected[low - y0 + i, left - x0 + j] += part * share_x[j]
    return expected


@numba.njit(cache=True)
def _collect(rng, starts, particle, x, y, sigma, charge, ny, nx):  # type: ignore[no-untyped-def]
    who, where, what = np.empty(4096, np.int32), np.empty(4096, np.int32), np.empty(4096, np.float32)
    n = 0
    reach = _REACH * sigma
    for p in range(len(starts) - 1):
        first, last = starts[p], starts[p + 1]
        y0, y1 = _window(y, reach, first, last, ny)
        x0, x1 = _window(x, reach, first, last, nx)
        if y1 <= y0 or x1 <= x0:
            continue
        drawn = _fluctuate(rng, _expected(x, y, sigma, charge, reach, first, last, y0, y1, x0, x1))
        for i in range(y1 - y0):
            for j in range(x1 - x0):
                if drawn[i, j] > 0.0:
                    if n == len(who):
                        who, where, what = _grown(who), _grown(where), _grown(what)
                    who[n], where[n], what[n] = particle[first], (y0 + i) * nx + x0 + j, drawn[i, j]
                    n += 1
    return who[:n].copy(), where[:n].copy(), what[:n].copy()


@numba.njit(cache=True)
def _scatter(rng, particle, x, y, sigma, electrons, ny, nx):  # type: ignore[no-untyped-def]
    who, where, what = np.empty(4096, np.int32), np.empty(4096, np.int32), np.empty(4096, np.float32)
    n = 0
    for p in range(len(particle)):
        half = math.ceil(6.0 * sigma[p]) + 1
        side = 2 * half + 1
        cx, cy = round(x[p]), round(y[p])
        counts = np.zeros((side, side), np.int64)
        for _ in range(electrons[p]):
            i = round(y[p] + sigma[p] * rng.standard_normal()) - cy + half
            j = round(x[p] + sigma[p] * rng.standard_normal()) - cx + half
            if 0 <= i < side and 0 <= j < side:
                counts[i, j] += 1
        for i in range(side):
            for j in range(side):
                row, column = cy - half + i, cx - half + j
                if counts[i, j] > 0 and 0 <= row < ny and 0 <= column < nx:
                    if n == len(who):
                        who, where, what = _grown(who), _grown(where), _grown(what)
                    who[n], where[n], what[n] = particle[p], row * nx + column, counts[i, j]
                    n += 1
    return who[:n].copy(), where[:n].copy(), what[:n].copy()
