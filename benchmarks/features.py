"""From a raw file to a data set and back: the kernel, `prepare`, the bare read of the same branches, the loader, memory.

One process and one thread for everything that is compared (`OMP_NUM_THREADS` and the like are set here). The peak memory
is that of a new process that prepares the data set and reads it back once, at two sizes.

That it can fail: with every block kept in a list while preparing, the peak was 426 MB at 2,000 and 1,196 MB at 40,000 events, without
that 395 and 511 MB.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "BLOSC_NTHREADS"):
    os.environ[_name] = "1"

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import uproot

from benchmarks import report
from core.cosine import features, model
from core.cosine.experiment import EXPERIMENT
from core.cosine.read import BLOCK_ENTRIES
from core.cosine.simulation import pulses
from core.data.dataset import open_dataset
from core.data.loader import batches
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

KERNEL_EVENTS, KERNEL_REPEATS, REPEATS = BLOCK_ENTRIES, 15, 5
SIZES = (2_000, 40_000)


def kernel_events_per_s() -> float:
    """Events (two PMTs, 4080 samples) through `features.compute`, stored waveform included; median of the repeats."""
    rng = np.random.default_rng(1)
    raw = rng.normal(300, 1.2, (KERNEL_EVENTS, 2, pulses.N_SAMPLES))
    t = np.arange(pulses.N_SAMPLES - 1200) * 2.0
    raw[:, :, 1200:] += rng.uniform(20, 400, (KERNEL_EVENTS, 1, 1)) * np.exp(-t / 250.0)
    counts, p = np.rint(raw).astype(np.int16), features.FeatureParameters()
    features.compute(counts[:10], p)
    rates = []
    for _ in range(KERNEL_REPEATS):
        began = time.perf_counter()
        features.compute(counts, p)
        rates.append(KERNEL_EVENTS / (time.perf_counter() - began))
    return statistics.median(rates)


def bare_read(files: list[Path]) -> int:
    """Read with uproot the branches that `prepare` reads, in the same steps, and do nothing with them."""
    n = 0
    wanted = ("wf", "crystal", "BLSVeto_Charge", "eventNumber", "eventsec", "truth_")
    unread = ("rqcn", "truth_trigger")
    for path in files:
        with uproot.open(path) as file:
            tree = file["ntp"]
            names = [k for k in tree.keys() if k.startswith(wanted) and not any(u in k for u in unread)]  # noqa: SIM118
            for start in range(0, tree.num_entries, BLOCK_ENTRIES):
                stop = start + BLOCK_ENTRIES
                arrays = tree.arrays(names, entry_start=start, entry_stop=stop, library="ak", how=dict)
                n += sum(len(arrays[k].layout.content) // pulses.N_SAMPLES for k in names if k.startswith("wf"))
    return n // 2


def prepare_and_read(files: list[Path], n_repeats: int) -> tuple[list[float], list[float]]:
    """Rows per second of `prepare` and of the bare read, in turn, so that a drift of the machine hits both."""
    prepared, bare = [], []
    for i in range(n_repeats + 1):
        began = time.perf_counter()
        n = prepare(EXPERIMENT, files, f"features-{i}", default_mapping(EXPERIMENT))["n_rows"]
        middle = time.perf_counter()
        n_bare = bare_read(files)
        ended = time.perf_counter()
        if n != n_bare:
            raise SystemExit(f"The two readers disagree: {n} and {n_bare} rows.")
        if i:  # the first turn compiles and fills the disk's cache
            prepared.append(n / (middle - began))
            bare.append(n / (ended - middle))
    return prepared, bare


def loader_events_per_s(name: str) -> float:
    """Rows per second from the data set to the input batches of `compact`, shuffled; second pass."""
    dataset, network = open_dataset(name), model.NETWORKS["compact"]
    recipe = network.recipe_for(network.parameters())
    rows = np.arange(dataset.n_rows)
    for seed in (1, 2):
        began = time.perf_counter()
        n = sum(len(x) for x, _, _ in batches(dataset, rows, recipe, 64, labels=rows * 0, seed=seed))
        seconds = time.perf_counter() - began
    return n / seconds


def one_size(files: list[Path]) -> dict[str, float]:
    """In a process of its own: prepare the files, read them back, and tell the peak memory."""
    prepare(EXPERIMENT, files, "memory", default_mapping(EXPERIMENT))
    rate = loader_events_per_s("memory")
    return {"peak_memory_mb": report.peak_memory_mb(), "loader_events_per_s": rate}


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--one-size", type=Path, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        print(json.dumps(one_size(options.one_size)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = f"{temporary}/workspace"
        raw = Path(temporary) / "raw"
        raw.mkdir()
        files = EXPERIMENT.simulation.simulate(raw, n_events=SIZES[1], seed=SIZES[1])
        prepared, bare = prepare_and_read(files[::8], REPEATS)
        by_size = {}
        for n in SIZES:
            fewer = files[: math.ceil(len(files) * n / SIZES[1])]  # files of the same size, fewer of them
            command = [sys.executable, "-m", "benchmarks.features", "--one-size", *map(str, fewer)]
            environment = {**os.environ, "DARKROOM_WORKSPACE": f"{temporary}/workspace-{n}"}
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            by_size[n] = json.loads(done.stdout.splitlines()[-1])
        result = {
            "kernel_events_per_s": kernel_events_per_s(),
            "prepare_events_per_s": statistics.median(prepared),
            "uproot_events_per_s": statistics.median(bare),
            "prepare_to_uproot": statistics.median(a / b for a, b in zip(prepared, bare, strict=True)),
            "loader_events_per_s": by_size[SIZES[1]]["loader_events_per_s"],
            "peak_memory_mb": {str(n): measured["peak_memory_mb"] for n, measured in by_size.items()},
        }
    report.show(result, options.json)


if __name__ == "__main__":
    main()
