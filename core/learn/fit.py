"""Training: one function for every network of every experiment, on TensorFlow or JAX alike."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import manifest, outputs, runs, workspace
from core.data.loader import batches
from core.data.splits import TEST
from core.judge import stored
from core.learn import backend, checkpoint, compilation, epochs, provenance, stages
from core.learn.compilation import Compilation
from core.learn.epochs import Fitted, StageFit
from core.learn.plan import TrainingPlan
from core.learn.predict import write_rows
from core.learn.progress import LEAST, Context, Curves, Silent
from core.learn.sampling import answering
from core.learn.tasks.generate import ranges

BYTES_PER_PARAMETER, BYTES_PER_ROW = 32, 100
"""That a run takes on the disk while it is made: weights and the state to go on from, both while they are replaced; rows,
outputs of network and trees."""
ADAPTED = 20_000  # rows of the training sample that a network's own constants are taken from
SCORING_AFTER_STOP_S = 10.0  # a stopped job has 30 s before it is killed


def train(
    plan: TrainingPlan, folder: Path, context: Context | None = None, also: Callable[[], Mapping[str, Any]] = dict
) -> dict[str, Any]:  # fmt: skip
    """Train, keep the best weights, work on the preselection, seal the run folder; returns the provenance.

    `also` gives plain facts for the provenance that are known at the end only, such as why the training was given up.

    A folder that holds the state of a training which has not ended goes on from there. On a stop the weights of the best
    epoch so far are kept and the run is sealed with state 'stopped'.
    """
    context = context or Silent()
    began = time.perf_counter()
    state = checkpoint.read(folder)
    if state is None:
        provenance.write_settings(plan, folder)
        checkpoint.begin(folder, provenance.origin(plan))
    context.report(0, None, "Starting Keras")
    keras = backend.load_keras()
    if state:
        chosen = Compilation(**state.facts["compilation"])
    else:
        chosen = compilation.choose(plan, lambda text: context.report(0, None, text))
    keras.utils.set_random_seed(plan.training.seed)  # after the measurement, which draws numbers too
    network = plan.build()
    workspace.need_free(
        folder, BYTES_PER_PARAMETER * network.count_params() + BYTES_PER_ROW * len(plan.selected.preselected)
    )
    origin = {"compilation": chosen.to_dict(), **_beginning(plan, network, state)}
    keeper = checkpoint.Keeper(folder, state, origin)
    if least := (origin.get("adapted") or {}).get("floors"):
        context.metric({"kind": LEAST, **least})
    curves = Curves(plan.task)
    cpu_began = time.process_time()
    fitted = _fit_stages(keras, network, plan, curves, context, keeper, chosen.xla)
    cpu_s = time.process_time() - cpu_began
    best = plan.build()  # without the optimizer's state, which is twice the size of the weights
    best.set_weights(fitted.weights)
    best.save(folder / runs.MODEL)
    runs.write_curves(folder, "batches", curves.batches)
    runs.write_curves(folder, "epochs", curves.epochs)
    facts = {
        **provenance.origin(plan),
        "state": "stopped" if fitted.is_stopped else "finished",
        "started_at": keeper.started_at,
        "seconds": keeper.seconds_before + time.perf_counter() - began,
        "fit_cpu_seconds": keeper.cpu_s_before + cpu_s,
        "resumed_from_epoch": keeper.resumed_from_epoch,
        "events_per_s": curves.events_per_s,
        "device": backend.device(),
        **origin,
        "versions": backend.versions(),
        "git_commit": backend.git_commit(),
        "ranges": ranges(plan.task, plan.train_sample),
        "n_parameters": int(best.count_params()),
        "n_epochs": len(curves.epochs),
        "best_epoch": fitted.best_epoch,
        "validation_loss": fitted.best_loss,
        **also(),
    }
    runs.seal(folder, facts)
    checkpoint.remove(folder)
    _write_outputs(plan, best, folder, curves, fitted.is_stopped, context)
    return facts


def _beginning(plan: TrainingPlan, network: Any, state: checkpoint.State | None) -> dict[str, Any]:
    """What a new network is given before its first step: `start`, weights from elsewhere, and `adapted`, what it takes from the
    training sample; plain facts of both, None where there is nothing of it.
    """
    names = ("start", "adapted")
    if state:
        return {name: state.facts.get(name) for name in names}
    start, adapt, values = plan.network.start, plan.network.adapt, plan.network_parameters
    loaded = start.load(values, network) if start else None
    return dict(zip(names, (loaded, adapt(network, plan, *_some_rows(plan)) if adapt else None), strict=True))


def _some_rows(plan: TrainingPlan) -> tuple[Any, np.ndarray]:
    """What the recipe makes of at most ADAPTED rows of the training sample, spread over all of it, and their targets."""
    sample = plan.train_sample
    chosen = np.unique(np.linspace(0, len(sample.rows) - 1, min(ADAPTED, len(sample.rows))).astype(np.int64))
    passes = batches(plan.dataset, sample.rows[chosen], plan.recipe, len(chosen), targets=sample.targets[chosen])
    x, y, _ = next(iter(passes))
    return x, y


def _fit_stages(
    keras: Any, network: Any, plan: TrainingPlan, curves: Curves, context: Context, keeper: checkpoint.Keeper, xla: bool
) -> Fitted:  # fmt: skip
    """Train stage after stage, each from the best weights of the one before; what the last one gave."""
    state = keeper.state
    if state:
        curves.go_on(state.batches, state.facts["epochs"], state.latest)
        for point in curves.epochs:
            context.metric(point)
    fitted = Fitted()
    for number, stage in enumerate(plan.stages):
        if state and number < state.facts["stage"]:
            continue
        if fitted.weights:
            network.set_weights(fitted.weights)
        resumed = state if state and number == state.facts["stage"] else None
        model, inputs = stages.prepare(keras, network, plan, stage, xla, resumed.variables if resumed else None)
        if resumed:
            model.optimizer.build(model.trainable_variables)
            checkpoint.assign(model.optimizer.variables, resumed.optimizer)
        fitted = Fitted(resumed.best, **resumed.facts["fitted"]) if resumed else Fitted()
        first_epoch = resumed.facts["first_epoch"] if resumed else len(curves.epochs)
        fit = StageFit(plan, stage, network, model, inputs, first_epoch)
        place = {"stage": number, "first_epoch": first_epoch}
        epochs.run(fit, curves, context, fitted, lambda is_best: keeper.keep(fit, curves, fitted, is_best, place))  # noqa: B023
        if fitted.is_stopped:
            break
    return fitted


def _write_outputs(
    plan: TrainingPlan, model: Any, folder: Path, curves: Curves, is_stopped: bool, context: Context
) -> None:  # fmt: skip
    """Work on every preselected row whose outputs are stored; after a stop only if that is quick (a predict job fills the gap).

    A stop or a kill keeps what has been done.
    """
    rows, split = plan.selected.preselected, plan.task.split(plan.selected)
    is_stored = plan.task.is_stored(plan.dataset, rows, split)
    rows, split = rows[is_stored], split[is_stored]
    marks: list[tuple[int, float]] = []  # the first batch compiles: it tells nothing of the speed

    def on_rows(done: int) -> None:
        marks[1:] = [(done, time.perf_counter())]
        context.report(done, len(rows), f"{done:,} of {len(rows):,} rows scored")
        if not is_stopped:
            epochs.leave_if_stopped(context)

    try:
        if is_stopped and len(rows) > SCORING_AFTER_STOP_S * (curves.events_per_s or 0.0):
            raise epochs.StopRequested
        source = answering(model, plan.network, plan.network_parameters)
        write_rows(folder, source, plan.task, plan.dataset, rows, split, plan.recipe, on_rows)
    except epochs.StopRequested:
        print("Stopped: not all rows are scored, start a predict job for that.")
        return
    (n_first, began), (n_last, ended) = (marks[0], marks[-1]) if marks else ((0, 0.0), (0, 0.0))
    stored.write_network_cost(folder, 1e6 * (ended - began) / (n_last - n_first) if n_last > n_first else None)
    _write_summary(plan, folder, rows[split == TEST])


def _write_summary(plan: TrainingPlan, folder: Path, rows: np.ndarray) -> None:
    """Sum up the outputs of the test sample where the task does that by itself."""
    if plan.task.classes:
        return
    stored = outputs.read(folder, plan.dataset.name)
    order = np.argsort(stored["uid"])
    at = order[np.searchsorted(stored["uid"], plan.dataset.column("uid")[rows], sorter=order)]
    summary = plan.task.summary({name: values[at] for name, values in stored.items()}, plan.dataset, rows)
    with manifest.adding(folder, runs.SUMMARY) as temporary:
        temporary.write_text(workspace.json_text(summary), encoding="utf-8")
