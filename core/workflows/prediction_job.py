"""The job kind `predict`: scores of a data set by a trained network, where they are missing."""

from collections.abc import Callable
from typing import Any

from core import runs
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.labels.labels import signal_index
from core.learn import predict
from core.learn.plan import task_of_run
from core.registry import experiment_by_key
from core.selection.selection import from_dict, select
from core.workflows import run_results


def score_dataset(
    run: runs.Run, dataset: Dataset, selection: dict[str, Any] | None = None,
    on_rows: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Score what is not yet scored inside the run's preselection (or `selection`); returns how many rows were."""
    experiment = experiment_by_key(run.experiment)
    predict.recipe_of(experiment.networks, run)
    task = task_of_run(experiment.networks, run, signal_index(experiment.labels, run.classes))
    rows = select(
        experiment.selecting,
        experiment.labels,
        dataset,
        from_dict(experiment.selecting, experiment.labels, selection or run.selection),
    ).preselected
    return predict.score_missing(run, experiment.networks, task, dataset, rows, on_rows)


def run_job(job: Any) -> None:
    """Arguments: run, dataset and, if not the run's own, selection (plain values)."""
    run = runs.open_run(job.arguments["run"])
    runs.verify(run)  # also where nothing is left to score: a damaged run must not pass unnoticed
    dataset = open_dataset(job.arguments["dataset"])
    job.set_run(run.id)

    def on_rows(done: int, total: int) -> None:
        job.report(done, total, f"{done:,} of {total:,} rows scored")
        if job.stop_requested():
            raise DarkroomError(f"Stopped after {done:,} of {total:,} rows, which are kept: start the job again.")

    n = score_dataset(run, dataset, job.arguments.get("selection"), on_rows)
    if n and dataset.name == run.dataset:
        run_results.judge(run.id)
    job.report(1, 1, f"{n:,} rows scored" if n else "Every row was scored before")
