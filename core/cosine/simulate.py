"""A simulated COSINE-100 sample with known truth, in the files the experiment would write.

Photoelectron model and trigger: `core.cosine.simulation.pulses`. Calibration runs hold coincident Compton events (signal) and
noise; physics runs hold noise and genuine single-hit scintillation. Class balance and energy spectra are chosen for
statistics in every cell (crystal x energy window), not after nature; populations are dealt to the sub-runs by quota,
so that all sub-runs are alike. The `energy` of a crystal is reconstructed: its charge over 5 µs divided by the light
yield, with the photostatistics of its photoelectrons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from core.cosine.simulation import pulses
from core.cosine.simulation.pulses import Records
from core.errors import DarkroomError
from core.parameters import param

POPULATIONS: tuple[str, ...] = ("signal", "fast", "slow", "afterglow", "pickup", "slow_tail", "pileup")
LIGHT_YIELD_PE_PER_KEV = {1: 14.9, 2: 14.6, 3: 15.5, 4: 14.9, 5: 7.3, 6: 14.6, 7: 14.0, 8: 3.5}
CALIBRATION_RUNS, PHYSICS_RUNS = (1601, 1765), (1858, 1859)
WINDOWS_KEV = ((0.5, 3.0), (3.0, 6.0), (6.0, 10.0), (10.0, 16.0))
LS_UNITS_PER_KEV = 143.8
SUBRUN_S = 7200
# Printed background counts per 0.5 keV from 0 keV on: the test table of the first DNN for COSINE (2020)
NATURAL = (403, 693, 410, 147, 69, 55, 52, 25, 34, 22, 16, 12, 12, 12, 9, 7, 5, 2, 8, 7)
_BLOCK = 1000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationParameters:
    """Composition of the sample and the detector's noise; light yields, pulse and time constants are constants."""

    calibration_fraction: float = param(0.4, "Share of triggers in the calibration runs", low=0.0, high=1.0)
    calibration_noise: float = param(0.16, "Share of noise, not coincident, among them", low=0.0, high=1.0)
    second_crystal: float = param(0.2, "Share of calibration signals with a second crystal in range", low=0.0, high=1.0)
    physics_weights: tuple[float, ...] = param(
        (0.10, 0.66, 0.12, 0.03, 0.01, 0.05, 0.03), "Physics runs: weights of " + ", ".join(POPULATIONS), low=0.0
    )
    window_weights: tuple[float, ...] = param(
        (0.15, 0.38, 0.38, 0.09), "Weights of the windows 0.5-3, 3-6, 6-10, 10-16 keV", low=0.0
    )
    noise_spectrum: str = param(
        "windows", "Energies of noise: the windows, or the steep measured spectrum", choices=("windows", "natural")
    )
    nonproportionality: float = param(0.0, "Relative loss of light at low energy", low=0.0, high=0.9)
    fast_split: tuple[float, ...] = param((2.0, 2.0), "Fast noise: light split Beta(a, b)", low=0.1, high=100.0)
    dark_counts_khz: float = param(3.0, "Dark counts per PMT", unit="kHz", low=0.0, high=100.0)
    afterpulses: float = param(0.03, "Afterpulses per photoelectron, 0.3-4 µs later", low=0.0, high=0.5)
    trigger_threshold_pe: float = param(0.15, "Trigger threshold of each PMT", unit="PE", low=0.0, high=2.0)
    noise_low_adc: float = param(1.0, "Electronics noise: lowest rms", unit="ADC", low=0.0, high=50.0)
    noise_high_adc: float = param(1.3, "Electronics noise: highest rms", unit="ADC", low=0.0, high=50.0)

    def check(self) -> None:
        """Refuse weights of the wrong number or sum and an upside-down noise range."""
        for name, n in (("physics_weights", 7), ("window_weights", 4), ("fast_split", 2)):
            values = getattr(self, name)
            if len(values) != n or sum(values) <= 0:
                raise DarkroomError(f"Parameter '{name}' is {values}: expected {n} numbers, not all of them 0.")
        if self.noise_low_adc > self.noise_high_adc:
            raise DarkroomError(
                f"Parameter 'noise_low_adc' is {self.noise_low_adc}: expected at most noise_high_adc, "
                f"{self.noise_high_adc}."
            )


