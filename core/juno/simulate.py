"""Simulated events of a spherical liquid-scintillator detector with known truth, in ROOT files of hits. No experiment's data.

Two tasks: electrons and positrons of a few MeV, equal in visible energy; muons and electrons of 50 MeV and more, contained, equal in
visible energy and in where it is. The physics is in `core.juno.simulation`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.juno import geometry
from core.juno.events import Events
from core.juno.geometry import Geometry
from core.juno.mapping import Mapping
from core.juno.raw.tables import read_table
from core.juno.simulation import generate, light
from core.juno.simulation.deposits import ELECTRON, MUON, POSITRON
from core.juno.simulation.generate import Detector, Physics
from core.juno.simulation.light import Medium
from core.juno.simulation.sensors import MOST, NEIGHBOURS, sensors
from core.juno.simulation.showers import LOSS_MEV_PER_M
from core.juno.simulation.writing import write_events
from core.parameters import param

CLASSES = {"epem": (ELECTRON, POSITRON), "mue": (ELECTRON, MUON)}
EVENTS_PER_FILE = {"epem": 500, "mue": 50}
SECONDS_PER_HIT, BYTES_PER_HIT, BYTES_PER_SENSOR, BYTES_PER_FILE = 2.5e-7, 4.2, 8.8, 2e5
SECONDS_PER_EVENT = {"epem": 1.5e-3, "mue": 1.5e-2}
FILES_PER_RUN, FEWEST_FILES = 10, 10  # a split by sub-run needs several
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationParameters:
    """Particles, energies, and what their light and the sensors do."""

    task: str = param("epem", "Electrons and positrons, or muons and electrons", choices=("epem", "mue"))
    energy_low_mev: float = param(1.5, "e+ and e-: lowest visible energy", unit="MeV", low=1.1, high=50.0)
    energy_high_mev: float = param(10.0, "e+ and e-: highest visible energy", unit="MeV", low=1.1, high=50.0)
    energies_mev: tuple[float, ...] = param(
        (50.0, 100.0, 300.0, 1000.0, 2000.0), "Muons and electrons: visible energies", unit="MeV", low=20.0, high=5000.0
    )
    fiducial_radius_m: float = param(17.2, "Events start, and tracks stay, within", unit="m", low=0.1, high=50.0)
    table: str = param("", "PMT table (file); empty: 122 rings like JUNO's")
    ls_radius_m: float = param(
        0.0,
        "Radius of the scintillator of a table; 0: the same share of the sensors' as in JUNO",
        unit="m",
        low=0.0,
        high=50.0,
    )
    light_yield_pe_per_mev: float = param(1345.0, "Light yield at the centre", unit="pe/MeV", low=0.0, high=5000.0)
    attenuation_m: float = param(40.0, "Effective attenuation length", unit="m", low=1.0, high=1000.0)
    scattered_share: float = param(0.35, "Share of light that is scattered", low=0.0, high=1.0)
    scattered_ns: float = param(8.0, "It comes later by this, in the mean", unit="ns", low=0.0, high=100.0)
    cherenkov_share: float = param(0.01, "Share of light that is Cherenkov light", low=0.0, high=0.5)
    total_reflection: bool = param(True, "Light that meets the sphere too flat is lost")
    dark_rate_khz: float = param(30.0, "Dark rate of a PMT", unit="kHz", low=0.0, high=1000.0)
    window_ns: float = param(1250.0, "Readout window", unit="ns", low=300.0, high=20_000.0)
    ops_fraction: float = param(0.5, "Positrons that form ortho-positronium", low=0.0, high=1.0)
    ops_lifetime_ns: float = param(3.0, "Its lifetime", unit="ns", low=0.1, high=142.0)
    with_michel: bool = param(False, "Muons decay: a second, later signal")
    equal_light: bool = param(True, "Every event gives the light of a point of its energy at its centre, in the mean")
    compact: bool = param(False, "Files a third smaller (LZMA), written a hundred times slower")
    first_run: int = param(1, "First run; data sets that are joined need different ones", low=1, high=9000)

    def check(self) -> None:
        """Refuse what contradicts itself."""
        if self.energy_low_mev > self.energy_high_mev:
            raise DarkroomError(
                f"Parameter 'energy_low_mev' is {self.energy_low_mev}: expected at most energy_high_mev, {self.energy_high_mev}."
            )
        if not self.energies_mev:
            raise DarkroomError("Parameter 'energies_mev' is empty: expected at least one energy.")
        longest = max(self.energies_mev) / LOSS_MEV_PER_M
        if self.task == "mue" and longest > 1.5 * self.fiducial_radius_m:
            raise DarkroomError(
                f"A muon of {max(self.energies_mev):g} MeV is {longest:.1f} m long: expected at most 1.5 times "
                f"fiducial_radius_m, {self.fiducial_radius_m:g}. Lower energies_mev."
            )


def simulate_events(
    n: int, seed: int = 1, parameters: SimulationParameters = SimulationParameters(), first: int = 0, run: int = 1
) -> Events:
    """Events number `first` to `first + n - 1` of a seed, in memory. Same seed, number and parameters, same event."""
    number = np.arange(first, first + n)
    return generate.events(
        detector(parameters), physics_of(parameters), *plan(number, seed, parameters), seed=seed, first=first, run=run
    )


def plan(number: np.ndarray, seed: int, p: SimulationParameters) -> tuple[np.ndarray, np.ndarray]:
    """Class and visible energy [MeV] of the events with these numbers (n,): the classes take turns, and so do given energies."""
    kinds, energies = np.array(CLASSES[p.task]), np.array(p.energies_mev)
    if p.task == "mue":
        return kinds[number // len(energies) % 2], energies[number % len(energies)]
    lots = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(i), 0))).random() for i in number]
    spread = p.energy_high_mev - p.energy_low_mev
    return kinds[number % 2], p.energy_low_mev + spread * np.array(lots)


def geometry_of(parameters: SimulationParameters) -> Geometry:
    """The sensors: of the table, or by rule."""
    return _geometry(parameters.table, parameters.ls_radius_m)


@lru_cache(maxsize=2)
def _geometry(table: str, ls_radius_m: float) -> Geometry:
    return read_table(Path(table), Mapping(ls_radius_m=ls_radius_m)) if table else geometry.rings()


@lru_cache(maxsize=4)
def detector(p: SimulationParameters) -> Detector:
    """Sensors and light of these parameters, prepared."""
    p.check()
    where = geometry_of(p)
    if not where.is_sphere or not NEIGHBOURS < len(where) <= MOST:
        raise DarkroomError(
            f"{p.table}: {len(where):,} sensors {'on' if where.is_sphere else 'that do not stand on'} a sphere: expected "
            f"{NEIGHBOURS + 1} to {MOST:,} on a sphere. Choose another table, or none."
        )
    if p.fiducial_radius_m >= where.ls_radius_m:
        raise DarkroomError(
            f"Parameter 'fiducial_radius_m' is {p.fiducial_radius_m:g}: expected less than the scintillator's radius, "
            f"{where.ls_radius_m:g} m."
        )
    medium = Medium(
        p.light_yield_pe_per_mev, p.attenuation_m, p.scattered_share, p.scattered_ns, p.cherenkov_share, p.total_reflection,
        p.dark_rate_khz * 1e-6 * len(where), p.window_ns,
    )  # fmt: skip
    relative = light.relative_yield(p.attenuation_m, where.ls_radius_m, p.total_reflection)
    return Detector(sensors(where), medium, relative)


def physics_of(p: SimulationParameters) -> Physics:
    """What particles do with these parameters."""
    return Physics(
        p.fiducial_radius_m, p.ops_fraction, p.ops_lifetime_ns, p.task == "mue", p.with_michel, p.equal_light
    )


def mean_hits(p: SimulationParameters) -> float:
    """The expected number of hits of an event, light and dark, were it uniform in the sphere."""
    d = detector(p)
    share = np.linspace(0.0, 1.0, len(d.relative)) ** 2 * (
        np.linspace(0.0, d.sensors.ls_radius_m, len(d.relative)) < p.fiducial_radius_m
    )
    energy = np.mean(p.energies_mev) if p.task == "mue" else 0.5 * (p.energy_low_mev + p.energy_high_mev)
    light_hits = energy * p.light_yield_pe_per_mev * float((share * d.relative).sum() / share.sum())
    return float(light_hits + d.medium.dark_per_ns * p.window_ns)


def cost(n_events: int, p: SimulationParameters) -> dict[str, float]:
    """What `simulate` takes on a core: seconds, and GB of raw files."""
    hits, n_sensors = mean_hits(p), len(geometry_of(p))
    stored = min(hits * BYTES_PER_HIT, n_sensors * BYTES_PER_SENSOR) if p.task == "mue" else hits * BYTES_PER_HIT
    n_files = -(-n_events // EVENTS_PER_FILE[p.task])
    return {
        "seconds": n_events * (hits * SECONDS_PER_HIT + SECONDS_PER_EVENT[p.task]),
        "gb": (n_events * stored + max(n_files, min(n_events, FEWEST_FILES)) * BYTES_PER_FILE) / 1e9,
    }


def planned(folder: Path, n_events: int, p: SimulationParameters) -> list[tuple[Path, int, int, int]]:
    """The files of `n_events`: path, run, number of the first event, how many."""
    size = max(min(EVENTS_PER_FILE[p.task], -(-n_events // FEWEST_FILES)), 1)
    files = []
    for k, first in enumerate(range(0, n_events, size)):
        run = p.first_run + k // FILES_PER_RUN
        path = folder / f"juno_{run:04d}_{k % FILES_PER_RUN:03d}_sim.root"
        files.append((path, run, first, min(size, n_events - first)))
    return files


def simulate(
    folder: Path,
    n_events: int,
    seed: int = 1,
    parameters: SimulationParameters = SimulationParameters(),
    progress: Progress | None = None,
) -> list[Path]:
    """Write `n_events` to `folder` as `juno_<run>_<subrun>_sim.root`; return the files.

    At most 500 events (muons and electrons: 50) in a file, but ten files or more where there are events enough. Same seed and
    parameters, same hits. Every file is written whole or not at all; `progress(done, total)` may raise to stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for path, run, first, n in planned(folder, n_events, parameters):
        events = simulate_events(n, seed, parameters, first, run)
        write_events(path, events, geometry_of(parameters), compact=parameters.compact)
        files.append(path)
        if progress is not None:
            progress(first + n, n_events)
    return files
