"""Simulated showers of electrons, positrons and photons in a crystal calorimeter, with known truth, in HDF5. No experiment's data.

The physics is in `core.zdc.simulation`: shapes by GFlash, spots that fall into cells. Given the shower, cells are independent of each
other, which no real shower promises.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np

from core import threads, workspace
from core.data.prepare import default_jobs
from core.errors import DarkroomError
from core.parameters import param
from core.zdc.grid import Grid
from core.zdc.showers import ELECTRON, PHOTON, POSITRON, TRUTH, Showers
from core.zdc.simulation import gflash, shower
from core.zdc.simulation.shower import AREA, CELL, FIXED, N_DEPTH, Beam, Calorimeter
from core.zdc.simulation.writing import appending

PRESETS = {"pwo20": (gflash.PBWO4, 20.0), "epic_lyso7": (gflash.LYSO, 7.0)}
PARTICLES = {"e-": ELECTRON, "e+": POSITRON, "photon": PHOTON}
IMPACTS = {"fixed": FIXED, "cell": CELL, "area": AREA}
SHOWERS_PER_FILE, FILES_PER_RUN, FEWEST_FILES, BATCH = 10_000, 100, 10, 500
SECONDS_PER_SPOT, SECONDS_PER_SHOWER = 6e-8, 6e-5
BYTES_PER_HIT, BYTES_PER_SHOWER, BYTES_PER_FILE = 4.7, 110.0, 2.6e4
HITS = {
    "pwo20": (18.5, 0.40),
    "epic_lyso7": (10.0, 0.28),
}  # cells that are hit at 1 GeV, and the power of the energy that they grow by
HITS_BY_FINENESS = 0.28  # the power of finer spots
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationParameters:
    """Calorimeter, particles, and what the readout does."""

    preset: str = param(
        "pwo20", "Crystals: 20 cm of PbWO4, which hold a shower, or 7 cm of LYSO as in ePIC's, which do not",
        choices=tuple(PRESETS),
    )  # fmt: skip
    particle: str = param("e-", "Particle", choices=tuple(PARTICLES))
    energy_low_gev: float = param(2.0, "Lowest energy", unit="GeV", low=0.5, high=1000.0)
    energy_high_gev: float = param(100.0, "Highest energy; the same as the lowest: one energy", unit="GeV", low=0.5, high=1000.0)  # fmt: skip
    spectrum: str = param(
        "log-uniform", "Even in ln E, or in E (balanced, as in the slides: half of the showers lie above the middle)",
        choices=("log-uniform", "uniform"),
    )  # fmt: skip
    impact: str = param(
        "area", "Where particles hit: a place, even in the cell above and right of the middle, or in a square around the middle",
        choices=tuple(IMPACTS),
    )  # fmt: skip
    impact_x_mm: float = param(0.0, "fixed: x; 0 is the middle, of an even number of cells a corner", unit="mm", low=-5000.0, high=5000.0)  # fmt: skip
    impact_y_mm: float = param(0.0, "fixed: y", unit="mm", low=-5000.0, high=5000.0)
    area_cells: float = param(5.0, "area: from the middle to the edge of the square", unit="cells", low=0.0, high=64.0)
    spot_fineness: float = param(1.0, "Spots beside GFlash's number: finer ones soften the edge and take as much longer", low=0.1, high=100.0)  # fmt: skip
    photostatistics_percent: float = param(2.0, "Spread of a cell at 1 GeV, falling with the root of its energy", unit="%", low=0.0, high=100.0)  # fmt: skip
    noise_mev: float = param(0.2, "Noise of a cell", unit="MeV", low=0.0, high=100.0)
    gain_spread_percent: float = param(0.0, "Spread of the cells' gains, the same for all showers of a seed", unit="%", low=0.0, high=20.0)  # fmt: skip
    threshold_mev: float = param(0.78, "A cell counts as hit above", unit="MeV", low=0.0, high=1000.0)
    saturation_mev: float = param(0.0, "Largest energy of a cell that is read (2,000 in ePIC's digitisation); 0: any", unit="MeV", low=0.0, high=1e6)  # fmt: skip
    cell_mm: float = param(30.0, "Width of a cell", unit="mm", low=1.0, high=200.0)
    n_cells: int = param(20, "Cells along x and along y", low=2, high=128)
    depth_cm: float = param(0.0, "Length of the crystals; 0: the preset's", unit="cm", low=0.0, high=100.0)
    first_run: int = param(1, "First run; data sets that are joined need different ones", low=1, high=9000)

    def check(self) -> None:
        """Refuse what contradicts itself."""
        if self.energy_low_gev > self.energy_high_gev:
            raise DarkroomError(
                f"Parameter 'energy_low_gev' is {self.energy_low_gev}: expected at most energy_high_gev, {self.energy_high_gev}."
            )
        if 0.0 < self.saturation_mev <= self.threshold_mev:
            raise DarkroomError(
                f"Parameter 'saturation_mev' is {self.saturation_mev:g}: expected more than threshold_mev, {self.threshold_mev:g}, or 0."
            )
        edge_mm = 0.5 * self.n_cells * self.cell_mm
        if self.impact == "area" and self.area_cells > 0.5 * self.n_cells:
            raise DarkroomError(
                f"Parameter 'area_cells' is {self.area_cells:g}: expected at most half of n_cells, {0.5 * self.n_cells:g}."
            )
        if self.impact == "fixed" and max(abs(self.impact_x_mm), abs(self.impact_y_mm)) >= edge_mm:
            raise DarkroomError(
                f"Parameters 'impact_x_mm' and 'impact_y_mm' are {self.impact_x_mm:g} and {self.impact_y_mm:g}: expected less "
                f"than {edge_mm:g} from the middle, where the cells end."
            )


def grid_of(p: SimulationParameters) -> Grid:
    """The cells that are simulated."""
    return Grid(p.n_cells, p.n_cells, p.cell_mm, p.threshold_mev)


def calorimeter_of(p: SimulationParameters) -> Calorimeter:
    """The block of crystals and its readout."""
    material, depth_cm = PRESETS[p.preset]
    return Calorimeter(
        material, p.depth_cm or depth_cm, p.cell_mm, 0.01 * p.photostatistics_percent, p.noise_mev, p.threshold_mev,
        p.saturation_mev or math.inf,
    )  # fmt: skip


def beam_of(p: SimulationParameters) -> Beam:
    """Which particles hit where."""
    reach, x, y = p.area_cells * p.cell_mm, p.impact_x_mm, p.impact_y_mm
    if p.impact == "cell":
        reach, x = p.cell_mm, (p.n_cells // 2 - 0.5 * p.n_cells) * p.cell_mm
        y = x
    return Beam(
        p.energy_low_gev, p.energy_high_gev, p.spectrum == "log-uniform", p.particle == "photon", IMPACTS[p.impact],
        x, y, reach, p.spot_fineness,
    )  # fmt: skip


def gains(seed: int, p: SimulationParameters) -> np.ndarray:
    """float64 (n_y, n_x): the gain of each cell, 1 on average."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, 0)))
    return np.asarray(1.0 + 0.01 * p.gain_spread_percent * rng.standard_normal(grid_of(p).shape))


