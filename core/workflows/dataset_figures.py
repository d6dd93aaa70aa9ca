"""The histograms of a data set by class, as its experiment shows them where rows are selected."""

from core.data.dataset import Dataset
from core.data.table import columns_of
from core.experiment import Experiment
from core.figures.histograms import step_histogram
from core.judge.report import Figure
from core.selection.histograms import class_histograms
from core.selection.schemes import with_usable_labels
from core.selection.selection import Selection, select
from core.statistics.histogram import histogram_columns

NOTE = (
    "Rows inside the cuts by class, with statistical errors; what lies outside the axis is told in the legend. A spike or a hole would "
    "ask for a look at its rows."
)


def usable(experiment: Experiment, dataset: Dataset, selection: Selection) -> Selection:
    """The selection with labels that the data set has."""
    return with_usable_labels(experiment.selecting, experiment.labels, dataset, selection)


def panels(experiment: Experiment, dataset: Dataset, selection: Selection) -> tuple[Figure, ...]:
    """One histogram for each of the experiment's panels of which the data set has the column."""
    selected = select(experiment.selecting, experiment.labels, dataset, selection)
    columns = {column.name: column for column in columns_of(experiment.table, dataset)}
    figures = []
    for name in (panel.column for panel in experiment.selecting.panels if panel.column in columns):
        column = columns[name]
        by_class = class_histograms(selected, column)
        if by_class:
            drawn = step_histogram(by_class, column.label, column.unit, rows=f"{experiment.row_name}s")
            figures.append(Figure(column.label, drawn, f"{column.title}. {NOTE}", histogram_columns(by_class)))
    return tuple(figures)
