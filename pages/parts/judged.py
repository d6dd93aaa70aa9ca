"""A run's stored scores and their judgement, kept so that a slider step reads no file; and the picker of runs."""

from typing import Any

import streamlit as st

from core import runs
from core.data import events
from core.data.dataset import Dataset
from core.data.selection import Selected
from core.experiment import Experiment
from core.judge import paired
from core.judge import scored as scoring
from core.judge.classified import Classified, judge_classes
from core.judge.evaluation import Evaluation
from core.judge.multiclass import checked_mix
from core.judge.paired import Comparison
from core.judge.scored import Scored
from pages.parts import cached, choose


def usable_runs(experiment: Experiment | None = None) -> dict[str, runs.RunSummary]:
    """Runs with a network, newest first, by id."""
    found = (run for run in runs.list_runs() if run.state in ("finished", "stopped"))
    return {run.id: run for run in found if experiment is None or run.experiment == experiment.key}


def has_scores(run: runs.Run, data: Dataset) -> bool:
    return bool(scoring.version(run, data.name))


def runs_with_scores(data: Dataset) -> list[str]:
    """Ids of the runs that have scores of a data set, newest first."""
    return [run_id for run_id in usable_runs(cached.experiment_of(data)) if runs.is_scored(run_id, data.name)]


@st.cache_resource(max_entries=8, show_spinner="Reading the run's scores ...")
def _scored(_run: runs.Run, _data: Dataset, run_id: str, version: str, dataset_id: str) -> Scored:
    del run_id, version, dataset_id
    return scoring.open_scored(_run, cached.experiment_of(_data), _data)


def scored(run: runs.Run, data: Dataset) -> Scored:
    """The rows of a data set that a run has scored."""
    return _scored(run, data, run.id, scoring.version(run, data.name), data.id)


def key_of(found: Scored | None) -> str:
    """What everything computed from a run's scores is kept under; '' without a run."""
    if found is None:
        return ""
    return f"{found.run.path}|{scoring.version(found.run, found.dataset.name)}|{found.dataset.id}|{found.of_class}"


@st.cache_resource(max_entries=8, show_spinner=False)
def _row_scores(_found: Scored, key: str) -> events.RowScores:
    del key
    return events.spread(_found.dataset.n_rows, _found.rows, _found.score, _found.split, _found.outputs, _found.classes)


def row_scores(found: Scored) -> events.RowScores:
    """The scores where their rows stand."""
    return _row_scores(found, key_of(found))


@st.cache_data(max_entries=64, show_spinner=False)
def _n_unscored(_found: Scored, key: str) -> int:
    del key
    return scoring.n_unscored(_found)


def n_unscored(found: Scored) -> int:
    """Rows inside the run's cuts that it has not scored."""
    return _n_unscored(found, key_of(found))


@st.cache_resource(max_entries=32, show_spinner=False)
def _evaluation(_found: Scored, key: str, threshold: float, split: str, scheme: str) -> Evaluation:
    del key
    return scoring.judge_run(_found, threshold, split, scheme)


def evaluation(found: Scored, threshold: float, split: str, scheme: str) -> Evaluation:
    """The network and its baselines at a threshold."""
    return _evaluation(found, key_of(found), threshold, split, scheme)


@st.cache_resource(max_entries=16, show_spinner="Judging all classes ...")
def _classified(
    _found: Scored, key: str, split: str, scheme: str, reject_below: float, _edges_kev: Any, mix: tuple[float, ...]
) -> Classified:
    del key
    wanted = checked_mix(mix, _found.classes) if mix else None
    return judge_classes(_found, split, scheme, reject_below=reject_below, edges_kev=_edges_kev, mix=wanted)


def classified(
    found: Scored, split: str, scheme: str, reject_below: float, edges_kev: Any, mix: tuple[float, ...] = ()
) -> Classified:
    """All classes of a run with more than two; `edges_kev` follow from the experiment alone."""
    return _classified(found, key_of(found), split, scheme, reject_below, edges_kev, mix)


@st.cache_resource(max_entries=32, show_spinner=False)
def _comparison(_found: Scored, key: str, threshold: float, split: str, scheme: str) -> Comparison:
    del key
    return paired.compare_run(_found, threshold, split, scheme)


def comparison(found: Scored, threshold: float, split: str, scheme: str) -> Comparison:
    """The network against each of its baselines, on the same events."""
    return _comparison(found, key_of(found), threshold, split, scheme)


@st.cache_resource(max_entries=32, show_spinner=False)
def _rows(
    _selected: Selected, _scores: events.RowScores | None, dataset_id: str, scores_key: str, key: str,
    column: str, asked: events.EventFilter,
) -> Any:  # fmt: skip
    del dataset_id, scores_key, key
    data, cutting = _selected.dataset, _selected.cutting
    values, flags = data.column(column), data.column("flags")
    return events.find(cutting.preselected, cutting.labels, values, flags, _scores, asked)


def find_events(selected: Selected, found: Scored | None, column: str, asked: events.EventFilter) -> Any:
    """Row numbers that a filter keeps; `column` is the quantity of its window."""
    scores = row_scores(found) if found else None
    key = cached.selection_key(selected.selection)
    return _rows(selected, scores, selected.dataset.id, key_of(found), key, column, asked)


@st.cache_resource(max_entries=32, show_spinner="Averaging ...")
def _averages(_experiment: Experiment, _data: Dataset, _parts: dict[str, Any], dataset_id: str, key: str) -> Any:
    del dataset_id, key
    return {name: _experiment.average.compute(_data, rows) for name, rows in _parts.items()}


def averages(experiment: Experiment, data: Dataset, parts: dict[str, Any], key: str) -> Any:
    """The typical row of each part of the rows that `key` stands for."""
    return _averages(experiment, data, parts, data.id, key)


def pick_run(options: list[str], key: str, label: str = "run", none: str | None = None) -> str | None:
    """A run id, kept in the address under `key`; with `none`, no run can be chosen and is where to start."""
    choices = [*([none] if none else []), *options]
    chosen = choose.one_of(label, choices, key)
    return None if chosen == none else chosen
