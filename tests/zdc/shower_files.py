"""Showers of known content, and files of all kinds that hold them."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import uproot

from core.zdc.mapping import Mapping

N_Y, N_X, CELL_MM, THRESHOLD_MEV = 5, 6, 20.0, 1.0


@dataclass(frozen=True)
class Truth:
    """n showers: cells (n, N_Y, N_X) [MeV], energies [GeV] and impacts [mm] that they were made for, numbers."""

    number: np.ndarray
    cells_mev: np.ndarray
    true_energy_gev: np.ndarray
    impact_mm: np.ndarray
    particle: np.ndarray

    @property
    def expected_mev(self) -> np.ndarray:
        """What is left above the threshold."""
        return np.where(self.cells_mev > THRESHOLD_MEV, self.cells_mev, 0.0).astype(np.float32)


def made_up(n: int = 12, seed: int = 3) -> Truth:
    """Showers with cells in steps of 0.25 MeV, so that every unit gives the same numbers; half of the cells hold nothing."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 400, (n, N_Y, N_X)) * 0.25 * (rng.random((n, N_Y, N_X)) < 0.5)
    energy = np.round(cells.sum(axis=(1, 2)) * 1.1e-3, 4)
    impact = rng.integers(-50, 50, (n, 2)) * 0.5
    return Truth(7 + 3 * np.arange(n), cells, energy, impact, np.where(np.arange(n) % 2, 11, -11))


OWN = Mapping()
GRID = {"n_x": N_X, "n_y": N_Y, "cell_mm": CELL_MM, "threshold_mev": THRESHOLD_MEV}
NAMES = {"true_energy": "energy", "impact_x": "px", "impact_y": "py", "particle": "pdg", "event_id": "event", "depth": "", "file_name": "*_{run}"}  # fmt: skip


