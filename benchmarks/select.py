"""Selection, cut flow and three histograms on the rows of the first dense network's full statistics.

Beside it, in the same run, the same numbers by NumPy masks: what a notebook would do.

That it can fail: with the upper edge of every window at 0.999 of itself it ended with "The two ways disagree: 529619 and 530656
rows."; with half a second slept in each histogram it printed 1.65 s instead of 0.10 to 0.27 s.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks import report
from core.cosine import select
from core.data.cuts import cut_table
from core.data.histograms import class_histograms

ROWS = 6_836_904
REPEATS = 7
COLUMNS = (("nmt500_us", 0.0, 0.4), ("energy_kev", 0.0, 20.0), ("es", -0.1, 1.1))


def table(n: int) -> dict[str, np.ndarray]:
    """A table with the columns that the published selection touches; the values do not matter for the speed."""
    rng = np.random.default_rng(20200219)
    return {
        "crystal": rng.choice(np.array([1, 2, 3, 4, 6, 7], np.int8), n),
        "run": rng.choice(np.array([1601, 1765, 1858, 1859], np.int32), n, p=[0.01, 0.01, 0.49, 0.49]),
        "energy_kev": rng.exponential(3.0, n).astype(np.float32),
        "coincident": (rng.random(n) < 0.05).astype(np.int8),
        "nmt500_us": rng.normal(0.12, 0.06, n).astype(np.float32),
        "es": rng.normal(0.6, 0.2, n).astype(np.float32),
    }


def ours(columns: dict[str, np.ndarray]) -> int:
    cuts = select.PRESETS["cnn2020"].selection.cuts
    cutting = cut_table(columns, select.cut_list(cuts), select.label_cuts(cuts, "published"))
    for name, low, high in COLUMNS:
        class_histograms(columns[name], cutting.labels, select.CLASSES, low, high, 100)
    return int((cutting.labels >= 0).sum())


def numpy_masks(columns: dict[str, np.ndarray]) -> int:
    """Each cut alone and cumulative, both classes, three histograms each, with NumPy."""
    c = columns
    common = [np.isin(c["crystal"], (1, 3, 7)), np.isin(c["run"], (1601, 1765, 1858, 1859))]
    common.append((c["energy_kev"] >= 3) & (c["energy_kev"] < 10))
    background = [np.isin(c["run"], (1858, 1859)), c["coincident"] == 0, c["nmt500_us"] < np.float32(0.12)]
    signal = [np.isin(c["run"], (1601, 1765)), c["coincident"] == 1, c["nmt500_us"] > np.float32(0.12)]
    n = 0
    for masks in (background, signal):
        mask = np.ones(len(c["run"]), bool)
        for cut in common + masks:
            cut.sum()
            mask &= cut
            mask.sum()
        for name, low, high in COLUMNS:
            np.histogram(c[name][mask], 100, (low, high))
        n += int(mask.sum())
    return n


def timed(function: Callable[[dict[str, np.ndarray]], int], columns: dict[str, np.ndarray]) -> list[float]:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        function(columns)
        seconds.append(time.perf_counter() - began)
    return seconds


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    columns = table(ROWS)
    n_ours, n_numpy = ours(columns), numpy_masks(columns)  # also the warm-up, which compiles
    if n_ours != n_numpy:
        raise SystemExit(f"The two ways disagree: {n_ours} and {n_numpy} rows.")
    seconds, peer = timed(ours, columns), timed(numpy_masks, columns)
    result = {
        "rows": ROWS,
        "n_selected": n_ours,
        "seconds": statistics.median(seconds),
        "seconds_min_max": [min(seconds), max(seconds)],
        "numpy_seconds": statistics.median(peer),
        "repeats": REPEATS,
    }
    report.show(result, options.json)


if __name__ == "__main__":
    main()
