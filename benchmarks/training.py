"""The published CNN and `compact` on the same simulated events with truth labels: speed, cost and what they reach.

`cnn_events_per_s` is the steady state of Darkroom's `train`, which reads the data set while it trains; beside it the same
network with all inputs in memory: Keras on TensorFlow without and with XLA, Keras on JAX, and plain PyTorch (None where they
are not installed). Each is a process of its own, all in turn in every round; medians over the rounds, and
`cnn_to_best_peer`, the median over the rounds of the ratio to the peer with the best median. CPU seconds are those of the
whole process while it fits, all threads. The harmonic efficiency is that of the test sample at a score of 0.5.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core import runs
from core.cosine.experiment import EXPERIMENT
from core.data.dataset import open_dataset
from core.data.loader import batches
from core.data.prepare import default_jobs
from core.data.splits import TEST, TRAIN, SplitParameters
from core.judge.judged_sample import judge_run
from core.learn import backend, compilation, fit
from core.learn.plan import TrainingPlan, plan_training
from core.learn.progress import N_WARM_UP
from core.selection.selection import Selected, Selection, select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

EFFICIENCY, SPEED = "efficiency", "speed"
ROUNDS, BATCH = 7, 64
N_EVENTS = {EFFICIENCY: 10_000, SPEED: 2_000}


def selected(name: str) -> Selected:
    """All crystals, 3-10 keV, truth labels; a quarter of the sub-runs for the test."""
    cuts = EXPERIMENT.selecting.presets["cnn2020"].selection.cuts
    split = SplitParameters(validation_fraction=0.1, test_fraction=0.25)
    return select(EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset(name), Selection(cuts, "truth", split))


def trained(network: str, epochs: int | None) -> dict[str, Any]:
    """Train, score and judge one network with its default settings (epochs may be reduced)."""
    folder = runs.create(network)
    provenance = fit.train(
        plan_training(selected(EFFICIENCY), EXPERIMENT.networks, network, {}, {"epochs": epochs} if epochs else {}),
        folder,
    )
    scored = open_scored(runs.open_run(folder.name), EXPERIMENT, open_dataset(EFFICIENCY))
    judged = judge_run(scored).to_dict()
    return {
        "cpu_seconds": provenance["fit_cpu_seconds"],
        "events_per_s": provenance["events_per_s"],
        "seconds_per_epoch": sum(provenance["counts"]["train"].values()) / provenance["events_per_s"],
        "epochs": provenance["n_epochs"],
        "parameters": provenance["n_parameters"],
        "device": provenance["device"],
        **{key: judged[f"{key}_efficiency"] for key in ("harmonic", "signal", "background")},
    }


def through_darkroom() -> float:
    """Events per second of one epoch of the CNN, read from the data set while it trains, compiled as measured here."""
    return float(
        fit.train(plan_training(selected(SPEED), EXPERIMENT.networks, "cnn", {}, {"epochs": 1}), runs.create("cnn"))[
            "events_per_s"
        ]
    )


def measured_xla() -> dict[str, Any]:
    """What Darkroom measures before its first long training of the CNN on this machine."""
    measurement = compilation.measure(plan_training(selected(SPEED), EXPERIMENT.networks, "cnn", {}, {}))
    return {way: measurement[way] for way in (compilation.WITHOUT, compilation.WITH)}


def in_memory() -> tuple[TrainingPlan, np.ndarray, np.ndarray, np.ndarray]:
    """(task, input, targets, weights) of whole batches of the training sample, made beforehand."""
    plan = plan_training(selected(SPEED), EXPERIMENT.networks, "cnn", {}, {})
    rows, labels = plan.selected.rows(TRAIN)
    every_batch = list(batches(plan.dataset, rows, plan.recipe, BATCH, labels=labels, seed=1))
    x, y, w = (np.concatenate(parts) for parts in zip(*every_batch, strict=True))
    n = len(x) // BATCH * BATCH
    return plan, x[:n], y[:n], w[:n]


def rate(times: list[float]) -> float:
    """Events per second between the ends of batches, without the first ones, which compile."""
    return (len(times) - N_WARM_UP) * BATCH / (times[-1] - times[N_WARM_UP - 1])


def plain_keras(xla: bool) -> float:
    """One epoch of the same network by `model.fit`, everything in memory beforehand."""
    plan, x, y, w = in_memory()
    keras, times = backend.load_keras(), []
    model = plan.build()
    adam = keras.optimizers.Adam(plan.training.learning_rate, plan.training.beta_1)
    model.compile(adam, "categorical_crossentropy", jit_compile=xla)
    tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: times.append(time.perf_counter()))
    model.fit(x, y, BATCH, sample_weight=w, epochs=1, verbose=0, callbacks=[tick])
    return rate(times)


def plain_pytorch() -> float | None:
    """One epoch of the same network in PyTorch, everything in memory beforehand; None where PyTorch is not installed."""
    if find_spec("torch") is None:
        return None
    from benchmarks import pytorch_cnn

    plan, x, y, w = in_memory()
    return rate(pytorch_cnn.batch_ends(x, y, w, BATCH, plan.training.learning_rate, plan.training.beta_1))


WAYS: dict[str, Callable[[], Any]] = {
    "darkroom": through_darkroom,
    "tensorflow": lambda: plain_keras(xla=False),
    "tensorflow_xla": lambda: plain_keras(xla=True),
    "jax": lambda: plain_keras(xla=True),
    "pytorch": plain_pytorch,
    "measure": measured_xla,
}
PEERS = ("tensorflow", "tensorflow_xla", "jax", "pytorch")


def in_new_process(*arguments: str) -> Any:
    """What this module prints when it is called with `arguments`."""
    command = [sys.executable, "-m", "benchmarks.training", *arguments]
    environment = {**os.environ, "KERAS_BACKEND": "jax" if "jax" in arguments else "tensorflow"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def make_data(folder: Path) -> None:
    for name, n_events in N_EVENTS.items():
        raw = folder / name
        raw.mkdir()
        files = EXPERIMENT.simulation.simulate(raw, n_events=n_events, seed=n_events)
        prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT), default_jobs())


def speeds(rounds: int) -> dict[str, Any]:
    """Events per second of every way, all in turn in each round: medians, and the median ratio to the best peer of a round."""
    measured = in_new_process("--speed", "measure")
    by_round = [{way: in_new_process("--speed", way) for way in ("darkroom", *PEERS)} for _ in range(rounds)]
    medians = {
        way: None if by_round[0][way] is None else statistics.median(of_round[way] for of_round in by_round)
        for way in ("darkroom", *PEERS)
    }
    best = max((way for way in PEERS if medians[way] is not None), key=lambda way: medians[way])
    ratios = sorted(of_round["darkroom"] / of_round[best] for of_round in by_round)
    return {
        "cnn_events_per_s": medians["darkroom"],
        **{f"{way}_events_per_s": medians[way] for way in PEERS},
        "best_peer": best,
        "best_peer_events_per_s": medians[best],
        "cnn_to_best_peer": statistics.median(ratios),
        "cnn_to_best_peer_range": [ratios[0], ratios[-1]],
        "n_rounds": rounds,
        "measured_for_darkroom": measured,
    }


def cost(cnn_epochs: int | None) -> dict[str, Any]:
    """What both networks cost and reach."""
    cnn = in_new_process("--train", "cnn", *(["--cnn-epochs", str(cnn_epochs)] if cnn_epochs else []))
    compact = in_new_process("--train", "compact")
    return {
        "cnn_seconds": cnn["cpu_seconds"],
        "compact_seconds": compact["cpu_seconds"],
        "cnn_to_compact_seconds": cnn["cpu_seconds"] / compact["cpu_seconds"],
        "cnn_harmonic": cnn["harmonic"],
        "compact_harmonic": compact["harmonic"],
        "compact_parameters": compact["parameters"],
        "n_test": len(selected(EFFICIENCY).rows(TEST)[0]),
        "cnn": cnn,
        "compact": compact,
    }


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--cnn-epochs", type=int, help="train the CNN for fewer epochs than its default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of all ways in turn (default: {ROUNDS})")
    parser.add_argument("--only-speed", action="store_true", help="do not train both networks to the end")
    parser.add_argument("--speed", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--train", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.speed:
        print(json.dumps(WAYS[options.speed]()))
    elif options.train:
        print(json.dumps(trained(options.train, options.cnn_epochs)))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            os.environ["DARKROOM_WORKSPACE"] = f"{temporary}/workspace"
            make_data(Path(temporary))
            result = speeds(options.rounds)
            report.show(result if options.only_speed else {**result, **cost(options.cnn_epochs)}, options.json)


if __name__ == "__main__":
    main()
