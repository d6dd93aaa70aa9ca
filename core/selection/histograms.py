"""Histograms of the rows that a selection keeps, by class."""

from collections.abc import Sequence

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


def classes_drawn(
    selected: Selected, of: str | None = None, among: np.ndarray | None = None
) -> tuple[np.ndarray, list[str]]:
    """(int8 (n_rows,): place of the class of each row, -1 outside of the cuts; the names, the last one of rows without a label).

    Only of one class with `of`, only rows whose numbers are in `among` (k,) with that.
    """
    cutting = selected.cutting
    if of is not None:
        labels, names = np.where(cutting.labels == selected.classes.index(of), 0, -1).astype(np.int8), [of]
    else:
        rest = class_names(selected)[-1]
        labels, names = histograms.by_name(cutting.labels, cutting.preselected, selected.classes, rest)
    if among is not None:
        chosen = np.full(len(labels), -1, np.int8)
        chosen[among] = labels[among]
        labels = chosen
    return labels, names


def rows_by_class(is_in: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, dict[str, int]]:
    """(row numbers int64 (k,) where `is_in` (n_rows,) and that have a class; how many of each class that has any)."""
    rows = np.flatnonzero(is_in & (labels >= 0))
    counts = np.bincount(labels[rows], minlength=len(names)).tolist()
    return rows, {name: n for name, n in zip(names, counts, strict=True) if n}


def class_histograms(selected: Selected, column: Column) -> dict[str, Histogram]:
    """A column per class of a selection, and of the rows inside the cuts without a label; classes without a row are left out.

    The range is that of `usual_range`.
    """
    values = selected.dataset.column(column.name)
    low, high = usual_range(selected, column)
    labels, names = classes_drawn(selected)
    by_class = histograms.class_histograms(values, labels, names, low, high, column.n_bins)
    return {name: histogram for name, histogram in by_class.items() if histogram.n}
