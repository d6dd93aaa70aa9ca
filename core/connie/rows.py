"""The clusters of one image -> a block of rows: features, truth, crops, and the image that they lie in."""

from typing import Any

import numpy as np

from core.connie import features
from core.connie.calibrate import Image
from core.connie.crops import crops
from core.connie.event import uid
from core.connie.extract import Clusters
from core.connie.mapping import Mapping
from core.connie.stored import noise_steps
from core.connie.truth import Truth, truth_columns
from core.data.frames import Frame
from core.experiment import Block


def block(clusters: Clusters, image: Image, mapping: Mapping, index: int, truth: Truth | None) -> Block:
    """The rows of the image number `index` of a file. An image without a cluster is a block without rows."""
    measured = features.measure(clusters, image, mapping)
    cut, height, width, _, _ = crops(clusters, image)
    n, told = len(clusters), image.exposure
    same = {"run": (told.run, np.int32), "runid": (told.runid, np.int32), "ohdu": (told.ohdu, np.int16), "frame": (index, np.int32)}  # fmt: skip
    table = {
        "uid": uid(told.runid, told.ohdu, told.part or 0, index, n),
        **{name: np.full(n, value, kind) for name, (value, kind) in same.items()},
        **measured,
        **truth_columns(clusters, measured, truth, image.shape),
        "crop_height_px": height,
        "crop_width_px": width,
    }
    pixels = np.where(image.usable, image.charge_e, np.float32(np.nan))
    frame = Frame(f"runID {told.runid} OHDU {told.ohdu}", pixels, _facts(clusters, image, mapping))
    return Block(table, cut, (frame,))


def _facts(clusters: Clusters, image: Image, mapping: Mapping) -> dict[str, Any]:
    """What is kept of an image, as plain values; None where a header does not tell it."""
    told, n_usable = image.exposure, int(np.count_nonzero(image.usable))
    names = ("run", "runid", "ohdu", "exptime_s", "readout_s", "expstart_unix_s", "expstop_unix_s", "pressure_hpa")
    return {
        **{name: getattr(told, name) for name in names},
        "file_part": told.part,
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
