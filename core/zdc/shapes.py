"""The shape of a shower in numbers made of its image alone, so that truth and generated images are measured alike.

What is undefined of an empty image is 0, never NaN: a classifier takes every row. Shares are of the energy of all cells.
`conditions` hold what the shower was asked for, of `core.zdc.showers.TRUTH`: what is missing, or not finite, is not used.
"""

from collections.abc import Mapping

import numba
import numpy as np

from core.zdc.features import measured
from core.zdc.grid import Grid, from_arrays

Conditions = Mapping[str, np.ndarray]
Geometry = Mapping[str, np.ndarray]
Numbers = dict[str, np.ndarray]
N_RINGS, N_CORE = 8, 13
# the 13 cells within two steps of the middle, near to far
CORE = np.array(sorted(((j, i) for j in range(-2, 3) for i in range(-2, 3) if abs(i) + abs(j) <= 2), key=lambda c: (abs(c[0]) + abs(c[1]), c)))  # fmt: skip
TITLES = {"response": "E_tot / E", "n_cells": "hit cells", "width_x": "width in x", "width_y": "width in y"}
"""Features whose separation power is quoted."""


def high_level(cells_mev: np.ndarray, conditions: Conditions, geometry: Geometry) -> Numbers:
    """Sixteen numbers of n images (n, n_y, n_x) in MeV, float64 (n,); places and widths in cells, the place from the impact, where it
    is known, else from the middle of the image. Without a true energy, `log_energy` is the measured one and `response` 1.
    """
    raw, grid = measured(cells_mev), from_arrays(geometry)
    energy_gev = raw["energy"] * 1e-3
    true_gev = _known(conditions, "true_energy_gev", np.where(energy_gev > 0, energy_gev, 1.0))
    columns: Numbers = {
        "log_energy": np.log10(np.maximum(true_gev, 1e-6)),
        "response": energy_gev / np.maximum(true_gev, 1e-6),
    }
    is_hit = raw["n_cells"] > 0
    for axis in "xy":
        impact = _known(conditions, f"impact_{axis}_mm", np.zeros(len(cells_mev))) / grid.cell_mm
        columns[f"centre_{axis}"] = np.where(is_hit, raw[f"centre_{axis}"] - impact, 0.0)
    for name in ("n_cells", "width_x", "width_y", "covariance", "e1_share", "e9_share", "e25_share", "second_share", "n_25", "edge_share", "mean_log"):  # fmt: skip
        columns[name] = raw[name]
    columns["r9"] = np.divide(raw["e9_share"], raw["e25_share"], out=np.zeros(len(cells_mev)), where=is_hit)
    return columns


def core_and_rings(cells_mev: np.ndarray, conditions: Conditions, geometry: Geometry) -> Numbers:
    """What the harder judge is given beside them, float64 (n,): the shares of the 13 cells around the impact, shares of the energy and
    numbers of hit cells in square rings around it (the last ring is all that is farther out).

    The middle is the cell that the particle hit, or the brightest where the impact is not known, and the eight symmetries of a square are
    folded: the impact lies in the eighth between right and up (right by more) of the middle of its cell; of an unknown one, more energy
    lies right of the brightest cell than left, and so on.
    """
    grid = from_arrays(geometry)
    place = _places(cells_mev, conditions, grid)
    n = len(cells_mev)
    core, shares, counts = np.zeros((n, N_CORE)), np.zeros((n, N_RINGS)), np.zeros((n, N_RINGS))
    _core_and_rings(np.ascontiguousarray(cells_mev, np.float32), place, CORE, core, shares, counts)
    columns = {f"core_{i}": core[:, i] for i in range(N_CORE)}
    for ring in range(N_RINGS):
        columns |= {f"ring_share_{ring}": shares[:, ring], f"ring_cells_{ring}": counts[:, ring]}
    return columns