def simulate_showers(
    n: int, seed: int = 1, parameters: SimulationParameters = SimulationParameters(), first: int = 0, run: int = 1
) -> Showers:
    """Showers number `first` to `first + n - 1` of a seed, in memory. Same seed, number and parameters, same shower."""
    parameters.check()
    grid, c, b, gain = grid_of(parameters), calorimeter_of(parameters), beam_of(parameters), gains(seed, parameters)
    cells, depth = np.empty((n, *grid.shape), np.float32), np.empty((n, N_DEPTH), np.float32)
    truth, work, profile = np.empty((n, len(TRUTH))), np.empty(grid.shape), np.empty(N_DEPTH)
    for i in range(n):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(first + i,)))
        shower.shower(rng, c, b, gain, work, profile, truth[i])
        cells[i], depth[i] = work, profile
    columns = dict(zip(TRUTH, truth.T.astype(np.float32), strict=True))
    columns["particle"] = np.full(n, PARTICLES[parameters.particle], np.int32)
    return Showers(run, np.arange(first, first + n, dtype=np.int64), cells, depth, columns, grid)


def energies(p: SimulationParameters) -> np.ndarray:
    """float64 (200,): energies [GeV] that stand for the spectrum, all with the same weight."""
    u = (np.arange(200) + 0.5) / 200
    low, high = p.energy_low_gev, p.energy_high_gev
    return low * (high / low) ** u if p.spectrum == "log-uniform" else low + (high - low) * u


