"""Which data set, study and run stand beside printed results: those asked for, else the newest."""

from collections.abc import Mapping
from typing import Any

from core import runs
from core.data.dataset import Dataset, open_dataset, readable
from core.errors import DarkroomError
from core.experiment import Experiment, Published
from core.judge.comparison import Sources
from core.learn import study as studies
from core.learn.study import Study
from core.runs import Run


def published_of(experiment: Experiment) -> Published:
    """What was published of the experiment, or a refusal."""
    if experiment.published is None:
        raise DarkroomError(f"{experiment.title} has no printed results to compare with.")
    return experiment.published


def find(
    experiment: Experiment,
    dataset_name: str | None = None,
    study_id: str | None = None,
    run_id: str | None = None,
    networks: Mapping[str, Any] | None = None,
) -> Sources:
    """What is asked for; the rest is the newest there is, or None where there is nothing."""
    published_of(experiment)
    name = dataset_name or (studies.open_study(study_id).dataset if study_id else None) or default_dataset(experiment)
    if name is None:
        return Sources(experiment, networks=networks)
    dataset = open_dataset(name)
    if dataset.experiment != experiment.key:
        raise DarkroomError(f"Data set '{dataset.name}' belongs to {dataset.experiment}, not to {experiment.key}.")
    return Sources(experiment, dataset, study_for(dataset, study_id), run_for(experiment, dataset, run_id), networks)


def default_dataset(experiment: Experiment) -> str | None:
    """The data set of the newest study, else of the newest run, else the largest there is."""
    there = {name: data for name, data in readable()[0].items() if data.experiment == experiment.key}
    made = [study.dataset for study in studies.list_studies()]
    made += [run.dataset for run in runs.list_runs() if run.state in ("finished", "stopped")]
    largest = sorted(there, key=lambda name: there[name].n_rows, reverse=True)
    return next((name for name in (*made, *largest) if name in there), None)


def study_for(dataset: Dataset, study_id: str | None = None) -> Study | None:
    """The study asked for, or the newest of the data set in which every training is there, else the newest."""
    if study_id is None:
        there = studies.list_studies(dataset.name)
        whole = (one for one in there if all(run or why for run, why in zip(one.runs, one.empty, strict=True)))
        return next(whole, next(iter(there), None))
    study = studies.open_study(study_id)
    if study.dataset != dataset.name:
        raise DarkroomError(f"Study '{study.id}' is of data set '{study.dataset}', not of '{dataset.name}'.")
    return study


def run_for(experiment: Experiment, dataset: Dataset, run_id: str | None = None) -> Run | None:
    """The run asked for, or the newest with scores of the data set: of the published network, else of any.

    Runs of studies come last: each was trained on one region only.
    """
    if run_id is not None:
        return runs.open_run(run_id)
    usable = [
        run for run in runs.list_runs()
        if run.state in ("finished", "stopped") and run.experiment == experiment.key
        and runs.is_scored(run.id, dataset.name)
    ]  # fmt: skip
    wanted = experiment.published.network if experiment.published else ""
    of_studies = {run for study in studies.list_studies() for run in study.runs}
    usable.sort(key=lambda run: (run.id in of_studies, run.network != wanted))  # stable: the newest stay first
    chosen = next(iter(usable), None)
    return runs.open_run(chosen.id) if chosen else None
