"""Kinds of masks by hand: the three types that the slides sort by eye, on keys 1 to 3, and a key for the rest.

Labels are frozen into the derived column `hand_label`, which the analysis of kinds compares with what it has found without a person.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.data.dataset import Dataset, read_array
from core.data.table import Column, Derived
from core.labels.freeze import freeze
from core.labels.label_fractions import MAJORITY_RULE
from core.labels.record import Labelling, Scale
from core.zdc.features import FLAGS
from core.zdc.grid import from_arrays
from core.zdc.mapping import Mapping as ShowerMapping

CLASSES = ("type 1", "type 2", "type 3", "other")
COLUMN = Column("hand_label", "Hand label", "", -0.5, 4.5, 5, 0, "Index of the kind that most labellers chose")
FACTS = (
    ("energy_gev", "energy [GeV]", "{:,.4g}"),
    ("n_cells", "hit cells", "{:,.0f}"),
    ("brightest_gev", "brightest cell [GeV]", "{:,.4g}"),
    ("e1_share", "its share", "{:.3f}"),
    ("second_share", "second share", "{:.3f}"),
    ("e9_share", "3 x 3 share", "{:.3f}"),
    ("width_x_mm", "width x [mm]", "{:.1f}"),
    ("width_y_mm", "width y [mm]", "{:.1f}"),
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
    values = {title: (form, float(dataset.column(name)[row])) for name, title, form in FACTS}
    measured = {
        title: form.format(value) if np.isfinite(value) else "undefined" for title, (form, value) in values.items()
    }
    flags = int(dataset.column("flags")[row])
    return measured | {"flags": ", ".join(name for i, name in enumerate(FLAGS) if flags >> i & 1) or "none"}


def compute(
    dataset: Dataset, selected: None, progress: Callable[[int, int], None]
) -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
    """The present labels of all labellers, frozen as columns."""
    del selected
    frozen = freeze(dataset, CLASSES, COLUMN.name, ShowerMapping)
    progress(dataset.n_rows, dataset.n_rows)
    return frozen


LABELLING = Labelling(
    classes=classes,
    crop=crop,
    scale=scale,
    facts=facts,
    column=COLUMN.name,
    mapping=ShowerMapping,
    explanation=(
        "The image of a shower, with cells that are not hit in the first colour. Which types there are is for you to say, as on the slides: a core "
        "with its halo, a core between two cells, one without a halo, say. Keep to your definition; others may see yours in the agreement."
    ),
)

DERIVED = {
    COLUMN.name: Derived(
        column=COLUMN,
        explanation=(
            f"The kinds of showers told by hand so far, frozen: {MAJORITY_RULE}. The analysis of kinds compares them with those that it finds."
        ),
        compute=compute,
        needs_selection=False,
    )
}
