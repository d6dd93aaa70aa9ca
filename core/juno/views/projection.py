"""The sphere of sensors as a map of equal areas: Mollweide's projection, azimuth 0 in the middle, the top above."""

import numpy as np

from core.data.channels import Channels, DetectorMap
from core.data.dataset import Dataset, read_array
from core.juno import geometry

N_AT_MOST = 500  # events: every hit of them is read
N_STEPS = 30  # of Newton's method, which is exact to 1e-9 rad after 20 but near the poles
SENSOR_PX = 4


def mollweide(position: np.ndarray) -> np.ndarray:
    """Where directions (n, 3) of any length lie on the map, float64 (n, 2): x from -2 to 2, y from -1 to 1.

    2 t + sin 2t = pi sin(latitude); x = 2/pi longitude cos t, y = sin t (Snyder, USGS Professional Paper 1395). Areas keep their
    ratios.
    """
    x, y, z = position.T
    longitude, latitude = np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))
    theta = latitude.copy()
    for _ in range(N_STEPS):
        slope = 2.0 + 2.0 * np.cos(2.0 * theta)
        step = (2.0 * theta + np.sin(2.0 * theta) - np.pi * np.sin(latitude)) / np.maximum(slope, 1e-6)
        theta = np.clip(theta - step, -np.pi / 2.0, np.pi / 2.0)
    return np.stack([2.0 / np.pi * longitude * np.cos(theta), np.sin(theta)], axis=1)


def channels(dataset: Dataset) -> Channels:
    """Every sensor of the data set's table; none where it was prepared without."""
    if not dataset.geometry:
        nothing = np.empty((0, 2))
        return Channels((), nothing, np.empty(0, int), nothing, np.empty(0, int), ("sensor",), np.empty(0))
    sensors = geometry.from_arrays(dataset.geometry)
    n = len(sensors)
    return Channels(
        tuple(f"PMT {i}" for i in sensors.pmt_id.tolist()), mollweide(sensors.position_m), np.full(n, SENSOR_PX),
        sensors.position_m, np.zeros(n, np.int64), ("sensor",), np.full(n, np.nan),
    )  # fmt: skip


def hits(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each event in every sensor that was hit in it, dark hits among them."""
    events = read_array(dataset, "pmt", rows.tolist())
    row = np.repeat(rows, np.diff(events.offsets))
    n = len(geometry.from_arrays(dataset.geometry))
    pairs = np.unique(row * np.int64(n) + events.values.astype(np.int64))
    return pairs // n, pairs % n


MAP = DetectorMap(
    title="sphere of sensors",
    explanation=(
        "In which share of the events each sensor was hit, on a map of equal areas (Mollweide, azimuth 0 in the middle); a click on one leaves "
        "its events. Light comes evenly where the vertices do. Surprising: a sensor or a patch that is dark, or one that is hit in every event."
    ),
    sees="a sensor counts the events in which it was hit",
    channels=channels,
    hits=hits,
    n_at_most=N_AT_MOST,
)