def pixels(cells_mev: np.ndarray, conditions: Conditions, geometry: Geometry) -> np.ndarray:  # noqa: ARG001
    """float32 (n, 1 + n_y n_x): log10 of the true energy [GeV] and each cell over it; of the energy of the cells where it is not known."""
    flat = cells_mev.reshape(len(cells_mev), -1).astype(np.float64) * 1e-3
    energy_gev = flat.sum(axis=1)
    true_gev = np.maximum(_known(conditions, "true_energy_gev", np.where(energy_gev > 0, energy_gev, 1.0)), 1e-6)
    return np.concatenate([np.log10(true_gev)[:, None], flat / true_gev[:, None]], axis=1).astype(np.float32)


def channels(cells_mev: np.ndarray) -> Numbers:
    """Five sums [MeV] float64 (n,) as the ALICE ZDC reads light out: of every second cell, as on a checkerboard, all together, and of
    the others the four quadrants. The middle row and column of an odd number belong to the upper and right quadrants.
    """
    n_y, n_x = cells_mev.shape[1:]
    row, column = np.indices((n_y, n_x))
    is_common = (row + column) % 2 == 0
    quadrant = 2 * (row >= n_y // 2) + (column >= n_x // 2)
    masks = [is_common, *(~is_common & (quadrant == q) for q in range(4))]
    names = ("common", "lower left", "lower right", "upper left", "upper right")
    sums = cells_mev.reshape(len(cells_mev), -1).astype(np.float64) @ np.stack(
        [m.ravel() for m in masks], axis=1
    ).astype(np.float64)
    return {name: sums[:, i] for i, name in enumerate(names)}


def _known(conditions: Conditions, name: str, otherwise: np.ndarray) -> np.ndarray:
    """float64 (n,): a condition, and something else where it is not known."""
    if name not in conditions:
        return otherwise
    values = np.asarray(conditions[name], np.float64)
    return np.where(np.isfinite(values), values, otherwise)


def _places(cells_mev: np.ndarray, conditions: Conditions, grid: Grid) -> np.ndarray:
    """float64 (n, 2): the impact (y, x) in cells from the corner of the grid, NaN where it is not known."""
    unknown = np.full(len(cells_mev), np.nan)
    x, y = (np.asarray(conditions.get(f"impact_{axis}_mm", unknown), np.float64) / grid.cell_mm for axis in "xy")
    return np.stack([y + 0.5 * (grid.n_y - 1), x + 0.5 * (grid.n_x - 1)], axis=1)


@numba.njit(cache=True, nogil=True)
def _at(cells: np.ndarray, j: int, i: int) -> float:
    """The energy of a cell, 0 beyond the grid."""
    inside = 0 <= j < cells.shape[0] and 0 <= i < cells.shape[1]
    return np.float64(cells[j, i]) if inside else 0.0


@numba.njit(cache=True, nogil=True)
def _core_and_rings(cells, place, core_cells, core, shares, counts):  # type: ignore[no-untyped-def]
    n, n_y, n_x = cells.shape
    for k in range(n):
        image = cells[k]
        y, x = place[k, 0], place[k, 1]
        if np.isfinite(y) and np.isfinite(x):
            at_y, at_x = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
            up, right = y - at_y, x - at_x
        else:
            at = int(image.argmax())
            at_y, at_x = at // n_x, at % n_x
            up = _at(image, at_y + 1, at_x) - _at(image, at_y - 1, at_x)
            right = _at(image, at_y, at_x + 1) - _at(image, at_y, at_x - 1)
        energy = 0.0
        last = shares.shape[1] - 1
        for j in range(n_y):
            for i in range(n_x):
                e = np.float64(image[j, i])
                if e > 0.0:
                    ring = min(max(abs(j - at_y), abs(i - at_x)), last)
                    energy += e
                    shares[k, ring] += e
                    counts[k, ring] += 1.0
        if energy <= 0.0:
            continue
        for ring in range(last + 1):
            shares[k, ring] /= energy
        sign_y, sign_x, swap = (1 if up >= 0 else -1), (1 if right >= 0 else -1), abs(up) > abs(right)
        for c in range(len(core_cells)):
            j, i = core_cells[c, 0], core_cells[c, 1]
            if swap:
                j, i = i, j
            core[k, c] = _at(image, at_y + sign_y * j, at_x + sign_x * i) / energy
