"""Files -> showers on one grid: units, window, threshold and what is known by the file's name, in chunks of bounded memory.

Blocks of rows are made of them in `core.zdc.rows`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.raw import container
from core.data.raw import preview as stored
from core.errors import DarkroomError
from core.zdc.features import NEGATIVE, NOT_FINITE
from core.zdc.grid import Grid
from core.zdc.mapping import MAX_RUN, FromName, Mapping, from_name
from core.zdc.raw import checks, csv_lists, hdf5_images, npz_images, root_showers, voxel_showers
from core.zdc.raw.raw_showers import RawShowers
from core.zdc.showers import Showers

READERS = {
    ("hdf5", "images"): hdf5_images.showers, ("npz", "images"): npz_images.showers, ("root", "images"): root_showers.image_showers,
    ("hdf5", "voxels"): voxel_showers.showers, ("npz", "voxels"): voxel_showers.showers,
    ("csv", "cells"): csv_lists.showers, ("csv", "steps"): csv_lists.showers,
    ("root", "cells"): root_showers.list_showers, ("root", "steps"): root_showers.list_showers,
}  # fmt: skip
SHAPES = {"hdf5": hdf5_images.image_shape, "npz": npz_images.image_shape, "root": root_showers.image_shape}
PREVIEWS = {npz_images.ARCHIVE: npz_images.preview, container.UNKNOWN: csv_lists.preview}


def grid_of(path: Path, mapping: Mapping) -> Grid:
    """The grid of a file's images."""
    n_y, n_x = mapping.n_y, mapping.n_x
    if mapping.layout == "images":
        n_y, n_x = SHAPES[mapping.container](path, mapping)
    if mapping.window:
        n_y = n_x = mapping.window
    values = {
        "cell_mm": mapping.cell_mm or None,
        "threshold_mev": mapping.threshold_mev,
    }
    for name, value in values.items():
        if value is None and mapping.container == "hdf5":
            values[name] = hdf5_images.attribute(path, name)
    for name, value in values.items():
        if value is None or not np.isfinite(value) or value < 0 or (name == "cell_mm" and value == 0):
            raise DarkroomError(
                f"{path.name}: '{name}' of the cells is {'not known' if value is None else value}: set it in the mapping (the file may have "
                "it as an attribute)."
            )
    return Grid(n_y, n_x, float(values["cell_mm"] or 0.0), float(values["threshold_mev"] or 0.0))


def geometry(path: Path, mapping: Mapping) -> dict[str, np.ndarray]:
    """The grid as it is kept with the data set; see `core.zdc.grid.from_arrays`."""
    return grid_of(path, mapping).arrays()


def showers(path: Path, mapping: Mapping) -> Iterator[tuple[Showers, np.ndarray]]:
    """The showers of a file in its order, and the flags uint32 (n,) that reading sets: a chunk holds some 16 MB of images, or one."""
    known, grid, numbers = known_of(path, mapping), grid_of(path, mapping), checks.Numbers(path)
    for raw in READERS[mapping.container, mapping.layout](path, mapping):
        number = numbers.need_new(raw.number, "event_id")
        truth = _truth(raw, known)
        cells, shift = raw.cells_mev, (np.zeros(len(raw)), np.zeros(len(raw)))
        if mapping.window:
            cells, shift = windows(cells, mapping.window)
        for axis, cells_shifted in zip("xy", shift, strict=True):
            name = f"impact_{axis}_mm"
            if name in truth:
                truth[name] = truth[name] - cells_shifted * grid.cell_mm
        flags = clean(cells, grid.threshold_mev)
        checks.need_whole_cells(int(np.count_nonzero(flags)), len(raw), path)
        energy_gev = cells.sum(axis=(1, 2), dtype=np.float64) * 1e-3
        checks.need_this_unit(energy_gev, truth.get("true_energy_gev", np.zeros(len(raw))), path)
        yield Showers(known.run, number, cells, raw.depth_mev, _narrow(truth), grid), flags


