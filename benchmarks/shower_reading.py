"""How fast showers are read and measured, for `benchmarks.zdc --only reading`: per second of one core's time.

`features_per_s` of images in memory (16 numbers each), `shapes_per_s` of all that judges are given beside them, `read_showers_per_s` from the
shipped sample to rows; `numpy_features_per_s`, the peer: the same sums, centres, widths and shares by whole arrays.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from core.workflows.demo import default_mapping, raw_files
from core.zdc import features, read, rows, shapes
from core.zdc.experiment import EXPERIMENT

N_FILES, N_REPEATS = 2, 5


def per_second(n: int, work: Callable[[], Any]) -> float:
    """Median of the repeats' rates, after one that is not counted."""
    work()
    rates = []
    for _ in range(N_REPEATS):
        began = time.process_time()
        work()
        rates.append(n / (time.process_time() - began))
    return float(np.median(rates))


def plain(cells_mev: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers of images (n, n_y, n_x) by NumPy alone: energy, hit cells, centre, width and the shares around the brightest cell."""
    cells = cells_mev.astype(np.float64)
    n, n_y, n_x = cells.shape
    energy = np.maximum(cells.sum(axis=(1, 2)), 1e-9)
    out = {"energy": energy, "n_cells": (cells > 0).sum(axis=(1, 2))}
    for axis, size, name in ((1, n_x, "x"), (2, n_y, "y")):
        profile, place = cells.sum(axis=axis) / energy[:, None], np.arange(size) - 0.5 * (size - 1)
        out[f"centre_{name}"] = profile @ place
        out[f"width_{name}"] = np.sqrt(np.maximum(profile @ place**2 - out[f"centre_{name}"] ** 2, 0.0))
    at_y, at_x = np.divmod(cells.reshape(n, -1).argmax(axis=1), n_x)
    padded, near = np.pad(cells, ((0, 0), (2, 2), (2, 2))), np.arange(5)
    window = padded[np.arange(n)[:, None, None], (at_y[:, None] + near)[:, :, None], (at_x[:, None] + near)[:, None, :]]
    out["e25_share"] = window.sum(axis=(1, 2)) / energy
    out["e9_share"] = window[:, 1:4, 1:4].sum(axis=(1, 2)) / energy
    out["e1_share"] = window[:, 2, 2] / energy
    return out


def reading() -> dict[str, Any]:
    """The rates; both ways to measure must give the same numbers, or the benchmark fails."""
    mapping = default_mapping(EXPERIMENT)
    paths = raw_files(EXPERIMENT, EXPERIMENT.simulation.sample)[:N_FILES]
    parts = [showers for path in paths for showers, _ in read.showers(path, mapping)]
    cells = np.concatenate([part.cells_mev for part in parts])
    truth = {name: np.concatenate([part.truth[name] for part in parts]) for name in parts[0].truth}
    geometry = parts[0].grid.arrays()
    ours, theirs = features.measured(cells), plain(cells)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-6, atol=1e-6, err_msg=name)

    def judged() -> None:
        shapes.high_level(cells, truth, geometry)
        shapes.core_and_rings(cells, truth, geometry)

    n = len(cells)
    return {
        "n_showers": n,
        "features_per_s": per_second(n, lambda: features.measured(cells)),
        "numpy_features_per_s": per_second(n, lambda: plain(cells)),
        "shapes_per_s": per_second(n, judged),
        "read_showers_per_s": per_second(n, lambda: [list(rows.blocks(path, mapping)) for path in paths]),
    }
