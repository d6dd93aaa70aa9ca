"""Clusters that somebody else has cut out already: a FITS table with one row per row of pixels of a footprint.

Columns (names in the mapping): number of the footprint, first column x, row y, charges of the pixels [e-]. Footprints of
several exposures may lie on top of each other: they are laid out on as many images as it takes for none to touch. The
place of runID is taken by a number that follows from the file's content.
"""

import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.connie import label, rows
from core.connie.calibrate import Image
from core.connie.cards import real
from core.connie.extract import Clusters
from core.connie.fits import LONGEST_S, Exposure
from core.connie.hdus import MAX_PIXELS, Hdu, Survey, survey
from core.connie.mapping import MAX_RUNID, Mapping
from core.connie.rim import LEVELS
from core.connie.stored import bare_image
from core.errors import DarkroomError
from core.experiment import Block

SIGMA_E = 1.0  # no noise is left in the table; only for thresholds, which nothing here depends on
MARGIN_PX = 2 * LEVELS + 2  # between two footprints of an image, so that their levels do not meet


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """The footprints of a file, one block per image that they are laid out on."""
    for index, (clusters, image) in enumerate(read(path, mapping)):
        yield rows.block(clusters, image, mapping, index, None)


def read(path: Path, mapping: Mapping) -> list[tuple[Clusters, Image]]:
    """(clusters, image) of each image. A footprint keeps every pixel that the table gives it, connected or not."""
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
    canvas = _layout(owner, y, x, n, shape)
    told = Exposure(
        run=0, runid=zlib.crc32(path.read_bytes()) % (MAX_RUNID + 1), ohdu=0, part=None, exptime_s=exptime_s, readout_s=None, expstart_unix_s=None,
        expstop_unix_s=None, pressure_hpa=None, gain_adu_per_e=None, simulated=False,
    )  # fmt: skip
    made = []
    for k in range(int(canvas.max()) + 1):
        here = canvas[owner] == k
        charge = np.zeros(shape, np.float32)
        charge[y[here], x[here]] = q[here]
        image = bare_image(f"{path.name} layer {k}", charge, np.full(shape[1], SIGMA_E), 1.0, told)
        made.append((_clusters(owner[here], y[here], x[here], q[here], shape), image))
    return made


def _pixels(path: Path, mapping: Mapping) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float | None]:
    """(footprint numbered from 0, y, x, q [e-]) of each pixel, (m,), and the exposure [s]."""
    from astropy.io import fits

    found = survey(path)  # before anything is unpacked or reserved: a header may promise anything
    if not all(hdu.is_whole for hdu in found.hdus):
        raise DarkroomError(f"{path.name}: {'; '.join(found.notes)}: expected a whole table. Copy the file again.")
    unit = _table(found, mapping.footprints_hdu)
    names = (mapping.footprints_id, mapping.footprints_x, mapping.footprints_y, mapping.footprints_values)
    try:
        with warnings.catch_warnings(), fits.open(path) as hdus:
            warnings.simplefilter("ignore")  # what is odd about the file was found above
            table = hdus[unit.index]
            missing = [name for name in names if name not in table.columns.names]
            if missing:
                raise DarkroomError(
                    f"{path.name}: its table {table.name} has the columns {', '.join(table.columns.names)}, expected "
                    f"{', '.join(missing)} too: correct the names in the mapping."
                )
            numbers, x0, y0 = (_whole(table.data[name], name) for name in names[:3])
            lists = [np.atleast_1d(np.asarray(values, np.float32)) for values in table.data[names[3]]]
            exptime_s = real(unit.cards, "EXPTIME", 0.0, LONGEST_S)
    except (OSError, TypeError, ValueError, fits.VerifyError) as error:
        raise DarkroomError(
            f"{path.name}: not a FITS table that can be read ({error}): expected footprints; leave the file out."
        ) from None
    lengths = np.array([len(values) for values in lists], np.int64)
    q = np.concatenate(lists) if lists else np.zeros(0, np.float32)
    step = np.arange(len(q)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    owner = np.unique(numbers, return_inverse=True)[1]
    y, x = np.repeat(y0, lengths), np.repeat(x0, lengths) + step
    if len(q) and (min(x.min(), y.min()) < 0 or not np.isfinite(q).all()):
        raise DarkroomError(
            f"{path.name}: a pixel has a negative place or no value: expected numbers from 0 and finite."
        )
    return np.repeat(owner, lengths), y, x, q, exptime_s


def _whole(values: Any, name: str) -> np.ndarray:
    """int64 (n,): a column of whole numbers; ValueError where it holds something else."""
    found = np.asarray(values)
    if found.ndim != 1 or found.dtype.kind not in "iu" or (len(found) and int(found.max()) > MAX_PIXELS):
        raise ValueError(f"column {name} does not hold whole numbers up to {MAX_PIXELS:,}")
    return found.astype(np.int64)


def _table(found: Survey, name: str) -> Hdu:
    tables = [hdu for hdu in found.hdus if hdu.cards.get("XTENSION") == "BINTABLE" and hdu.kind == "table"]
    wanted = [hdu for hdu in tables if not name or hdu.name.upper() == name.upper()]
    if wanted:
        return wanted[0]
    listed = ", ".join(hdu.name for hdu in tables) or "none"
    raise DarkroomError(
        f"{found.path.name}: the tables are {listed}, expected {name or 'one'}: set 'footprints_hdu' in the mapping."
    )


def _layout(owner: np.ndarray, y: np.ndarray, x: np.ndarray, n: int, shape: tuple[int, int]) -> np.ndarray:
    """int64 (n,): on which image each footprint goes: the first on which its box, with a margin, is free."""
    low, high = np.full((n, 2), np.iinfo(np.int64).max), np.full((n, 2), -1)
    for axis, values in enumerate((y, x)):
        np.minimum.at(low[:, axis], owner, values)
        np.maximum.at(high[:, axis], owner, values)
    taken: list[np.ndarray] = []
    canvas = np.zeros(n, np.int64)
    for i in range(n):
        (y0, x0), (y1, x1) = np.maximum(low[i] - MARGIN_PX, 0), high[i] + 1 + MARGIN_PX
        k = next((k for k, mask in enumerate(taken) if not mask[y0:y1, x0:x1].any()), len(taken))
        if k == len(taken):
            taken.append(np.zeros(shape, np.bool_))
        taken[k][low[i, 0] : high[i, 0] + 1, low[i, 1] : high[i, 1] + 1] = True
        canvas[i] = k
    return canvas


def _clusters(owner: np.ndarray, y: np.ndarray, x: np.ndarray, q: np.ndarray, shape: tuple[int, int]) -> Clusters:
    """Clusters in the order of their first pixels, as those of an image are."""
    numbers, group = np.unique(owner, return_inverse=True)
    sequence, offsets, _ = label.regroup(group, len(numbers), y * shape[1] + x)
    flat = (y[sequence].astype(np.int32), x[sequence].astype(np.int32), q[sequence])
    return Clusters(*flat, offsets, len(numbers), shape, np.zeros(len(numbers), np.uint32))
