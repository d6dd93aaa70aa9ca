"""The job kind `study`: train what a study lacks, one region after the other, and score all its rows by each run."""

from typing import Any

from core import parameters, runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.judge.grid import grid_of
from core.learn import backend, fit
from core.learn.plan import TrainingPlan
from core.registry import experiment_by_key
from core.selection.selection import from_dict, rows_key
from core.workflows import cross_training, prediction_job, run_naming, training_job
from core.workflows.cross_training import Study, StudyPlan
from core.workflows.part_of_job import PartOfJob, Stopped


def run_job(job: Any) -> None:
    """Arguments: study (id). What is there is not made again, so a job that was stopped or killed may be repeated."""
    study_plan = _planned(cross_training.open_study(job.arguments["study"]))
    runs_made = list(study_plan.study.runs)
    parts = [(i, plan) for i, plan in enumerate(study_plan.plans) if plan is not None]
    problems = []
    for place, (i, plan) in enumerate(parts):
        if job.stop_requested():
            break
        part = PartOfJob(job, place, len(parts), study_plan.study.regions[i].name)
        try:
            runs_made[i] = runs_made[i] or _train(plan, part)
            _keep(study_plan.study, runs_made)
            _score(runs_made[i], plan, study_plan.study, part)
        except Stopped:
            break
        except DarkroomError as error:  # of this region: the others may well succeed
            print(f"{part.name}: {error}")
            problems.append(f"{part.name}: {error}")
    _keep(study_plan.study, runs_made)
    n_trained = sum(run is not None for run in runs_made)
    print(
        f"Study {study_plan.study.id}: {n_trained} of {len(parts)} trainings are there, {study_plan.n_reused} of them from before."
    )
    if problems:
        raise DarkroomError(f"{len(problems)} of {len(parts)} trainings failed. The first: {problems[0]}")
    if not job.stop_requested():
        job.report(len(parts), len(parts), f"{len(parts)} trainings, {study_plan.n_reused} of them from before")


def _planned(study: Study) -> StudyPlan:
    """The plan of a stored study, on the data set that it was asked for."""
    dataset, experiment = open_dataset(study.dataset), experiment_by_key(study.experiment)
    selection = from_dict(experiment.selecting, experiment.labels, study.selection)
    if rows_key(experiment.selecting, experiment.labels, dataset, selection) != study.rows_key:
        raise DarkroomError(
            f"Data set '{study.dataset}' has changed since study '{study.id}' was asked for: ask for the study again."
        )
    axes: Any = parameters.build(grid_of(experiment).parameters, study.axes)
    study_plan = cross_training.plan(
        experiment, dataset, selection, study.network, study.parameters, study.training, axes
    )
    return StudyPlan(cross_training.with_runs(study, study_plan.study.runs), study_plan.plans)


def _train(plan: TrainingPlan, part: PartOfJob) -> str | None:
    """Train a region as an ordinary run; its id, or None if it was stopped before its end (it stays as a stopped run)."""
    folder = run_naming.begin(plan)
    part.job.set_run(folder.name)
    facts = fit.train(plan, folder, part)
    _clear()
    print(f"{part.name}: run {folder.name}, {facts['state']} after {facts['n_epochs']} epochs on {facts['device']}.")
    if facts["state"] != "finished":
        return None
    training_job.complete(folder.name, part)
    return folder.name


def _clear() -> None:
    """Give back what keras keeps of a network, before the next one is built."""
    backend.load_keras().utils.clear_session()


def _score(run_id: str | None, plan: TrainingPlan, study: Study, part: PartOfJob) -> None:
    """Score every row of the study's regions by a run."""
    if run_id is not None:
        prediction_job.score_dataset(runs.open_run(run_id), plan.dataset, study.selection, part.scored)


def _keep(study: Study, run_ids: list[str | None]) -> None:
    cross_training.store(cross_training.with_runs(study, run_ids))
