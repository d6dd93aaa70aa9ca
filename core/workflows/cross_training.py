"""Studies: one network trained on every region of a grid, each to be tested on all of them. Imports no keras.

A study is asked for as a plan, kept as workspace/studies/<id>.json and made by the job kind `study`
(`core.workflows.cross_training_job`). Its trainings are ordinary runs: what was trained before with the same data set, selection,
network, parameters, training and recipe is taken over, and a study that was stopped or killed goes on where it was.
"""

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import parameters, runs, workspace
from core.data.dataset import Dataset
from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import Job
from core.judge.grid import Region, grid_of
from core.learn import predict, request, training
from core.learn.plan import TrainingPlan, network_of, plan_training
from core.selection.selection import Selection, from_dict, rows_key, select
from core.workflows import study_files
from core.workflows.study_files import STUDY

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
    def settings(self) -> dict[str, Any]:
        """What makes two studies the same."""
        names = ("experiment", "dataset", "rows_key", "network", "parameters", "training", "selection", "axes")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class StudyPlan:
    """A study that was checked: `plans` has the training of each region, None where it is empty."""

    study: Study
    plans: tuple[TrainingPlan | None, ...]

    @property
    def n_trainings(self) -> int:
        return sum(plan is not None for plan in self.plans)

    @property
    def n_reused(self) -> int:
        """Trainings that are taken over from runs that there are."""
        return sum(run is not None for run in self.study.runs)

    @property
    def expected_seconds(self) -> float:
        """Seconds that the trainings still to be made will take, by the speed of earlier runs."""
        todo = [plan for plan, run in zip(self.plans, self.study.runs, strict=True) if plan is not None and run is None]
        return sum(request.expected_seconds(plan) for plan in todo)


@dataclass(frozen=True)
class Missing:
    """Incomplete parts of a study: regions without a run that can be trained; rows without a score, by run."""

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
) -> StudyPlan:
    """Check a study before anything is queued: every region gets its training or the sentence why it has none.

    The cuts of `selection` hold but for those that the regions set. A study that was asked for before is found again.
    """
    regions = grid_of(experiment).regions(axes)
    wanted = network_of(experiment.networks, network)
    network_parameters: Any = parameters.build(wanted.parameters, network_values)
    training_parameters = training.training_for(wanted, training_values)
    wanted.recipe_for(network_parameters).shape(dataset)  # refused here, as it concerns all regions
    hull = grid_of(experiment).widened(selection, regions)
    planned = [
        _plan_region(experiment, dataset, hull, region, network, dict(network_values), dict(training_values))
        for region in regions
    ]
    plans = tuple(plan for plan, _ in planned)
    empty = tuple(sentence for _, sentence in planned)
    if not any(plans):
        raise DarkroomError(f"Nothing can be trained on any of the {len(regions)} regions. The first: {empty[0]}")
    study = Study(
        id=study_files.new_id(network), title=f"{network} on {len(regions)} regions of {dataset.name}",
        created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), experiment=experiment.key, dataset=dataset.name,
        rows_key=rows_key(experiment.selecting, experiment.labels, dataset, hull), network=network, parameters=parameters.to_dict(network_parameters), training=parameters.to_dict(training_parameters),
        selection=hull.to_dict(), axes=parameters.to_dict(axes), regions=regions, runs=trained_runs(dataset, plans),
        empty=empty,
    )  # fmt: skip
    before = next((stored for stored in list_studies(dataset.name) if stored.settings == study.settings), study)
    return StudyPlan(dataclasses.replace(before, runs=study.runs, empty=empty), plans)


def _plan_region(
    experiment: Experiment, dataset: Dataset, hull: Selection, region: Region, network: str,
    network_values: dict[str, Any], training_values: dict[str, Any],
) -> tuple[TrainingPlan | None, str]:  # fmt: skip
    """The training of a region, or why there is none."""
    region_cuts = grid_of(experiment).widened(hull, [region])
    try:
        plan = plan_training(
            select(experiment.selecting, experiment.labels, dataset, region_cuts),
            experiment.networks,
            network,
            network_values,
            training_values,
        )
    except DarkroomError as error:
        return None, str(error)
    labels = plan.selected.rows(TRAIN)[1]
    counts = {name: int((labels == i).sum()) for i, name in enumerate(plan.selected.classes)}
    if min(counts.values()) < FEWEST_TRAINED:
        counted = ", ".join(f"{n} {name}" for name, n in counts.items())
        return None, (
            f"Data set '{dataset.name}', {region.name}: the training sample has {counted}; at least {FEWEST_TRAINED} "
            "of each class are needed: widen the region or prepare more files."
        )
    return plan, ""


