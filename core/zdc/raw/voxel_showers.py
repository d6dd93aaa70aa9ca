"""Showers of voxels (HDF5 of the CaloChallenge, or a NumPy archive) as images of square cells."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.zdc.mapping import Mapping
from core.zdc.raw import hdf5_images, npz_images, voxels
from core.zdc.raw.raw_showers import RawShowers

READERS = {"hdf5": hdf5_images, "npz": npz_images}


def showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a file, in its order; they hit the middle of the grid."""
    binning = voxels.binning_path(path, mapping)
    layers = voxels.layers_of(binning)
    n_voxels = sum(layer.n_voxels for layer in layers)
    matrix = voxels.projection(layers, mapping)
    reader, n_there = (
        READERS[mapping.container],
        int(np.prod(READERS[mapping.container].stored_shape(path, mapping)[1:])),
    )
    if n_there != n_voxels:
        raise DarkroomError(
            f"{path.name} has {n_there:,} voxels per shower, {binning.name} describes {n_voxels:,}: expected as many. Name the binning of this data "
            "set as 'binning' in the mapping."
        )
    for raw in reader.showers(path, replace(mapping, layout="images", axes="yx", n_x=n_voxels, n_y=1)):
        cells = (matrix @ raw.cells_mev.reshape(len(raw), -1).T.astype(np.float64)).T
        middle = {name: np.zeros(len(raw)) for name in ("impact_x_mm", "impact_y_mm")}
        yield replace(
            raw, cells_mev=cells.reshape(-1, mapping.n_y, mapping.n_x).astype(np.float32), truth={**middle, **raw.truth}
        )
