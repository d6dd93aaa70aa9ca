"""Showers of the calorimeter: how fast they are simulated, beside plain NumPy in the same run, and what finer spots cost and change.

`--only simulation`: `simulate_events_per_s` (2 to 100 GeV, even in ln E) and `simulate_events_per_s_10gev` of the compiled simulation (20 cm
of PbWO4), `numpy_...` of the same in plain NumPy (`benchmarks.plain_showers`, written anew from the formulas). One core, per second of
its time, with the spread of the repeats. Both must agree in the physics: sum over energy, cells that are hit, share of the
brightest cell and width, in mean (4 sigma) and distribution (Kolmogorov-Smirnov, p > 1e-4), at 10 GeV and over the range, or the
benchmark fails. `finer_spots`: number of cells hit, ms per shower and p-values of the same against GFlash's spots.
`--only reading`: how fast showers are read and measured (`benchmarks.shower_reading`).
`--runs RUN ...`: `generators`, the quality of runs of the workspace instead (`benchmarks.zdc_quality`).
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from benchmarks import plain_showers, report, shower_reading, zdc_quality
from core.statistics.residuals import resampled
from core.zdc.simulate import SimulationParameters, simulate_showers

RANGE = SimulationParameters()
TEN_GEV = SimulationParameters(energy_low_gev=10.0, energy_high_gev=10.0)
N_TIMED, N_PLAIN, N_COMPARED, REPEATS, SEED = 1000, 300, 3000, 5, 1
FINENESS = (1.0, 2.0, 4.0, 8.0)
LEAST_P, MOST_SIGMA = 1e-4, 4.0
GATES = {"simulate_events_per_s": 1500.0, "simulate_events_per_s_10gev": 2500.0, "features_per_s": 20_000.0}


def seconds(work: Callable[[], Any], n_repeats: int = REPEATS) -> list[float]:
    """CPU time of each repeat, after one that is not counted: what a loaded machine does not stretch as much."""
    work()
    out = []
    for _ in range(n_repeats):
        began = time.process_time()
        work()
        out.append(time.process_time() - began)
    return out


def features(cells_mev: np.ndarray, energy_gev: np.ndarray) -> dict[str, np.ndarray]:
    """Of showers (n, 20, 20): sum over energy, cells that are hit, share of the brightest, width along x [cells]; float64 (n,)."""
    cells = cells_mev.astype(np.float64)
    total, x = cells.sum(axis=(1, 2)), np.arange(cells.shape[2])
    share = cells.sum(axis=1) / total[:, None]
    middle = share @ x
    return {
        "sum over energy": total / (1000.0 * energy_gev),
        "cells hit": np.count_nonzero(cells, axis=(1, 2)).astype(np.float64),
        "brightest share": cells.max(axis=(1, 2)) / total,
        "width": np.sqrt((share * (x - middle[:, None]) ** 2).sum(axis=1)),
    }


def compared(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """By feature: means of both, their difference in standard errors, p of the two distributions being one."""
    out = {}
    for name, a in ours.items():
        b = theirs[name]
        error = float(np.hypot(a.std() / len(a) ** 0.5, b.std() / len(b) ** 0.5))
        out[name] = {
            "darkroom": float(a.mean()), "numpy": float(b.mean()), "sigma": float(a.mean() - b.mean()) / error,
            "p": float(stats.ks_2samp(a, b).pvalue),
        }  # fmt: skip
    return out


def energies(p: SimulationParameters, n: int, seed: int) -> np.ndarray:
    u = np.random.default_rng(seed).random(n)
    return np.asarray(p.energy_low_gev * (p.energy_high_gev / p.energy_low_gev) ** u)


def speed(p: SimulationParameters, suffix: str) -> dict[str, Any]:
    """Showers per second of both, and their physics beside each other."""
    darkroom = seconds(lambda: simulate_showers(N_TIMED, SEED, p))
    drawn = energies(p, N_COMPARED, SEED)
    plain = seconds(lambda: plain_showers.showers(drawn[:N_PLAIN], SEED), 3)
    showers = simulate_showers(N_COMPARED, SEED + 1, p)
    ours = features(showers.cells_mev, showers.truth["true_energy_gev"].astype(np.float64))
    theirs = features(plain_showers.showers(drawn, SEED + 2), drawn)
    physics = compared(ours, theirs)
    differing = [name for name, c in physics.items() if c["p"] < LEAST_P or abs(c["sigma"]) > MOST_SIGMA]
    if differing:
        raise SystemExit(f"Darkroom's showers differ from plain NumPy's in {', '.join(differing)}: {physics}")
    return {
        f"simulate_events_per_s{suffix}": N_TIMED / statistics.median(darkroom),
        f"simulate_spread_per_s{suffix}": [N_TIMED / max(darkroom), N_TIMED / min(darkroom)],
        f"numpy_events_per_s{suffix}": N_PLAIN / statistics.median(plain),
        f"times_faster_than_numpy{suffix}": statistics.median(plain) / N_PLAIN * N_TIMED / statistics.median(darkroom),
        f"physics{suffix}": physics,
    }


def finer_spots() -> list[dict[str, Any]]:
    """What finer spots cost and change at 10 GeV, beside GFlash's; intervals of 95 %."""
    rows, coarse = [], {}
    for fineness in FINENESS:
        p = replace(TEN_GEV, spot_fineness=fineness)
        took = seconds(lambda p=p: simulate_showers(N_TIMED // 4, SEED, p), 3)  # type: ignore[misc]
        showers = simulate_showers(N_COMPARED, SEED + int(fineness), p)
        now = features(showers.cells_mev, showers.truth["true_energy_gev"].astype(np.float64))
        coarse = coarse or now
        rows.append({
            "fineness": fineness, "ms_per_shower": 1000.0 * statistics.median(took) / (N_TIMED // 4),
            "cells_hit": resampled(now["cells hit"], np.mean).to_dict(),
            "sum_over_energy": float(now["sum over energy"].mean()), "resolution": float(now["sum over energy"].std()),
            "p": {name: float(stats.ks_2samp(values, coarse[name]).pvalue) for name, values in now.items()},
        })  # fmt: skip
    return rows


def simulation() -> dict[str, Any]:
    """Speed on one core, and finer spots."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        figures = {**speed(RANGE, ""), **speed(TEN_GEV, "_10gev"), "finer_spots": finer_spots()}
    finally:
        os.sched_setaffinity(0, cores)
    return {**figures, "n_compared": N_COMPARED, "load_average": os.getloadavg()[0]}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"simulation": simulation, "reading": shower_reading.reading}


def judged(figures: dict[str, Any]) -> dict[str, bool]:
    """Which of the promised values hold."""
    return {key: figures[key] >= least for key, least in GATES.items() if key in figures}


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--only", choices=tuple(PARTS), nargs="+", help="some of the parts")
    parser.add_argument("--runs", nargs="+", default=[], help="runs of generators that are judged")
    zdc_quality.add_options(parser)
    options = parser.parse_args()
    began = time.perf_counter()
    figures: dict[str, Any] = {}
    for name in options.only or (() if options.runs else PARTS):
        figures |= PARTS[name]()
    gates = judged(figures)
    if options.runs:
        rows = [zdc_quality.judged(run, options.data, zdc_quality.settings(options)) for run in options.runs]
        figures["generators"] = rows
        gates |= {f"{row['run']} {name}": holds for row in rows for name, holds in row["gates"].items()}
    report.show({**figures, "gates": gates, "seconds": time.perf_counter() - began}, options.json)
    if not all(gates.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