def waveforms(
    population: str,
    energy_kev: float,
    n: int,
    crystal: int = 1,
    seed: int = 1,
    parameters: SimulationParameters = SimulationParameters(),
) -> Records:
    """`n` triggered records of one population at a true (electron-equivalent) energy."""
    if population not in POPULATIONS:
        raise DarkroomError(f"Unknown population '{population}': expected one of {', '.join(POPULATIONS)}.")
    if crystal not in LIGHT_YIELD_PE_PER_KEV or not 0.1 <= energy_kev <= 200.0 or n < 0:
        raise DarkroomError(
            f"Crystal {crystal} at {energy_kev} keV, {n} records: expected crystal 1 to 8, 0.1 to 200 keV, n >= 0."
        )
    index = np.full(n, POPULATIONS.index(population))
    rng = np.random.default_rng(seed)
    return _generate(rng, index, np.full(n, crystal), np.full(n, float(energy_kev)), parameters)


def _generate(
    rng: np.random.Generator, population: np.ndarray, crystal: np.ndarray, true_kev: np.ndarray, p: SimulationParameters
) -> Records:
    light = np.array([LIGHT_YIELD_PE_PER_KEV.get(c, np.nan) for c in range(9)])[crystal] * (1.0 - p.nonproportionality)
    return pulses.records(
        rng,
        population,
        true_kev,
        light,
        split=(p.fast_split[0], p.fast_split[1]),
        rates=(p.dark_counts_khz, p.afterpulses),
        threshold_pe=p.trigger_threshold_pe,
        noise_adc=(p.noise_low_adc, p.noise_high_adc),
        mixture=p.physics_weights,
    )


def simulate(
    out: Path,
    n_events: int,
    crystals: tuple[int, ...] = (1, 3, 7),
    seed: int = 1,
    parameters: SimulationParameters = SimulationParameters(),
    progress: Progress | None = None,
) -> list[Path]:
    """Write `n_events` triggers to `out` as `mrgd_M{run:06d}.root.{subrun:03d}`; return the files.

    At least 10 sub-runs per run kind from 2,000 events on. Same seed, crystals and parameters, same arrays.
    """
    unknown = [c for c in crystals if c not in LIGHT_YIELD_PE_PER_KEV]
    if unknown or not crystals or len(set(crystals)) != len(crystals):
        raise DarkroomError(f"The crystals are {crystals}: expected different numbers from 1 to 8.")
    out.mkdir(parents=True, exist_ok=True)
    n_calibration = round(n_events * parameters.calibration_fraction)
    files, done = [], 0
    for kind, n_kind in (("calibration", n_calibration), ("physics", n_events - n_calibration)):
        n_files = n_subruns(n_events)
        cells = _cells(kind, crystals, parameters)
        quota = deal(n_kind, np.array([cell[3] for cell in cells]), n_files)
        runs = CALIBRATION_RUNS if kind == "calibration" else PHYSICS_RUNS
        for k in range(n_files):
            run, subrun = runs[k % 2], k // 2
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(run, subrun)))
            plan = _plan(rng, cells, quota[:, k], parameters)
            path = out / f"mrgd_M{run:06d}.root.{subrun:03d}"
            with uproot.recreate(path, compression=uproot.ZSTD(3)) as file:
                tree = file.mktree("ntp", branches_of(crystals), title="COSINE-100, simulated")
                for start in range(0, len(plan["event"]), _BLOCK):
                    part = {name: column[start : start + _BLOCK] for name, column in plan.items()}
                    tree.extend(entries_of(rng, part, kind, (run, subrun), crystals, parameters))
                    done += len(part["event"])
                    if progress is not None:
                        progress(done, n_events)
            files.append(path)
    return sorted(files)


