"""Studies: one network trained on every region of a grid, each to be tested on all of them. Imports no keras.

A study is asked for as a plan, kept as workspace/studies/<id>.json and made by the job kind `study`
(`core.learn.study_job`). Its trainings are ordinary runs: what was trained before with the same data set, selection,
network, parameters, training and recipe is taken over, and a study that was stopped or killed goes on where it was.
"""

import contextlib
import dataclasses
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import parameters, runs, workspace
from core.data.dataset import Dataset
from core.data.selection import Selection, from_dict, grid_of, of_regions, rows_key, select
from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.experiment import Experiment, Region
from core.jobs import control
from core.jobs.queue import ACTIVE, Job
from core.learn import asking, fit, predict, training
from core.learn.fit import Task

FEWEST_TRAINED = 10
"""Events of each class that a training needs at least: fewer are learnt by heart."""


@dataclass(frozen=True)
class Study:
    """What was asked for, as plain values, and the run of each region (None: not trained, or deleted since).

    `selection` holds all regions (the smallest that does); `empty` says of each region why nothing can be trained
    there ('': it can).
    """

    id: str
    title: str
    created_at: str
    experiment: str
    dataset: str
    rows_key: str
    network: str
    parameters: dict[str, Any]
    training: dict[str, Any]
    selection: dict[str, Any]
    axes: dict[str, Any]
    regions: tuple[Region, ...]
    runs: tuple[str | None, ...]
    empty: tuple[str, ...]

    @property
    def asked(self) -> dict[str, Any]:
        """What makes two studies the same."""
        names = ("experiment", "dataset", "rows_key", "network", "parameters", "training", "selection", "axes")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class StudyTask:
    """A study that was checked: `tasks` has the training of each region, None where it is empty."""

    study: Study
    tasks: tuple[Task | None, ...]

    @property
    def n_trainings(self) -> int:
        return sum(task is not None for task in self.tasks)

    @property
    def n_reused(self) -> int:
        """Trainings that are taken over from runs that there are."""
        return sum(run is not None for run in self.study.runs)

    @property
    def expected_seconds(self) -> float:
        """Seconds that the trainings still to be made will take, by the speed of earlier runs."""
        todo = [task for task, run in zip(self.tasks, self.study.runs, strict=True) if task is not None and run is None]
        return sum(asking.expected_seconds(task) for task in todo)


@dataclass(frozen=True)
class Missing:
    """What a study lacks: regions without a run that can be trained; rows without a score, by run."""

    regions: tuple[Region, ...]
    unscored: dict[str, int]


def plan(
    experiment: Experiment,
    dataset: Dataset,
    selection: Selection,
    network: str,
    network_values: Mapping[str, Any],
    training_values: Mapping[str, Any],
    axes: Any,
) -> StudyTask:
    """Check a study before anything is queued: every region gets its training or the sentence why it has none.

    The cuts of `selection` hold but for those that the regions set. A study that was asked for before is found again.
    """
    regions = grid_of(experiment).regions(axes)
    wanted = asking.network_of(experiment, network)
    own: Any = parameters.build(wanted.parameters, network_values)
    told = training.training_for(wanted, training_values)
    wanted.recipe_for(own).shape(dataset)  # refused here, as it concerns all regions
    hull = of_regions(experiment, selection, regions)
    made = [
        _task(experiment, dataset, hull, region, network, dict(network_values), dict(training_values))
        for region in regions
    ]
    tasks = tuple(task for task, _ in made)
    empty = tuple(sentence for _, sentence in made)
    if not any(tasks):
        raise DarkroomError(f"Nothing can be trained on any of the {len(regions)} regions. The first: {empty[0]}")
    study = Study(
        id=_new_id(network), title=f"{network} on {len(regions)} regions of {dataset.name}",
        created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), experiment=experiment.key, dataset=dataset.name,
        rows_key=rows_key(experiment, dataset, hull), network=network, parameters=parameters.to_dict(own), training=parameters.to_dict(told),
        selection=hull.to_dict(), axes=parameters.to_dict(axes), regions=regions, runs=_trained(dataset, tasks),
        empty=empty,
    )  # fmt: skip
    before = next((one for one in list_studies(dataset.name) if one.asked == study.asked), study)
    return StudyTask(dataclasses.replace(before, runs=study.runs, empty=empty), tasks)


def _task(
    experiment: Experiment, dataset: Dataset, hull: Selection, region: Region, network: str,
    network_values: dict[str, Any], training_values: dict[str, Any],
) -> tuple[Task | None, str]:  # fmt: skip
    """The training of a region, or why there is none."""
    own = of_regions(experiment, hull, [region])
    try:
        task = fit.task(select(experiment, dataset, own), network, network_values, training_values)
    except DarkroomError as error:
        return None, str(error)
    labels = task.selected.rows(TRAIN)[1]
    counts = {name: int((labels == i).sum()) for i, name in enumerate(task.selected.classes)}
    if min(counts.values()) < FEWEST_TRAINED:
        found = ", ".join(f"{n} {name}" for name, n in counts.items())
        return None, (
            f"Data set '{dataset.name}', {region.name}: the training sample has {found}; at least {FEWEST_TRAINED} "
            "of each class are needed: widen the region or prepare more files."
        )
    return task, ""


