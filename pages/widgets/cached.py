"""The only caches: read-only columns and results, keyed by small values and bounded.

A data set, a selection and the scores of a run stand for themselves by small keys (`KEYS`), never by their arrays, of which
Streamlit hashes only a sample when they are large.
"""

import dataclasses
import gc
from typing import Any

import streamlit as st
from streamlit import runtime

from core import parameters, runs
from core.data import dataset
from core.data.columncache import ColumnCache, through
from core.data.table import Column
from core.experiment import Experiment
from core.jobs import memory
from core.judge import score_table
from core.judge.score_table import ScoreTable
from core.labels import tag_log, tags
from core.registry import experiment_by_key
from core.selection import events, moving, panels, selection
from core.selection import histograms as by_class
from core.selection.selecting import Panel
from core.statistics.histogram import Histogram
from core.statistics.moving import Moving

COLUMN_SHARE = 8  # of the machine's memory, one part in


def selection_key(chosen: selection.Selection) -> str:
    return "|".join(
        (parameters.digest(chosen.cuts), chosen.labels, parameters.digest(chosen.split), parameters.digest(chosen.tags))
    )


def selected_key(selected: selection.Selected) -> str:
    """Changes whenever other rows are selected, also because other ones were tagged."""
    return "|".join((selected.dataset.id, selection_key(selected.selection), selected.tagging.id))


def scores_key(scores: ScoreTable) -> str:
    """Changes whenever the run's scores of the data set are written anew."""
    version = score_table.version(scores.run, scores.dataset.name)
    return f"{scores.run.path}|{version}|{scores.dataset.id}|{scores.of_class}"


KEYS: dict[str | type, Any] = {
    dataset.Dataset: lambda data: data.id,
    selection.Selection: selection_key,
    selection.Selected: selected_key,
    Experiment: lambda experiment: experiment.key,
    runs.Run: lambda run: str(run.path),
    ScoreTable: scores_key,
}
"""What Streamlit hashes in the place of each of these, as an argument of a cached function."""


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """To be called at the end of a run; the first time what was loaded is put aside from the garbage collector, which else
    would look through a million objects of libraries (0.2 s) whenever it looks for what a page has left. Only in a server:
    a test that runs many pages would put aside what it has left, too.
    """
    if runtime.exists():
        gc.collect()
        gc.freeze()


@st.cache_resource(show_spinner=False)
def _reader() -> dataset.Reader:
    """One for the server, so that a data set that was opened with it is the same one for every page."""
    return through(ColumnCache(memory.machine_bytes() // COLUMN_SHARE))


def open_dataset(name: str) -> dataset.Dataset:
    """A data set whose columns come from the cache."""
    return dataset.open_dataset(name, _reader())


def experiment_of(data: dataset.Dataset) -> Experiment:
    return experiment_by_key(data.experiment)


def select(data: dataset.Dataset, chosen: selection.Selection) -> selection.Selected:
    """The rows of a selection; a cut that was made before is not made again, unless somebody has tagged rows since."""
    return _select(data, chosen, tag_log.version(data.experiment) if chosen.tags else "")


def open_tags(data: dataset.Dataset) -> tags.Tags:
    """The tags and notes of a data set as they are now, read again only where somebody has added or taken one."""
    return _tags(data, tag_log.version(data.experiment))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def _tags(data: dataset.Dataset, version: str) -> tags.Tags:
    del version
    return tags.open_tags(data, experiment_of(data).reading.mapping)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEYS)
def _select(data: dataset.Dataset, chosen: selection.Selection, version: str) -> selection.Selected:
    del version
    experiment = experiment_of(data)
    return selection.select(experiment.selecting, experiment.labels, data, chosen)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=KEYS)
def class_histograms(selected: selection.Selected, column: Column) -> dict[str, Histogram]:
    """A column per class of a selection, and of the rows inside the cuts without a label."""
    return by_class.class_histograms(selected, column)


def moved_counts(selected: selection.Selected, panel: Panel, column: Column) -> Moving:
    """What a panel's cut keeps wherever its ends are: counted once for all places, but for those typed between the steps."""
    cuts, rest = selected.selection.cuts, events.class_names(selected)[-1]
    apart = dataclasses.replace(selected.selection, cuts=panels.cleared(panel, cuts))
    key = selected.dataset, apart, selected.tagging.id, panel, column, rest
    counts = _moved(selected, *key, ())
    typed = tuple(line for line in panels.lines(panel, cuts) if line not in counts.positions)
    return _moved(selected, *key, typed) if typed else counts


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def _moved(
    _selected: selection.Selected, data: dataset.Dataset, apart: selection.Selection, tags_id: str, panel: Panel, column: Column,
    rest: str, typed: tuple[float, ...],
) -> Moving:  # fmt: skip
    del data, apart, tags_id  # what the rows follow from, wherever the ends of the panel are in the selection
    return moving.moving(_selected, panel, column, typed, rest)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def values(data: dataset.Dataset, column: str) -> list[Any]:
    """The distinct values of a column: runs, crystals."""
    return sorted(set(data.column(column).tolist()))
