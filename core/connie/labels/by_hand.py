"""CONNIE labels by hand: the seven fine classes on keys 1 to 7, what stands beside a track, and labels as a column.

Tracks of an imported table of votes are labelled with the classes of that table. Labels are frozen into the derived
column `hand_label` (index of the class, NaN without) and one column per class with the part of the votes.
"""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from core.connie.clusters.stored_crops import crop_of, is_grey, unit
from core.connie.features import FLAGS
from core.connie.labels.classes import FINE
from core.connie.labels.votes import vote_classes, vote_shares
from core.connie.mapping import Mapping as TrackMapping
from core.connie.select import class_names
from core.data.dataset import Dataset
from core.data.table import Column
from core.labels.freeze import frozen_column, frozen_shares
from core.labels.label_fractions import MAJORITY_RULE
from core.labels.record import Fact, Labelling, Pixels, Scale, measured

if TYPE_CHECKING:
    from core.selection.selection import Selection

COLUMN = Column("hand_label", "Hand label", "", -0.5, 7.5, 8, 0, "Index of the class that most labellers chose")
FACTS = (
    Fact("charge_e", "Q [{unit}]", "{:,.0f}"),
    Fact("energy_kev", "E [keV]", "{:,.1f}"),
    Fact("length_px", "L [px]", "{:,.1f}"),
    Fact("dedx_kev_per_um", "dE/dx [eV/µm]", "{:,.0f}", 1e3),
    Fact("width_px", "W [px]", "{:.2f}"),
    Fact("npix", "pixels", "{:,.0f}"),
    Fact("max_e", "highest pixel [{unit}]", "{:,.0f}"),
    Fact("theta_deg", "zenith θ [deg]", "{:.0f}"),
)


def classes(dataset: Dataset) -> tuple[str, ...]:
    """The classes for labelling by hand: those of an imported table, else the fine labels."""
    return vote_classes(dataset) or FINE


def scale(dataset: Dataset) -> Scale:
    """Electrons from the weak threshold to a saturating alpha; grey values for small pictures."""
    return Scale(unit(dataset), 1.0, 255.0) if is_grey(dataset) else Scale(unit(dataset), 8.0, 2e4)


def facts(dataset: Dataset, row: int) -> dict[str, str]:
    """The facts of a track shown while labelling: measured quantities and flags, nothing of truth or scores."""
    named = [dataclasses.replace(fact, title=fact.title.replace("{unit}", unit(dataset))) for fact in FACTS]
    return measured(dataset, row, named, FLAGS)


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
    pixels=Pixels(crop_of, scale),
    facts=facts,
    column=COLUMN.name,
    mapping=TrackMapping,
    explanation=(
        "The track alone, pixels of others left out, and what lies around it (its own box in colour, others grey). "
        "A muon is straight and even, wider at its far end; a worm is kinked and brightens where it stops."
    ),
)

DERIVED = {
    COLUMN.name: frozen_column(
        COLUMN,
        classes,
        TrackMapping,
        f"The labels made by hand so far, frozen, so that a training can name what it used: {MAJORITY_RULE}. "
        "Parts of the votes are kept beside them.",
    )
}
