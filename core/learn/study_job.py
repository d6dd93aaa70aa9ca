"""The job kind `study`: train what a study lacks, one region after the other, and score all its rows by each run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import parameters, runs
from core.data.dataset import open_dataset
from core.data.selection import from_dict, grid_of, rows_key
from core.errors import DarkroomError
from core.experiment import Region
from core.learn import after, backend, fit, predict, study
from core.learn.fit import Task
from core.learn.study import Study, StudyTask
from core.registry import experiment_by_key

TRAINED = 0.9  # the part of a region's progress that its training is; the rest is scoring


class _Stopped(Exception):
    """Leaves the scoring of rows; never leaves this module."""


@dataclass
class _Part:
    """One region's share of the job's progress: what its training reports is told as a part of the whole.

    The points of the curves are not passed on: those of several trainings are no curve, and each run keeps its own.
    """

    job: Any
    index: int
    n_parts: int
    region: Region
    done: float = 0.0

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        self.tell(TRAINED * done / total if total else 0.0, text)

    def scored(self, done: int, total: int) -> None:
        self.tell(TRAINED + (1.0 - TRAINED) * done / total, f"{done:,} of {total:,} rows scored")
        if self.stop_requested():
            raise _Stopped

    def tell(self, share: float, text: str) -> None:
        """Progress only goes up, although a training counts its batches first and its scored rows then."""
        self.done = max(self.done, min(share, 1.0))
        what = f"training {self.index + 1} of {self.n_parts}: {self.region.name}, {text[:1].lower()}{text[1:]}"
        self.job.report(self.index + self.done, self.n_parts, what)

    def metric(self, values: Mapping[str, Any]) -> None:
        pass

    def stop_requested(self) -> bool:
        return bool(self.job.stop_requested())


def run_job(job: Any) -> None:
    """Arguments: study (id). What is there is not made again, so a job that was stopped or killed may be repeated."""
    asked = _planned(study.open_study(job.arguments["study"]))
    runs_made = list(asked.study.runs)
    parts = [(i, task) for i, task in enumerate(asked.tasks) if task is not None]
    problems = []
    for place, (i, task) in enumerate(parts):
        if job.stop_requested():
            break
        part = _Part(job, place, len(parts), asked.study.regions[i])
        try:
            runs_made[i] = runs_made[i] or _train(task, part)
            _keep(asked.study, runs_made)
            _score(runs_made[i], task, asked.study, part)
        except _Stopped:
            break
        except DarkroomError as error:  # of this region: the others may well succeed
            print(f"{part.region.name}: {error}")
            problems.append(f"{part.region.name}: {error}")
    _keep(asked.study, runs_made)
    there = sum(run is not None for run in runs_made)
    print(f"Study {asked.study.id}: {there} of {len(parts)} trainings are there, {asked.n_reused} of them from before.")
    if problems:
        raise DarkroomError(f"{len(problems)} of {len(parts)} trainings failed. The first: {problems[0]}")
    if not job.stop_requested():
        job.report(len(parts), len(parts), f"{len(parts)} trainings, {asked.n_reused} of them from before")


def _planned(kept: Study) -> StudyTask:
    """The plan of a stored study, on the data set that it was asked for."""
    dataset, experiment = open_dataset(kept.dataset), experiment_by_key(kept.experiment)
    selection = from_dict(experiment, kept.selection)
    if rows_key(experiment, dataset, selection) != kept.rows_key:
        raise DarkroomError(
            f"Data set '{kept.dataset}' has changed since study '{kept.id}' was asked for: ask for the study again."
        )
    axes: Any = parameters.build(grid_of(experiment).parameters, kept.axes)
    asked = study.plan(experiment, dataset, selection, kept.network, kept.parameters, kept.training, axes)
    return StudyTask(study.with_runs(kept, asked.study.runs), asked.tasks)


def _train(task: Task, part: _Part) -> str | None:
    """Train a region as an ordinary run; its id, or None if it was stopped before its end (it stays as a stopped run)."""
    folder = runs.create(task.name)
    part.job.set_run(folder.name)
    told = fit.train(task, folder, part)
    _clear()
    print(
        f"{part.region.name}: run {folder.name}, {told['state']} after {told['n_epochs']} epochs on {told['device']}."
    )
    if told["state"] != "finished":
        return None
    after.complete(folder.name, part)
    return folder.name


def _clear() -> None:
    """Give back what keras keeps of a network, before the next one is built."""
    backend.load_keras().utils.clear_session()


def _score(run_id: str | None, task: Task, kept: Study, part: _Part) -> None:
    """Score every row of the study's regions by a run."""
    if run_id is not None:
        predict.score_dataset(runs.open_run(run_id), task.dataset, kept.selection, part.scored)


def _keep(kept: Study, run_ids: list[str | None]) -> None:
    study.store(study.with_runs(kept, run_ids))
