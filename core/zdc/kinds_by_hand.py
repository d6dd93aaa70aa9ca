"""Kinds of masks by hand: the three types that the slides sort by eye, on keys 1 to 3, and a key for the rest.

Labels are frozen into the derived column `hand_label`, which the analysis of kinds compares with what it has found without a person.
"""

import numpy as np

from core.data.dataset import Dataset, read_array
from core.data.table import Column
from core.labels.freeze import frozen_column
from core.labels.label_fractions import MAJORITY_RULE
from core.labels.record import Fact, Labelling, Pixels, Scale, measured
from core.zdc.features import FLAGS
from core.zdc.grid import from_arrays
from core.zdc.mapping import Mapping as ShowerMapping

CLASSES = ("type 1", "type 2", "type 3", "other")
COLUMN = Column("hand_label", "Hand label", "", -0.5, 4.5, 5, 0, "Index of the kind that most labellers chose")
FACTS = (
    Fact("energy_gev", "energy [GeV]", "{:,.4g}"),
    Fact("n_cells", "hit cells", "{:,.0f}"),
    Fact("brightest_gev", "brightest cell [GeV]", "{:,.4g}"),
    Fact("e1_share", "its share", "{:.3f}"),
    Fact("second_share", "second share", "{:.3f}"),
    Fact("e9_share", "3 x 3 share", "{:.3f}"),
    Fact("width_x_mm", "width x [mm]", "{:.1f}"),
    Fact("width_y_mm", "width y [mm]", "{:.1f}"),
)
BRIGHT = 1e5  # of the threshold: the last colour where all showers have the same


def classes(dataset: Dataset) -> tuple[str, ...]:  # noqa: ARG001
    """The kinds, the same for every data set."""
    return CLASSES


def crop(dataset: Dataset, row: int) -> np.ndarray:
    """float32 (n_y, n_x): the image of a shower [MeV]."""
    cells: np.ndarray = read_array(dataset, "cells_mev", [row])[0]
    return cells


def scale(dataset: Dataset) -> Scale:
    """From the threshold on, so that the first colour is a cell that is not hit."""
    low = max(from_arrays(dataset.geometry).threshold_mev, 1e-3)
    return Scale("MeV", low, BRIGHT * low)


def facts(dataset: Dataset, row: int) -> dict[str, str]:
    """What is measured of a shower, nothing of truth."""
    return measured(dataset, row, FACTS, FLAGS)


LABELLING = Labelling(
    classes=classes,
    pixels=Pixels(crop, scale),
    facts=facts,
    column=COLUMN.name,
    mapping=ShowerMapping,
    explanation=(
        "The image of a shower, with cells that are not hit in the first colour. Which types there are is for you to say, as on the slides: a core "
        "with its halo, a core between two cells, one without a halo, say. Keep to your definition; others may see yours in the agreement."
    ),
)

DERIVED = {
    COLUMN.name: frozen_column(
        COLUMN,
        classes,
        ShowerMapping,
        f"The kinds of showers told by hand so far, frozen: {MAJORITY_RULE}. The analysis of kinds compares them with those that it finds.",
    )
}
