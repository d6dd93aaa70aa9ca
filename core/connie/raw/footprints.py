"""Clusters that somebody else has cut out already: a FITS table with one row per row of pixels of a footprint.

Columns (names in the mapping): number of the footprint, first column x, row y, charges of the pixels [e-]. Footprints of
several exposures may lie on top of each other: they are laid out on as many images as it takes for none to touch. The
place of runID is taken by a number that follows from the file's content.
"""

import itertools
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.connie import rows
from core.connie.clusters import components
from core.connie.clusters.extract import Clusters
from core.connie.clusters.rim import LEVELS
from core.connie.clusters.stored_images import bare_image
from core.connie.event import LIMITS
from core.connie.mapping import MAX_RUNID, Mapping
from core.connie.raw import tables
from core.connie.raw.calibrate import Image
from core.connie.raw.cards import real
from core.connie.raw.fits import LONGEST_S, Exposure
from core.connie.raw.hdus import MAX_PIXELS, Hdu, Survey, survey
from core.data.reading import Block
from core.errors import DarkroomError

SIGMA_E = 1.0  # no noise is left in the table; only for thresholds, which nothing here depends on
MAX_LAYERS = LIMITS["part"] * LIMITS["frame"]
MAX_PIXELS_IN_ALL = 1 << 34  # of all images of a table: some ten minutes
CELL_PX = 64
MARGIN_PX = 2 * LEVELS + 2  # between two footprints of an image, so that their levels do not meet


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """The footprints of a file, one block per image that they are laid out on."""
    for index, (clusters, image) in enumerate(read(path, mapping)):
        yield rows.block(clusters, image, mapping, index, None)


