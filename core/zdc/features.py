"""One row of numbers per shower: energy, hit cells, where it lies, how wide it is, how much of it the brightest cells hold.

Positions are those of the cells' centres, weighted by energy; a width is the root of the weighted variance, with cells as points:
0 of a single cell. Shares are of the energy of all cells, in squares around the brightest cell, whose cells beyond the grid count
as empty. Of an empty shower everything but energy and counts is undefined (NaN).
"""

import numba
import numpy as np

from core.data.table import Column
from core.zdc.grid import Grid
from core.zdc.showers import TRUTH, Showers

VERSION = 1  # raised with every change after which the same file gives other rows or numbers (held by a test)

FLAGS: tuple[str, ...] = (
    "empty",  # no cell above the threshold
    "edge",  # the brightest cell lies on the border of the image: part of the shower is lost
    "saturated",  # a cell has the largest energy that can be read
    "negative",  # a cell far below 0, set to 0
    "not_finite",  # a cell without a number (NaN or infinite), set to 0
)
EMPTY, EDGE, SATURATED, NEGATIVE, NOT_FINITE = (np.uint32(1 << i) for i in range(len(FLAGS)))

# in the order in which the compiled code writes them; energies in MeV, places and widths in cells from the middle of the image
MEASURED = (
    "energy", "n_cells", "brightest", "second_share", "centre_x", "centre_y", "width_x", "width_y", "covariance", "e1_share", "e9_share",
    "e25_share", "n_25", "edge_share", "mean_log", "brightest_x", "brightest_y",
)  # fmt: skip
_OF_TABLE = ("second_share", "e1_share", "e9_share", "e25_share", "edge_share")
COLUMNS: tuple[Column, ...] = (
    Column("energy_gev", "Energy", "GeV", 0.0, 300.0, 100, 3, "Sum of the cells above the threshold"),
    Column("true_energy_gev", "True energy", "GeV", 0.0, 300.0, 100, 3, "Of the particle, as simulated or known of the beam"),
    Column("response", "Energy / true energy", "", 0.0, 1.2, 120, 4, "Share of the particle's energy that the cells hold"),
    Column("n_cells", "Hit cells", "", -0.5, 399.5, 100, 0, "Cells above the threshold"),
    Column("brightest_gev", "Brightest cell", "GeV", 0.0, 200.0, 100, 3, "Its energy"),
    Column("e1_share", "Share of the brightest cell", "", 0.0, 1.0, 100, 4, "Of the energy of all cells"),
    Column("second_share", "Share of the second brightest", "", 0.0, 0.5, 100, 4, "Large where the particle hit between two cells"),
    Column("e9_share", "Share of 3 x 3", "", 0.0, 1.0, 100, 4, "Around the brightest cell"),
    Column("e25_share", "Share of 5 x 5", "", 0.0, 1.0, 100, 4, "Around the brightest cell"),
    Column("r9", "R9", "", 0.0, 1.0, 100, 4, "3 x 3 over 5 x 5 around the brightest cell"),
    Column("edge_share", "Share of the border", "", 0.0, 1.0, 100, 4, "Of the outermost cells of the image"),
    Column("centre_x_mm", "Centre x", "mm", -300.0, 300.0, 120, 2, "Weighted by energy, from the middle of the image"),
    Column("centre_y_mm", "Centre y", "mm", -300.0, 300.0, 120, 2, "The same, y"),
    Column("width_x_mm", "Width in x", "mm", 0.0, 100.0, 100, 2, "Root of the weighted variance"),
    Column("width_y_mm", "Width in y", "mm", 0.0, 100.0, 100, 2, "The same, y"),
    Column("impact_x_mm", "Impact x", "mm", -300.0, 300.0, 120, 2, "Where the particle hits the front, from the middle of the image"),
    Column("impact_y_mm", "Impact y", "mm", -300.0, 300.0, 120, 2, "The same, y"),
    Column("offset_x_mm", "Centre - impact, x", "mm", -30.0, 30.0, 120, 2, "How far the centre lies from the true place"),
    Column("offset_y_mm", "Centre - impact, y", "mm", -30.0, 30.0, 120, 2, "The same, y"),
    Column("depth_mean_x0", "Mean depth", "X0", 0.0, 25.0, 100, 2, "Weighted by energy, in radiation lengths, where it is known"),
    Column("depth_seen_gev", "Energy by depth", "GeV", 0.0, 300.0, 100, 3, "Sum over the depth, before threshold and noise"),
    Column("particle", "Particle", "", -230.5, 230.5, 461, 0, "PDG code, 0 where unknown"),
)  # fmt: skip


