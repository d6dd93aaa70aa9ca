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

from core.connie import features
from core.connie.clusters.crops import CROP, OWNED
from core.connie.clusters.extract import Clusters, cluster
from core.connie.event import UID
from core.connie.labels.truth import unknown
from core.connie.raw.vote_table import VoteTable, image_path, read_cells, read_grey, read_table
from core.data.dataset import Dataset
from core.data.ragged import from_records
from core.data.reading import Block

if TYPE_CHECKING:
    from core.connie.mapping import Mapping
    from core.connie.raw.calibrate import Image

BLOCK_BYTES = 16_000_000  # of images that are in memory together: four of the largest, a thousand of CREDO's
ROW_BYTES = 4_000  # of the features of one
COLUMN = "vote: "  # what the columns with votes are called, before the name of the class
LABEL = "vote_label"
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
    return tuple(name.removeprefix(COLUMN) for name in dataset.column_names if name.startswith(COLUMN))


def vote_shares(dataset: Dataset) -> np.ndarray:
    """float32 (n_rows, n_classes): parts of the votes that were given, adding up to 1; NaN where nobody voted."""
    votes = np.stack([dataset.column(COLUMN + name) for name in vote_classes(dataset)], axis=1)
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.where(total > 0, total, 1.0), np.nan).astype(np.float32)


def blocks(path: Path, mapping: "Mapping") -> Iterator[Block]:
    """The rows of a table in its order, as many at a time as have BLOCK_BYTES of pixels and features together."""
    table = read_table(path, mapping)
    first, n_bytes = 0, 0
    measured: list[dict[str, np.ndarray]] = []
    crops: list[np.ndarray] = []
    tracks: list[Clusters] = []
    for name in table.names:
        crops.append(read_grey(image_path(table, name, mapping)))
        tracks.append(track_of(crops[-1], mapping.votes_threshold_grey))
        measured.append(_measured(crops[-1], tracks[-1], mapping))
        n_bytes += crops[-1].nbytes + ROW_BYTES
        if n_bytes >= BLOCK_BYTES:
            yield _block(table, first, measured, crops, tracks)
            first, n_bytes, measured, crops, tracks = first + len(crops), 0, [], [], []
    if crops:
        yield _block(table, first, measured, crops, tracks)


def _block(
    table: VoteTable, first: int, measured: list[dict[str, np.ndarray]], crops: list[np.ndarray], tracks: list[Clusters]
) -> Block:
    columns = {name: np.concatenate([values[name] for values in measured]) for name in measured[0]}
    n, rows = len(crops), slice(first, first + len(crops))
    columns |= {
        "uid": uids(table.crc32, np.arange(rows.start, rows.stop)),
        "run": np.zeros(n, np.int32), "runid": np.full(n, table.crc32 & 0x7FFFFF, np.int32),
        "ohdu": np.zeros(n, np.int16), "frame": np.full(n, -1, np.int32),
        "crop_height_px": np.array([len(crop) for crop in crops], np.int32),
        "crop_width_px": np.array([crop.shape[1] for crop in crops], np.int32),
        LABEL: table.labels[rows],
        **unknown(n),
        **{COLUMN + name: table.votes[rows, i].copy() for i, name in enumerate(table.classes)},
    }  # fmt: skip
    stored = from_records([crop.ravel() for crop in crops])
    owned = from_records([track.label_image.ravel().astype(np.uint8) for track in tracks])
    return Block(columns, {CROP.name: stored, OWNED.name: owned})


def uids(crc32: int, numbers: np.ndarray) -> np.ndarray:
    """int64 (n,): identities of a table's images. The place of runID is taken by a number that follows from the table's
    content; every image is one of its own, so that a split by images can separate them.
    """
    wide = (
        np.int64(crc32 & 0x7FFFFF) << np.int64(UID.bits["ohdu"] + UID.bits["part"] + UID.bits["frame"])
    ) + numbers.astype(np.int64)
    shifted: np.ndarray = wide << np.int64(UID.bits["cluster"])
    return shifted


def _measured(grey: np.ndarray, track: Clusters, mapping: "Mapping") -> dict[str, np.ndarray]:
    """The features of the track of one image (1,)."""
    table = features.measure(track, cast("Image", GreyImage(grey)), mapping)
    for name in UNDEFINED:
        table[name] = np.full(1, np.nan, np.float32)
    return table


def track_of(grey: np.ndarray, threshold: float) -> Clusters:
    """The brightest group of pixels above the threshold; where there is none, the brightest pixel."""
    usable = np.ones(grey.shape, bool)
    limit = np.full(grey.shape[1], min(threshold, float(np.nextafter(grey.max(), np.float32(-1.0)))), np.float32)
    clusters = cluster(grey, usable, limit, limit)
    total = np.add.reduceat(clusters.q, clusters.offsets[:-1])
    brightest = int(total.argmax())
    pick = slice(int(clusters.offsets[brightest]), int(clusters.offsets[brightest + 1]))
    offsets = np.array([0, pick.stop - pick.start], np.int64)
    return Clusters(
        clusters.y[pick], clusters.x[pick], clusters.q[pick], offsets, clusters.n_weak, grey.shape, clusters.marks[:1]
    )


def preview(path: Path) -> dict[str, Any]:
    """The columns of a table and their first values, as plain values for the page and `--json`, whatever they mean."""
    header, lines = read_cells(path)
    rows = [{"branch": name, "type": "text", "first": first[:80]} for name, first in zip(header, lines[0], strict=True)]
    tree = {"kind": "table", "n_entries": len(lines), "n_branches": len(rows), "branches": rows}
    return {"file": path.name, "objects": {path.name: "table"}, "trees": {path.name: tree}, "notes": []}
