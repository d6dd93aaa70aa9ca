"""One row in words: its identity as run.sub-run.event, and its simulated truth."""

import numpy as np

from core.data.dataset import Dataset
from core.data.uid import Uid

UID = Uid("event", "run.sub-run.event", "1.0.17", bits={"run": 23, "subrun": 14, "event": 26})
CLASSES = ("electron", "positron", "muon")
"""In the order of `truth_class`, -1 where it is unknown."""


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """Run and sub-run of an event and, of simulated data, its truth, in words."""
    numbers = UID.unpack(int(dataset.column("uid")[row]))
    facts = {"run": f"{numbers['run']}, sub-run {numbers['subrun']}"}
    kind = int(dataset.column("truth_class")[row])
    if not dataset.simulated or kind < 0:
        return facts
    facts["simulated class"] = CLASSES[kind]
    energy_mev = float(dataset.column("true_energy_mev")[row])
    if np.isfinite(energy_mev):
        facts["simulated energy [MeV]"] = f"{energy_mev:,.3f}"
    place_m = [float(dataset.column(f"true_{axis}_m")[row]) for axis in "xyz"]
    if np.isfinite(place_m).all():
        facts["simulated vertex [m]"] = ", ".join(f"{value:.2f}" for value in place_m)
        fitted_m = [float(dataset.column(f"vertex_{axis}_m")[row]) for axis in "xyz"]
        if np.isfinite(fitted_m).all():
            facts["vertex off by [cm]"] = f"{100.0 * float(np.linalg.norm(np.subtract(fitted_m, place_m))):.1f}"
    return facts