def n_subruns(n_events: int) -> int:
    """Sub-runs per run kind (an even number): 10 from 2,000 triggers on, 20 from 20,000, then one per 2,500 or so."""
    if n_events < 20_000:
        return 2 * min(max(n_events // 400, 1), 5)
    return max(20, 2 * (n_events // 10_000))


def _cells(kind: str, crystals: tuple[int, ...], p: SimulationParameters) -> list[tuple[int, int, int, float]]:
    """(population, crystal, window, weight) of all triggers of a run kind."""
    weights = np.array(p.physics_weights) / sum(p.physics_weights)
    if kind == "calibration":
        noise = weights[1:].sum() or 1.0
        weights = np.r_[1.0 - p.calibration_noise, weights[1:] * p.calibration_noise / noise]
    windows = np.array(p.window_weights) / sum(p.window_weights)
    # Pick-up has almost no net charge: it reconstructs at low energy only.
    low_only = np.array([1.0, 0.0, 0.0, 0.0])
    return [
        (population, crystal, window, float(weight * share) / len(crystals))
        for population, weight in enumerate(weights)
        for crystal in crystals
        for window, share in enumerate(low_only if population == pulses.PICKUP else windows)
        if weight * share > 0
    ]


def deal(n: int, weights: np.ndarray, n_files: int) -> np.ndarray:
    """Counts (cells, files) that add up to `n`, as even over the files as whole numbers allow."""
    exact = n * weights / weights.sum() if weights.sum() > 0 else np.zeros(len(weights))
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    # One long deal, cell after cell, file after file: cells and files both come out even.
    dealt = np.zeros((len(weights), n_files), int)
    np.add.at(dealt, (np.repeat(np.arange(len(weights)), counts), np.arange(n) % n_files), 1)
    return dealt


def _energies(rng: np.random.Generator, window: np.ndarray, natural: np.ndarray) -> np.ndarray:
    """Uniform inside the window; for `natural` rows from the measured background spectrum above 0.2 keV."""
    edges = np.array(WINDOWS_KEV)[window]
    energy = rng.uniform(edges[:, 0], edges[:, 1])
    steep = 0.5 * (rng.choice(len(NATURAL), len(window), p=np.array(NATURAL) / sum(NATURAL)) + rng.random(len(window)))
    return np.where(natural, np.maximum(steep, 0.2), energy)


def _plan(
    rng: np.random.Generator, cells: list[tuple[int, int, int, float]], counts: np.ndarray, p: SimulationParameters
) -> dict[str, np.ndarray]:
    """The triggers of one sub-run in random order: event number, population, crystal, window, true energy, time."""
    order = rng.permutation(int(counts.sum()))
    population, crystal, window = (np.repeat([c[i] for c in cells], counts)[order].astype(int) for i in range(3))
    natural = (population != pulses.SIGNAL) & (p.noise_spectrum == "natural")
    return {
        "event": np.arange(len(order)),
        "population": population,
        "crystal": crystal,
        "energy_kev": _energies(rng, window, natural),
        "time_ns": np.sort(rng.integers(0, SUBRUN_S * 1_000_000_000, len(order))),
    }


def branches_of(crystals: tuple[int, ...]) -> dict[str, Any]:
    branches: dict[str, Any] = {"eventNumber": np.int32, "eventsec": np.int64, "trgtime": np.int64}
    branches |= {"BLSVeto_Charge": np.float32, "BLSVeto_isCoincident": np.int32, "BMuon_totalDeltaT0": np.int64}
    for c in crystals:
        branches |= {f"crystal{c}_nc": np.int32, f"crystal{c}_energy": np.float32, f"crystal{c}_rqcn": np.float32}
        branches |= {f"pmt{c}{p}_nc": np.int32 for p in (1, 2)} | {f"pmt{c}{p}_t1": np.float32 for p in (1, 2)}
        branches |= {f"wf{c}{p}": "var * int16" for p in (1, 2)}
        branches |= {f"truth_population{c}": np.int8, f"truth_class{c}": np.int8, f"truth_n_pe{c}": np.int32}
        branches |= {f"truth_{name}{c}": np.float32 for name in ("energy", "trigger_sample", "llr")}
    return branches


def entries_of(
    rng: np.random.Generator,
    plan: dict[str, np.ndarray],
    kind: str,
    run: tuple[int, int],
    crystals: tuple[int, ...],
    p: SimulationParameters,
) -> dict[str, Any]:
    """The branches of one block of triggers: coincidence partners drawn, waveforms generated."""
    n = len(plan["event"])
    signal = (plan["population"] == pulses.SIGNAL) & (kind == "calibration")
    partner = signal & (rng.random(n) < p.second_crystal) & (len(crystals) > 1)
    step = rng.integers(1, max(len(crystals), 2), n)
    place = np.searchsorted(np.sort(crystals), plan["crystal"])
    other = np.sort(crystals)[(place + step) % len(crystals)]
    second = _energies(rng, rng.choice(4, n, p=np.array(p.window_weights) / sum(p.window_weights)), np.zeros(n, bool))
    veto_kev = np.where(signal, rng.uniform(85.0, 900.0, n), rng.exponential(12.0, n) % 75.0)
    # 15 % of the coincident signals have their partner in a crystal far above range: no waveform, no veto signal.
    far = signal & ~partner & (rng.random(n) < 0.15) & (len(crystals) > 1)
    veto_kev[partner | far] %= 75.0
    second_population = np.where(partner, pulses.SIGNAL, -1)
    start_s = 1_483_228_800 + (run[0] - 1600) * 90 * SUBRUN_S + run[1] * SUBRUN_S
    entries: dict[str, Any] = {
        "eventNumber": (run[1] * 100_000 + plan["event"]).astype(np.int32),
        "eventsec": start_s + plan["time_ns"] // 1_000_000_000,
        "trgtime": run[1] * SUBRUN_S * 1_000_000_000 + plan["time_ns"],
        "BLSVeto_Charge": (veto_kev * LS_UNITS_PER_KEV).astype(np.float32),
        "BLSVeto_isCoincident": np.ones(n, np.int32),
        "BMuon_totalDeltaT0": (30e6 + rng.exponential(100e6, n)).astype(np.int64),
    }
    for c in crystals:
        is_first, is_other = plan["crystal"] == c, other == c
        population = np.where(is_first, plan["population"], np.where(is_other, second_population, -1))
        true_kev = np.where(is_first, plan["energy_kev"], second)
        entries |= _crystal(rng, c, population, true_kev, far & is_other, p)
    return entries


def _crystal(
    rng: np.random.Generator,
    c: int,
    population: np.ndarray,
    true_kev: np.ndarray,
    far: np.ndarray,
    p: SimulationParameters,
) -> dict[str, Any]:
    """The branches of one crystal; `population` -1: not hit (noise clusters only), `far`: hit far above range."""
    hit = population >= 0
    events = _generate(rng, population[hit], np.full(hit.sum(), c), true_kev[hit], p)
    pmt_nc = np.minimum(rng.poisson(0.05, (len(hit), 2)), 1).astype(np.int32)
    pmt_nc[far] += 40
    pmt_nc[hit] = events.n_pulses
    energy = np.where(far, rng.uniform(50.0, 1000.0, len(hit)), 0.0).astype(np.float32)
    energy[hit] = events.energy_kev
    first = np.zeros((len(hit), 2), np.float32)
    first[hit] = np.nan_to_num(events.first_ns)

    def filled(values: np.ndarray, unknown: float, dtype: Any) -> np.ndarray:
        column = np.full(len(hit), unknown, dtype)
        column[hit] = values
        return column

    branches: dict[str, Any] = {
        f"crystal{c}_nc": pmt_nc.sum(1).astype(np.int32),
        f"crystal{c}_energy": energy,
        f"crystal{c}_rqcn": np.where(hit | far, 0.0, -1.0).astype(np.float32),
        f"truth_population{c}": population.astype(np.int8),
        f"truth_class{c}": filled(population[hit] == pulses.SIGNAL, -1, np.int8),
        f"truth_n_pe{c}": filled(events.n_pe, -1, np.int32),
    }
    for name, known in (("energy", true_kev[hit]), ("trigger_sample", events.trigger_sample), ("llr", events.llr)):
        branches[f"truth_{name}{c}"] = filled(known, np.nan, np.float32)
    offsets = ak.index.Index64(np.r_[0, np.cumsum(hit * pulses.N_SAMPLES)])
    for i in range(2):
        content = ak.contents.NumpyArray(np.ascontiguousarray(events.raw[:, i]).ravel())
        branches[f"wf{c}{i + 1}"] = ak.Array(ak.contents.ListOffsetArray(offsets, content))
        branches[f"pmt{c}{i + 1}_nc"] = pmt_nc[:, i]
        branches[f"pmt{c}{i + 1}_t1"] = first[:, i]
    return branches