def own_file(path: Path, truth: Truth, **changed: Any) -> Path:
    """A file as the simulation writes it; `changed` replaces data sets (None: left out)."""
    data = {
        "cells_mev": truth.expected_mev, "depth_mev": np.ones((len(truth.number), 4), np.float32), "number": truth.number,
        "true_energy_gev": truth.true_energy_gev.astype(np.float32), "impact_x_mm": truth.impact_mm[:, 0].astype(np.float32),
        "impact_y_mm": truth.impact_mm[:, 1].astype(np.float32), "particle": truth.particle.astype(np.int32),
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        file.attrs.update({"run": 4, "cell_mm": CELL_MM, "threshold_mev": THRESHOLD_MEV})
        for name, values in (data | changed).items():
            if values is not None:
                file.create_dataset(name, data=values)
    return path


def scalars(truth: Truth) -> dict[str, np.ndarray]:
    """The truth by the names of the files of others."""
    return {
        "event": truth.number, "energy": truth.true_energy_gev, "px": truth.impact_mm[:, 0], "py": truth.impact_mm[:, 1],
        "pdg": truth.particle,
    }  # fmt: skip


def flat_hdf5(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """Flat rows in GeV, in HDF5."""
    with h5py.File(path, "w") as file:
        file["group/cells"] = truth.cells_mev.reshape(len(truth.number), -1) * 1e-3
        for name, values in scalars(truth).items():
            file[f"group/{name}"] = values
    return path, Mapping(energy="cells", table="group", energy_unit="GeV", **GRID, **NAMES)


def layered_npz(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """Showers in three layers (x, y, layer), in a NumPy archive."""
    parts = np.array([0.25, 0.5, 0.25])
    layers = truth.cells_mev.transpose(0, 2, 1)[..., None] * parts
    np.savez(path, cells=layers, **scalars(truth))
    return path, Mapping(container="npz", energy="cells", axes="xyz", along="z", **(GRID | {"n_z": 3}), **NAMES)


def root_images(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """An image of fixed size per entry."""
    with uproot.recreate(path) as file:
        file.mktree("showers", {"cells": ("f8", (N_Y, N_X)), **dict.fromkeys(scalars(truth), "f8")})
        file["showers"].extend({"cells": truth.cells_mev, **{k: v.astype(float) for k, v in scalars(truth).items()}})
    return path, Mapping(container="root", table="showers", energy="cells", **GRID, **NAMES)


def entries(truth: Truth) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(shower, row, column, energy) of every cell that holds something."""
    shower, row, column = np.nonzero(truth.cells_mev)
    return shower, row, column, truth.cells_mev[shower, row, column]


def jagged(values: np.ndarray, shower: np.ndarray, n: int) -> list[np.ndarray]:
    return [values[shower == i] for i in range(n)]


def root_cells(path: Path, truth: Truth, is_tree: bool = True) -> tuple[Path, Mapping]:
    """Lists of cells per shower, counted from 1, in a TTree or an RNTuple."""
    import awkward as ak

    shower, row, column, energy = entries(truth)
    n = len(truth.number)
    lists = {name: ak.Array(jagged(v, shower, n)) for name, v in (("e", energy), ("ix", column + 1), ("iy", row + 1))}
    with uproot.recreate(path) as file:
        if is_tree:
            file.mktree("showers", {**dict.fromkeys(lists, "var * float64"), **dict.fromkeys(scalars(truth), "f8")})
            file["showers"].extend({**lists, **{name: v.astype(float) for name, v in scalars(truth).items()}})
        else:
            file["showers"] = {**lists, **scalars(truth)}
    mapping = Mapping(
        container="root", layout="cells", table="showers", energy="e", column="ix", row="iy", index_base=1, **GRID, **NAMES
    )  # fmt: skip
    return path, mapping


def steps(truth: Truth, seed: int = 5) -> dict[str, np.ndarray]:
    """Two steps in every cell that holds something, each with half of its energy, somewhere within it, 10 and 30 mm deep, in cm."""
    rng = np.random.default_rng(seed)
    shower, row, column, energy = (np.repeat(v, 2) for v in entries(truth))
    x = (column - 0.5 * N_X + rng.uniform(0.01, 0.99, len(column))) * CELL_MM
    y = (row - 0.5 * N_Y + rng.uniform(0.01, 0.99, len(row))) * CELL_MM
    z = np.tile([10.0, 30.0], len(row) // 2)
    return {"event": truth.number[shower], "edep": 0.5 * energy, "x": 0.1 * x, "y": 0.1 * y, "z": 0.1 * z, "energy": truth.true_energy_gev[shower]}  # fmt: skip


STEPS = Mapping(
    container="root", layout="steps", table="steps", energy="edep", x="x", y="y", z="z", length_unit="cm", x0_mm=10.0, n_depth=4,
    **GRID, **(NAMES | {"impact_x": "", "impact_y": "", "particle": ""}),
)  # fmt: skip


def root_steps(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """One step per row."""
    with uproot.recreate(path) as file:
        file["steps"] = steps(truth)
    return path, STEPS


def csv_steps(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """The same as a table."""
    columns = steps(truth)
    lines = [",".join(columns), *(",".join(f"{v:.9g}" for v in row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path, dataclasses.replace(STEPS, container="csv", table="")


def csv_cells(path: Path, truth: Truth) -> tuple[Path, Mapping]:
    """A cell per row, counted from 0, in keV."""
    shower, row, column, energy = entries(truth)
    lines = ["event,iy,ix,e"]
    lines += [f"{truth.number[s]},{r},{c},{1e3 * e:g}" for s, r, c, e in zip(shower, row, column, energy, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    names = NAMES | {"true_energy": "", "impact_x": "", "impact_y": "", "particle": ""}
    return path, Mapping(
        container="csv", layout="cells", energy="e", row="iy", column="ix", energy_unit="keV", **GRID, **names
    )


FORMS = {
    "flat HDF5": ("a_3.h5", flat_hdf5), "layers of NumPy": ("a_3.npz", layered_npz), "images of ROOT": ("a_3.root", root_images),
    "lists of ROOT": ("a_3.root", root_cells), "lists of an RNTuple": ("a_3.root", lambda path, truth: root_cells(path, truth, False)), "steps of ROOT": ("a_3.root", root_steps), "steps of CSV": ("a_3.csv", csv_steps),
    "cells of CSV": ("a_3.csv", csv_cells),
}  # fmt: skip
