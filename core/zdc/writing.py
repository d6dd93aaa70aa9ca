"""Generated showers in files: our own HDF5, the layout of the CaloChallenge, and ROOT. Each is at its path when it is whole, and not before."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import uproot

from core import workspace
from core.judge.generating import Append, Conditions, Geometry
from core.zdc.grid import from_arrays
from core.zdc.showers import TRUTH, Showers
from core.zdc.simulation.writing import appending

RUN = 8_000_000  # of generated showers: no simulated or recorded run has so high a number
TREE = "showers"


@contextmanager
def darkroom(path: Path, geometry: Geometry, facts: Mapping[str, Any]) -> Iterator[Append]:
    """The HDF5 of `core.zdc.simulation.writing`, without depth, which an image does not have."""
    grid = from_arrays(geometry)
    with appending(path, {"generated": 1, **facts}) as append:

        def add(cells_mev: np.ndarray, conditions: Conditions, number: np.ndarray) -> None:
            truth = {name: conditions[name].astype(np.float32) for name in TRUTH if name in conditions}
            depth_mev = np.zeros((len(number), 0), np.float32)
            truth["particle"] = np.zeros(len(number), np.int32)
            append(Showers(RUN, number, cells_mev, depth_mev, truth, grid))

        yield add


@contextmanager
def calochallenge(path: Path, geometry: Geometry, facts: Mapping[str, Any]) -> Iterator[Append]:
    """`incident_energies` (n, 1) and `showers` (n, n_y n_x), both in MeV, as the CaloChallenge has them: cells row by row, the lowest first.

    Its binning files know rings about the shower's axis only, so that this Cartesian grid has none: number and size of the cells
    are attributes, and the mapping names them.
    """
    grid = from_arrays(geometry)
    with workspace.replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(
            {**facts, "n_y": grid.n_y, "n_x": grid.n_x, "cell_mm": grid.cell_mm, "threshold_mev": grid.threshold_mev}
        )
        shapes = {"incident_energies": 1, "showers": grid.n_y * grid.n_x}
        for name, n in shapes.items():
            file.create_dataset(name, (0, n), np.float32, maxshape=(None, n), chunks=(128, n), compression="gzip")

        def add(cells_mev: np.ndarray, conditions: Conditions, number: np.ndarray) -> None:
            values = {
                "incident_energies": 1e3 * np.asarray(conditions["true_energy_gev"])[:, None],
                "showers": cells_mev.reshape(len(number), -1),
            }
            for name, rows in values.items():
                stored = file[name]
                n = stored.shape[0]
                stored.resize(n + len(rows), axis=0)
                stored[n:] = rows

        yield add


@contextmanager
def root(path: Path, geometry: Geometry, facts: Mapping[str, Any]) -> Iterator[Append]:
    """A tree `showers`: `number`, `cells_mev` [n_y][n_x], and the conditions by their names."""
    grid = from_arrays(geometry)
    with workspace.replacing(path) as temporary, uproot.recreate(temporary) as file:
        names = [name for name in TRUTH if name in facts.get("conditions", TRUTH)]
        types: dict[str, Any] = {"number": np.dtype(np.int64), "cells_mev": np.dtype((np.float32, grid.shape))}
        file.mktree(TREE, types | dict.fromkeys(names, np.dtype(np.float32)))

        def add(cells_mev: np.ndarray, conditions: Conditions, number: np.ndarray) -> None:
            given = {name: np.asarray(conditions[name], np.float32) for name in names}
            file[TREE].extend({"number": number, "cells_mev": cells_mev.astype(np.float32, copy=False), **given})

        yield add
