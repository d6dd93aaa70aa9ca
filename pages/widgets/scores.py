"""A run's stored scores and their judgement, kept so that a slider step reads no file; and the picker of runs."""

from typing import Any

import streamlit as st

from core import run_names, runs
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge import paired
from core.judge import score_table as scoring
from core.judge.classified import Classified, judge_classes
from core.judge.evaluation import Evaluation
from core.judge.judged_sample import judge_run
from core.judge.paired import Comparison
from core.judge.score_table import ScoreTable
from core.labels import tag_log
from core.selection import events
from core.selection.selection import Selected
from core.statistics.multiclass import checked_mix
from core.workflows import cross_training as studies
from core.workflows import run_admin, sweeps
from core.workflows.scored import open_scored
from pages.widgets import cached, choose, region_chosen


@st.cache_data(max_entries=4, show_spinner=False)
def _of_studies(folders: tuple[tuple[str, int], ...]) -> dict[str, str]:
    del folders
    return run_admin.members()


def of_studies() -> dict[str, str]:
    """The study or sweep of each run that was trained for one; read again only after one of them or a run came or went."""
    folders = studies.folder(), sweeps.folder(), runs.runs_folder()
    return _of_studies(tuple((str(path), path.stat().st_mtime_ns) for path in folders))


def usable_runs(experiment: Experiment | None = None) -> dict[str, runs.RunSummary]:
    """Runs with a network by id, newest first, those that were trained for a study (on one region each) last.

    What is damaged of a run's scores is told where they are read.
    """
    last = of_studies()
    usable = sorted((run for run in runs.list_runs() if run.is_usable), key=lambda run: run.id in last)
    return {run.id: run for run in usable if experiment is None or run.experiment == experiment.key}


def has_scores(run: runs.Run, data: Dataset) -> bool:
    return bool(scoring.version(run, data.name))


def runs_with_scores(data: Dataset, task: str = runs.CLASSIFY) -> list[str]:
    """Ids of the runs that have learned a task, to tell classes apart say, and have outputs of a data set, newest first."""
    usable = usable_runs(cached.experiment_of(data))
    return [i for i, run in usable.items() if run.task == task and runs.is_scored(i, data.name)]


def scored(run: runs.Run, data: Dataset) -> ScoreTable:
    """The rows of a data set that a run has scored."""
    return _scored(run, data, scoring.version(run, data.name))


@st.cache_resource(max_entries=8, show_spinner="Reading the run's scores ...", hash_funcs=cached.KEYS)
def _scored(run: runs.Run, data: Dataset, version: str) -> ScoreTable:
    del version
    return open_scored(run, cached.experiment_of(data), data)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=cached.KEYS)
def row_scores(scored: ScoreTable) -> events.RowScores:
    """The scores where their rows stand."""
    return events.spread(
        scored.dataset.n_rows, scored.rows, scored.score, scored.split, scored.probabilities, scored.classes
    )


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=cached.KEYS)
def n_unscored(scored: ScoreTable) -> int:
    """Rows inside the run's cuts that it has not scored."""
    return scoring.n_unscored(scored)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=cached.KEYS)
def evaluation(scored: ScoreTable, threshold: float, split: str, scheme: str) -> Evaluation:
    """The network and its baselines at a threshold."""
    return judge_run(scored, threshold, split, scheme)


@st.cache_resource(max_entries=16, show_spinner="Judging all classes ...", hash_funcs=cached.KEYS)
def classified(
    scored: ScoreTable, split: str, scheme: str, reject_below: float, _edges: Any, mix: tuple[float, ...] = ()
) -> Classified:
    """All classes of a run with more than two; the edges follow from the experiment alone."""
    wanted = checked_mix(mix, scored.classes) if mix else None
    return judge_classes(scored, split, scheme, reject_below=reject_below, edges=_edges, mix=wanted)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=cached.KEYS)
def comparison(scored: ScoreTable, threshold: float, split: str, scheme: str) -> Comparison:
    """The network against each of its baselines, on the same events."""
    return paired.compare_run(scored, threshold, split, scheme)


def find_events(selected: Selected, scored: ScoreTable | None, column: str, wanted: events.EventFilter) -> Any:
    """Row numbers that a filter keeps; `column` is the quantity of its window."""
    versions = region_chosen.versions(selected.dataset, wanted.region) if wanted.region else ()
    version = tag_log.version(selected.dataset.experiment) if wanted.tag else ""
    return _find_events(selected, scored, column, wanted, (version, *versions))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=cached.KEYS)
def _find_events(
    selected: Selected, scored: ScoreTable | None, column: str, wanted: events.EventFilter, versions: tuple[str, ...]
) -> Any:
    del versions
    data, cutting = selected.dataset, selected.cutting
    scores = row_scores(scored) if scored else None
    values, flags = data.column(column), data.column("flags")
    tagged = cached.open_tags(data).has([wanted.tag]) if wanted.tag else None
    plane = region_chosen.plane_values(data, wanted.region) if wanted.region else None
    return events.find(cutting.preselected, cutting.labels, values, flags, scores, wanted, tagged, plane)


@st.cache_resource(max_entries=32, show_spinner="Averaging ...", hash_funcs=cached.KEYS)
def averages(experiment: Experiment, data: Dataset, _parts: dict[str, Any], key: str) -> Any:
    """The typical row of each part of the rows that `key` stands for."""
    del key
    return {name: experiment.looking.average.compute(data, rows) for name, rows in _parts.items()}


def label_of(run_id: str, is_of_study: bool = False) -> str:
    """What a run is called in a picker, with its aliases."""
    naming = run_names.of(run_id)
    return " ".join([naming.name, *(f"★{alias}" for alias in naming.aliases)]) + (
        " (of a study)" if is_of_study else ""
    )


def pick_run(options: list[str], key: str, label: str = "run", none: str | None = None, of: str = "") -> str | None:
    """A run id, kept in the address under `key`; with `none`, no run can be chosen and is where to start."""
    choices = [*([none] if none else []), *options]
    marked = of_studies()
    chosen = choose.one_of(
        label, choices, key, of=of, on_change=choose.forget_changes,
        format_func=lambda run_id: none if run_id == none else label_of(run_id, run_id in marked),
    )  # fmt: skip
    return None if chosen == none else chosen