def trained_runs(dataset: Dataset, plans: Sequence[TrainingPlan | None]) -> tuple[str | None, ...]:
    """The newest finished run of each training on this very data set, None where there is none."""
    run_of_plan: dict[str, str] = {}
    selected = [plan.selected for plan in plans if plan is not None]
    keys = {rows_key(s.selecting, s.labels_facet, dataset, s.selection) for s in selected}
    for summary in runs.list_runs():
        if summary.state == "finished" and summary.dataset == dataset.name:
            run = runs.open_run(summary.id)
            if run.provenance["dataset"].get("rows_key") in keys | {dataset.rows_id, dataset.id}:
                run_of_plan.setdefault(_key(run.params, run.recipe, run.selection), run.id)
    return tuple(None if plan is None else run_of_plan.get(_key_of(plan)) for plan in plans)


def _key_of(plan: TrainingPlan) -> str:
    params = {
        "network": plan.name,
        "parameters": parameters.to_dict(plan.network_parameters),
        "training": parameters.to_dict(plan.training),
    }
    return _key(params, parameters.to_dict(plan.recipe), plan.selected.selection.to_dict())


def _key(*values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def submit(study_plan: StudyPlan) -> Job:
    """Keep the study and queue its job, unless one is at it."""
    busy = busy_job(study_plan.study.id)
    if busy is not None:
        return busy
    store(study_plan.study)
    arguments = {
        "study": study_plan.study.id,
        "dataset": study_plan.study.dataset,
        "expected_seconds": study_plan.expected_seconds,
    }
    return control.submit("study", study_plan.study.title, arguments)


def busy_job(study_id: str) -> Job | None:
    """The job that waits for a study or works on it."""
    return study_files.busy_job(STUDY, study_id)


def missing(study: Study, experiment: Experiment, dataset: Dataset) -> Missing:
    """What has to be trained or scored before the study is whole."""
    rows = select(
        experiment.selecting,
        experiment.labels,
        dataset,
        from_dict(experiment.selecting, experiment.labels, study.selection),
    ).preselected
    sealed = [run for run in study.runs if run and runs.is_sealed(run)]
    each = zip(study.regions, study.runs, study.empty, strict=True)
    untrained = [region for region, run, why in each if not why and run not in sealed]
    counts = {run: int(predict.unscored(runs.open_run(run), dataset, rows).sum()) for run in sealed}
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
    readable = study_files.readable(STUDY, open_study)
    return [study for study in readable if dataset_name in (None, study.dataset)]


def members() -> dict[str, str]:
    """The study (its id) that each run was trained for; one that a study took over from before is not its own."""
    began = {run.id: run.started_at for run in runs.list_runs()}
    return {
        run: study.id
        for study in list_studies()
        for run in study.runs
        if run and began.get(run, "") >= study.created_at
    }


def open_study(study_id: str) -> Study:
    """A study by its id, without the runs that were deleted since."""
    path = study_files.existing(STUDY, study_id)
    values = workspace.read_sealed(path, "delete it and ask for the study again")
    try:
        values["regions"] = tuple(Region(region["name"], region["facts"]) for region in values["regions"])
        values["runs"] = tuple(run if run and runs.is_sealed(run) else None for run in values["runs"])
        study = Study(**{**values, "empty": tuple(values["empty"])})
        if study.id != study_id or not len(study.regions) == len(study.runs) == len(study.empty):
            raise ValueError("its id is another, or it has not one run and one reason per region")
        return study
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DarkroomError(f"{path} is not a study ({error}): delete it and ask for the study again.") from None


def with_runs(study: Study, run_ids: Sequence[str | None]) -> Study:
    """The study with other runs, one per region."""
    return dataclasses.replace(study, runs=tuple(run_ids))


def store(study: Study) -> None:
    """Write the study's file."""
    values = {**dataclasses.asdict(study), "regions": [dataclasses.asdict(region) for region in study.regions]}
    workspace.write_sealed(folder() / f"{study.id}.json", values)


def delete_study(study_id: str) -> str:
    """Move a study into the bin and return the id of its entry; its runs stay. Refused while a job works on it."""
    return study_files.discard(STUDY, study_id)


def folder() -> Path:
    """Where the studies of this workspace are kept, a file each."""
    return study_files.folder(STUDY)
