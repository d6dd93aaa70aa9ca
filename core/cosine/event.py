"""One row in words: its identity as run.subrun.entry.crystal, its coincidence and its simulated truth."""

import re

import numpy as np

from core.cosine.rows import UID_BITS, uid
from core.cosine.simulate import POPULATIONS
from core.data.dataset import Dataset
from core.errors import DarkroomError


def uid_text(number: int) -> str:
    """The identity of a row as run.subrun.entry.crystal."""
    parts = []
    for bits in (UID_BITS["crystal"], UID_BITS["entry"], UID_BITS["subrun"]):
        parts.append(number & ((1 << bits) - 1))
        number >>= bits
    return ".".join(map(str, (number, *reversed(parts))))


def parse_uid(text: str) -> int:
    """The inverse of `uid_text`; the integer itself is taken too."""
    text = text.strip()
    if re.fullmatch(r"\d{1,19}", text):
        return int(text)
    if re.fullmatch(r"\d{1,6}\.\d{1,4}\.\d{1,9}\.\d{1,2}", text):
        run, subrun, entry, crystal = map(int, text.split("."))
        fits = zip((subrun, entry, crystal), ("subrun", "entry", "crystal"), strict=True)
        if all(value < 1 << UID_BITS[name] for value, name in fits):
            return int(uid(run, subrun, np.array([entry]), crystal)[0])
    raise DarkroomError(
        f"'{text}' is no event: expected run.subrun.entry.crystal, for example 1765.3.42.1, or its number."
    )


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """Coincidence, event number and, of simulated data, the truth of a row, in words."""
    coincident = int(dataset.column("coincident")[row])
    told = {"coincident": {0: "no", 1: "yes"}.get(coincident, "unknown")}
    if dataset.simulated:
        told |= _truth(dataset, row)
    return told | {"event number": str(int(dataset.column("event")[row]))}


def _truth(dataset: Dataset, row: int) -> dict[str, str]:
    population = int(dataset.column("truth_population")[row])
    energy_kev = float(dataset.column("truth_energy_kev")[row])
    n_pe = int(dataset.column("truth_n_pe")[row])
    told = {"simulated as": POPULATIONS[population].replace("_", " ") if population >= 0 else "unknown"}
    if np.isfinite(energy_kev):
        told["simulated energy [keV]"] = f"{energy_kev:.2f}"
    if n_pe >= 0:
        told["simulated photoelectrons"] = str(n_pe)
    return told
