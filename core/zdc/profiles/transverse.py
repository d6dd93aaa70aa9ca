"""Energy by distance from the axis of showers: R_C, R_T and Q_C of the slides' Eq. 2, from cells much wider than the core.

    dE/dr = Q_C 2 r R_C^2 / (r^2 + R_C^2)^2 + (1 - Q_C) 2 r R_T^2 / (r^2 + R_T^2)^2

A cell of 3 cm tells nothing of a core of 3 mm by itself; how its share changes with the place of the impact does. Of the plane cut by
the edge between two columns (or rows) of cells, at a distance d from the impact, the share of a shower's energy beyond it is Eq. 2
integrated over a half-plane,

    S(d) = 1/2 - Q_C / 2 d / sqrt(d^2 + R_C^2) - (1 - Q_C) / 2 d / sqrt(d^2 + R_T^2)

which needs neither bins in r nor the size of cells. Fitted is the mean of S over showers by d: edges at all distances are there where
impacts are spread over a cell and known. Where all are at one place, R_C cannot be told; from the centre of gravity, which is pulled to
the middle of a cell, neither radius can: a fit gives 8 mm for both, where 2.6 and 17 are right. Eq. 2 holds at a depth; cells sum over depth, so that these are radii of the whole
shower: a mixture of narrow and wide ones, not the radii at any depth. Cells at or below the threshold are missing in the tail.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from core.statistics.intervals import LEVEL, Interval
from core.zdc.grid import Grid

REACH_CELLS = 2.5  # distances that are fitted
BINS_PER_CELL = 30
N_GROUPS = 20  # of showers: each is left out in turn
FEWEST = 100  # showers of a fit
FEWEST_INNER = 8  # bins within half a cell of the impact that a core needs
FEWEST_IN_BIN = 10
N_WEIGHTINGS = 3
NAMES = ("R_C", "R_T", "Q_C")
SUMS = ("n", "distance_mm", "share", "square", "same", "opposite", "across")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)
_METHOD = f"jackknife over {N_GROUPS} groups of showers"


@dataclass(frozen=True)
class EdgeShares:
    """Sums over showers in groups, float64 (len(SUMS), N_GROUPS, n_bins), by SUMS; `n_showers` were counted on a grid of `cell_mm`."""

    sums: np.ndarray
    n_showers: int
    cell_mm: float

    def __add__(self, other: "EdgeShares") -> "EdgeShares":
        return EdgeShares(self.sums + other.sums, self.n_showers + other.n_showers, self.cell_mm)


@dataclass(frozen=True)
class Curve:
    """Means by distance [mm] with the standard error of the share beyond an edge and the entries, float64 (n,); and how far the grid reaches from
    the impact: on the side of the edge, on the other, and across.
    """

    distance_mm: np.ndarray
    share: np.ndarray
    error: np.ndarray
    n: np.ndarray
    same_mm: np.ndarray
    opposite_mm: np.ndarray
    across_mm: np.ndarray


def edge_shares(cells_mev: np.ndarray, x_mm: np.ndarray, y_mm: np.ndarray, grid: Grid, first: int = 0) -> EdgeShares:
    """Shares beyond all edges between columns and rows near the impacts (n,) of showers (n, n_y, n_x).

    `first` counts the showers before these, so that groups go on. Empty showers and unknown places are left out.
    """
    total = cells_mev.sum(axis=(1, 2), dtype=np.float64)
    usable = (total > 0.0) & np.isfinite(x_mm) & np.isfinite(y_mm)
    group = ((first + np.arange(len(cells_mev))) % N_GROUPS)[usable]
    x, y = (np.asarray(place, np.float64)[usable] for place in (x_mm, y_mm))
    ends = [_ends(x, grid.n_x, grid.cell_mm), _ends(y, grid.n_y, grid.cell_mm)]
    n_bins = round(REACH_CELLS * BINS_PER_CELL)
    sums = np.zeros((len(SUMS), N_GROUPS * n_bins))
    for along, place, n_along in ((0, x, grid.n_x), (1, y, grid.n_y)):
        profile = cells_mev[usable].sum(axis=along + 1, dtype=np.float64)
        below = np.cumsum(profile, axis=1)[:, :-1] / total[usable, None]
        edges = (np.arange(1, n_along) - 0.5 * n_along) * grid.cell_mm
        away = edges[None, :] - place[:, None]
        distance = np.abs(away)
        near = distance < REACH_CELLS * grid.cell_mm
        at = (distance / grid.cell_mm * BINS_PER_CELL).astype(np.int64) + group[:, None] * n_bins
        share = np.where(away > 0.0, 1.0 - below, below)
        low, high = ends[along][:, :, None]
        same, opposite = np.where(away > 0.0, high, low), np.where(away > 0.0, low, high)
        across = np.broadcast_to(ends[1 - along].mean(axis=0)[:, None], away.shape)
        columns = (np.ones_like(share), distance, share, share**2, same, opposite, across)
        for row, values in zip(sums, columns, strict=True):
            row += np.bincount(at[near], values[near], minlength=len(row))
    return EdgeShares(sums.reshape(len(SUMS), N_GROUPS, n_bins), int(usable.sum()), grid.cell_mm)


def _ends(place_mm: np.ndarray, n_along: int, cell_mm: float) -> np.ndarray:
    """1 / D^2 of the distances D [mm] to the lower and the upper end of the grid, float64 (2, n): what falls beyond goes with that."""
    half = 0.5 * n_along * cell_mm
    return np.stack([1.0 / np.maximum(half + sign * place_mm, cell_mm) ** 2 for sign in (1.0, -1.0)])


def curve(shares: EdgeShares, without: int | None = None) -> Curve:
    """The mean of all groups, or of all but one; bins with few entries are left out."""
    picked = np.arange(N_GROUPS) != (-1 if without is None else without)
    sums = shares.sums[:, picked].sum(axis=1)
    n, *rest = sums[:, sums[0] >= FEWEST_IN_BIN]
    distance, share, square, *ends = (values / n for values in rest)
    error = np.sqrt(np.maximum(square - share**2, 1e-12) / (n - 1.0))
    return Curve(distance, share, error, n, *(1.0 / np.sqrt(end) for end in ends))


def beyond(d_mm: np.ndarray, r_core: float, r_tail: float, core_share: float) -> np.ndarray:
    """S(d) of Eq. 2, float64 (n,), for d >= 0."""
    core, tail = (d_mm / np.sqrt(d_mm**2 + r**2) for r in (r_core, r_tail))
    return np.asarray(0.5 - 0.5 * core_share * core - 0.5 * (1.0 - core_share) * tail)


def _corner(x_mm: np.ndarray, y_mm: np.ndarray, r: float) -> np.ndarray:
    """Energy between the axis and (x, y) of R^2 / pi / (r^2 + R^2)^2, whose derivative by x and y it is: 1/4 at infinity."""
    a, b = np.sqrt(x_mm**2 + r**2), np.sqrt(y_mm**2 + r**2)
    return np.asarray((x_mm / a * np.arctan(y_mm / a) + y_mm / b * np.arctan(x_mm / b)) / (2.0 * np.pi))


def expected(points: Curve, width_mm: float, r_core: float, r_tail: float, core_share: float) -> np.ndarray:
    """What is measured of S: its mean over a bin of d (Gauss-Legendre), as a share of the energy in the grid; float64 (n,)."""
    inside, part = np.zeros(len(points.n)), np.zeros(len(points.n))
    for r, weight in ((r_core, core_share), (r_tail, 1.0 - core_share)):
        same, opposite = (_corner(end, points.across_mm, r) for end in (points.same_mm, points.opposite_mm))
        inside += weight * (same + opposite)
        part += weight * same
        for node, at in zip(_NODES, _WEIGHTS, strict=True):
            part -= 0.5 * at * weight * _corner(points.distance_mm + 0.5 * node * width_mm, points.across_mm, r)
    return np.asarray(part / inside)


def can_tell_core(shares: EdgeShares) -> bool:
    """Whether edges lie at enough distances within half a cell of the impacts."""
    n_inner = int((shares.sums[0].sum(axis=0)[: BINS_PER_CELL // 2] >= FEWEST_IN_BIN).sum())
    return shares.n_showers >= FEWEST and n_inner >= FEWEST_INNER


def fitted(points: Curve, start: np.ndarray, cell_mm: float, n_weightings: int = N_WEIGHTINGS) -> np.ndarray:
    """R_C, R_T [mm] and Q_C, float64 (3,); NaN where the fit fails. The narrower part is the core.

    Variances are those of counting, S (1 - S) over entries, from the fitted S: observed ones are low where the share is low by chance, which
    makes the tail too short.
    """
    width_mm = cell_mm / BINS_PER_CELL

    def model(_: np.ndarray, *values: float) -> np.ndarray:
        return expected(points, width_mm, *values)

    bounds = ([1e-3 * cell_mm, 1e-3 * cell_mm, 0.0], [5.0 * cell_mm, 5.0 * cell_mm, 1.0])
    values = start
    try:
        for _ in range(n_weightings):
            share = expected(points, width_mm, *values)
            error = np.sqrt(np.maximum(share * (1.0 - share), 1e-9) / points.n)
            values, _ = optimize.curve_fit(model, points.distance_mm, points.share, values, error, bounds=bounds)
    except RuntimeError:  # no convergence
        return np.full(3, np.nan)
    return values if values[0] <= values[1] else np.array([values[1], values[0], 1.0 - values[2]])


def fit(shares: EdgeShares) -> dict[str, Interval] | None:
    """R_C, R_T [mm] and Q_C with intervals, by NAMES; None where `can_tell_core` says no.

    The edges of a shower share its fluctuations: errors are those of leaving out groups of showers, with Student's t.
    """
    if not can_tell_core(shares):
        return None
    cell_mm = shares.cell_mm
    values = fitted(curve(shares), np.array([0.1 * cell_mm, 0.6 * cell_mm, 0.7]), cell_mm)
    if not np.isfinite(values).all():
        return None
    start = np.clip(values, 2e-3, [4.0 * cell_mm, 4.0 * cell_mm, 0.999])
    draws = np.stack([fitted(curve(shares, k), start, cell_mm, 1) for k in range(N_GROUPS)])
    error = np.sqrt((N_GROUPS - 1.0) / N_GROUPS * ((draws - draws.mean(axis=0)) ** 2).sum(axis=0))
    far = float(special.stdtrit(N_GROUPS - 1, 0.5 + 0.5 * LEVEL)) * error
    return {
        name: Interval(float(value), float(value - d), float(value + d), shares.n_showers, method=_METHOD)
        for name, value, d in zip(NAMES, values, far, strict=True)
    }


def fitted_curve(points: Curve, fit: dict[str, Interval], cell_mm: float) -> np.ndarray:
    """What a fit expects where the points lie, float64 (n,)."""
    return expected(points, cell_mm / BINS_PER_CELL, *(fit[name].value for name in NAMES))
