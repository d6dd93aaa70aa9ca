"""Showers -> blocks of rows: features, truth, cells and depths as they are stored."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.data.ragged import Ragged
from core.data.reading import Block, StoredArray
from core.zdc import features, read
from core.zdc.event import UID
from core.zdc.mapping import Mapping, from_name
from core.zdc.showers import Showers

ARRAYS = (
    StoredArray(
        "cells_mev", "MeV", ("float32",), help="Energy in each cell (n_y, n_x), 0 where not above the threshold"
    ),
    StoredArray(
        "depth_mev",
        "MeV",
        ("float32",),
        is_ragged=True,
        help="Energy in each radiation length of depth; empty where it is not known",
    ),
)


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file, some showers at a time, and measure every shower."""
    subrun = from_name(mapping, path).subrun
    for showers, flags in read.showers(path, mapping):
        yield block(showers, flags, subrun, mapping)


def block(showers: Showers, flags: np.ndarray, subrun: int, mapping: Mapping) -> Block:
    """The rows of some showers."""
    n = len(showers)
    saturation_mev = np.inf if mapping.saturation_mev is None else mapping.saturation_mev
    table = {
        "uid": UID.pack(showers.run, showers.number),
        "run": np.full(n, showers.run, np.int32),
        "subrun": np.full(n, subrun, np.int32),
        "event": showers.number.astype(np.int64),
        **features.measure(showers, flags, saturation_mev),
        "simulated": np.full(n, 0 if mapping.simulated else -1, np.int32),
    }
    n_depth = showers.depth_mev.shape[1]
    depth = Ragged(showers.depth_mev.reshape(-1), np.arange(n + 1, dtype=np.int64) * n_depth)
    return Block(table, {"cells_mev": showers.cells_mev, "depth_mev": depth})
