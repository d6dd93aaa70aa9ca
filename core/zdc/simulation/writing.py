"""Showers as HDF5, whole or not at all: simulated ones, and later those that networks generate.

Data sets, one entry for each shower: `cells_mev` (n, n_y, n_x), `depth_mev` (n, n_depth), `number`, what is known of the truth by the
names of `core.zdc.showers.TRUTH`, and `particle`. Root attributes: `format`, `version`, `run`, `cell_mm`, `threshold_mev`, and what else
the writer is given. They are compressed by gzip, which every HDF5 library reads: of cells that are mostly 0 it keeps 275 bytes of 1,600 in
13 µs; shuffling their bytes first makes a third more of them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core import workspace
from core.zdc.showers import Showers

FORMAT, VERSION = "darkroom showers", 1
CHUNK_BYTES = 262_144
Append = Callable[[Showers], None]


def write_showers(path: Path, showers: Showers, attributes: Mapping[str, Any] | None = None) -> None:
    """Write showers of one run to a file of their own."""
    with appending(path, attributes) as append:
        append(showers)


@contextmanager
def appending(path: Path, attributes: Mapping[str, Any] | None = None) -> Iterator[Append]:
    """Give a function that appends showers to a file, which is at `path` when all are written, and not before.

    All showers are of the run and grid of the first. A block that appends none leaves no file.
    """
    with workspace.replacing(path) as temporary:
        with h5py.File(temporary, "w") as file:

            def append(showers: Showers) -> None:
                if "number" not in file:
                    _begin(file, showers, attributes or {})
                for name, values in _columns(showers).items():
                    stored = file[name]
                    n = stored.shape[0]
                    stored.resize(n + len(values), axis=0)
                    stored[n:] = values

            yield append
            is_empty = "number" not in file
        if is_empty:
            raise ValueError(f"{path.name}: no showers were appended")


def _columns(showers: Showers) -> dict[str, np.ndarray]:
    depth = {"depth_mev": showers.depth_mev.astype(np.float32, copy=False)} if showers.depth_mev.shape[1] else {}
    return {
        "cells_mev": showers.cells_mev.astype(np.float32, copy=False),
        **depth,
        "number": showers.number.astype(np.int64, copy=False),
        **showers.truth,
    }


def _begin(file: h5py.File, showers: Showers, attributes: Mapping[str, Any]) -> None:
    grid = showers.grid
    own = {"format": FORMAT, "version": VERSION, "run": showers.run, "cell_mm": grid.cell_mm, "threshold_mev": grid.threshold_mev}  # fmt: skip
    file.attrs.update({**attributes, **own})
    for name, values in _columns(showers).items():
        shape = values.shape[1:]
        n_bytes = max(values.dtype.itemsize * int(np.prod(shape)), 1)
        file.create_dataset(
            name, (0, *shape), values.dtype, maxshape=(None, *shape), chunks=(max(CHUNK_BYTES // n_bytes, 1), *shape),
            compression="gzip", compression_opts=4,
        )  # fmt: skip
