"""Images that hold many rows: stored with a prepared data set, so that no page opens a raw file to show one.

In a part's HDF5, group `frames/<index in the file>`:

`pixels`       int32 (ny, nx), chunks of CHUNK_PX squared, bitshuffle-LZ4; value = stored * attribute `step`, MISSING is NaN
`maximum_<k>`  int32, the largest of every k x k pixels, for k in LEVELS; cells at the far edges hold fewer

An overview is drawn from the maxima, so that a track one pixel wide is never lost between two pixels of a screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from core.data.dataset import Dataset, open_part
from core.errors import DarkroomError

LEVELS = (4, 16)
CHUNK_PX = 256
STEP = 1.0 / 8.0  # of electrons with a noise of some: a finer digit is noise, which cannot be packed (25 MB at 1 / 16)
MISSING = np.iinfo(np.int32).min


@dataclass(frozen=True)
class StoredImage:
    """One image on its way into a prepared data set: pixels (ny, nx), and what is known of it as plain values.

    Whole numbers are stored as they are, others rounded to STEP; NaN is kept, infinities become the largest number.
    """

    name: str
    pixels: np.ndarray
    facts: Mapping[str, Any]


def write(file: h5py.File, index: int, image: StoredImage) -> None:
    """Store an image and its maxima in an open part."""
    if image.pixels.ndim != 2:
        raise DarkroomError(f"{image.name}: the image has the shape {image.pixels.shape}, expected two axes.")
    is_whole = image.pixels.dtype.kind in "iu"
    values = image.pixels.astype(np.int32) if is_whole else _packed(image.pixels)
    group = file.create_group(f"frames/{index}")
    group.attrs["step"] = 1.0 if is_whole else STEP
    _store(group, "pixels", values)
    k = 1
    for level in LEVELS:
        values, k = pooled(values, level // k), level
        _store(group, f"maximum_{k}", values)


def _packed(pixels: np.ndarray) -> np.ndarray:
    """int32 (ny, nx) in units of STEP."""
    largest = np.float32(2**31 - 256)  # the last float32 below the end of int32
    scaled = np.clip(np.rint(pixels * np.float32(1.0 / STEP)), -largest, largest)
    return np.where(np.isnan(scaled), np.float32(MISSING), scaled).astype(np.int32)


def _store(group: h5py.Group, name: str, values: np.ndarray) -> None:
    chunks = tuple(min(CHUNK_PX, n) for n in values.shape)
    group.create_dataset(name, data=values, chunks=chunks, **hdf5plugin.Bitshuffle(cname="lz4"))


def pooled(values: np.ndarray, k: int) -> np.ndarray:
    """The largest of every k x k cells, (ceil(ny / k), ceil(nx / k)); NaN only where all of them are."""
    if k == 1:
        return values
    for axis in (0, 1):
        n = values.shape[axis]
        whole = n // k * k
        largest = np.fmax if values.dtype.kind == "f" else np.maximum
        # strided slices one after the other: far faster than reducing an axis of length k
        parts = [_every(values, axis, i, whole, k) for i in range(k)]
        best = parts[0].copy()
        for part in parts[1:]:
            largest(best, part, out=best)
        if whole < n:
            rest = largest.reduce(_every(values, axis, whole, n, 1), axis=axis, keepdims=True)
            best = np.concatenate([best, rest], axis=axis)
        values = best
    return values


def _every(values: np.ndarray, axis: int, start: int, stop: int, step: int) -> np.ndarray:
    return values[start:stop:step] if axis == 0 else values[:, start:stop:step]


def image_of(dataset: Dataset, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """int64 (n,): in which image of `dataset.images` each row lies, -1 for one without."""
    known, rows = dataset.images, np.asarray(rows, np.int64)
    if not known:
        return np.full(len(rows), -1, np.int64)
    keys = np.array([(f["part"] << 32) + f["index"] for f in known], np.int64)
    order = np.argsort(keys)
    ends = np.array([part.offset + part.n_rows for part in dataset.parts])
    part = np.searchsorted(ends, rows, side="right").astype(np.int64)
    wanted = (part << 32) + dataset.column("frame")[rows].astype(np.int64)
    at = np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)
    return np.where(keys[order[at]] == wanted, order[at], -1)


def rows_in(dataset: Dataset, i: int) -> np.ndarray:
    """Row numbers int64 (k,), ascending, of what lies in image i."""
    known = dataset.images[i]
    part = dataset.parts[known["part"]]
    numbers = dataset.column("frame")[part.offset : part.offset + part.n_rows]
    return part.offset + np.flatnonzero(numbers == known["index"])


def region(dataset: Dataset, i: int, x0: int, x1: int, y0: int, y1: int, max_px: int) -> tuple[np.ndarray, int]:
    """(float32 (h, w), factor): columns x0 to x1 and rows y0 to y1 (exclusive) of image i, at most `max_px` cells a side.

    A cell is the largest of factor x factor pixels; the first begins at the multiple of the factor at or below
    (x0, y0). What lies outside the image is left out. NaN: no pixel that counts.
    """
    known = dataset.images[i]
    with open_part(dataset, dataset.parts[known["part"]]) as file:
        group = file[f"frames/{known['index']}"]
        ny, nx = group["pixels"].shape
        x0, x1, y0, y1 = max(x0, 0), min(x1, nx), max(y0, 0), min(y1, ny)
        if x0 >= x1 or y0 >= y1:
            raise DarkroomError(f"{known['name']}: the region is empty or outside the {nx} x {ny} pixels of the image.")
        factor = _factor(max(x1 - x0, y1 - y0), max_px)
        level = max((k for k in LEVELS if k <= factor), default=1)
        factor = -(-factor // level) * level
        # whole cells, in pixels and then in what is stored
        a, b, c, d = (
            x0 // factor * factor,
            -(-x1 // factor) * factor,
            y0 // factor * factor,
            -(-y1 // factor) * factor,
        )
        stored = group["pixels" if level == 1 else f"maximum_{level}"]
        values = stored[c // level : d // level, a // level : b // level]
        step = np.float32(group.attrs["step"])
    values = pooled(values, factor // level)
    return np.where(values == MISSING, np.float32(np.nan), values.astype(np.float32) * step), factor


def _factor(n_px: int, max_px: int) -> int:
    """The smallest factor with which n_px pixels, wherever they begin, are at most max_px cells."""
    return max(1, -(-n_px // max(max_px - 1, 1))) if n_px > max_px else 1