def cost(n_events: int, p: SimulationParameters) -> dict[str, float]:
    """What `simulate` takes: seconds on one core (it uses all there are), and GB of raw files; the latter roughly, where cells, threshold or spots are not the usual."""
    of = energies(p)
    material, _ = PRESETS[p.preset]
    n_spots = p.spot_fineness * float(np.mean([gflash.n_spots(material, energy) for energy in of]))
    scale, power = HITS[p.preset]
    n_hit = min(float(np.mean(scale * of**power)) * p.spot_fineness**HITS_BY_FINENESS, p.n_cells**2)
    n_files = len(planned(Path(), n_events, p))
    return {
        "seconds": n_events * (SECONDS_PER_SHOWER + SECONDS_PER_SPOT * n_spots),
        "gb": (n_events * (BYTES_PER_SHOWER + BYTES_PER_HIT * n_hit) + n_files * BYTES_PER_FILE) / 1e9,
    }


def planned(folder: Path, n_events: int, p: SimulationParameters) -> list[tuple[Path, int, int, int]]:
    """The files of `n_events`: path, run, number of the first shower, how many."""
    size = max(min(SHOWERS_PER_FILE, -(-n_events // FEWEST_FILES)), 1)
    files = []
    for k, first in enumerate(range(0, n_events, size)):
        run = p.first_run + k // FILES_PER_RUN
        path = folder / f"zdc_{run:04d}_{k % FILES_PER_RUN:03d}_sim.h5"
        files.append((path, run, first, min(size, n_events - first)))
    return files


def simulate(
    folder: Path,
    n_events: int,
    seed: int = 1,
    parameters: SimulationParameters = SimulationParameters(),
    progress: Progress | None = None,
) -> list[Path]:
    """Write `n_events` to `folder` as `zdc_<run>_<subrun>_sim.h5`; return the files.

    At most 10,000 showers in a file, but ten files or more where there are showers enough. Every file is written whole or not at all;
    those that are there with the same showers are passed over, so that what was stopped goes on. `progress(done, total)` may raise to stop.
    """
    parameters.check()
    workspace.make_folder(folder)
    files = []
    for path, run, first, n in planned(folder, n_events, parameters):
        origin: dict[str, str | int] = {
            "parameters": json.dumps(asdict(parameters)),
            "seed": seed,
            "first": first,
            "n": n,
        }
        if not _holds(path, origin):
            with appending(path, origin) as append:
                for part, done in _batches(n, seed, parameters, first, run):
                    append(part)
                    if progress is not None:
                        progress(done, n_events)
        elif progress is not None:
            progress(first + n, n_events)
        files.append(path)
    return files


def _batches(n: int, seed: int, p: SimulationParameters, first: int, run: int) -> Iterator[tuple[Showers, int]]:
    """The showers of a file and the number behind the last, in order; a thread for each core simulates a batch ahead."""
    waiting: deque[tuple[Future[Showers], int]] = deque()
    n_threads = default_jobs()
    with threads.pool(n_threads) as pool:
        for start in range(first, first + n, BATCH):
            stop = min(start + BATCH, first + n)
            waiting.append((pool.submit(simulate_showers, stop - start, seed, p, start, run), stop))
            if len(waiting) > n_threads:
                future, done = waiting.popleft()
                yield future.result(), done
        for future, done in waiting:
            yield future.result(), done


def _holds(path: Path, origin: dict[str, str | int]) -> bool:
    """Whether a file holds the showers of this origin; one that is damaged, or of another, does not."""
    if not path.is_file():
        return False
    try:
        with h5py.File(path, "r") as file:
            return {name: file.attrs.get(name) for name in origin} == origin and len(file["number"]) == origin["n"]
    except (OSError, KeyError):
        return False
