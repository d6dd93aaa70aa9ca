"""One row in words: its identity as runID.OHDU.frame.cluster, and its simulated truth."""

import re

import numpy as np

from core.connie.classes import FINE
from core.connie.truth import SPECIES
from core.data.dataset import Dataset
from core.errors import DarkroomError

UID_BITS = {"ohdu": 8, "frame": 8, "cluster": 22}  # runID has the 25 bits above them


def uid(runid: int, ohdu: int, frame: int, n_clusters: int) -> np.ndarray:
    """int64 (n_clusters,): the identities of an image's clusters, in their order."""
    numbers = {"ohdu": ohdu, "frame": frame, "cluster": max(n_clusters - 1, 0)}
    for name, value in numbers.items():
        if not 0 <= value < 1 << UID_BITS[name]:
            raise DarkroomError(f"{name} is {value}: expected 0 to {(1 << UID_BITS[name]) - 1}; split the file.")
    if not 0 <= runid < 1 << 25:
        raise DarkroomError(f"runID is {runid}: expected 0 to {(1 << 25) - 1}; correct the header or the file's name.")
    number = runid
    for name in ("ohdu", "frame"):
        number = number << UID_BITS[name] | numbers[name]
    return (number << UID_BITS["cluster"]) + np.arange(n_clusters, dtype=np.int64)


def uid_text(number: int) -> str:
    """The identity of a row as runID.OHDU.frame.cluster."""
    parts = []
    for bits in (UID_BITS["cluster"], UID_BITS["frame"], UID_BITS["ohdu"]):
        parts.append(number & ((1 << bits) - 1))
        number >>= bits
    return ".".join(map(str, (number, *reversed(parts))))


def parse_uid(text: str) -> int:
    """The inverse of `uid_text`; the integer itself is taken too."""
    text = text.strip()
    if re.fullmatch(r"\d{1,19}", text):
        return int(text)
    if re.fullmatch(r"\d{1,8}\.\d{1,3}\.\d{1,3}\.\d{1,7}", text):
        runid, ohdu, frame, cluster = map(int, text.split("."))
        fits = zip((ohdu, frame, cluster), ("ohdu", "frame", "cluster"), strict=True)
        if all(value < 1 << UID_BITS[name] for value, name in fits) and runid < 1 << 25:
            return int(uid(runid, ohdu, frame, 1)[0]) + cluster
    raise DarkroomError(
        f"'{text}' is no track: expected runID.OHDU.frame.cluster, for example 246.2.0.1234, or its number."
    )


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """Which image a row lies in and, of simulated data, what it is made of, in words."""
    image = {name: int(dataset.column(name)[row]) for name in ("run", "runid", "ohdu")}
    told = {"image": f"run {image['run']}, runID {image['runid']}, OHDU {image['ohdu']}"}
    return told | (_truth(dataset, row) if dataset.simulated else {})


def _truth(dataset: Dataset, row: int) -> dict[str, str]:
    fine, species = int(dataset.column("truth_class")[row]), int(dataset.column("truth_species")[row])
    told = {
        "simulated class": FINE[fine] if fine >= 0 else "unknown",
        "simulated as": SPECIES[species] if species >= 0 else "nothing that was simulated",
    }
    for name, title, form in (
        ("truth_share", "its share of the charge", "{:.2f}"),
        ("truth_energy_kev", "simulated energy [keV]", "{:,.1f}"),
        ("truth_theta_deg", "simulated zenith angle [deg]", "{:.1f}"),
    ):
        value = float(dataset.column(name)[row])
        if np.isfinite(value):
            told[title] = form.format(value)
    return told
