"""The clusters of a prepared data set as a catalog with the branch names of CONNIE: Parquet, ROOT (tree hitSumm), CSV.

Charges are in ADU, as in those catalogs: `gain` [ADU/e⁻] leads back to electrons. `flag` holds the bits of what spoils a
measurement (GOOD_BITS of `core.connie.features.FLAGS`), so that flag == 0 means what it means there; deblended and
joined clusters have flag 0. En, nn, xBaryn, yBaryn, xVarn, yVarn are over the pixels with level <= n, moments weighted
with max(ePix, 0). CSV leaves out the lists of pixels.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot

from core import workspace
from core.connie import features
from core.connie.clusters import components, moments, rim, stored_images
from core.connie.clusters.extract import Clusters
from core.connie.raw.calibrate import Image
from core.data.dataset import Dataset
from core.data.ragged import Ragged
from core.errors import DarkroomError

TREE = "hitSumm"
PIXELS = ("xPix", "yPix", "level", "ePix")
GOOD_BITS = int(features.EDGE | features.SATURATED | features.MASKED)
UNITS = {
    "charge": "ADU: E0 to E3, ePix; divide by gain for electrons",
    "gain": "ADU per electron",
    "expoStart": "unix s",
    "pixels": "columns x and rows y of the active area, from 0",
    "flag": f"bits {', '.join(f'{i} {name}' for i, name in enumerate(features.FLAGS) if GOOD_BITS >> i & 1)}",
}
Write = Callable[[dict[str, np.ndarray], dict[str, Ragged]], None]


def pixel_lists(clusters: Clusters, image: Image) -> dict[str, Ragged]:
    """xPix, yPix int32, level uint8, ePix float32 [ADU]: level 0 first, then the pixels of levels 1 to 3."""
    around = rim.around(clusters, image)
    lengths = clusters.npix + np.diff(around.offsets)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    inner_place = np.repeat(offsets[:-1] - clusters.offsets[:-1], clusters.npix) + np.arange(len(clusters.q))
    shift = offsets[:-1] + clusters.npix - around.offsets[:-1]
    outer_place = np.repeat(shift, np.diff(around.offsets)) + np.arange(len(around.q))
    gain = np.float32(np.mean(image.gain_adu_per_e))
    inner: tuple[np.ndarray, ...] = (clusters.x, clusters.y, np.zeros(len(clusters.q), np.uint8), clusters.q * gain)
    outer: tuple[np.ndarray, ...] = (around.x, around.y, around.level, around.q * gain)
    lists = {}
    for name, a, b in zip(PIXELS, inner, outer, strict=True):
        values = np.empty(offsets[-1], a.dtype)
        values[inner_place], values[outer_place] = a, b
        lists[name] = Ragged(values, offsets)
    return lists


def summary(clusters: Clusters, pixels: dict[str, Ragged]) -> dict[str, np.ndarray]:
    """nSavedPix, limits, En, nn, xBaryn, yBaryn, xVarn, yVarn, each (n,), from the lists of pixels; NaN without charge."""
    offsets, n = pixels["xPix"].offsets, len(clusters)
    x, y, level, e = (pixels[name].values for name in PIXELS)
    columns: dict[str, np.ndarray] = {"nSavedPix": np.diff(offsets).astype(np.int32)}
    for axis, values in (("x", clusters.x), ("y", clusters.y)):
        for name, extreme in (("Min", np.minimum), ("Max", np.maximum)):
            columns[f"{axis}{name}"] = extreme.reduceat(values, clusters.offsets[:-1]) if n else np.zeros(0, np.int32)
    by_level = np.empty((n, rim.LEVELS + 1, 6))
    components.in_parts(lambda a, b: moments.by_level(y, x, level, e, offsets, a, b, by_level), n, 64)
    for m in range(rim.LEVELS + 1):
        for place, name in enumerate(("E", "n", "xBary", "yBary", "xVar", "yVar")):
            columns[f"{name}{m}"] = by_level[:, m, place].astype(np.int32 if name == "n" else np.float32)
    return columns


def image_catalog(
    clusters: Clusters, image: Image, nsat: np.ndarray, flags: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, Ragged]]:
    """(columns, lists of pixels) of the clusters of one image; nsat, flags: (n,) as `features.measure` gives them."""
    exposure, n = image.exposure, len(clusters)
    pixels = pixel_lists(clusters, image)
    start = np.nan if exposure.expstart_unix_s is None else exposure.expstart_unix_s
    columns = {
        "runID": np.full(n, exposure.runid, np.int32),
        "ohdu": np.full(n, exposure.ohdu, np.int32),
        "expoStart": np.full(n, start),
        "gain": np.full(n, np.mean(image.gain_adu_per_e), np.float32),
        "nSat": nsat.astype(np.int32),
        "flag": (flags & GOOD_BITS).astype(np.int32),
        **summary(clusters, pixels),
    }
    return columns, pixels


def export(dataset: Dataset, path: Path) -> None:
    """Write all clusters of a data set; the ending of `path` says how: .parquet, .csv or .root. One image at a time."""
    writers = {".parquet": _parquet, ".csv": _csv, ".root": _root}
    if path.suffix not in writers:
        raise DarkroomError(f"{path}: the ending is '{path.suffix}', expected one of {', '.join(writers)}.")
    if not dataset.images:
        raise DarkroomError(f"Data set '{dataset.name}' holds no images, from which the pixels of a catalog are taken.")
    nsat, flags = dataset.column("nsat"), dataset.column("flags")
    with workspace.replacing(path) as temporary, writers[path.suffix](temporary) as write:
        for i in range(len(dataset.images)):
            image = stored_images.stored_image(dataset, i)
            clusters, rows = stored_images.frame_clusters(dataset, i, image)
            write(*image_catalog(clusters, image, nsat[rows], flags[rows]))


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    writer: Any = None

    def write(columns: dict[str, np.ndarray], pixels: dict[str, Ragged]) -> None:
        nonlocal writer
        lists = {k: pa.ListArray.from_arrays(pa.array(v.offsets, pa.int32()), v.values) for k, v in pixels.items()}
        table = pa.table({**columns, **lists})
        if writer is None:
            writer = pq.ParquetWriter(
                path, table.schema.with_metadata({"units": json.dumps(UNITS)}), compression="zstd"
            )
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"# {name}: {text}\n" for name, text in UNITS.items())
        named = False

        def write(columns: dict[str, np.ndarray], pixels: dict[str, Ragged]) -> None:  # noqa: ARG001
            nonlocal named
            if not named:
                file.write(",".join(columns) + "\n")
                named = True
            lists = [values.tolist() for values in columns.values()]
            file.writelines(",".join(map(repr, row)) + "\n" for row in zip(*lists, strict=True))

        yield write


@contextmanager
def _root(path: Path) -> Iterator[Write]:
    with uproot.recreate(path, compression=uproot.ZSTD(3)) as file:
        file["units"] = json.dumps(UNITS)
        tree: Any = None

        def write(columns: dict[str, np.ndarray], pixels: dict[str, Ragged]) -> None:
            nonlocal tree
            lists = {k: _jagged(v) for k, v in pixels.items()}
            scalars = {k: v for k, v in columns.items() if k != "nSavedPix"}  # the counter of the lists
            record = {**scalars, "pixels": ak.zip(lists)}
            if tree is None:
                kinds = {k: v.dtype for k, v in scalars.items()} | {"pixels": ak.type(record["pixels"])}
                tree = file.mktree(
                    TREE, kinds, counter_name=lambda _: "nSavedPix", field_name=lambda _, inner: inner
                )  # fmt: skip
            tree.extend(record)

        yield write


def _jagged(lists: Ragged) -> Any:
    return ak.Array(
        ak.contents.ListOffsetArray(
            ak.index.Index64(lists.offsets.astype(np.int64)), ak.contents.NumpyArray(lists.values)
        )
    )