@numba.njit(cache=True, nogil=True)
def measure_image(cells: np.ndarray, out: np.ndarray) -> None:
    """The numbers of one image float32 (n_y, n_x), in the order of MEASURED, into `out`; 0 where undefined."""
    n_y, n_x = cells.shape
    out[:] = 0.0
    energy, n_hit, first, second, at_y, at_x, border, logs = 0.0, 0, 0.0, 0.0, 0, 0, 0.0, 0.0
    sx, sy, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(n_y):
        y = j - 0.5 * (n_y - 1)
        for i in range(n_x):
            e = np.float64(cells[j, i])
            if e <= 0.0:
                continue
            x = i - 0.5 * (n_x - 1)
            energy += e
            n_hit += 1
            logs += np.log(e)
            sx, sy, sxx, syy, sxy = sx + e * x, sy + e * y, sxx + e * x * x, syy + e * y * y, sxy + e * x * y
            if j == 0 or i == 0 or j == n_y - 1 or i == n_x - 1:
                border += e
            if e > first:
                first, second, at_y, at_x = e, first, j, i
            elif e > second:
                second = e
    if energy <= 0.0:
        return
    nine, all_25, n_25 = 0.0, 0.0, 0.0
    for j in range(max(at_y - 2, 0), min(at_y + 3, n_y)):
        for i in range(max(at_x - 2, 0), min(at_x + 3, n_x)):
            e = np.float64(cells[j, i])
            all_25 += e
            n_25 += 1.0 if e > 0.0 else 0.0
            if abs(j - at_y) < 2 and abs(i - at_x) < 2:
                nine += e
    mx, my = sx / energy, sy / energy
    out[0], out[1], out[2], out[3] = energy, n_hit, first, second / energy
    out[4], out[5] = mx, my
    out[6], out[7] = np.sqrt(max(sxx / energy - mx * mx, 0.0)), np.sqrt(max(syy / energy - my * my, 0.0))
    out[8], out[9], out[10], out[11] = sxy / energy - mx * my, first / energy, nine / energy, all_25 / energy
    out[12], out[13], out[14] = n_25, border / energy, logs / n_hit
    out[15], out[16] = at_x - 0.5 * (n_x - 1), at_y - 0.5 * (n_y - 1)


@numba.njit(cache=True, nogil=True)
def _measure_all(cells: np.ndarray, out: np.ndarray) -> None:
    for k in range(len(cells)):
        measure_image(cells[k], out[k])


def measured(cells_mev: np.ndarray) -> dict[str, np.ndarray]:
    """The numbers of n images (n, n_y, n_x) in MeV by the names of MEASURED, float64 (n,); 0 where undefined."""
    out = np.zeros((len(cells_mev), len(MEASURED)))
    _measure_all(np.ascontiguousarray(cells_mev, np.float32), out)
    return {name: out[:, i] for i, name in enumerate(MEASURED)}


def measure(showers: Showers, flags: np.ndarray, saturation_mev: float = np.inf) -> dict[str, np.ndarray]:
    """The features of n showers, float32 (n,) by the names of COLUMNS, truth with them, and the bits of FLAGS.

    `flags` uint32 (n,): those that the reader has set.
    """
    grid, raw = showers.grid, measured(showers.cells_mev)
    is_hit = raw["n_cells"] > 0
    columns = {name: np.where(is_hit, raw[name], np.nan) for name in _OF_TABLE}
    columns |= {"energy_gev": raw["energy"] * 1e-3, "brightest_gev": raw["brightest"] * 1e-3}
    columns["r9"] = np.divide(raw["e9_share"], raw["e25_share"], out=np.full(len(showers), np.nan), where=is_hit)
    for axis in "xy":
        for name in ("centre", "width"):
            columns[f"{name}_{axis}_mm"] = np.where(is_hit, raw[f"{name}_{axis}"] * grid.cell_mm, np.nan)
    columns |= _truth(showers)
    true_energy = columns["true_energy_gev"]
    columns["response"] = np.divide(
        columns["energy_gev"], true_energy, out=np.full(len(showers), np.nan), where=true_energy > 0
    )
    for axis in "xy":
        columns[f"offset_{axis}_mm"] = columns[f"centre_{axis}_mm"] - columns[f"impact_{axis}_mm"]
    columns |= _depth(showers.depth_mev)
    bits = (
        flags
        | EMPTY * ~is_hit
        | EDGE * (is_hit & _on_border(raw, grid))
        | SATURATED * (raw["brightest"] >= saturation_mev)
    )
    return {
        **{name: values.astype(np.float32) for name, values in columns.items()},
        "n_cells": raw["n_cells"].astype(np.int32),
        "particle": showers.truth.get("particle", np.zeros(len(showers))).astype(np.int32),
        "flags": bits.astype(np.uint32),
    }  # fmt: skip


def _truth(showers: Showers) -> dict[str, np.ndarray]:
    unknown = np.full(len(showers), np.nan)
    return {name: np.asarray(showers.truth.get(name, unknown), np.float64) for name in TRUTH}


def _on_border(raw: dict[str, np.ndarray], grid: Grid) -> np.ndarray:
    far_x, far_y = 0.5 * (grid.n_x - 1), 0.5 * (grid.n_y - 1)
    return (np.abs(raw["brightest_x"]) >= far_x) | (np.abs(raw["brightest_y"]) >= far_y)


def _depth(depth_mev: np.ndarray) -> dict[str, np.ndarray]:
    """Energy over all depths and its mean depth, of bins of one radiation length."""
    depth = depth_mev.astype(np.float64)
    n, n_depth = depth.shape
    if not n_depth:
        return {"depth_seen_gev": np.full(n, np.nan), "depth_mean_x0": np.full(n, np.nan)}
    seen = depth.sum(axis=1)
    mean = np.divide(depth @ (np.arange(n_depth) + 0.5), seen, out=np.full(n, np.nan), where=seen > 0)
    return {"depth_seen_gev": seen * 1e-3, "depth_mean_x0": mean}
