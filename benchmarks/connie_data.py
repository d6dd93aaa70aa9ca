"""Simulated images and trainings for the CONNIE benchmarks, kept in a workspace so that a second call goes on with them.

The networks are trained on tracks that the reader cut out of noisy images of 0.3 to 3.9 h (700 to 9,000 muons per CCD), and
judged on whole images of 3 h, all clusters counted, at the simulated mix of particles. Thresholds (and whatever was tried out
while the networks were made) come from whole images of another seed than those that are judged.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import parameters, runs
from core.connie.experiment import EXPERIMENT
from core.connie.simulate import SimulationParameters
from core.data.dataset import list_datasets, open_dataset
from core.data.prepare import default_jobs
from core.data.splits import SplitParameters
from core.judge.score_table import ScoreTable
from core.learn import fit
from core.learn.plan import TrainingPlan, plan_training
from core.selection.selection import Selection, select
from core.workflows import baselines_job, prediction_job
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

TRACKS, WHOLE, UNSEEN = "tracks", "whole", "unseen"
DIVISION = SplitParameters(validation_fraction=0.1, test_fraction=0.15)
OF_3_H = SimulationParameters(full_frame=True, ohdus=(2,), exposure_low_h=3.0, exposure_high_h=3.0)
# name: particles, seed, settings
DATA = {
    TRACKS: (36_000, 11, SimulationParameters()),
    WHOLE: (36_000, 21, OF_3_H),
    UNSEEN: (36_000, 77, OF_3_H),
}


def make_data(folder: Path) -> None:
    """The data sets, those that are not there yet; raw files go below `folder`."""
    for name, (n_particles, seed, settings) in DATA.items():
        if name not in list_datasets():
            files = EXPERIMENT.simulation.simulate(folder / name, n_events=n_particles, seed=seed, parameters=settings)
            prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT), default_jobs())


def selection(classes: str) -> Selection:
    """One of the sets of classes, by simulated truth; a tenth of the images is for validation, 15 % for the test."""
    return Selection(EXPERIMENT.selecting.presets[classes].selection.cuts, "truth", DIVISION)


def trained(classes: str, network: str = "compact", values: Mapping[str, Any] = {}, training: Mapping[str, Any] = {}) -> runs.Run:  # fmt: skip
    """A run on the tracks, trained now, or the one that an earlier call has trained with the same settings."""
    plan = plan_training(
        select(EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset(TRACKS), selection(classes)),
        EXPERIMENT.networks,
        network,
        dict(values),
        dict(training),
    )
    for summary in runs.list_runs():
        if summary.state == "finished" and _is_same(runs.open_run(summary.id), plan):
            return runs.open_run(summary.id)
    folder = runs.create(network)
    fit.train(plan, folder)
    return runs.open_run(folder.name)


def _is_same(run: runs.Run, plan: TrainingPlan) -> bool:
    wanted = {
        "network": plan.name,
        "parameters": parameters.to_dict(plan.network_parameters),
        "training": parameters.to_dict(plan.training),
    }
    same_data = run.provenance["dataset"]["id"] == plan.dataset.id
    return run.params == wanted and run.selection == plan.selected.selection.to_dict() and same_data


def scored(run: runs.Run, name: str, with_forest: bool = False) -> ScoreTable:
    """The run's probabilities of every row of a data set, of its random forest too (trained on the same rows)."""
    dataset = open_dataset(name)
    prediction_job.score_dataset(run, dataset)
    if with_forest:
        baselines_job.make(run, dataset)
    return open_scored(run, EXPERIMENT, dataset)
