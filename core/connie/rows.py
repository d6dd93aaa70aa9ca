"""The clusters of one image -> a block of rows: features, truth, crops, and the image that they lie in."""

from typing import Any

import numpy as np

from core.connie import features
from core.connie.clusters.crops import CROP, OWNED, crops
from core.connie.clusters.extract import Clusters
from core.connie.clusters.stored_images import noise_steps
from core.connie.event import LIMITS, uid
from core.connie.labels.truth import Truth, truth_columns
from core.connie.mapping import Mapping
from core.connie.raw.calibrate import Image
from core.data.detector_images import StoredImage
from core.data.reading import Block


def block(clusters: Clusters, image: Image, mapping: Mapping, index: int, truth: Truth | None) -> Block:
    """The rows of the image number `index` of a file (beyond 255 its `part` has to tell it apart). An image without a cluster is a block without rows."""
    measured = features.measure(clusters, image, mapping)
    cut, owned, height, width, _, _ = crops(clusters, image)
    n, exposure = len(clusters), image.exposure
    same = {"run": (exposure.run, np.int32), "runid": (exposure.runid, np.int32), "ohdu": (exposure.ohdu, np.int16), "frame": (index, np.int32)}  # fmt: skip
    table = {
        "uid": uid(exposure.runid, exposure.ohdu, exposure.part or 0, index % LIMITS["frame"], n),
        **{name: np.full(n, value, kind) for name, (value, kind) in same.items()},
        **measured,
        **truth_columns(clusters, measured, truth, image.shape),
        "crop_height_px": height,
        "crop_width_px": width,
    }
    pixels = np.where(image.usable, image.charge_e, np.float32(np.nan))
    stored_image = StoredImage(
        f"runID {exposure.runid} OHDU {exposure.ohdu}", pixels, _facts(clusters, image, mapping, index)
    )
    return Block(table, {CROP.name: cut, OWNED.name: owned}, (stored_image,))


def _facts(clusters: Clusters, image: Image, mapping: Mapping, index: int) -> dict[str, Any]:
    """The stored facts of an image as plain values; None where its header lacks them."""
    exposure, n_usable = image.exposure, int(np.count_nonzero(image.usable))
    names = ("run", "runid", "ohdu", "exptime_s", "readout_s", "expstart_unix_s", "expstop_unix_s", "pressure_hpa")
    return {
        **{name: getattr(exposure, name) for name in names},
        "file_part": exposure.part,
        "identity": [exposure.run, exposure.runid, exposure.ohdu, exposure.part, index],
        "gain_adu_per_e": float(np.mean(image.gain_adu_per_e)),
        "noise_e": float(np.mean(image.noise_e)),
        "noise_steps": noise_steps(image.sigma_e),
        "n_rows": image.shape[0],
        "n_columns": image.shape[1],
        "n_usable_px": n_usable,
        "n_saturated_px": int(np.count_nonzero(image.saturated)),
        "n_nan_px": image.n_nan,
        "occupancy": len(clusters.q) / n_usable if n_usable else 0.0,
        "n_clusters": len(clusters),
        "pixel_um": mapping.pixel_um,
        "thickness_um": mapping.thickness_um,
        "notes": list(image.notes),
    }
