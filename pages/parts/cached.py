"""The only caches: read-only columns and results, keyed by small values and bounded.

Keys are data set ids and digests, never arrays: Streamlit hashes large arrays from a sample.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from core import parameters
from core.data import cuts, dataset, selection
from core.experiment import Experiment
from core.registry import experiment_by_key


@st.cache_resource(max_entries=256, show_spinner=False)
def _column(path: str, dataset_id: str, name: str) -> Any:
    del dataset_id  # part of the key only: a grown data set is another one
    return dataset.read_column(Path(path), name)


def open_dataset(name: str) -> dataset.Dataset:
    """A data set whose columns come from the cache."""
    opened = dataset.open_dataset(name)
    return dataset.Dataset(opened.path, opened.meta, lambda path, column: _column(str(path), opened.id, column))


def experiment_of(data: dataset.Dataset) -> Experiment:
    return experiment_by_key(data.experiment)


@st.cache_resource(max_entries=16, show_spinner=False)
def _selected(_data: dataset.Dataset, _selection: selection.Selection, dataset_id: str, key: str) -> selection.Selected:
    del dataset_id, key
    return selection.select(experiment_of(_data), _data, _selection)


def select(data: dataset.Dataset, chosen: selection.Selection) -> selection.Selected:
    """The rows of a selection; a cut that was made before is not made again."""
    return _selected(data, chosen, data.id, _key(chosen))


def _key(chosen: selection.Selection) -> str:
    return "|".join((parameters.digest(chosen.cuts), chosen.labels, parameters.digest(chosen.split)))


@st.cache_data(max_entries=256, show_spinner=False)
def _histogram(
    _selected: selection.Selected, dataset_id: str, key: str, column: str, low: float, high: float, n_bins: int
) -> cuts.ClassHistogram:
    del dataset_id, key
    n_classes = len(_selected.experiment.classes)
    return cuts.histogram(_selected.dataset.column(column), _selected.cutting.labels, n_classes, low, high, n_bins)


def histogram(selected: selection.Selected, column: str, low: float, high: float, n_bins: int) -> cuts.ClassHistogram:
    """Histogram of a column per class of a selection."""
    data = selected.dataset
    return _histogram(selected, data.id, _key(selected.selection), column, low, high, n_bins)