def read(path: Path, mapping: Mapping) -> Iterator[tuple[Clusters, Image]]:
    """(clusters, image) of each image, one in memory at a time. A footprint keeps every pixel that the table gives it,
    connected or not.
    """
    owner, y, x, q, exptime_s = _pixels(path, mapping)
    n = int(owner.max()) + 1 if len(owner) else 0
    if n == 0:
        raise DarkroomError(f"{path.name}: the table holds no pixel: expected footprints; leave the file out.")
    shape = int(y.max()) + 1, int(x.max()) + 1
    if shape[0] * shape[1] > MAX_PIXELS:
        raise DarkroomError(
            f"{path.name}: the footprints reach over {shape[0]:,} x {shape[1]:,} pixels: expected an image of at most "
            f"{MAX_PIXELS:,}. Correct the names of the columns in the mapping, or divide the table."
        )
    canvas = _layout(owner, y, x, n)
    n_images = int(canvas.max()) + 1
    if n_images > MAX_LAYERS or n_images * shape[0] * shape[1] > MAX_PIXELS_IN_ALL:
        raise DarkroomError(
            f"{path.name}: footprints lie on top of each other {n_images:,} deep, that many images of {shape[0]:,} x "
            f"{shape[1]:,} pixels: expected at most {MAX_PIXELS_IN_ALL:,} pixels in all. Divide the table by exposure."
        )
    exposure = Exposure(
        run=0, runid=zlib.crc32(path.read_bytes()) % (MAX_RUNID + 1), ohdu=0, part=None, exptime_s=exptime_s, readout_s=None, expstart_unix_s=None,
        expstop_unix_s=None, pressure_hpa=None, gain_adu_per_e=None, simulated=False,
    )  # fmt: skip
    image_of = canvas[owner]
    order = np.argsort(image_of, kind="stable")
    edges = np.searchsorted(image_of[order], np.arange(n_images + 1))
    for k, (begin, end) in enumerate(itertools.pairwise(edges)):
        here = order[begin:end]
        charge = np.zeros(shape, np.float32)
        charge[y[here], x[here]] = q[here]
        layer = replace(exposure, part=k // LIMITS["frame"] or None)  # the place that files of one exposure have
        image = bare_image(f"{path.name} layer {k}", charge, np.full(shape[1], SIGMA_E), 1.0, layer)
        yield _clusters(owner[here], y[here], x[here], q[here], shape), image


def _pixels(path: Path, mapping: Mapping) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float | None]:
    """(footprint numbered from 0, y, x, q [e-]) of each pixel, (m,), and the exposure [s]."""
    units = survey(path)  # before anything is unpacked or reserved: a header may promise anything
    if not all(hdu.is_whole for hdu in units.hdus):
        raise DarkroomError(f"{path.name}: {'; '.join(units.notes)}: expected a whole table. Copy the file again.")
    unit = _table(units, mapping.footprints_hdu)
    names = (mapping.footprints_id, mapping.footprints_x, mapping.footprints_y, mapping.footprints_values)
    table = tables.columns(path, unit, names)
    numbers, x0, y0 = (_whole(path, np.asarray(table[name]), name) for name in names[:3])
    lists = [np.atleast_1d(values) for values in table[names[3]]]
    lengths = np.array([values.size for values in lists], np.int64)
    q = np.concatenate([values.ravel() for values in lists]) if lists else np.zeros(0)
    if q.dtype.kind not in "iuf":
        raise DarkroomError(f"{path.name}: column {names[3]} holds no numbers: correct 'footprints_values' in the mapping.")  # fmt: skip
    q = q.astype(np.float32)
    step = np.arange(len(q)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    owner = np.unique(numbers, return_inverse=True)[1]
    y, x = np.repeat(y0, lengths), np.repeat(x0, lengths) + step
    if len(q) and (min(x.min(), y.min()) < 0 or not np.isfinite(q).all()):
        raise DarkroomError(
            f"{path.name}: a pixel has a negative place or no value: expected numbers from 0 and finite."
        )
    return np.repeat(owner, lengths), y, x, q, real(unit.cards, "EXPTIME", 0.0, LONGEST_S)


def _whole(path: Path, values: np.ndarray, name: str) -> np.ndarray:
    """int64 (n,): a column of whole numbers."""
    if values.ndim != 1 or values.dtype.kind not in "iu" or (len(values) and int(values.max()) > MAX_PIXELS):
        raise DarkroomError(f"{path.name}: column {name} does not hold whole numbers up to {MAX_PIXELS:,}: correct the names in the mapping.")  # fmt: skip
    return values.astype(np.int64)


def _table(units: Survey, name: str) -> Hdu:
    tables = [hdu for hdu in units.hdus if hdu.cards.get("XTENSION") == "BINTABLE" and hdu.kind == "table"]
    wanted = [hdu for hdu in tables if not name or hdu.name.upper() == name.upper()]
    if wanted:
        return wanted[0]
    listed = ", ".join(hdu.name for hdu in tables) or "none"
    raise DarkroomError(
        f"{units.path.name}: the tables are {listed}, expected {name or 'one'}: set 'footprints_hdu' in the mapping."
    )


def _layout(owner: np.ndarray, y: np.ndarray, x: np.ndarray, n: int) -> np.ndarray:
    """int64 (n,): on which image each footprint goes: the first on which its box, with a margin, is free.

    Boxes are looked up by the cells that they touch, so that memory follows the footprints and not the images.
    """
    low, high = np.full((n, 2), np.iinfo(np.int64).max), np.full((n, 2), -1)
    for axis, values in enumerate((y, x)):
        np.minimum.at(low[:, axis], owner, values)
        np.maximum.at(high[:, axis], owner, values)
    canvas = np.zeros(n, np.int64)
    placed: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for i in range(n):
        near = {j for cell in _cells(low[i] - MARGIN_PX, high[i] + MARGIN_PX) for j in placed.get(cell, ())}
        others = np.fromiter(near, np.int64, len(near))
        meets = (low[others] <= high[i] + MARGIN_PX) & (high[others] >= low[i] - MARGIN_PX)
        taken = set(canvas[others[meets.all(axis=1)]].tolist())
        canvas[i] = next(k for k in range(MAX_LAYERS + 1) if k not in taken or k == MAX_LAYERS)
        for cell in _cells(low[i], high[i]):
            placed[cell].append(i)
    return canvas


def _cells(low: np.ndarray, high: np.ndarray) -> Iterator[tuple[int, int]]:
    """The squares of CELL_PX that a box touches."""
    (y0, x0), (y1, x1) = low // CELL_PX, high // CELL_PX
    return itertools.product(range(int(y0), int(y1) + 1), range(int(x0), int(x1) + 1))


def _clusters(owner: np.ndarray, y: np.ndarray, x: np.ndarray, q: np.ndarray, shape: tuple[int, int]) -> Clusters:
    """Clusters in the order of their first pixels, as those of an image are."""
    numbers, group = np.unique(owner, return_inverse=True)
    sequence, offsets, _ = components.regroup(group, len(numbers), y * shape[1] + x)
    flat = (y[sequence].astype(np.int32), x[sequence].astype(np.int32), q[sequence])
    return Clusters(*flat, offsets, len(numbers), shape, np.zeros(len(numbers), np.uint32))
