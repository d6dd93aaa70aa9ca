"""The only caches: read-only columns and results, keyed by small values and bounded.

Keys are data set ids and digests, never arrays: Streamlit hashes large arrays from a sample.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from core import parameters
from core.data import dataset, events, histograms, selection
from core.experiment import Column, Experiment
from core.judge.histogram import Histogram, Histogram2d
from core.registry import experiment_by_key

N_BINS_2D = 80


@st.cache_resource(max_entries=256, show_spinner=False)
def _column(table: str, name: str) -> Any:
    return dataset.read_column(Path(table), name)  # a grown data set has another table file


def open_dataset(name: str) -> dataset.Dataset:
    """A data set whose columns come from the cache."""
    opened = dataset.open_dataset(name)
    return dataset.Dataset(opened.path, opened.meta, lambda table, column: _column(str(table), column))


def experiment_of(data: dataset.Dataset) -> Experiment:
    return experiment_by_key(data.experiment)


@st.cache_resource(max_entries=16, show_spinner=False)
def _selected(_data: dataset.Dataset, _selection: selection.Selection, dataset_id: str, key: str) -> selection.Selected:
    del dataset_id, key
    return selection.select(experiment_of(_data), _data, _selection)


def select(data: dataset.Dataset, chosen: selection.Selection) -> selection.Selected:
    """The rows of a selection; a cut that was made before is not made again."""
    return _selected(data, chosen, data.id, selection_key(chosen))


def selection_key(chosen: selection.Selection) -> str:
    return "|".join((parameters.digest(chosen.cuts), chosen.labels, parameters.digest(chosen.split)))


@st.cache_resource(max_entries=256, show_spinner=False)
def _histograms(
    _selected: selection.Selected, dataset_id: str, key: str, column: str, low: float, high: float, n_bins: int
) -> dict[str, Histogram]:
    del dataset_id, key
    cutting, data = _selected.cutting, _selected.dataset
    labels, names = histograms.by_name(
        cutting.labels, cutting.preselected, _selected.classes, events.class_names(_selected.classes)[-1]
    )
    found = histograms.class_histograms(data.column(column), labels, names, low, high, n_bins)
    return {name: one for name, one in found.items() if one.n}


def class_histograms(selected: selection.Selected, column: Column) -> dict[str, Histogram]:
    """A column per class of a selection, and of the rows inside the cuts without a label."""
    low, high = usual_range(selected.dataset, column)
    return _histograms(
        selected, selected.dataset.id, selection_key(selected.selection), column.name, low, high, column.n_bins
    )


def usual_range(data: dataset.Dataset, column: Column) -> tuple[float, float]:
    """The column's declared range, or one that holds the data where they lie elsewhere."""
    return _usual_range(data, data.id, column.name, column.low, column.high)


@st.cache_data(max_entries=256, show_spinner=False)
def _usual_range(_data: dataset.Dataset, dataset_id: str, name: str, low: float, high: float) -> tuple[float, float]:
    del dataset_id
    return histograms.usual_range(_data.column(name), (low, high))


@st.cache_resource(max_entries=64, show_spinner=False)
def _histogram_2d(
    _selected: selection.Selected, dataset_id: str, key: str, x: Column, y: Column, class_index: int
) -> Histogram2d:
    del dataset_id, key
    data, cutting = _selected.dataset, _selected.cutting
    chosen = cutting.preselected if class_index < 0 else cutting.labels == class_index
    ranges = usual_range(data, x), usual_range(data, y)
    return histograms.histogram_2d(data.column(x.name), data.column(y.name), chosen, *ranges, N_BINS_2D)


def histogram_2d(selected: selection.Selected, x: Column, y: Column, class_index: int) -> Histogram2d:
    """Two columns of the rows of a class, or with -1 of all rows inside the cuts."""
    return _histogram_2d(selected, selected.dataset.id, selection_key(selected.selection), x, y, class_index)


@st.cache_data(max_entries=64, show_spinner=False)
def _values(_data: dataset.Dataset, dataset_id: str, column: str) -> list[Any]:
    del dataset_id
    return sorted(set(_data.column(column).tolist()))


def values(data: dataset.Dataset, column: str) -> list[Any]:
    """The distinct values of a column: runs, crystals."""
    return _values(data, data.id, column)
