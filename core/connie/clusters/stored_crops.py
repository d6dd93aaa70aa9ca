"""Stored crops of rows: the unit of a pixel, the place in the image, and which pixels belong to the track.

A cluster of a CCD image has the crop of its box in electrons; a small picture with votes is its own crop, in grey values,
and holds other groups of pixels beside its track.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from core.connie.clusters.crops import CROP, HALO_PX
from core.connie.labels import votes
from core.data.dataset import Dataset, read_array
from core.data.detector_images import image_of

ELECTRONS, GREY = "e⁻", "grey value"
NOISE_E = 2.0  # of a row without an image
PIECE_BYTES = 16_000_000  # of crops that are read at once


def is_grey(dataset: Dataset) -> bool:
    """Whether the rows are small pictures: grey values, and neither energies nor angles to the sensor."""
    return bool(dataset.meta["mapping"]["kind"] == "votes")


def unit(dataset: Dataset) -> str:
    """The unit of a pixel."""
    return GREY if is_grey(dataset) else ELECTRONS


def origin_of(dataset: Dataset, row: int) -> tuple[int, int]:
    """x, y of a crop's first pixel: one before the bounding box, unless that is the image's edge; of a picture 0, 0."""
    if is_grey(dataset):
        return 0, 0
    x, y = (max(int(dataset.column(f"{axis}_min_px")[row]) - HALO_PX, 0) for axis in "xy")
    return x, y


def floors(dataset: Dataset, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """(n,): what a pixel of a track lies above, the weak threshold [e-] or that of the pictures [grey value]."""
    mapping = dataset.meta["mapping"]
    if is_grey(dataset):
        return np.full(len(rows), float(mapping["votes_threshold_grey"]))
    noise = np.array([*(np.max(facts["noise_e"]) for facts in dataset.images), NOISE_E])
    return np.asarray(noise[image_of(dataset, rows)] * float(mapping["weak_sigma"]))


def crop_of(dataset: Dataset, row: int) -> np.ndarray:
    """The stored crop of a row, float32 (height, width)."""
    return next(crops_of(dataset, np.array([row])))


def crops_of(dataset: Dataset, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The stored crops of some rows one after the other, read in pieces of bounded size."""
    if not len(rows):
        return
    heights, widths = (dataset.column(f"crop_{side}_px")[rows].astype(np.int64) for side in ("height", "width"))
    piece = np.cumsum(4 * heights * widths) // PIECE_BYTES
    for of_part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(piece)) + 1):
        for stored, i in zip(read_array(dataset, CROP.name, rows[of_part]), of_part.tolist(), strict=True):
            yield stored.reshape(heights[i], widths[i])


def track_in(dataset: Dataset, crop: np.ndarray) -> np.ndarray:
    """A crop with nothing but its track: of a picture the brightest group of pixels, whose features the row has."""
    if not is_grey(dataset):
        return crop
    track = votes.track_of(crop, float(dataset.meta["mapping"]["votes_threshold_grey"]))
    alone = np.zeros_like(crop)
    alone[track.y, track.x] = track.q
    return alone