def _trained(dataset: Dataset, tasks: Sequence[Task | None]) -> tuple[str | None, ...]:
    """The newest finished run of each training on this very data set, None where there is none."""
    known: dict[str, str] = {}
    for summary in runs.list_runs():
        if summary.state == "finished" and summary.dataset == dataset.name:
            run = runs.open_run(summary.id)
            if run.provenance["dataset"].get("rows_key") in (dataset.rows_id, dataset.id):
                known.setdefault(_key(run.params, run.recipe, run.selection), run.id)
    return tuple(None if task is None else known.get(_key_of(task)) for task in tasks)


def _key_of(task: Task) -> str:
    params = {
        "network": task.name,
        "parameters": parameters.to_dict(task.network_parameters),
        "training": parameters.to_dict(task.training),
    }
    return _key(params, parameters.to_dict(task.recipe), task.selected.selection.to_dict())


def _key(*values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def submit(asked: StudyTask) -> Job:
    """Keep the study and queue its job, unless one is at it."""
    busy = busy_job(asked.study.id)
    if busy is not None:
        return busy
    store(asked.study)
    arguments = {
        "study": asked.study.id,
        "dataset": asked.study.dataset,
        "expected_seconds": asked.expected_seconds,
    }
    return control.submit("study", asked.study.title, arguments)


def busy_job(study_id: str) -> Job | None:
    """The job that waits for a study or works on it."""
    listed = control.list_jobs(states=("queued", *ACTIVE))
    return next((job for job in listed if job.kind == "study" and job.arguments.get("study") == study_id), None)


def missing(study: Study, experiment: Experiment, dataset: Dataset) -> Missing:
    """What has to be trained or scored before the study is whole."""
    rows = select(experiment, dataset, from_dict(experiment, study.selection)).preselected
    there = [run for run in study.runs if run and runs.is_sealed(run)]
    each = zip(study.regions, study.runs, study.empty, strict=True)
    untrained = [region for region, run, why in each if not why and run not in there]
    counts = {run: int(predict.unscored(runs.open_run(run), dataset, rows).sum()) for run in there}
    return Missing(tuple(untrained), {run: n for run, n in counts.items() if n})


def submit_missing_scores(study: Study, experiment: Experiment, dataset: Dataset) -> list[Job]:
    """Queue one predict job for each run that lacks scores."""
    return [
        control.submit(
            "predict", f"{run} on {dataset.name}", {"run": run, "dataset": dataset.name, "selection": study.selection}
        )
        for run in missing(study, experiment, dataset).unscored
    ]


def list_studies(dataset_name: str | None = None) -> list[Study]:
    """The studies (of a data set), newest first; one whose file cannot be read is left out."""
    found: list[Study] = []
    for path in sorted(_folder().glob("[!.]*.json"), reverse=True):
        with contextlib.suppress(DarkroomError):
            found.append(open_study(path.stem))
    return [study for study in found if dataset_name in (None, study.dataset)]


def open_study(study_id: str) -> Study:
    """A study by its id, without the runs that were deleted since."""
    path = _existing(study_id)
    told = workspace.read_json(path)
    try:
        told["regions"] = tuple(Region(region["name"], region["facts"]) for region in told["regions"])
        told["runs"] = tuple(run if run and runs.is_sealed(run) else None for run in told["runs"])
        study = Study(**{**told, "empty": tuple(told["empty"])})
        if study.id != study_id or not len(study.regions) == len(study.runs) == len(study.empty):
            raise ValueError("its id is another, or it has not one run and one reason per region")
        return study
    except (KeyError, TypeError, ValueError) as error:
        raise DarkroomError(f"{path} is not a study ({error}): delete it and ask for the study again.") from None


def with_runs(study: Study, run_ids: Sequence[str | None]) -> Study:
    """The study with other runs, one per region."""
    return dataclasses.replace(study, runs=tuple(run_ids))


def store(study: Study) -> None:
    """Keep a study as it is now."""
    told = {**dataclasses.asdict(study), "regions": [dataclasses.asdict(region) for region in study.regions]}
    workspace.write_json(_folder() / f"{study.id}.json", told)


def delete_study(study_id: str) -> None:
    """Forget a study; its runs stay. Refused while a job works on it."""
    path = _existing(study_id)
    busy = busy_job(study_id)
    if busy is not None:
        raise DarkroomError(f"Job {busy.id} works on study '{study_id}': stop the job first, then delete the study.")
    path.unlink()


def _existing(study_id: str) -> Path:
    path = _folder() / f"{workspace.checked_name(study_id, 'study')}.json"
    if not path.exists():
        raise DarkroomError(f"There is no study '{study_id}': take an id from the list of studies.")
    return path


def _folder() -> Path:
    return workspace.folder("studies")


def _new_id(network: str) -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{network}-{secrets.token_hex(2)}"
