"""The analysis of shower shapes: Eq. 1 by depth, of truth only, and Eq. 2 by distance from the axis, of truth and of generated showers."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.data.dataset import Dataset
from core.data.loader import batches
from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.judge.report import Report, Table, key_number
from core.parameters import param
from core.statistics.intervals import Interval
from core.statistics.residuals import resampled, resolution
from core.zdc.grid import from_arrays
from core.zdc.profiles import figures, longitudinal, transverse
from core.zdc.profiles.longitudinal import EXPECTED, OBSERVED
from core.zdc.profiles.transverse import EdgeShares

TRUTH, GENERATED = "truth", "generated"
BATCH_ROWS, FEWEST = 1000, 10
DEPTH_NOTE = (
    "Mean of the fits' E0 over energy, T0 and its spread from shower to shower, its median error, and ln(E / E_c) - 0.812, GFlash's median: its mean lies 1 % deeper. "
    "E0 below 1 with observed weights is their bias, not leakage; E0 of crystals too short for the maximum is an extrapolation."
)
RADIUS_NOTE = (
    "Radii of whole showers, all depths together: Eq. 2 holds at one depth, and a mixture of depths is no sum of two terms, so that R_C and R_T "
    "are effective. 95 % from leaving out groups of showers. A dash: impacts that are not known or not spread over a cell, or fewer than 100 showers."
)
NOTES = (
    "Eq. 1 is dE/dt: the slide writes dE/dr on its left side, which is a misprint, as the right side is a function of the depth t.",
    "An image has no depth: longitudinal profiles are those of the simulation, before threshold and noise. Generated showers have none.",
    "Cells are wider than the core: R_C is told by how shares change with the place of the impact, not by any one image.",
)
GRAVITY_NOTE = (
    "No impact is known: distances are from the centre of gravity, which is pulled to the middle of a cell. Eq. 2 fitted to them gives one radius "
    "of 8 mm instead of 2.6 and 17, so that there is no fit; the curves of truth and generated showers may be compared."
)


@dataclass(frozen=True)
class ProfileParameters:
    """What is fitted."""

    edges_gev: tuple[float, ...] = param(
        (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0), "edges in energy", unit="GeV", low=0.0, high=1e4
    )
    beta: float = param(0.52, "b of Eq. 1, the same for all showers", unit="1/X0", low=0.1, high=2.0)
    weights: str = param(EXPECTED, "variances of Eq. 1 from expected or observed energies", choices=(EXPECTED, OBSERVED))  # fmt: skip
    critical_mev: float = param(9.64, "critical energy of the crystals, for the expected T0", unit="MeV", low=1.0, high=100.0)  # fmt: skip
    n_showers: int = param(20_000, "most showers, taken evenly", low=100, high=1_000_000)

    def check(self) -> None:
        if len(self.edges_gev) < 2 or list(self.edges_gev) != sorted(set(self.edges_gev)):
            raise DarkroomError(f"edges_gev is {self.edges_gev}: expected two edges or more, ascending.")


@dataclass(frozen=True)
class Stored:
    """A recipe that gives cells and depths as they are stored."""

    arrays: tuple[str, ...] = ("cells_mev", "depth_mev")

    def columns(self, dataset: Dataset) -> tuple[str, ...]:
        """No column is needed."""
        del dataset
        return ()

    def make(self, arrays: Any, table: dict[str, np.ndarray], dataset: Dataset) -> Any:
        """The arrays, by name."""
        del table, dataset
        return dict(arrays)


@dataclass(frozen=True)
class Shapes:
    """What is looked at of a data set: energy [GeV] and place [mm] of n showers, whether the place is that of the impact; depths (n, n_depth)
    [MeV], zeros where they are not known; edge shares by sample and by energy bin.
    """

    energy_gev: np.ndarray
    is_impact: bool
    depth_mev: np.ndarray
    shares: Mapping[str, list[EdgeShares]]


def run(inputs: Inputs, p: ProfileParameters, progress: Progress) -> Report:
    """Both profiles by energy."""
    dataset, scored = inputs.dataset, inputs.scored
    if dataset is None:
        raise DarkroomError("Profiles need a data set: choose one.")
    samples: Any = getattr(scored, "outputs", {}).get("samples")
    if scored is not None and samples is None:
        raise DarkroomError(f"Run '{scored.run.id}' has generated no showers of '{dataset.name}': choose a generator, or no run.")  # fmt: skip
    rows = np.arange(dataset.n_rows) if scored is None else scored.rows
    picked = np.arange(len(rows))
    if len(rows) > p.n_showers:
        picked = np.linspace(0, len(rows) - 1, p.n_showers).astype(np.int64)
    shapes = read(dataset, rows[picked], None if samples is None else samples[picked], p, progress)
    progress(0.7, 1.0, "fits")
    return report(dataset, shapes, p, len(rows))


def read(
    dataset: Dataset, rows: np.ndarray, samples: np.ndarray | None, p: ProfileParameters, progress: Progress
) -> Shapes:
    """Cells and depths of rows, in passes of bounded memory."""
    is_impact = dataset.defines("impact_x_mm") and dataset.defines("impact_y_mm")
    place = "impact" if is_impact else "centre"
    energy_name = "true_energy_gev" if dataset.defines("true_energy_gev") else "energy_gev"
    table = dataset.columns([energy_name, f"{place}_x_mm", f"{place}_y_mm"])
    energy, x, y = (values[rows].astype(np.float64) for values in table.values())
    grid = from_arrays(dataset.geometry)
    at_bin = np.digitize(energy, p.edges_gev) - 1
    shares: dict[str, list[EdgeShares]] = {}
    depths, start = [], 0
    for arrays, _, _ in batches(dataset, rows, Stored(), BATCH_ROWS):
        stop = start + len(arrays["cells_mev"])
        images = {TRUTH: arrays["cells_mev"]} | ({} if samples is None else {GENERATED: samples[start:stop]})
        for name, cells in images.items():
            parts = [
                transverse.edge_shares(cells[inside], x[start:stop][inside], y[start:stop][inside], grid, start)
                for inside in (at_bin[start:stop] == k for k in range(len(p.edges_gev) - 1))
            ]
            shares[name] = [a + b for a, b in zip(shares[name], parts, strict=True)] if name in shares else parts
        depths.append(dense(arrays["depth_mev"]))
        start = stop
        progress(0.7 * start / len(rows), 1.0, "cells and depths")
    width = max((depth.shape[1] for depth in depths), default=0)
    padded = [np.pad(depth, ((0, 0), (0, width - depth.shape[1]))) for depth in depths]
    return Shapes(energy, is_impact, np.concatenate(padded) if padded else np.empty((0, 0)), shares)


def dense(depth: Ragged) -> np.ndarray:
    """float64 (n, longest): records side by side, zeros where one is shorter."""
    lengths = depth.lengths
    out = np.zeros((len(depth), int(lengths.max(initial=0))))
    out[np.arange(out.shape[1])[None, :] < lengths[:, None]] = depth.values
    return out


def report(dataset: Dataset, shapes: Shapes, p: ProfileParameters, n_rows: int) -> Report:
    """All fits as tables and figures."""
    bins = list(pairwise(p.edges_gev))
    depth_rows, profiles = by_depth(shapes, p)
    radius_rows, curves = by_radius(shapes, bins)
    notes = [f"{len(shapes.energy_gev):,} of {n_rows:,} showers of '{dataset.name}' ({'simulated' if dataset.simulated else 'measured'}).", *NOTES]  # fmt: skip
    if not profiles:
        notes.append("No depth is known in this data set: there is no longitudinal profile.")
    if not shapes.is_impact:
        notes.append(GRAVITY_NOTE)
    tables, drawn = [], []
    if profiles:
        tables.append(Table("Longitudinal fits", depth_rows, DEPTH_NOTE, "by depth", ""))
        drawn += [figures.mean_profiles(profiles, p.beta), figures.maxima(depth_rows, p.critical_mev)]
    if radius_rows:
        tables.append(Table("Transverse fits", radius_rows, RADIUS_NOTE, "by distance", ""))
        drawn.append(figures.edge_curves(curves))
    if not tables:
        notes.append(f"Fewer than {FEWEST} showers lie in any of the energies {p.edges_gev} GeV: choose other edges.")
    return Report(
        numbers=_numbers(depth_rows if profiles else [], radius_rows), tables=tuple(tables), figures=tuple(drawn), notes=tuple(notes),
        values={"by_depth": _plain(depth_rows), "by_distance": _plain(radius_rows)}, title="Shower shapes",
    )  # fmt: skip


def by_depth(shapes: Shapes, p: ProfileParameters) -> tuple[list[dict[str, Any]], dict[str, figures.Profile]]:
    """Rows of the table, and mean profiles with the fit of the mean, by energy bin."""
    depth = shapes.depth_mev[:, : longitudinal.whole_bins(shapes.depth_mev)]
    rows, profiles = [], {}
    for low, high in pairwise(p.edges_gev):
        inside = (shapes.energy_gev >= low) & (shapes.energy_gev < high) & (depth.sum(axis=1) > 0.0)
        energy, n = shapes.energy_gev[inside], int(inside.sum())
        if n < FEWEST:
            continue
        fits = longitudinal.fit(depth[inside], p.beta, p.weights)
        good = fits.is_fitted
        shares = fits.e0_mev[good] / (1000.0 * energy[good])
        mean_t0 = np.log(1000.0 * energy / p.critical_mev) - 0.812
        rows.append({
            "energy [GeV]": f"{low:g}-{high:g}", "mean energy [GeV]": round(float(energy.mean()), 3), "showers": n, "fitted": int(good.sum()),
            "E0 / E": resampled(shares, np.mean), "spread of E0 / E": resampled(shares, resolution),
            "T0 [X0]": resampled(fits.t0[good], np.mean), "T0 - GFlash [X0]": resampled((fits.t0 - mean_t0)[good], np.mean),
            "spread of T0 - GFlash [X0]": resampled((fits.t0 - mean_t0)[good], resolution),
            "error of T0 [X0]": round(float(np.median(fits.t0_error[good])), 4) if good.any() else None,
        })  # fmt: skip
        relative = depth[inside] / (1000.0 * energy[:, None])
        mean = relative.mean(axis=0)
        of_mean = longitudinal.fit(mean[None, :], p.beta, p.weights)
        error = relative.std(axis=0) / np.sqrt(n)
        profiles[f"{low:g}-{high:g} GeV"] = figures.Profile(
            mean, error, float(of_mean.e0_mev[0]), float(of_mean.t0[0]), n
        )
    return rows, profiles


def by_radius(
    shapes: Shapes, bins: list[tuple[float, float]]
) -> tuple[list[dict[str, Any]], dict[tuple[str, str], figures.Edges]]:
    """Rows of the table, and mean shares beyond an edge with their fit, by sample and energy bin."""
    rows, curves = [], {}
    for name, of_bins in shapes.shares.items():
        for (low, high), shares in zip(bins, of_bins, strict=True):
            if shares.n_showers < FEWEST:
                continue
            fit = transverse.fit(shares) if shapes.is_impact else None
            nothing = Interval(np.nan, np.nan, np.nan, shares.n_showers, method="no fit")
            values = fit or dict.fromkeys(transverse.NAMES, nothing)
            row = {"sample": name, "energy [GeV]": f"{low:g}-{high:g}", "showers": shares.n_showers}
            rows.append(row | {"R_C [mm]": values["R_C"], "R_T [mm]": values["R_T"], "Q_C": values["Q_C"]})
            points = transverse.curve(shares)
            line = None if fit is None else transverse.fitted_curve(points, fit, shares.cell_mm)
            curves[name, f"{low:g}-{high:g} GeV"] = figures.Edges(points, line)
    return rows, curves


def _numbers(depth_rows: list[dict[str, Any]], radius_rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    """The bins with most showers."""
    numbers = []
    if depth_rows:
        row = max(depth_rows, key=lambda row: row["fitted"])
        where = f"At {row['energy [GeV]']} GeV."
        numbers.append(
            key_number("E0 / E", row["E0 / E"], f"Mean of Eq. 1's fits over the energy. {where}", unit="", digits=3)
        )
        numbers.append(key_number("T0", row["T0 [X0]"], f"Mean depth of the maximum. {where}", unit="X0", digits=2))
    for name in dict.fromkeys(row["sample"] for row in radius_rows if np.isfinite(row["R_T [mm]"].value)):
        row = max((row for row in radius_rows if row["sample"] == name), key=lambda row: row["showers"])
        help = f"Effective radius of the tail, {name}, {row['energy [GeV]']} GeV."
        numbers.append(key_number(f"R_T, {name}", row["R_T [mm]"], help, unit="mm", digits=2))
    return tuple(numbers)


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: cell.to_dict() if isinstance(cell, Interval) else cell for key, cell in row.items()} for row in rows]


PROFILES = Analysis(
    title="Shower shapes",
    explanation="Energy by depth (simulated truth only) and by distance from the axis (truth and generated), with fits of the slides' Eq. 1 and 2.",
    parameters=ProfileParameters,
    needs={
        "dataset": Need("data set", is_required=True, help="with depths for Eq. 1, with known impacts for R_C", is_newest=True),
        "run": Need("run of a generator", help="whose showers stand beside the true ones", task="generate"),
    },
    run=run,
    takes_long=True,
)  # fmt: skip
