"""What Darkroom shows before anybody brings data: the shipped samples, prepared, and more simulated events.

Everything here may be killed and called again: what is there is passed over.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import workspace
from core.data.dataset import list_datasets, open_dataset
from core.data.histograms import class_histograms, histogram_2d
from core.data.prepare import default_jobs, prepare
from core.data.selection import select
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import queue
from core.registry import EXPERIMENTS

KIND = "demo"
SEED = 20260101
DEFAULT_N_EVENTS = 40_000


def sample_name(experiment: Experiment) -> str:
    """The data set of an experiment's shipped sample: `sample` for the first one, `<key>-sample` for later ones."""
    return "sample" if experiment is next(iter(EXPERIMENTS.values())) else f"{experiment.key}-sample"


def demo_name(experiment: Experiment, n_events: int) -> str:
    """The data set of the simulated events, such as `<key>-40k` for 40,000."""
    return f"{experiment.key}-{n_events // 1000}k" if n_events % 1000 == 0 else f"{experiment.key}-{n_events}"


def prepare_samples() -> list[str]:
    """Prepare the shipped samples that are not yet data sets; returns the names of those made."""
    made = []
    for experiment in EXPERIMENTS.values():
        name = sample_name(experiment)
        if name not in list_datasets() and experiment.sample.is_dir():
            prepare(experiment, raw_files(experiment, experiment.sample), name, default_mapping(experiment))
            _compile_cuts(experiment, name)
            made.append(name)
    return made


def _compile_cuts(experiment: Experiment, name: str) -> None:
    """Cut and fill histograms once: the compiled code is kept, so that the first visitor does not wait for it."""
    dataset = open_dataset(name)
    for preset in experiment.presets.values():
        cutting = select(experiment, dataset, preset.selection).cutting
    for column in experiment.columns:
        values = dataset.column(column.name)
        class_histograms(values, cutting.labels, experiment.classes, column.low, column.high, column.n_bins)
        histogram_2d(values, values, cutting.preselected, (column.low, column.high), (column.low, column.high), 10)


def submit_missing() -> queue.Job | None:
    """Queue the job that simulates and prepares more data, unless they are there, on their way, or were refused.

    `DARKROOM_DEMO_EVENTS` sets how many events (default 40,000; 0: none). A job that a user stopped stays so.
    """
    n_events = wanted_n_events()
    names = {demo_name(experiment, n_events) for experiment in EXPERIMENTS.values()}
    earlier = queue.list_jobs(limit=1000, states=("queued", *queue.ACTIVE, "cancelled"))
    if not n_events or names <= set(list_datasets()) or any(job.kind == KIND for job in earlier):
        return None
    arguments = {"n_events": n_events, "seed": SEED}
    return queue.submit(KIND, f"Simulate and prepare {n_events:,} events", arguments)


def wanted_n_events() -> int:
    """How many events the demonstration has."""
    text = os.environ.get("DARKROOM_DEMO_EVENTS") or str(DEFAULT_N_EVENTS)
    if not text.isdecimal():
        raise DarkroomError(f"DARKROOM_DEMO_EVENTS is {text!r}: expected a whole number, 0 for no demonstration data.")
    return int(text)


def run_job(job: Any) -> None:
    """The job kind `demo`: arguments n_events and seed; a data set of simulated events for every experiment."""
    n_events, seed = int(job.arguments["n_events"]), int(job.arguments["seed"])
    for experiment in EXPERIMENTS.values():
        name = demo_name(experiment, n_events)
        if name not in list_datasets():
            raw = simulate_once(experiment, name, n_events, seed, reporter(job, "events simulated"))
            files, told = raw_files(experiment, raw), reporter(job, "files prepared")
            prepare(experiment, files, name, default_mapping(experiment), default_jobs(), told)
    job.report(1, 1, f"{n_events:,} events simulated and prepared")


def simulate_once(
    experiment: Experiment, name: str, n_events: int, seed: int, progress: Callable[[int, int], None]
) -> Path:
    """The folder workspace/raw/<name> with simulated files, made whole or not at all."""
    folder = workspace.folder("raw") / name
    if not folder.is_dir():
        unfinished = folder.with_name(f".{name}.part")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir()
        experiment.simulate(unfinished, n_events=n_events, seed=seed, progress=progress)
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
    return sorted({path for pattern in experiment.file_patterns for path in folder.glob(pattern)})


def default_mapping(experiment: Experiment) -> Any:
    """The mapping that reads the experiment's own format."""
    return experiment.load_mapping(experiment.mappings[experiment.key])
