"""CONNIE labels by hand: the seven fine classes on keys 1 to 7, what stands beside a track, and labels as a column.

Tracks of an imported table of votes are labelled with the classes of that table. Labels are frozen into the derived
column `hand_label` (index of the class, NaN without) and one column per class with the part of the votes.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.connie.classes import FINE
from core.connie.features import FLAGS
from core.connie.select import class_names
from core.connie.votes import vote_classes, vote_shares
from core.data.dataset import Dataset, read_arrays
from core.experiment import Column, Derived
from core.labels.freeze import freeze, frozen_shares
from core.labels.record import Labelling, Scale
from core.labels.soft import MAJORITY_RULE

if TYPE_CHECKING:
    from core.data.selection import Selection

COLUMN = Column("hand_label", "Hand label", "", -0.5, 7.5, 8, 0, "Index of the class that most labellers chose")
FACTS = (
    ("charge_e", "Q [{unit}]", "{:,.0f}"),
    ("energy_kev", "E [keV]", "{:,.1f}"),
    ("length_px", "L [px]", "{:,.1f}"),
    ("dedx_kev_per_um", "dE/dx [eV/µm]", "{:,.0f}"),
    ("width_px", "W [px]", "{:.2f}"),
    ("npix", "pixels", "{:,.0f}"),
    ("max_e", "highest pixel [{unit}]", "{:,.0f}"),
    ("theta_deg", "zenith θ [deg]", "{:.0f}"),
)


def classes(dataset: Dataset) -> tuple[str, ...]:
    """What a track of this data set can be called: the classes of an imported table, else the fine labels."""
    return vote_classes(dataset) or FINE


def crop(dataset: Dataset, row: int) -> np.ndarray:
    """float32 (height, width): the stored crop of a track, e-."""
    height, width = (int(dataset.column(f"crop_{side}_px")[row]) for side in ("height", "width"))
    stored: np.ndarray = read_arrays(dataset, [row]).item(0)
    return stored.reshape(height, width)


def scale(dataset: Dataset) -> Scale:
    """Electrons from the weak threshold to a saturating alpha; grey values for images of an imported table."""
    return Scale("grey value", 1.0, 255.0) if vote_classes(dataset) else Scale("e⁻", 8.0, 2e4)


def facts(dataset: Dataset, row: int) -> dict[str, str]:
    """What a labeller may know of a track: measured quantities and flags, nothing of truth or scores."""
    told, unit = {}, scale(dataset).unit
    for name, title, form in FACTS:
        value = float(dataset.column(name)[row]) * (1e3 if name == "dedx_kev_per_um" else 1.0)
        told[title.replace("{unit}", unit)] = form.format(value) if np.isfinite(value) else "undefined"
    flags = int(dataset.column("flags")[row])
    return told | {"flags": ", ".join(name for i, name in enumerate(FLAGS) if flags >> i & 1) or "none"}


def compute(
    dataset: Dataset, selected: None, progress: Callable[[int, int], None]
) -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
    """The labels of all labellers as they are now."""
    del selected
    made = freeze(dataset, classes(dataset), COLUMN.name)
    progress(dataset.n_rows, dataset.n_rows)
    return made


def soft_labels(dataset: Dataset, selection: "Selection") -> np.ndarray | None:
    """float32 (n_rows, n_classes) in the order of the selection's classes, rows adding up to 1; None for other schemes.

    Votes for an excluded fine label do not count; a row without any other votes is NaN.
    """
    if selection.labels == "votes":
        return vote_shares(dataset)
    shares = frozen_shares(dataset, COLUMN.name) if selection.labels == "hand" else None
    if shares is None or vote_classes(dataset):
        return shares
    return merged(shares, class_names(selection.cuts)[: len(FINE)])


def merged(shares: np.ndarray, class_of: np.ndarray) -> np.ndarray:
    """float32 (n, n_classes): parts of fine labels (n, n_fine) added up by class; class_of int8 (n_fine,), -1 excluded."""
    out = np.zeros((len(shares), int(class_of.max()) + 1), np.float32)
    for fine, index in enumerate(class_of):
        if index >= 0:
            out[:, index] += shares[:, fine]
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0, out / np.where(total > 0, total, 1), np.float32(np.nan)).astype(np.float32)


LABELLING = Labelling(
    classes=classes,
    crop=crop,
    scale=scale,
    facts=facts,
    column=COLUMN.name,
    explanation=(
        "The track alone, pixels of others left out, and what lies around it (its own box in colour, others grey). "
        "A muon is straight and even, wider at its far end; a worm is kinked and brightens where it stops."
    ),
)

DERIVED = {
    COLUMN.name: Derived(
        column=COLUMN,
        explanation=(
            f"The labels made by hand so far, frozen, so that a training can name what it used: {MAJORITY_RULE}. "
            "Parts of the votes are kept beside them."
        ),
        compute=compute,
        needs_selection=False,
    )
}
