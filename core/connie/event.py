"""One row in words: its identity as runID.OHDU.part.frame.cluster, and its simulated truth.

The part is that of the file name, for the files of one exposure share runID and OHDU; the frame is the place of the image
in its file.
"""

import numpy as np

from core.connie.labels.classes import FINE
from core.connie.labels.truth import SPECIES
from core.data import detector_images
from core.data.dataset import Dataset
from core.data.uid import Uid

UID = Uid(
    "track", "runID.OHDU.part.frame.cluster", "246.2.1.0.1234",
    bits={"runid": 23, "ohdu": 6, "part": 6, "frame": 8, "cluster": 20},
)  # fmt: skip
LIMITS = {name: 1 << bits for name, bits in UID.bits.items()}


def uid(runid: int, ohdu: int, part: int, frame: int, n_clusters: int) -> np.ndarray:
    """int64 (n_clusters,): the identities of an image's clusters, in their order. `part`: 0 where the name tells none."""
    return UID.pack(runid, ohdu, part, frame, np.arange(max(n_clusters, 1)))[:n_clusters]


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """The image of a row and, of simulated data, its truth, in words."""
    image = {name: int(dataset.column(name)[row]) for name in ("run", "runid", "ohdu")}
    facts = {"image": f"run {image['run']}, runID {image['runid']}, OHDU {image['ohdu']}"}
    return facts | (_truth(dataset, row) if dataset.simulated else {})


def time_s(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """When the exposures of the tracks' images began, unix seconds float64 (k,); NaN where a header does not say."""
    begun = [facts.get("expstart_unix_s") for facts in dataset.images]
    known = np.array([np.nan if value is None else value for value in [*begun, None]], np.float64)
    return known[detector_images.image_of(dataset, rows)]  # -1, of a track without an image, is the last


def _truth(dataset: Dataset, row: int) -> dict[str, str]:
    fine, species = int(dataset.column("truth_class")[row]), int(dataset.column("truth_species")[row])
    facts = {
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
            facts[title] = form.format(value)
    return facts
