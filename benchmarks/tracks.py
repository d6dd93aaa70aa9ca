"""From a CCD image to its catalog, next to photutils, scikit-image and sep on the same image in the same run.

The image is simulated: 4130 x 4120 pixels, 3 h. `catalog_seconds` is from the FITS file to the full catalog (calibration,
clusters, de-blending, all features, lists of pixels with levels), warm. `catalog_seconds_cold` is a new process that does
this once, its start and imports included; compiled code is taken from the disk, as after any earlier use. The peers get
the calibrated image in memory (float32), the same threshold and no mask, and give charge, pixels, centroid, second
moments, orientation, elongation, bounding box and maximum of every group of connected pixels (scikit-image: moments
without weights, which is less work). Peers and Darkroom take turns. sep and photutils use one thread, so Darkroom is timed on
one as well.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core.connie import features
from core.connie.clusters import extract
from core.connie.clusters.deblend import deblend
from core.connie.export import catalog
from core.connie.mapping import Mapping
from core.connie.raw import fits
from core.connie.raw.calibrate import Image, calibrate
from core.data.mapping import load_mapping

SEED, REPEATS, COLD_REPEATS, EXPOSURE_S = 1, 5, 3, 10_800.0
SKIMAGE = (
    "area", "bbox", "intensity_mean", "intensity_max", "centroid_weighted", "orientation", "axis_major_length",
    "axis_minor_length",
)  # fmt: skip
PHOTUTILS = (
    "label", "x_centroid", "y_centroid", "bbox_xmin", "bbox_xmax", "bbox_ymin", "bbox_ymax", "area", "segment_flux",
    "max_value", "covariance_xx", "covariance_yy", "covariance_xy", "orientation", "elongation",
)  # fmt: skip


def mapping() -> Mapping:
    return load_mapping(Path(fits.__file__).parents[1] / "mappings" / "connie.toml", Mapping)


def simulated_file(folder: Path) -> Path:
    """One 3 h exposure of one CCD."""
    from core.connie.simulate import SimulationParameters, exposure, simulate_image
    from core.connie.simulation.writing import write_file

    settings = SimulationParameters(full_frame=True)
    when = {**exposure(SEED, 0, settings), "exptime_s": EXPOSURE_S}
    return write_file(folder, {2: simulate_image(SEED, settings, EXPOSURE_S)}, when, settings)


def full_catalog(path: Path) -> int:
    """What `python -m core catalog` writes, in memory; how many clusters."""
    n, chosen = 0, mapping()
    for raw in fits.read_images(path, chosen):
        image = calibrate(raw, chosen)
        clusters = deblend(extract.find_clusters(image, chosen), chosen)
        table = features.measure(clusters, image, chosen)
        columns, _ = catalog.image_catalog(clusters, image, table["nsat"], table["flags"])
        n += len(columns["E0"])
    return n


def peers(image: np.ndarray, threshold: float) -> dict[str, Callable[[], int]]:
    """Each finds connected pixels above the threshold and the common features; returns how many it found."""
    import sep
    from photutils.segmentation import SourceCatalog, detect_sources
    from skimage import measure

    usable, weak = np.ones(image.shape, np.bool_), np.full(image.shape[1], threshold, np.float32)
    sep.set_extract_pixstack(image.size)

    def darkroom() -> int:
        clusters = extract.cluster(image, usable, weak, weak)
        return len(clusters.sums)

    def with_photutils() -> int:
        segments = detect_sources(image, threshold, n_pixels=1)
        return len(SourceCatalog(image, segments).to_table(columns=list(PHOTUTILS)))

    def with_skimage() -> int:
        labels = measure.label(image > threshold, connectivity=2)
        return len(measure.regionprops_table(labels, image, properties=SKIMAGE)["area"])

    def with_sep() -> int:
        return len(sep.extract(image, threshold, minarea=1, filter_kernel=None, deblend_cont=1.0, clean=False))

    return {"darkroom": darkroom, "photutils": with_photutils, "skimage": with_skimage, "sep": with_sep}


def one_thread(work: Callable[[], int]) -> int:
    """The work on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return work()
    finally:
        os.sched_setaffinity(0, cores)


def timed(works: dict[str, Callable[[], int]], n_repeats: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Seconds of each repeat and the last count, one after the other in turn; the first turn compiles and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    counts = {}
    for turn in range(n_repeats + 1):
        for name, work in works.items():
            began = time.perf_counter()
            counts[name] = work()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds, counts


def cold(path: Path) -> list[float]:
    """Seconds of new processes that make the catalog once."""
    seconds = []
    for _ in range(COLD_REPEATS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "benchmarks.tracks", "--one", str(path)], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return seconds


def scipy_count(image: np.ndarray, threshold: float) -> int:
    from scipy import ndimage

    return int(ndimage.label(image > threshold, np.ones((3, 3)))[1])


def figures(path: Path) -> dict[str, Any]:
    whole, n_catalog = timed({"catalog": lambda: full_catalog(path)}, REPEATS)
    began = time.process_time()
    full_catalog(path)
    cpu_seconds = time.process_time() - began
    whole["catalog_cold"] = cold(path)
    image: Image = calibrate(next(fits.read_images(path, mapping())), mapping())
    charge, threshold = image.charge_e, float(mapping().weak_sigma * np.max(image.sigma_e))
    works = peers(charge, threshold)
    works["darkroom_one_thread"] = lambda: one_thread(works["darkroom"])
    seconds, counts = timed(works, REPEATS)
    seconds |= whole
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    fastest = min(middle[name] for name in ("photutils", "skimage", "sep"))
    return {
        **{f"{name}_seconds": middle[name] for name in ("catalog", *seconds) if name != "catalog_cold"},
        "catalog_seconds_cold": middle["catalog_cold"],
        "catalog_cpu_seconds": cpu_seconds,  # of all threads: what a loaded machine does not stretch as much
        "times_faster_than_fastest_peer": fastest / middle["darkroom"],
        "n_clusters": counts["darkroom"],
        "n_clusters_scipy": scipy_count(charge, threshold),
        "n_clusters_peers": {name: counts[name] for name in ("photutils", "skimage", "sep")},
        "n_rows_catalog": n_catalog["catalog"],
        "threshold_e": threshold,
        "occupancy": float((charge > threshold).mean()),
        "repeats": {name: len(values) for name, values in seconds.items()},
        "spread_seconds": {name: [min(values), max(values)] for name, values in seconds.items()},
        "load_average": os.getloadavg()[0],
        "simulated": True,
    }


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps({"n": full_catalog(options.one)}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        result = figures(simulated_file(Path(temporary)))
    report.show(result, options.json)


if __name__ == "__main__":
    main()
