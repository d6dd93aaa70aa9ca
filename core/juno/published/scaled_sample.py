"""The 3.6 million electrons and positrons of the slides, or a part of them: what they cost, and how they are made.

The slides print their number and that they are uniform in the detector, but no energies: here they are uniform from 1.5 to 10 MeV.
"""

from pathlib import Path

from core import workspace
from core.data.simulation import ScaledSample
from core.juno import simulate
from core.juno.simulate import Progress, SimulationParameters
from core.juno.simulation.writing import write_events

N_EVENTS = 3_600_000
PARAMETERS = SimulationParameters()
PREPARED_BYTES_PER_HIT, PREPARE_SECONDS_PER_EVENT = 3.6, 0.004


def n_events(fraction: float) -> int:
    """How many events a fraction of the slides' numbers is."""
    return round(N_EVENTS * fraction)


def cost(fraction: float) -> dict[str, float]:
    """Events, seconds and GB on disk (raw files and data set) of a fraction."""
    n = n_events(fraction)
    raw = simulate.cost(n, PARAMETERS)
    prepared_gb = n * simulate.mean_hits(PARAMETERS) * PREPARED_BYTES_PER_HIT / 1e9
    return {
        "n_events": float(n),
        "seconds": raw["seconds"] + n * PREPARE_SECONDS_PER_EVENT,
        "gb": raw["gb"] + prepared_gb,
    }


def simulate_scaled(folder: Path, fraction: float = 1.0, seed: int = 1, progress: Progress | None = None) -> list[Path]:
    """Write the files to `folder` one after the other; those that are there are passed over. Every event has random numbers of its
    own, so it is the same however often this was stopped. `progress(done, total)` may raise to stop.
    """
    workspace.make_folder(folder)
    n_all = n_events(fraction)
    plan = simulate.planned(folder, n_all, PARAMETERS)
    left = sum(n for path, _run, _first, n in plan if not path.exists())
    workspace.need_free(folder, 1e9 * simulate.cost(left, PARAMETERS)["gb"])
    for path, run, first, n in plan:
        if not path.exists():
            simulated = simulate.simulate_events(n, seed, PARAMETERS, first, run)
            write_events(path, simulated, simulate.geometry_of(PARAMETERS))
        if progress is not None:
            progress(first + n, n_all)
    return [path for path, *_ in plan]


SCALED = ScaledSample("the slides' 3.6 million electrons and positrons", cost, simulate_scaled)
