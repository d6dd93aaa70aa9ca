"""Histograms of the rows that a selection keeps, by class."""

import numpy as np

from core.data import histograms
from core.data.table import Column
from core.selection.events import class_names
from core.selection.selection import Selected
from core.statistics.histogram import Histogram

N_SAMPLED = 20_000


def usual_range(selected: Selected, column: Column) -> tuple[float, float]:
    """The column's declared range, or one that holds the rows inside the cuts where they lie elsewhere."""
    rows = selected.preselected[:: max(1, len(selected.preselected) // N_SAMPLED)]
    return histograms.usual_range(selected.dataset.column(column.name)[rows], (column.low, column.high))


def classes_drawn(selected: Selected) -> tuple[np.ndarray, list[str]]:
    """(int8 (n_rows,): place of the class of each row, -1 outside of the cuts; the names, the last one of rows without a label)."""
    cutting = selected.cutting
    return histograms.by_name(cutting.labels, cutting.preselected, selected.classes, class_names(selected)[-1])


def class_histograms(selected: Selected, column: Column) -> dict[str, Histogram]:
    """A column per class of a selection, and of the rows inside the cuts without a label; classes without a row are left out.

    The range is that of `usual_range`.
    """
    values = selected.dataset.column(column.name)
    low, high = usual_range(selected, column)
    labels, names = classes_drawn(selected)
    by_class = histograms.class_histograms(values, labels, names, low, high, column.n_bins)
    return {name: histogram for name, histogram in by_class.items() if histogram.n}