def clean(cells: np.ndarray, threshold_mev: float) -> np.ndarray:
    """Set what is not above the threshold to 0, in place; uint32 (n,) the flags of showers with cells that are no numbers or far below 0.

    Noise goes below 0 as far as above it, so nothing is said of cells down to minus twice the threshold, nor of rounding.
    """
    is_broken = ~np.isfinite(cells)
    cells[is_broken] = 0.0
    lowest = -2.0 * threshold_mev - 1e-4 * cells.max(axis=(1, 2), initial=0.0)
    flags = np.where(is_broken.any(axis=(1, 2)), NOT_FINITE, np.uint32(0))
    flags |= np.where(cells.min(axis=(1, 2), initial=0.0) < lowest, NEGATIVE, np.uint32(0))
    cells[cells <= np.float32(threshold_mev)] = 0.0
    return flags


def windows(cells: np.ndarray, side: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """float32 (n, side, side) around the brightest cell, which becomes number side // 2 of both axes; cells beyond the image hold 0.

    With it, how far (x, y) the middle of each window lies from that of its image, in cells.
    """
    n, n_y, n_x = cells.shape
    at = np.where(np.isfinite(cells), cells, -np.inf).reshape(n, -1).argmax(axis=1)
    at_y, at_x = np.divmod(at, n_x)
    half = side // 2
    padded = np.pad(cells, ((0, 0), (side, side), (side, side)))
    rows, columns = (place[:, None] - half + side + np.arange(side) for place in (at_y, at_x))
    out = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    middle = half - 0.5 * (side - 1)
    return out, (at_x - middle - 0.5 * (n_x - 1), at_y - middle - 0.5 * (n_y - 1))


def known_of(path: Path, mapping: Mapping) -> FromName:
    """What a file's name tells; without a run in it, that of an HDF5 file's attribute `run`."""
    known = from_name(mapping, path)
    if known.run or mapping.container != "hdf5":
        return known
    run = hdf5_images.attribute(path, "run")
    return replace(known, run=int(run)) if run is not None and 0 < run <= MAX_RUN and run == int(run) else known


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """Run and sub-run of a file, by its name; none tells its live time."""
    known = known_of(path, mapping)
    return {"run": known.run, "subrun": known.subrun, "live_s": None}


def trial(path: Path, mapping: Mapping) -> bool:
    """Whether a mapping gives a shower of a file."""
    return any(len(some) for some, _ in showers(path, mapping))


def preview(path: Path) -> dict[str, Any]:
    """What a file holds, whatever its name, as plain values for the page and `--json`."""
    return PREVIEWS.get(container.kind_of(path), stored.preview)(path)


def notes(path: Path, mapping: Mapping) -> list[str]:
    """Grid and cells of a file as a mapping reads them: sentences about its first showers."""
    grid = grid_of(path, mapping)
    sentences = [
        f"{grid.n_x} x {grid.n_y} cells of {grid.cell_mm:g} mm; a cell counts above {grid.threshold_mev:g} MeV"
        + (", in a window around the brightest of each image." if mapping.window else ".")
    ]
    first, flags = next(showers(path, mapping), (None, np.zeros(0, np.uint32)))
    if first is None:
        return sentences
    energy_gev = first.cells_mev.sum(axis=(1, 2)) * 1e-3
    sentences.append(
        f"Showers read first: {len(first):,}, with {energy_gev.mean():.4g} GeV and {(first.cells_mev > 0).sum(axis=(1, 2)).mean():.3g} hit cells "
        f"in the mean; with broken cells: {np.count_nonzero(flags):,}."
    )
    missing = [name for name in ("true_energy_gev", "impact_x_mm") if name not in first.truth]
    if missing:
        sentences.append(
            f"Not known of them: {', '.join(missing)}. Networks cannot be conditioned on what is not known."
        )
    return sentences


def _truth(raw: RawShowers, known: FromName) -> dict[str, np.ndarray]:
    """The truth of the file, and where it lacks any what its name tells."""
    truth = dict(raw.truth)
    for name, value in (("true_energy_gev", known.energy_gev), ("particle", float(known.particle))):
        if name not in truth and value:
            truth[name] = np.full(len(raw), value)
    return truth


def _narrow(truth: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """float32, NaN where infinite; the particle int32."""
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = {name: values.astype(np.int32 if name == "particle" else np.float32) for name, values in truth.items()}
    for name, values in narrow.items():
        if name != "particle":
            values[~np.isfinite(values)] = np.nan
    return narrow
