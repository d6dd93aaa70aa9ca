"""One row in words: its coincidence and its simulated truth."""

import numpy as np

from core.cosine.rows import LABEL
from core.cosine.simulate import POPULATIONS
from core.data.dataset import Dataset


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """Coincidence, event number and, of simulated data, the truth of a row, in words."""
    coincident = int(dataset.column("coincident")[row])
    facts = {"coincident": {0: "no", 1: "yes"}.get(coincident, "unknown")}
    if dataset.has(LABEL):
        label = int(dataset.column(LABEL)[row])
        facts["class in the file"] = dataset.meta["classes"][label] if label >= 0 else "none"
    if dataset.simulated:
        facts |= _truth(dataset, row)
    return facts | {"event number": str(int(dataset.column("event")[row]))}


def _truth(dataset: Dataset, row: int) -> dict[str, str]:
    population = int(dataset.column("truth_population")[row])
    energy_kev = float(dataset.column("truth_energy_kev")[row])
    n_pe = int(dataset.column("truth_n_pe")[row])
    facts = {"simulated as": POPULATIONS[population].replace("_", " ") if population >= 0 else "unknown"}
    if np.isfinite(energy_kev):
        facts["simulated energy [keV]"] = f"{energy_kev:.2f}"
    if n_pe >= 0:
        facts["simulated photoelectrons"] = str(n_pe)
    return facts


def time_s(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Times of rows [s], float64 (k,), as the file keeps them; NaN where it does not."""
    seconds = dataset.column("time_s")[rows].astype(np.float64)
    return np.where(seconds >= 0.0, seconds, np.nan)
