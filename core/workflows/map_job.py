"""The job kind `map`: where the rows that a run has scored lie on a plane made of what its network's last layer sees."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from core import maps, runs
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.judge.stored import beside_rows
from core.learn import penultimate, predict
from core.learn.plan import task_of_run
from core.learn.tasks.generate import Generate
from core.registry import experiment_by_key

UMAP_FITTED = 20_000


def need_map(run: runs.Run) -> None:
    """Refuse a run of which no map can be made: a generator's input is noise, so its layers tell nothing of a row."""
    if run.task == Generate.key:
        raise DarkroomError(
            f"Run '{run.id}' generates rows from noise: no map is made of it, choose one that judges rows."
        )


def make(run: runs.Run, dataset: Dataset, method: str, on_rows: Callable[[int, int], None] | None = None) -> int:
    """Make the map of every row of a data set that the run has scored, and keep it with the run; returns how many rows."""
    need_map(run)
    maps.checked_method(method)
    experiment = experiment_by_key(run.experiment)
    rows, columns, _ = beside_rows(run, dataset, runs.read_outputs(run, dataset.name, ("uid", "source")))
    if len(rows) < 3:
        raise DarkroomError(f"Run '{run.id}' has scored {len(rows)} rows of data set '{dataset.name}': a map needs 3.")
    task = task_of_run(experiment.networks, run)
    recipe = predict.recipe_of(experiment.networks, run)
    model = predict.load_model(run, experiment.networks)
    predict.refuse_other_input(run, model, recipe, dataset, task)
    part, layer = penultimate.up_to_last(model)

    def tell(done: int) -> None:
        if on_rows:
            on_rows(done, len(rows))

    activations = penultimate.stored_activations(part, task, dataset, rows, recipe, tell)
    facts: dict[str, Any] = {"layer": layer, "n_activations": activations.shape[1], "n_rows": len(rows)}
    if method == maps.PCA:
        places, shares = penultimate.principal(activations)
        facts["shares"] = list(shares)
    else:
        places, facts["n_fitted"] = umap_of(activations)
    maps.write(run.path, dataset.name, method, columns["uid"], columns["source"], places, facts)
    return len(rows)


def umap_of(values: np.ndarray) -> tuple[np.ndarray, int]:
    """(places (n, 2) by UMAP (McInnes et al. 2018), rows that it was fitted to, taken evenly), where umap-learn is installed."""
    try:
        umap = importlib.import_module("umap")
    except ImportError:
        raise DarkroomError(
            "A map by UMAP needs the package umap-learn, which is not installed: install it, or make the map by --method pca."
        ) from None
    some = values[:: -(-len(values) // UMAP_FITTED)]
    fitted = umap.UMAP(n_components=2, random_state=1).fit(np.asarray(some))
    pieces = [fitted.transform(np.asarray(values[i : i + UMAP_FITTED])) for i in range(0, len(values), UMAP_FITTED)]
    return np.concatenate(pieces), len(some)


def submit(run: runs.Run, dataset: Dataset, method: str) -> Job:
    """Queue the job that makes a map."""
    arguments = {"run": run.id, "dataset": dataset.name, "method": maps.checked_method(method)}
    return control.submit("map", f"{run.id} on {dataset.name}", arguments)


def run_job(job: Any) -> None:
    """Arguments: run, dataset and method."""
    run, dataset = runs.open_run(job.arguments["run"]), open_dataset(job.arguments["dataset"])
    job.set_run(run.id)

    def on_rows(done: int, total: int) -> None:
        job.report(done, total, f"{done:,} of {total:,} rows seen by the network")
        if job.stop_requested():
            raise DarkroomError(
                f"Stopped after {done:,} of {total:,} rows: a map is made of all or none; start the job again."
            )

    n = make(run, dataset, job.arguments.get("method", maps.PCA), on_rows)
    job.report(1, 1, f"{n:,} rows are on the map")
