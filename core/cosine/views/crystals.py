"""The crystals and their photomultipliers as a map: two rows of four, as they stand in the liquid scintillator."""

import numpy as np

from core.cosine.pulse import stored_records
from core.data.channels import Channels, DetectorMap
from core.data.dataset import Dataset

N_IN_ROW = 4
CRYSTAL_PX, PMT_PX = 40, 14
SPREAD = 0.36  # of the distance of two crystals: how far from the middle of one its photomultipliers are drawn
SIGMAS = 5.0  # of the noise, above which the highest sample of a channel is a pulse


def crystals(dataset: Dataset) -> np.ndarray:
    """int64 (n,): the crystals that the mapping names and those that the rows have, ascending."""
    named = dataset.meta["mapping"].get("crystals") or ()
    return np.unique(np.concatenate([np.asarray(named, np.int64), dataset.column("crystal").astype(np.int64)]))


def channels(dataset: Dataset) -> Channels:
    """Each crystal, and each of its channels; without a live time, which the files do not tell."""
    numbers, pmts = crystals(dataset), stored_records.channel_names(dataset)
    middle = np.stack([np.arange(len(numbers)) % N_IN_ROW, -(np.arange(len(numbers)) // N_IN_ROW)], axis=1).astype(
        np.float64
    )
    offset = np.linspace(-SPREAD, SPREAD, len(pmts)) if len(pmts) > 1 else np.zeros(1)
    of_pmts = [middle + np.array([x, -SPREAD]) for x in offset]
    names = [f"crystal {c}" for c in numbers.tolist()] + [
        f"crystal {c} {pmt}" for pmt in pmts for c in numbers.tolist()
    ]
    place = np.concatenate([middle, *of_pmts])
    n, kind = len(numbers), np.repeat(np.arange(1 + len(pmts)), len(numbers))
    return Channels(
        tuple(names), place, np.where(kind == 0, CRYSTAL_PX, PMT_PX), np.concatenate([middle] * (1 + len(pmts))), kind,
        ("crystal", *pmts), np.full(n * (1 + len(pmts)), np.nan),
    )  # fmt: skip


def hits(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row in its crystal, and in each channel whose highest sample stands above the noise."""
    numbers = crystals(dataset)
    crystal = np.searchsorted(numbers, dataset.column("crystal")[rows].astype(np.int64))
    row, channel = [rows], [crystal]
    for i in range(stored_records.n_channels(dataset)):
        height, noise = (dataset.column(f"{name}{i + 1}_adc")[rows] for name in ("height", "noise"))
        is_pulse = height > SIGMAS * noise  # false where either is NaN
        row.append(rows[is_pulse])
        channel.append(crystal[is_pulse] + len(numbers) * (1 + i))
    return np.concatenate(row), np.concatenate(channel)


MAP = DetectorMap(
    title="crystals and channels",
    explanation=(
        "Events of each crystal (large) and of each of its channels whose highest sample stands above five times the noise (small), of those that "
        "pass the filter; a click on one leaves its events. Surprising: a crystal without events, or a channel that sees fewer than its partner."
    ),
    sees="a crystal counts its rows, a channel those in which it has a pulse",
    channels=channels,
    hits=hits,
)
