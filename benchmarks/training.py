"""The published CNN and `compact` on the same simulated events with truth labels: speed, cost and what they reach.

`cnn_events_per_s` is the steady state of Darkroom's `train`; `plain_keras_events_per_s` that of `model.fit` on the same
network with all inputs in memory, in processes of their own, in turn, the median of the repeats. CPU seconds are those
of the whole process while it fits, all threads. The harmonic efficiency is that of the test sample at a score of 0.5.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core import runs
from core.cosine.experiment import EXPERIMENT
from core.data.dataset import open_dataset
from core.data.demo import default_mapping
from core.data.loader import batches
from core.data.prepare import default_jobs, prepare
from core.data.selection import Selected, Selection, select
from core.data.splits import TEST, TRAIN, SplitParameters
from core.judge.scored import judge_run, open_scored
from core.learn import backend, fit
from core.learn.progress import N_WARM_UP

EFFICIENCY, SPEED = "efficiency", "speed"
REPEATS, BATCH = 3, 64
N_EVENTS = {EFFICIENCY: 10_000, SPEED: 2_000}


def selected(name: str) -> Selected:
    """All crystals, 3-10 keV, truth labels; a quarter of the sub-runs for the test."""
    cuts = EXPERIMENT.presets["cnn2020"].selection.cuts
    division = SplitParameters(validation_fraction=0.1, test_fraction=0.25)
    return select(EXPERIMENT, open_dataset(name), Selection(cuts, "truth", division))


def trained(network: str, epochs: int | None) -> dict[str, Any]:
    """Train, score and judge one network with its default settings (epochs may be reduced)."""
    folder = runs.create(network)
    told = fit.train(fit.task(selected(EFFICIENCY), network, {}, {"epochs": epochs} if epochs else {}), folder)
    scored = open_scored(runs.open_run(folder.name), EXPERIMENT, open_dataset(EFFICIENCY))
    judged = judge_run(scored).to_dict()
    return {
        "cpu_seconds": told["fit_cpu_seconds"],
        "events_per_s": told["events_per_s"],
        "seconds_per_epoch": sum(told["counts"]["train"].values()) / told["events_per_s"],
        "epochs": told["n_epochs"],
        "parameters": told["n_parameters"],
        "device": told["device"],
        **{key: judged[f"{key}_efficiency"] for key in ("harmonic", "signal", "background")},
    }


def through_darkroom() -> float:
    """Events per second of one epoch of the CNN, read from the data set while it trains."""
    return float(fit.train(fit.task(selected(SPEED), "cnn", {}, {"epochs": 1}), runs.create("cnn"))["events_per_s"])


def plain_keras() -> float:
    """Events per second of one epoch of the same network by `model.fit`, everything in memory beforehand."""
    asked = fit.task(selected(SPEED), "cnn", {}, {})
    rows, labels = asked.selected.rows(TRAIN)
    made = list(batches(asked.dataset, rows, asked.recipe, BATCH, labels=labels, seed=1))
    x, y, w = (np.concatenate(parts) for parts in zip(*made, strict=True))
    n = len(x) // BATCH * BATCH
    keras, times = backend.load_keras(), []
    model = asked.build()
    model.compile(
        keras.optimizers.Adam(asked.training.learning_rate, asked.training.beta_1), "categorical_crossentropy"
    )
    tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: times.append(time.perf_counter()))
    model.fit(x[:n], y[:n], BATCH, sample_weight=w[:n], epochs=1, verbose=0, callbacks=[tick])
    return (len(times) - N_WARM_UP) * BATCH / (times[-1] - times[N_WARM_UP - 1])


WAYS = {"darkroom": through_darkroom, "plain": plain_keras}


def in_new_process(*arguments: str) -> Any:
    """What this module prints when it is called with `arguments`."""
    command = [sys.executable, "-m", "benchmarks.training", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def make_data(folder: Path) -> None:
    for name, n_events in N_EVENTS.items():
        raw = folder / name
        raw.mkdir()
        files = EXPERIMENT.simulate(raw, n_events=n_events, seed=n_events)
        prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT), default_jobs())


def everything(cnn_epochs: int | None) -> dict[str, Any]:
    speeds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(REPEATS):
        for way in WAYS:
            speeds[way].append(in_new_process("--speed", way))
    cnn = in_new_process("--train", "cnn", *(["--cnn-epochs", str(cnn_epochs)] if cnn_epochs else []))
    compact = in_new_process("--train", "compact")
    n_test = len(selected(EFFICIENCY).rows(TEST)[0])
    return {
        "cnn_events_per_s": statistics.median(speeds["darkroom"]),
        "plain_keras_events_per_s": statistics.median(speeds["plain"]),
        "cnn_to_plain": statistics.median(a / b for a, b in zip(*speeds.values(), strict=True)),
        "cnn_seconds": cnn["cpu_seconds"],
        "compact_seconds": compact["cpu_seconds"],
        "cnn_to_compact_seconds": cnn["cpu_seconds"] / compact["cpu_seconds"],
        "cnn_harmonic": cnn["harmonic"],
        "compact_harmonic": compact["harmonic"],
        "compact_parameters": compact["parameters"],
        "n_test": n_test,
        "cnn": cnn,
        "compact": compact,
    }


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--cnn-epochs", type=int, help="train the CNN for fewer epochs than its default")
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
            report.show(everything(options.cnn_epochs), options.json)


if __name__ == "__main__":
    main()
