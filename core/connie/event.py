"""One row in words: its identity as runID.OHDU.part.frame.cluster, and its simulated truth.

The part is that of the file name, for the files of one exposure share runID and OHDU; the frame is the place of the image
in its file.
"""

import re
from collections.abc import Sequence

import numpy as np

from core.connie.classes import FINE
from core.connie.truth import SPECIES
from core.data.dataset import Dataset
from core.errors import DarkroomError

UID_BITS = {"runid": 23, "ohdu": 6, "part": 6, "frame": 8, "cluster": 20}  # from the highest, 63 together
LIMITS = {name: 1 << bits for name, bits in UID_BITS.items()}


def uid(runid: int, ohdu: int, part: int, frame: int, n_clusters: int) -> np.ndarray:
    """int64 (n_clusters,): the identities of an image's clusters, in their order. `part`: 0 where the name tells none."""
    numbers = (runid, ohdu, part, frame, max(n_clusters - 1, 0))
    for (name, limit), value in zip(LIMITS.items(), numbers, strict=True):
        if not 0 <= value < limit:
            raise DarkroomError(
                f"The {name} of an image is {value:,}: expected 0 to {limit - 1:,}. Correct the header or the file's name, or divide the file."
            )
    return _number((*numbers[:-1], 0)) + np.arange(n_clusters, dtype=np.int64)


def _number(parts: Sequence[int]) -> int:
    number = 0
    for bits, part in zip(UID_BITS.values(), parts, strict=True):
        number = number << bits | part
    return number


def uid_text(number: int) -> str:
    """The identity of a row as runID.OHDU.part.frame.cluster."""
    parts: list[int] = []
    for limit in reversed(LIMITS.values()):
        number, part = divmod(number, limit)
        parts.append(part)
    return ".".join(map(str, reversed(parts)))


def parse_uid(text: str) -> int:
    """The inverse of `uid_text`; the integer itself is taken too."""
    text = text.strip()
    if re.fullmatch(r"\d{1,19}", text, re.ASCII) and int(text) < 1 << 63:
        return int(text)
    if re.fullmatch(r"\d{1,7}(\.\d{1,7}){4}", text, re.ASCII):
        parts = tuple(map(int, text.split(".")))
        if all(part < limit for part, limit in zip(parts, LIMITS.values(), strict=True)):
            return _number(parts)
    raise DarkroomError(
        f"'{text[:80]}' is no track: expected runID.OHDU.part.frame.cluster, for example 246.2.1.0.1234, or its number."
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
