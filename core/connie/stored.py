"""Calibrated images that do not come from a raw file: from the frames of a prepared data set, or from pixels at hand."""

import numpy as np

from core import parameters
from core.connie.calibrate import Image
from core.connie.deblend import deblend
from core.connie.extract import Clusters, cluster, find_clusters
from core.connie.fits import Exposure
from core.connie.mapping import Mapping
from core.data import frames
from core.data.dataset import Dataset
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


def frame_image(dataset: Dataset, i: int) -> Image:
    """Image i of `dataset.frames` as it was searched for clusters; which pixels were saturated is not kept."""
    known = dataset.frames[i]
    size = max(known["n_rows"], known["n_columns"])
    charge, _ = frames.region(dataset, i, 0, known["n_columns"], 0, known["n_rows"], size)
    steps = known["noise_steps"]
    widths = np.diff([*(x for x, _ in steps), known["n_columns"]])
    sigma = np.repeat(np.array([noise for _, noise in steps], np.float32), widths)
    told = ("run", "runid", "ohdu", "exptime_s", "readout_s", "expstart_unix_s", "expstop_unix_s", "pressure_hpa")
    exposure = Exposure(
        **{name: known[name] for name in told}, part=None, gain_adu_per_e=known["gain_adu_per_e"],
        simulated=dataset.simulated,
    )  # fmt: skip
    return bare_image(known["name"], charge, sigma, known["gain_adu_per_e"], exposure)


def frame_clusters(dataset: Dataset, i: int, image: Image) -> tuple[Clusters, np.ndarray]:
    """(clusters, rows): the clusters of image i found again, and their row numbers int64 (n,) in the data set."""
    mapping = parameters.build(Mapping, dataset.meta["mapping"])
    rows = frames.rows_in(dataset, i)
    if mapping.kind == "fits":
        clusters = deblend(find_clusters(image, mapping), mapping)
    else:  # footprints are taken as they are given: all that is charge
        nothing = np.zeros(image.shape[1], np.float32)
        clusters = cluster(image.charge_e, image.usable, nothing, nothing)
    same = len(rows) == len(clusters) and bool((dataset.column("npix")[rows] == clusters.npix).all())
    if not same:
        raise DarkroomError(
            f"{dataset.name}, {dataset.frames[i]['name']}: {len(clusters)} clusters are found in the stored image and "
            f"{len(rows)} are in the table: prepare the data set again with this version."
        )
    return clusters, rows
