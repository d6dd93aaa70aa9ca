"""From the hits of a 5 MeV event to its image, next to plain NumPy on the same events in the same run; and how fast these are simulated.

Electrons and positrons of 5 MeV visible energy, even in the volume of a detector with 17,540 PMTs by ring rule; images of 128 x 256 pixels with
first, mean and standard deviation of the hit times. All on one core, warm, per second of its time. `darkroom_events_per_s` takes times as they are,
`darkroom_tof_events_per_s` subtracts the flight from a vertex. The plain version (`benchmarks.plain_images`) sorts all sensors with
NumPy; every image of both must agree, or the benchmark fails.
"""

import os
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import plain_images, report
from core.juno.events import Events
from core.juno.geometry import Geometry
from core.juno.recipe import PmtImage
from core.juno.simulate import SimulationParameters, geometry_of, simulate_events

N_EVENTS, N_PLAIN, REPEATS, SEED = 200, 20, 7, 1
ENERGY = SimulationParameters(energy_low_mev=5.0, energy_high_mev=5.0)
RAW, TOF = PmtImage(mode="raw"), PmtImage(vertex="true", zero="light")


def seconds(work: Callable[[], Any], n_repeats: int = REPEATS) -> list[float]:
    """CPU time of each repeat, after one that is not counted: what a loaded machine does not stretch as much."""
    work()
    out = []
    for _ in range(n_repeats):
        began = time.process_time()
        work()
        out.append(time.process_time() - began)
    return out


def images(recipe: PmtImage, events: Events, sensors: Geometry) -> np.ndarray:
    arrays = {name: getattr(events, name) for name in recipe.arrays}
    vertex = {f"{name}_{axis}_m": events.truth[f"true_{axis}_m"] for name in ("true", "centre") for axis in "xyz"}
    return recipe.make(arrays, vertex, SimpleNamespace(name="simulated", geometry=sensors.arrays()))  # type: ignore[arg-type]


def plain(recipe: PmtImage, events: Events, sensors: Geometry, shape: tuple[int, int, int]) -> np.ndarray:
    vertices = np.stack([events.truth[f"true_{axis}_m"] for axis in "xyz"], axis=1)
    hits = zip(events.pmt, events.time_ns, events.charge_pe, vertices, strict=True)
    pictures = [plain_images.image((p, t, q), v, sensors, recipe, shape) for (p, t, q, v), _ in zip(hits, range(N_PLAIN), strict=False)]  # fmt: skip
    return np.stack(pictures)


def disagreeing(recipe: PmtImage, events: Events, sensors: Geometry) -> int:
    """Of how many images the two versions differ in any pixel by more than rounding."""
    ours = images(recipe, events, sensors)[:N_PLAIN]
    theirs = plain(recipe, events, sensors, ours.shape[1:])
    return int((np.abs(ours - theirs).max(axis=(1, 2, 3)) > 1e-5).sum())


def figures() -> dict[str, Any]:
    sensors = geometry_of(ENERGY)
    simulating = seconds(lambda: simulate_events(N_EVENTS, SEED, ENERGY), 3)
    events = simulate_events(N_EVENTS, SEED, ENERGY)
    shape = images(RAW, events, sensors).shape[1:]
    n_different = {recipe.mode: disagreeing(recipe, events, sensors) for recipe in (RAW, TOF)}
    if any(n_different.values()):
        raise SystemExit(f"Images differ from plain NumPy's: {n_different} of {N_PLAIN} each.")
    darkroom = seconds(lambda: images(RAW, events, sensors))
    peer = seconds(lambda: plain(RAW, events, sensors, shape), 3)
    tof = seconds(lambda: images(TOF, events, sensors))
    lit = (images(RAW, events, sensors)[..., 0] > 0.0).sum(axis=(1, 2))
    return {
        "darkroom_events_per_s": N_EVENTS / statistics.median(darkroom),
        "numpy_events_per_s": N_PLAIN / statistics.median(peer),
        "simulate_events_per_s": N_EVENTS / statistics.median(simulating),
        "darkroom_tof_events_per_s": N_EVENTS / statistics.median(tof),
        "times_faster_than_numpy": statistics.median(peer) / N_PLAIN * N_EVENTS / statistics.median(darkroom),
        "spread_events_per_s": [N_EVENTS / max(darkroom), N_EVENTS / min(darkroom)],
        "n_events": N_EVENTS,
        "n_hits_mean": float(events.n_hits.mean()),
        "n_pmts_lit_mean": float(lit.mean()),
        "n_pmts": len(sensors),
        "shape": list(shape),
        "n_compared": 2 * N_PLAIN,
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    report.show(figures(), options.json)


if __name__ == "__main__":
    main()
