"""Events -> blocks of rows: features, truth, and the hits as they are stored."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.data.reading import Block, StoredArray
from core.juno import features, read
from core.juno.event import UID
from core.juno.events import Events
from core.juno.geometry import Geometry, from_arrays
from core.juno.mapping import Mapping
from core.juno.vertex.fit import Sensors, sensors_of

ARRAYS = (
    StoredArray("pmt", "", ("int32",), is_ragged=True, help="Place of the sensor in the table of the data set"),
    StoredArray(
        "time_ns", "ns", ("float32",), is_ragged=True, help="Time of each hit; of a summed event each sensor's first"
    ),
    StoredArray(
        "charge_pe", "pe", ("float32",), is_ragged=True, help="Charge of each hit; of a summed event each sensor's"
    ),
    StoredArray(
        "count", "", ("int32",), is_ragged=True, help="Of events above 50,000 hits: hits of each sensor; else empty"
    ),
    StoredArray("mean_ns", "ns", ("float32",), is_ragged=True, help="Of those: mean of each sensor's times"),
    StoredArray("std_ns", "ns", ("float32",), is_ragged=True, help="Of those: population standard deviation of them"),
)
TRUTH = (
    "true_energy_mev", "true_x_m", "true_y_m", "true_z_m", "true_t_ns", "true_dir_x", "true_dir_y", "true_dir_z",
)  # fmt: skip


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file, some events at a time, and measure every event."""
    geometry = from_arrays(read.geometry(path, mapping))
    sensors = sensors_of(geometry)
    subrun = int(read.source(path, mapping)["subrun"])
    for events in read.events(path, mapping):
        yield block(events, subrun, geometry, sensors, mapping)


def block(events: Events, subrun: int, geometry: Geometry, sensors: Sensors, mapping: Mapping) -> Block:
    """The rows of some events."""
    n = len(events)
    unknown = np.full(n, np.nan, np.float32)
    table = {
        "uid": UID.pack(events.run, subrun, events.number),
        "run": np.full(n, events.run, np.int32),
        "subrun": np.full(n, subrun, np.int32),
        "event": events.number.astype(np.int32),
        **features.measure(events, geometry, mapping.response, sensors),
        "truth_class": events.truth.get("truth_class", np.full(n, -1)).astype(np.int32),
        **{name: events.truth.get(name, unknown).astype(np.float32) for name in TRUTH},
    }
    arrays = {array.name: getattr(events, array.name) for array in ARRAYS}
    return Block(table, arrays)
