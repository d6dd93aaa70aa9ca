"""The planes of the sensors as a map: each is divided into tiles, sensors stand beside each other."""

import math

import numpy as np

from core.data.channels import Channels, DetectorMap
from core.data.dataset import Dataset

N_TILES = 12  # along the longer side of a sensor
SPACE = 0.12  # between two sensors, of the longer side
MAP_PX = 300  # of a screen, about, for the longer side


def _tiling(dataset: Dataset) -> tuple[np.ndarray, int, int, float]:
    """(sensors ascending, tiles along x and y, side of a tile [px]); no sensor where the rows lie in no images."""
    if not dataset.images:
        return np.empty(0, np.int64), 0, 0, 1.0
    width, height = (max(int(facts[name]) for facts in dataset.images) for name in ("n_columns", "n_rows"))
    side = max(width, height) / N_TILES
    sensors = np.unique([int(facts["ohdu"]) for facts in dataset.images])
    return sensors, math.ceil(width / side), math.ceil(height / side), side


def channels(dataset: Dataset) -> Channels:
    """The tiles of each sensor, each with the exposure of the images that hold it."""
    sensors, n_x, n_y, side = _tiling(dataset)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(n_x), np.arange(n_y)))
    names, place, kind, live_s = [], [np.empty((0, 2))], [], []
    for k, sensor in enumerate(sensors.tolist()):
        seconds = np.zeros(
            len(x)
        )  # of the images that reach to the middle of each tile; NaN where a header lacks its exposure
        for facts in dataset.images:
            reaches = ((x + 0.5) * side < facts["n_columns"]) & ((y + 0.5) * side < facts["n_rows"])
            seconds[reaches & (int(facts["ohdu"]) == sensor)] += facts.get("exptime_s") or math.nan
        shift = k * (n_x + SPACE * N_TILES) * side
        names += [
            f"OHDU {sensor} x {i * side:.0f} y {j * side:.0f}" for i, j in zip(x.tolist(), y.tolist(), strict=True)
        ]
        place.append(np.stack([(x + 0.5) * side + shift, (y + 0.5) * side], axis=1))
        kind += [k] * len(x)
        live_s += seconds.tolist()
    where = np.concatenate(place)
    size_px = max(6, MAP_PX // N_TILES // max(1, len(sensors) // 2))
    return Channels(
        tuple(names), where, np.full(len(names), size_px), where, np.array(kind, np.int64),
        tuple(f"OHDU {sensor}" for sensor in sensors.tolist()), np.array(live_s, np.float64),
    )  # fmt: skip


def hits(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each track in the tile that holds its middle."""
    sensors, n_x, n_y, side = _tiling(dataset)
    x, y = (dataset.column(name)[rows].astype(np.float64) for name in ("x_px", "y_px"))
    is_placed = np.isfinite(x) & np.isfinite(y) & np.isin(dataset.column("ohdu")[rows], sensors)
    rows, x, y = rows[is_placed], x[is_placed], y[is_placed]
    i, j = (np.clip((v // side).astype(np.int64), 0, n - 1) for v, n in ((x, n_x), (y, n_y)))
    sensor = np.searchsorted(sensors, dataset.column("ohdu")[rows].astype(np.int64))
    return rows, (sensor * n_y + j) * n_x + i


MAP = DetectorMap(
    title="sensor planes",
    explanation=(
        "Tracks per hour of exposure in each tile of the sensors, of those that pass the filter; a click on one leaves its tracks. Particles "
        "come evenly. Surprising: a tile, a column or a side with many more, which hot pixels and light of the electronics make."
    ),
    sees="a tile counts the tracks whose middle lies in it",
    channels=channels,
    hits=hits,
    x_title="column, sensors beside each other [px]",
    y_title="row [px]",
)
