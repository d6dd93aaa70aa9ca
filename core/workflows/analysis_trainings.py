"""The runs that an analysis compares: which of them are there, and the jobs that train the others."""

from collections.abc import Mapping
from typing import Any

from core.analysis.analysis import Analysis
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.jobs.queue import Job
from core.learn import request
from core.learn.plan import TrainingPlan, plan_training
from core.selection.selection import select
from core.workflows import cross_training


def plans_of(experiment: Experiment, dataset: Dataset, analysis: Analysis, values: Any) -> dict[str, TrainingPlan]:
    """Checked plans of the trainings that the analysis needs on a data set; refused where one cannot be made."""
    if analysis.trainings is None:
        return {}
    return {
        name: plan_training(
            select(experiment.selecting, experiment.labels, dataset, t.selection),
            experiment.networks,
            t.network,
            dict(t.parameters),
            dict(t.training),
        )
        for name, t in analysis.trainings(values).items()
    }


def trained(dataset: Dataset, plans: Mapping[str, TrainingPlan]) -> dict[str, str]:
    """The newest finished run of each training that there is."""
    run_of_plan = cross_training.trained_runs(dataset, tuple(plans.values()))
    return {name: run for name, run in zip(plans, run_of_plan, strict=True) if run}


def submit_missing(dataset: Dataset, plans: Mapping[str, TrainingPlan]) -> list[Job]:
    """Queue a training for each that has no run yet; each is a run like any other."""
    run_of_plan = trained(dataset, plans)
    return [request.submit(plan) for name, plan in plans.items() if name not in run_of_plan]
