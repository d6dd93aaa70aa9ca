"""Histograms of the rows that a selection keeps, by class."""

from core.data import histograms
from core.data.table import Column
from core.selection.events import class_names
from core.selection.selection import Selected
from core.statistics.histogram import Histogram


def class_histograms(selected: Selected, column: Column) -> dict[str, Histogram]:
    """A column per class of a selection, and of the rows inside the cuts without a label; classes without a row are left out.

    The range is the column's declared one, or one that holds the data where they lie elsewhere.
    """
    cutting, values = selected.cutting, selected.dataset.column(column.name)
    low, high = histograms.usual_range(values, (column.low, column.high))
    labels, names = histograms.by_name(cutting.labels, cutting.preselected, selected.classes, class_names(selected)[-1])
    by_class = histograms.class_histograms(values, labels, names, low, high, column.n_bins)
    return {name: histogram for name, histogram in by_class.items() if histogram.n}
