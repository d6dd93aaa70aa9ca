"""Images with human votes as rows: one row per image, labelled as most judges said, with all votes kept.

For a phone camera the unit is the grey value (mean of red, green and blue, 0 to 255): it stands where other rows have
electrons, so lengths and shapes compare and charges do not. Energy, dE/dx and angles are undefined (NaN). The track is
the brightest of the groups of pixels above `votes_threshold_grey` (20 as DECO has it, arXiv:1803.04493); the whole image
is kept as the crop. An image without a pixel above it has its brightest pixel as the track.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow.parquet as pq

from core.connie import features
from core.connie.event import UID_BITS
from core.connie.extract import Clusters, cluster
from core.connie.truth import unknown
from core.connie.votetable import VoteTable, image_path, read_cells, read_grey, read_table
from core.data.dataset import Dataset
from core.data.ragged import from_records
from core.experiment import Block

if TYPE_CHECKING:
    from core.connie.calibrate import Image
    from core.connie.mapping import Mapping

BLOCK_ROWS = 256
COLUMN = "vote: "  # what the columns with votes are called, before the name of the class
LABEL = "vote_label"
TABLES = (".csv", ".txt", ".tsv")  # endings of tables
UNDEFINED = ("energy_kev", "dedx_kev_per_um", "log_dedx_adu", "l3_um", "theta_deg")


@dataclass(frozen=True)
class GreyImage:
    """What `features.measure` needs of an image, of grey values (ny, nx): every pixel counts, no seams, a gain of 1."""

    charge_e: np.ndarray
    gain_adu_per_e: float = 1.0
    seam_columns: tuple[int, ...] = ()
    seam_rows: tuple[int, ...] = ()

    @property
    def usable(self) -> np.ndarray:
        return np.ones(self.charge_e.shape, bool)

    @property
    def saturated(self) -> np.ndarray:
        return self.charge_e >= 255.0


def vote_classes(dataset: Dataset) -> tuple[str, ...]:
    """The classes of a data set of votes, in the order of its table; empty where there are none."""
    names = pq.read_schema(dataset.path / str(dataset.meta["table"])).names
    return tuple(name.removeprefix(COLUMN) for name in names if name.startswith(COLUMN))


def vote_shares(dataset: Dataset) -> np.ndarray:
    """float32 (n_rows, n_classes): parts of the votes that were given, adding up to 1; NaN where nobody voted."""
    votes = np.stack([dataset.column(COLUMN + name) for name in vote_classes(dataset)], axis=1)
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.where(total > 0, total, 1.0), np.nan).astype(np.float32)


def blocks(path: Path, mapping: "Mapping") -> Iterator[Block]:
    """The rows of a table, a few hundred at a time, in its order."""
    table = read_table(path, mapping)
    for start in range(0, len(table.names), BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, len(table.names))
        yield _block(table, start, stop, mapping)


def _block(table: VoteTable, start: int, stop: int, mapping: "Mapping") -> Block:
    measured: list[dict[str, np.ndarray]] = []
    crops: list[np.ndarray] = []
    for name in table.names[start:stop]:
        grey = read_grey(image_path(table, name, mapping))
        measured.append(_measured(grey, mapping))
        crops.append(grey)
    columns = {name: np.concatenate([one[name] for one in measured]) for name in measured[0]}
    n = stop - start
    columns |= {
        "uid": uids(table.crc32, np.arange(start, stop)),
        "run": np.zeros(n, np.int32), "runid": np.full(n, table.crc32 & 0x7FFFFF, np.int32),
        "ohdu": np.zeros(n, np.int16), "frame": np.full(n, -1, np.int32),
        "crop_height_px": np.array([len(crop) for crop in crops], np.int32),
        "crop_width_px": np.array([crop.shape[1] for crop in crops], np.int32),
        LABEL: table.labels[start:stop],
        **unknown(n),
        **{COLUMN + name: table.votes[start:stop, i].copy() for i, name in enumerate(table.classes)},
    }  # fmt: skip
    return Block(columns, from_records([crop.ravel() for crop in crops]))


def uids(crc32: int, numbers: np.ndarray) -> np.ndarray:
    """int64 (n,): identities of a table's images. The place of runID is taken by a number that follows from the table's
    content; every image is one of its own, so that a division by images can part them.
    """
    wide = (
        np.int64(crc32 & 0x7FFFFF) << np.int64(UID_BITS["ohdu"] + UID_BITS["part"] + UID_BITS["frame"])
    ) + numbers.astype(np.int64)
    shifted: np.ndarray = wide << np.int64(UID_BITS["cluster"])
    return shifted


def _measured(grey: np.ndarray, mapping: "Mapping") -> dict[str, np.ndarray]:
    """The features of one image (1,)."""
    track = _track(grey, mapping.votes_threshold_grey)
    made = features.measure(track, cast("Image", GreyImage(grey)), mapping)
    for name in UNDEFINED:
        made[name] = np.full(1, np.nan, np.float32)
    return made


def _track(grey: np.ndarray, threshold: float) -> Clusters:
    """The brightest group of pixels above the threshold; where there is none, the brightest pixel."""
    usable = np.ones(grey.shape, bool)
    limit = np.full(grey.shape[1], min(threshold, float(np.nextafter(grey.max(), np.float32(-1.0)))), np.float32)
    found = cluster(grey, usable, limit, limit)
    total = np.add.reduceat(found.q, found.offsets[:-1])
    one = int(total.argmax())
    pick = slice(int(found.offsets[one]), int(found.offsets[one + 1]))
    offsets = np.array([0, pick.stop - pick.start], np.int64)
    return Clusters(found.y[pick], found.x[pick], found.q[pick], offsets, found.n_weak, grey.shape, found.marks[:1])


def preview(path: Path) -> dict[str, Any]:
    """The columns of a table and their first values, as plain values for the page and `--json`, whatever they mean."""
    header, lines = read_cells(path)
    rows = [{"branch": name, "type": "text", "first": first[:80]} for name, first in zip(header, lines[0], strict=True)]
    tree = {"kind": "table", "n_entries": len(lines), "n_branches": len(rows), "branches": rows}
    return {"file": path.name, "objects": {path.name: "table"}, "trees": {path.name: tree}, "notes": []}
