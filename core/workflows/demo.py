"""The demonstration: the shipped samples, prepared, and more simulated events.

Everything here may be killed and called again: what is there is passed over.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import workspace
from core.data import joining
from core.data.dataset import list_datasets, open_dataset
from core.data.histograms import class_histograms
from core.data.prepare import default_jobs
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import queue
from core.registry import EXPERIMENTS
from core.selection.plane import PlaneAxis, plane_of
from core.selection.selection import select
from core.workflows.prepare_job import prepare

KIND, SAMPLE_KIND = "demo", "sample"
SEED = 20260101
DEFAULT_N_EVENTS = 40_000


def sample_name(experiment: Experiment) -> str:
    """The data set of an experiment's shipped sample: `sample` for the first one, `<key>-sample` for later ones."""
    return "sample" if experiment is next(iter(EXPERIMENTS.values())) else f"{experiment.key}-sample"


def demo_name(experiment: Experiment, n_events: int) -> str:
    """The data set of the simulated events, such as `<key>-40k` for 40,000."""
    return f"{experiment.key}-{n_events // 1000}k" if n_events % 1000 == 0 else f"{experiment.key}-{n_events}"


def missing_samples() -> list[Experiment]:
    """The experiments whose shipped sample is not yet a data set."""
    names = list_datasets()
    return [
        experiment
        for experiment in EXPERIMENTS.values()
        if sample_name(experiment) not in names and experiment.simulation.sample.is_dir()
    ]


def prepare_sample(experiment: Experiment, progress: Callable[..., None] | None = None) -> str:
    """Make the data set of an experiment's shipped sample; returns what that has come to, in words."""
    files, name = raw_files(experiment, experiment.simulation.sample), sample_name(experiment)
    meta = prepare(experiment, files, name, default_mapping(experiment), progress=progress)
    _compile_cuts(experiment, name)
    return joining.outcome(name, meta)[0]


def _compile_cuts(experiment: Experiment, name: str) -> None:
    """Cut and fill histograms once: the compiled code is kept, so that the first visitor does not wait for it."""
    dataset, classes = open_dataset(name), experiment.labels.classes if experiment.labels else ()
    for preset in experiment.selecting.presets.values():
        cutting = select(experiment.selecting, experiment.labels, dataset, preset.selection).cutting
    for column in experiment.table.columns:
        values = dataset.column(column.name)
        class_histograms(values, cutting.labels, classes, column.low, column.high, column.n_bins)
        axis = PlaneAxis(column.name, column.label, column.unit, column.low, column.high)
        plane_of((axis, axis), values, values, np.where(cutting.preselected, 0, -1), ["rows"])


def submit_missing() -> list[queue.Job]:
    """Queue what makes the shipped samples and, after them, more simulated events, unless they are there, on their way, or
    were refused.

    `DARKROOM_DEMO_EVENTS` sets how many events (default 40,000; 0: none). A job that a user stopped stays so.
    """
    earlier = queue.list_jobs(limit=1000, states=("queued", *queue.ACTIVE, "stopped"))
    submitted = {(job.kind, str(job.arguments.get("experiment", ""))) for job in earlier}
    wanted = [experiment for experiment in missing_samples() if (SAMPLE_KIND, experiment.key) not in submitted]
    jobs = [
        queue.submit(
            SAMPLE_KIND, f"Prepare the shipped sample '{sample_name(experiment)}'", {"experiment": experiment.key}
        )
        for experiment in wanted
    ]
    n_events = wanted_n_events()
    names = {demo_name(experiment, n_events) for experiment in _demonstrated()}
    if n_events and not names <= set(list_datasets()) and (KIND, "") not in submitted:
        arguments = {"n_events": n_events, "seed": SEED}
        jobs.append(queue.submit(KIND, f"Simulate and prepare {n_events:,} events", arguments))
    return jobs


def _demonstrated() -> list[Experiment]:
    """The experiments of which more events are simulated at the first start."""
    return [experiment for experiment in EXPERIMENTS.values() if experiment.simulation.at_first_start]


def wanted_n_events() -> int:
    """How many events the demonstration has."""
    text = os.environ.get("DARKROOM_DEMO_EVENTS") or str(DEFAULT_N_EVENTS)
    if not text.isdecimal():
        raise DarkroomError(f"DARKROOM_DEMO_EVENTS is {text!r}: expected a whole number, 0 for no demonstration data.")
    return int(text)


def run_sample_job(job: Any) -> None:
    """The job kind `sample`: argument experiment; the data set of its shipped sample, and the run that ships with it."""
    from core.workflows import shipped  # which needs this module

    experiment = EXPERIMENTS[job.arguments["experiment"]]
    outcome = prepare_sample(experiment, reporter(job, "files prepared"))
    job.report(1, 1, ". ".join([outcome, *shipped.take_over()]))


def run_job(job: Any) -> None:
    """The job kind `demo`: arguments n_events and seed; a data set of simulated events for every experiment that has one at the
    first start.
    """
    n_events, seed = int(job.arguments["n_events"]), int(job.arguments["seed"])
    outcomes = [f"{n_events:,} events simulated and prepared"]
    for experiment in _demonstrated():
        name = demo_name(experiment, n_events)
        if name not in list_datasets():
            raw = simulate_once(experiment, name, n_events, seed, reporter(job, "events simulated"))
            files, progress = raw_files(experiment, raw), reporter(job, "files prepared")
            meta = prepare(experiment, files, name, default_mapping(experiment), default_jobs(), progress)
            outcomes.append(joining.outcome(name, meta)[0])
    job.report(1, 1, ". ".join(outcomes))


def simulate_once(
    experiment: Experiment, name: str, n_events: int, seed: int, progress: Callable[[int, int], None]
) -> Path:
    """The folder workspace/raw/<name> with simulated files, made whole or not at all."""
    folder = workspace.folder("raw") / name
    if not folder.is_dir():
        unfinished = folder.with_name(f".{name}.part")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        workspace.make_folder(unfinished)
        experiment.simulation.simulate(unfinished, n_events=n_events, seed=seed, progress=progress)
        unfinished.rename(folder)
    return folder


def reporter(job: Any, what: str) -> Callable[..., None]:
    """A progress function that reports to the job and ends the work when a stop was asked for."""

    def report(done: int, total: int, _file: str = "") -> None:
        job.report(done, total, f"{done:,} of {total:,} {what}")
        if job.stop_requested():
            raise DarkroomError(f"Stopped after {done:,} of {total:,} {what}: start it again to go on.")

    return report


def raw_files(experiment: Experiment, folder: Path) -> list[Path]:
    """The files in a folder that look like the experiment's raw files."""
    return sorted({path for pattern in experiment.reading.file_patterns for path in folder.glob(pattern)})


def default_mapping(experiment: Experiment) -> Any:
    """The mapping that reads the experiment's own format."""
    return experiment.reading.load_mapping(experiment.reading.mappings[experiment.key])
