"""Calibrated images that do not come from a raw file: from the stored images of a prepared data set, or from pixels at hand."""

import numpy as np

from core.connie.clusters.crops import CROP, HALO_PX, OWNED
from core.connie.clusters.extract import Clusters
from core.connie.raw.calibrate import Image
from core.connie.raw.fits import Exposure
from core.data import detector_images, stored_arrays
from core.data.dataset import Dataset, open_part
from core.data.ragged import Ragged
from core.errors import DarkroomError


def bare_image(
    name: str, charge_e: np.ndarray, sigma_e: np.ndarray, gain_adu_per_e: float, exposure: Exposure
) -> Image:
    """An image of which only charge, float32 (ny, nx) with NaN where it does not count, and noise, (nx,), are known."""
    usable = ~np.isnan(charge_e)
    return Image(
        name=name, charge_e=np.where(usable, charge_e, np.float32(0.0)), usable=usable,
        saturated=np.zeros(charge_e.shape, np.bool_), sigma_e=np.asarray(sigma_e, np.float32), noise_e=(float(np.mean(sigma_e)),),
        gain_adu_per_e=(gain_adu_per_e,), pedestal_adu=(), level_adu=(), hot_columns=(), n_nan=0, exposure=exposure,
        seam_columns=(), seam_rows=(), row_binning=1, notes=(),
    )  # fmt: skip


def noise_steps(sigma_e: np.ndarray) -> list[list[float]]:
    """The noise of each column, (nx,), as plain values: [first column, noise] wherever it changes."""
    first = np.concatenate([[0], np.flatnonzero(np.diff(sigma_e)) + 1])
    return [[int(x), float(sigma_e[x])] for x in first]


def stored_image(dataset: Dataset, i: int) -> Image:
    """Image i of `dataset.images` as it was searched for clusters; which pixels were saturated is not kept."""
    facts = dataset.images[i]
    size = max(facts["n_rows"], facts["n_columns"])
    charge, _ = detector_images.region(dataset, i, 0, facts["n_columns"], 0, facts["n_rows"], size)
    steps = facts["noise_steps"]
    widths = np.diff([*(x for x, _ in steps), facts["n_columns"]])
    sigma = np.repeat(np.array([noise for _, noise in steps], np.float32), widths)
    names = ("run", "runid", "ohdu", "exptime_s", "readout_s", "expstart_unix_s", "expstop_unix_s", "pressure_hpa")
    exposure = Exposure(
        **{name: facts[name] for name in names}, part=None, gain_adu_per_e=facts["gain_adu_per_e"],
        simulated=dataset.simulated,
    )  # fmt: skip
    return bare_image(facts["name"], charge, sigma, facts["gain_adu_per_e"], exposure)


def frame_clusters(dataset: Dataset, i: int, image: Image) -> tuple[Clusters, np.ndarray]:
    """(clusters, rows): the clusters of image i from the pixels that are kept of them, and their row numbers int64 (n,).

    A saturated pixel, which the image does not keep, has the charge of its crop. What deblending did is in the flags of the rows.
    """
    rows = detector_images.rows_in(dataset, i)
    crops, owned = _arrays(dataset, int(dataset.images[i]["part"]), rows)
    pixels = np.flatnonzero(owned.values)
    owner = np.searchsorted(owned.offsets, pixels, side="right") - 1
    row, column = np.divmod(pixels - owned.offsets[owner], dataset.column("crop_width_px")[rows][owner])
    y0, x0 = (np.maximum(dataset.column(f"{axis}_min_px")[rows] - HALO_PX, 0)[owner] for axis in "yx")
    y, x = (y0 + row).astype(np.int32), (x0 + column).astype(np.int32)
    q = np.where(image.usable[y, x], image.charge_e[y, x], crops.values[pixels])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(rows)))])
    return Clusters(y, x, q, offsets, len(rows), image.shape, np.zeros(len(rows), np.uint32)), rows


def _arrays(dataset: Dataset, part: int, rows: np.ndarray) -> tuple[Ragged, Ragged]:
    """Crops and owned pixels of rows (n,), ascending, of one part: read in one piece, as all of an image are wanted."""
    stored_part = dataset.parts[part]
    if not len(rows):
        return Ragged(np.zeros(0, np.float32), np.zeros(1, np.int64)), Ragged(
            np.zeros(0, np.uint8), np.zeros(1, np.int64)
        )
    with open_part(dataset, stored_part) as file:
        if not stored_arrays.has(file, OWNED.name):
            raise DarkroomError(
                f"Data set '{dataset.name}' does not tell which pixels are a track's, as an earlier version made it: delete it "
                f"with `python -m core datasets delete {dataset.name}` and prepare it again."
            )
        first, last = int(rows[0]) - stored_part.offset, int(rows[-1]) + 1 - stored_part.offset
        crops, owned = (stored_arrays.read(file, name, first, last) for name in (CROP.name, OWNED.name))
    return crops[rows - rows[0]], owned[rows - rows[0]]
