"""Simulated events and trainings for the JUNO benchmark, kept in a workspace so that a second call goes on with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.analysis import Training
from core.data.dataset import Dataset, list_datasets, open_dataset
from core.data.prepare import default_jobs
from core.data.splits import SplitParameters
from core.judge.score_table import ScoreTable
from core.juno import simulate
from core.juno.events import Events
from core.juno.experiment import EXPERIMENT
from core.juno.select import MUE, Cuts
from core.juno.simulate import SimulationParameters
from core.juno.simulation import generate
from core.learn import fit
from core.learn.plan import plan_training
from core.runs import create, open_run
from core.selection.selection import Selection, select
from core.workflows import cross_training, prediction_job
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

POSITRONS, MUONS, MUONS_GEV = "epem-2mev", "mue-300mev", "mue-1gev"
# name: events, seed, settings
DATA = {
    POSITRONS: (30_000, 1, SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0)),
    MUONS: (3_000, 2, SimulationParameters(task="mue", energies_mev=(300.0,))),
    MUONS_GEV: (600, 3, SimulationParameters(task="mue", energies_mev=(1000.0,))),
}
MUON_TRAINING = Training(
    "compact", {"mode": "tof", "channels": ("first", "mean", "charge", "std", "sharp")}, {"epochs": 12},
    Selection(Cuts(), MUE, SplitParameters(validation_fraction=0.1, test_fraction=0.3)),
)  # fmt: skip


def data(name: str, folder: Path) -> Dataset:
    """A data set, made now if it is not there yet; raw files go below `folder`."""
    if name not in list_datasets():
        n_events, seed, settings = DATA[name]
        files = EXPERIMENT.simulation.simulate(folder / name, n_events=n_events, seed=seed, parameters=settings)
        prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT), default_jobs())
    return open_dataset(name)


def scored(dataset: Dataset, training: Training) -> ScoreTable:
    """The scores of a training, made now, or by an earlier call with the same settings."""
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, training.selection)
    settings: Mapping[str, Any] = {"xla": "no", **training.training}
    plan = plan_training(selected, EXPERIMENT.networks, training.network, dict(training.parameters), dict(settings))
    (earlier,) = cross_training.trained_runs(dataset, (plan,))
    if not earlier:
        folder = create(training.network)
        fit.train(plan, folder)
        earlier = folder.name
    run = open_run(earlier)
    prediction_job.score_dataset(run, dataset)
    return open_scored(run, EXPERIMENT, dataset)


def electrons(n: int, energy_mev: float, seed: int = 4) -> Events:
    """Electrons of one energy, also below that of the annihilation, where there are no positrons."""
    settings = SimulationParameters()
    kinds, energies = np.zeros(n, int), np.full(n, energy_mev)
    physics = generate.Physics(
        settings.fiducial_radius_m, settings.ops_fraction, settings.ops_lifetime_ns, False, False, settings.equal_light
    )
    return generate.events(simulate.detector(settings), physics, kinds, energies, seed=seed, first=0, run=1)
