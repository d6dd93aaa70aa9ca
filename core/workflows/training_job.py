"""The job kind `train`: a training, and what follows it in the same job.

The run is whole before anything follows: whatever goes wrong then is told and loses nothing.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import parameters, run_names, runs, workspace
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.judge import calibration
from core.learn import checkpoint, fit, provenance, request
from core.learn.plan import TrainingPlan, plan_training
from core.learn.progress import Context
from core.registry import experiment_by_key
from core.selection.selection import from_dict, select
from core.workflows import baselines_job, run_admin, run_naming, run_results
from core.workflows.label_warnings import selection_warnings
from core.workflows.scored import open_scored


def run_job(job: Any) -> None:
    """Arguments: dataset, selection, network, parameters, training (plain values); or the run that goes on."""
    arguments = job.arguments
    if "run" in arguments:
        folder = runs.existing(arguments["run"])
        plan = unfinished_plan(folder)
    else:
        values = (arguments.get(name, {}) for name in ("parameters", "training"))
        plan = _plan(arguments["dataset"], arguments["selection"], arguments["network"], *values)
        folder = run_naming.begin(plan)
    job.set_run(folder.name)
    facts = fit.train(plan, folder, job)
    complete(folder.name, job)
    compilation = facts["compilation"]
    print(f"Compiled {'with' if compilation['xla'] else 'without'} XLA: {compilation['reason']}.")
    print(
        f"Run {run_names.of(folder.name).title}: {facts['state']} after {facts['n_epochs']} epochs on {facts['device']}."
    )


def _plan(dataset_name: str, selection: Any, network: str, network_values: Any, training: Any) -> TrainingPlan:
    dataset = open_dataset(dataset_name)
    experiment = experiment_by_key(dataset.experiment)
    selected = select(
        experiment.selecting, experiment.labels, dataset, from_dict(experiment.selecting, experiment.labels, selection)
    )
    warnings = selection_warnings(experiment, selected)
    return plan_training(selected, experiment.networks, network, network_values, training, warnings)


def unfinished_plan(folder: Path) -> TrainingPlan:
    """The plan of a training that has not ended, by what its folder keeps; refused where it would be another one today."""
    origin = checkpoint.origin_of(folder)
    params, selection, recipe = (
        workspace.read_json(folder / f"{name}.json") for name in ("params", "selection", "recipe")
    )
    plan = _plan(origin["dataset"]["name"], selection, params["network"], params["parameters"], params["training"])
    today = provenance.origin(plan)["dataset"]
    is_same = all(today[key] == origin["dataset"][key] for key in ("rows_key", "version"))
    if not is_same or parameters.to_dict(plan.recipe) != recipe:
        raise DarkroomError(
            f"Run '{folder.name}' cannot go on: data set '{plan.dataset.name}' or the recipe of its input has changed since "
            "it was begun: train again."
        )
    return plan


def is_resumable(run_id: str) -> bool:
    """Whether a training has not ended, keeps what it was begun on, and no job waits for it or works on it."""
    return checkpoint.is_there(runs.runs_folder() / run_id) and run_id not in run_admin.busy_jobs()


def resume(run_id: str) -> Job:
    """Queue what is left of a training that was killed or has failed."""
    folder = runs.existing(run_id)
    if runs.is_sealed(run_id):
        raise DarkroomError(f"The training of run '{run_id}' has ended: there is nothing to go on with.")
    if busy := run_admin.busy_jobs().get(run_id):
        raise DarkroomError(f"Job {busy.id} works on run '{run_id}' or waits for it: nothing is to be resumed.")
    plan = unfinished_plan(folder)
    arguments = {"run": run_id, "dataset": plan.dataset.name, "expected_seconds": request.expected_seconds(plan)}
    return control.submit("train", f"{plan.name} on {plan.dataset.name}, resumed", arguments)


def _trees(run: runs.Run) -> None:
    baselines_job.make(run, open_dataset(run.dataset))


def _result(run: runs.Run) -> None:
    run_results.judge(run.id)


def _temperature(run: runs.Run) -> None:
    scored = open_scored(run, experiment_by_key(run.experiment), open_dataset(run.dataset))
    try:
        calibration.fit_and_store(run, scored)
    except DarkroomError as error:  # too few events, or classes parted without fault: usual, and nothing is amiss
        print(f"No temperature: {error}")


STEPS: tuple[tuple[str, Callable[[runs.Run], object]], ...] = (
    ("Fitting the temperature", _temperature),
    ("Training the boosted trees", _trees),
)


def complete(run_id: str, context: Context) -> None:
    """Do every step that follows, for a run that has scores of its own data set; after a stop only the first."""
    run = runs.open_run(run_id)
    _do("Judging the test sample", _result, run, context)
    if not run.classes or run.dataset not in runs.scored_datasets(run):
        return
    for title, step in STEPS:
        if context.stop_requested():
            print(f"Stopped before: {title}.")
            return
        _do(title, step, run, context)


def _do(title: str, step: Callable[[runs.Run], object], run: runs.Run, context: Context) -> None:
    context.report(0, None, title)
    try:
        step(run)
    except Exception:  # noqa: BLE001  hours of training must not be called failed for the sake of a comparison
        print(f"Not done: {title}.")
        traceback.print_exc()
