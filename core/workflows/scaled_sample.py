"""Simulated data sets with the event numbers of a published table: made by a job that can be stopped and killed.

The raw files go to workspace/raw/<name> one after the other; those that are whole are passed over the next time.
"""

from typing import Any

from core import workspace
from core.data import joining
from core.data.prepare import default_jobs
from core.data.simulation import ScaledSample
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import ACTIVE, Job
from core.workflows.demo import default_mapping, reporter
from core.workflows.prepare_job import prepare

KIND = "seedscale"
SEED = 2020


def scaled_of(experiment: Experiment) -> ScaledSample:
    """The experiment's scaled simulation, or a refusal."""
    if experiment.simulation.scaled is None:
        raise DarkroomError(f"{experiment.title} has no published numbers of events to simulate.")
    return experiment.simulation.scaled


def dataset_name(experiment: Experiment, fraction: float) -> str:
    """The data set of a fraction, such as `<key>-seed-10` for a tenth."""
    return workspace.checked_name(f"{experiment.key}-seed-{100.0 * fraction:.10g}", "data set")


def submit(experiment: Experiment, fraction: float) -> Job:
    """Queue the job, unless one is at it; refused where the fraction makes no sense or the disk would not suffice."""
    cost = scaled_of(experiment).cost(fraction)
    workspace.need_free(workspace.root(), 1e9 * cost["gb"])
    name = dataset_name(experiment, fraction)
    busy = next((job for job in control.list_jobs(states=("queued", *ACTIVE)) if is_making(job, name)), None)
    arguments = {
        "experiment": experiment.key,
        "fraction": fraction,
        "seed": SEED,
        "name": name,
        "expected_seconds": cost["seconds"],
    }
    title = f"simulate and prepare {name}, {cost['n_events']:,.0f} events"
    return busy or control.submit(KIND, title, arguments)


def is_making(job: Job, name: str) -> bool:
    """Whether a job makes this data set."""
    return job.kind == KIND and job.arguments.get("name") == name


def run_job(job: Any) -> None:
    """The job kind `seedscale`: arguments experiment, fraction, seed, name."""
    from core.registry import experiment_by_key

    experiment, name = experiment_by_key(job.arguments["experiment"]), str(job.arguments["name"])
    fraction, seed = float(job.arguments["fraction"]), int(job.arguments["seed"])
    folder = workspace.folder("raw", name)
    files = scaled_of(experiment).simulate(folder, fraction, seed, reporter(job, "events simulated"))
    meta = prepare(
        experiment, files, name, default_mapping(experiment), default_jobs(), reporter(job, "files prepared")
    )
    job.report(1, 1, joining.outcome(name, meta)[0])
