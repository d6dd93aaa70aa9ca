"""The mapping of files to showers: what holds the cells, where they lie, in which units. A validated TOML file.

In a ROOT file names are branches of a tree, in an HDF5 file data sets of a group, in CSV columns, in NumPy archives arrays. Nothing
in the file is evaluated.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import DarkroomError
from core.parameters import param

CONTAINERS = ("hdf5", "root", "csv", "npz")
LAYOUTS = ("images", "voxels", "cells", "steps")
HELD_BY = {
    "images": ("hdf5", "root", "npz"), "voxels": ("hdf5", "npz"), "cells": ("root", "csv"), "steps": ("root", "csv"),
}  # fmt: skip
GEV, MM = {"keV": 1e-6, "MeV": 1e-3, "GeV": 1.0, "TeV": 1e3}, {"um": 1e-3, "µm": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1e3}
AXES = ("yx", "xy", "zyx", "zxy", "yxz", "xyz")
RUN_DIGITS, MAX_SUBRUN, MAX_RUN = 7, 4095, (1 << 23) - 1


@dataclass(frozen=True)
class KnownFile:
    """What is known of all showers of a file, and not written in it."""

    name: str = param("", "its name without ending; * is anything")
    run: int = param(0, "its run, which tells its showers from those of other files", low=0, high=MAX_RUN)
    energy_gev: float = param(0.0, "energy of its particles; 0: unknown", unit="GeV", low=0.0, high=1e6)
    particle: int = param(0, "PDG code of its particles; 0: unknown")


@dataclass(frozen=True)
class Mapping:
    """Where the cells and the truth stand in a file. Empty text: the file does not have it."""

    title: str = param("", "what this mapping is for")
    container: str = param("hdf5", "kind of file", choices=CONTAINERS)
    layout: str = param(
        "images",
        "images: a row is a shower with all its cells; voxels: the same in rings and sectors of a binning file; cells: lists of cells "
        "with their indices; steps: lists of energies with their positions",
        choices=LAYOUTS,
    )
    file_name: str = param(
        "zdc_{run}_{subrun}_sim",
        "pattern of the file name without its ending: {run} is up to 7 digits, {subrun} up to 4, {energy} GeV, * is anything",
    )
    files: tuple[KnownFile, ...] = param((), "what is known of files by their names")
    table: str = param("", "tree (ROOT) or group (HDF5)")
    event_id: str = param("number", "number of the shower; without it showers are counted")
    energy: str = param("cells_mev", "energies of the cells, voxels or steps")
    depth: str = param("depth_mev", "energy in each radiation length of depth; the file may lack it")

    column: str = param("", "layout cells: index of the cell in x")
    row: str = param("", "layout cells: its index in y")
    index_base: int = param(0, "layout cells: index of the first column and row", low=0, high=1)
    x: str = param("", "layout steps: position")
    y: str = param("", "the same, y")
    z: str = param("", "the same, z, along the beam; without it no depth is known")
    front_z_mm: float = param(0.0, "layout steps: z of the calorimeter's front", unit="mm", low=-1e7, high=1e7)
    x0_mm: float = param(8.9, "layout steps: radiation length", unit="mm", low=0.1, high=1e4)
    n_depth: int = param(24, "layout steps: bins of depth", low=1, high=1000)

    n_x: int = param(0, "cells in x; 0: as many as the file's images have", low=0, high=1000)
    n_y: int = param(0, "cells in y", low=0, high=1000)
    n_z: int = param(0, "layers of images with three axes; 0: as many as the file's have", low=0, high=1000)
    axes: str = param("yx", "order of the axes of images; one of three is summed over", choices=AXES)
    along: str = param("z", "of images with three axes: the one that is summed over", choices=("x", "y", "z"))
    first_layer: int = param(0, "layers that are summed: from this one, counted from 0 ...", low=0, high=10_000)
    last_layer: int = param(10_000, "... to this one", low=0, high=10_000)
    binning: str = param(
        "", "layout voxels: XML file with the rings and sectors, beside the raw file or below a data root"
    )
    cell_mm: float = param(0.0, "side of a cell; 0: attribute cell_mm of the file", unit="mm", low=0.0, high=1e4)
    threshold_mev: float | None = param(
        None, "a cell counts above it; none: attribute threshold_mev of the file", unit="MeV", low=0.0, high=1e6
    )
    saturation_mev: float | None = param(
        None, "largest energy of a cell; none: unlimited", unit="MeV", low=0.0, high=1e9
    )
    window: int = param(
        0, "side of a window around the brightest cell, which becomes the image; 0: all cells", low=0, high=1000
    )

    true_energy: str = param("true_energy_gev", "energy of the particle; the file may lack it")
    impact_x: str = param("impact_x_mm", "where it hits the front, from the middle of the grid; the file may lack it")
    impact_y: str = param("impact_y_mm", "the same, y")
    particle: str = param("particle", "PDG code of the particle; the file may lack it")
    energy_unit: str = param("MeV", "unit of energies of cells and depths", choices=tuple(GEV))
    true_energy_unit: str = param("GeV", "unit of the particle's energy", choices=tuple(GEV))
    length_unit: str = param("mm", "unit of positions", choices=tuple(MM))
    simulated: bool = param(True, "whether the files are simulated")

    def check(self) -> None:
        for field in ("{run}", "{subrun}", "{energy}"):
            if self.file_name.count(field) > 1:
                raise DarkroomError(f"'file_name' is '{self.file_name}': expected {field} at most once.")
        if self.container not in HELD_BY[self.layout]:
            raise DarkroomError(
                f"'layout' is {self.layout} and 'container' {self.container}: expected {', '.join(HELD_BY[self.layout])} for it."
            )
        needed = {"images": ("energy",), "voxels": ("energy", "binning"), "cells": ("energy", "column", "row"), "steps": ("energy", "x", "y")}  # fmt: skip
        for name in needed[self.layout]:
            if not getattr(self, name):
                raise DarkroomError(f"'{name}' is empty: the layout {self.layout} needs it.")
        if self.layout != "images" and not (self.n_x and self.n_y and self.cell_mm):
            raise DarkroomError(f"'n_x', 'n_y' and 'cell_mm' are needed for the layout {self.layout}: none may be 0.")
        if self.container == "root" and not self.table:
            raise DarkroomError("'table' is empty: a ROOT file needs the name of a tree.")
        if self.first_layer > self.last_layer:
            raise DarkroomError(f"'first_layer' {self.first_layer} is behind 'last_layer' {self.last_layer}.")


@dataclass(frozen=True)
class FromName:
    """What the name of a file tells: run and sub-run, energy [GeV] and particle, 0 where unknown."""

    run: int
    subrun: int
    energy_gev: float
    particle: int


def from_name(mapping: Mapping, path: Path) -> FromName:
    """Run, sub-run, energy and particle of a file by its name, its ending left out."""
    known = next((file for file in mapping.files if _fits(file.name, path.stem)), KnownFile())
    pattern = (
        re.escape(mapping.file_name)
        .replace(r"\*", ".*")
        .replace(r"\{run\}", rf"(?P<run>[0-9]{{1,{RUN_DIGITS}}})")
        .replace(r"\{subrun\}", r"(?P<subrun>[0-9]{1,4})")
        .replace(r"\{energy\}", r"(?P<energy>[0-9]{1,6}(\.[0-9]{1,6})?)")
    )
    match = re.fullmatch(pattern, path.stem, re.ASCII)
    numbers = match.groupdict() if match else {}
    run, subrun = int(numbers.get("run") or known.run), int(numbers.get("subrun") or 0)
    for name, value, highest in (("run", run, MAX_RUN), ("sub-run", subrun, MAX_SUBRUN)):
        if value > highest:
            raise DarkroomError(
                f"{path.name}: {name} {value:,} is beyond {highest:,}, the largest that can be told apart."
            )
    return FromName(run, subrun, float(numbers.get("energy") or known.energy_gev), known.particle)


def _fits(pattern: str, stem: str) -> bool:
    return bool(pattern) and re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), stem) is not None
