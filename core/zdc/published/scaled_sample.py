"""The 50 million positrons of the slides, or a part of them: what they cost, and how they are made.

The slides print their number and that they are even in energy ("balanced"), but no energies, no calorimeter and no place: here they are
even from 1 to 300 GeV, in 20 cm of PbWO4, and hit a square of +-5 cells. Half of them lie above 150 GeV, and a third of a per cent
below 2, which is what "balanced" costs: a generator sees few of the showers that differ most.
"""

from pathlib import Path

from core import workspace
from core.data.simulation import ScaledSample
from core.zdc import simulate
from core.zdc.simulate import Progress, SimulationParameters

N_EVENTS = 50_000_000
PARAMETERS = SimulationParameters(particle="e+", energy_low_gev=1.0, energy_high_gev=300.0, spectrum="uniform")
PREPARED_BYTES_PER_EVENT, PREPARE_SECONDS_PER_EVENT = 1330.0, 1e-4


def n_events(fraction: float) -> int:
    """How many showers a fraction of the slides' number is."""
    return round(N_EVENTS * fraction)


def cost(fraction: float) -> dict[str, float]:
    """Showers, seconds on a core and GB on disk (raw files and data set) of a fraction."""
    n = n_events(fraction)
    raw = simulate.cost(n, PARAMETERS)
    return {
        "n_events": float(n),
        "seconds": raw["seconds"] + n * PREPARE_SECONDS_PER_EVENT,
        "gb": raw["gb"] + n * PREPARED_BYTES_PER_EVENT / 1e9,
    }


def simulate_scaled(folder: Path, fraction: float = 1.0, seed: int = 1, progress: Progress | None = None) -> list[Path]:
    """Write the files to `folder`; those that are there are passed over. `progress(done, total)` may raise to stop."""
    n = n_events(fraction)
    workspace.make_folder(folder)
    there = sum(1 for path in folder.glob("zdc_*_sim.h5"))
    left = max(n - there * simulate.SHOWERS_PER_FILE, 0)
    workspace.need_free(folder, 1e9 * simulate.cost(left, PARAMETERS)["gb"])
    return simulate.simulate(folder, n, seed, PARAMETERS, progress)


SCALED = ScaledSample("the slides' 50 million positrons", cost, simulate_scaled)
