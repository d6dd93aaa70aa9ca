"""Preparing as a job: an experiment's raw files become one of its data sets."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core import parameters
from core.data import joining
from core.data import prepare as preparing
from core.data.files import below_roots
from core.data.prepare import Progress, default_jobs
from core.errors import DarkroomError
from core.experiment import Experiment


def prepare(
    experiment: Experiment,
    files: Sequence[Path],
    name: str,
    mapping: Any,
    n_jobs: int = 1,
    progress: Progress | None = None,
    admit: Callable[[Path], Path] = Path.resolve,
) -> dict[str, Any]:
    """Make or grow a data set of an experiment; see `core.data.prepare`."""
    return preparing.prepare(
        experiment.key, experiment.reading, experiment.table, files, name, mapping, n_jobs, progress, admit
    )


def run_job(job: Any) -> None:
    """The job kind `prepare`: arguments experiment, files, name, mapping (plain values)."""
    from core.registry import experiment_by_key

    experiment = experiment_by_key(job.arguments["experiment"])
    mapping: Any = parameters.build(experiment.reading.mapping, job.arguments["mapping"])
    files = [Path(f) for f in job.arguments["files"]]
    # named by a page: a link may have been put in the way since
    admit = below_roots if job.arguments.get("is_bounded") else Path.resolve

    def progress(done: int, total: int, text: str) -> None:
        job.report(done, total, text)
        if job.stop_requested():
            raise DarkroomError(f"Stopped after {done} of {total} files: prepare the same files again to go on.")

    name = job.arguments["name"]
    meta = prepare(experiment, files, name, mapping, default_jobs(), progress, admit)
    job.report(len(files), len(files), ". ".join(joining.outcome(name, meta)))
