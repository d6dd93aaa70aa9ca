"""Why did the network decide so: how long `compact` takes to be explained, as the page asks for it, and by others.

`cold_s`: from nothing to the first answer (keras starts on the CPU, the model is verified and loaded). `warm_s`: median
from the page's call to the answer, over different events. `mean_s`: the mean attribution of 100 events. The peers run in
a process of their own on the same network and event: the same occlusion with one `model.predict` per window, and
integrated gradients (TensorFlow's tape, as many steps as occlusion has windows, in one batch), after a warm-up each.
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
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core import runs
from core.cosine.experiment import EXPERIMENT
from core.data.dataset import open_dataset
from core.jobs import warm
from core.learn import backend, explain, fit
from core.learn.explain import Occlusion
from core.learn.plan import plan_training
from core.selection.selection import Selection, select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.warm_child import open_network

NAME, N_EVENTS, N_ASKED = "explained", 1500, 40


def make_run(folder: Path) -> str:
    """A data set, and `compact` trained on it for one epoch (how well it does plays no part here); the run's id."""
    files = EXPERIMENT.simulation.simulate(folder, n_events=N_EVENTS, seed=5)
    prepare(EXPERIMENT, files, NAME, default_mapping(EXPERIMENT))
    cuts = EXPERIMENT.selecting.presets["cnn2020"].selection
    selected = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset(NAME), Selection(cuts.cuts, "truth", cuts.split)
    )
    path = runs.create("compact")
    fit.train(plan_training(selected, EXPERIMENT.networks, "compact", {}, {"epochs": 1}), path)
    return path.name


def timed(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def ours(run_id: str) -> dict[str, Any]:
    """Seconds through the warm process, as the page asks it."""
    question = {"do": "occlusion", "run": run_id, "dataset": NAME, "parameters": {}}
    rows = np.linspace(0, open_dataset(NAME).n_rows - 1, N_ASKED + 1).astype(int).tolist()
    cold = timed(lambda: warm.ask({**question, "row": rows[0]}))
    seconds = [timed(lambda row=row: warm.submit({**question, "row": row}).wait(60.0)) for row in rows[1:]]
    hundred = list(range(100))
    request = {**question, "do": "mean_occlusion", "rows": hundred, "n_of": 100, "seconds": 120.0}
    mean = timed(lambda: warm.ask(request, timeout_s=180.0))
    warm.stop()
    return {"cold_s": cold, "warm_s": statistics.median(seconds), "warm_max_s": max(seconds), "mean_s": mean}


def peers(run_id: str) -> dict[str, Any]:
    """Seconds of the same question answered in other ways, in this process."""
    opened, dataset = open_network(runs.open_run(run_id)), open_dataset(NAME)
    attribution = explain.of_row(opened, dataset, 7, Occlusion())
    n_windows = attribution.drops.size
    x = explain.inputs(opened, dataset, np.array([7]))
    opened.model.predict(x, verbose=0)
    per_window = timed(lambda: [opened.model.predict(x, verbose=0) for _ in range(n_windows)])
    integrated_gradients(opened.model, x[0], n_windows)
    gradients = statistics.median(timed(lambda: integrated_gradients(opened.model, x[0], n_windows)) for _ in range(5))
    in_process = statistics.median(timed(lambda: explain.of_row(opened, dataset, 7, Occlusion())) for _ in range(5))
    return {
        "windows": n_windows, "predict_per_window_s": per_window, "integrated_gradients_s": gradients,
        "in_process_s": in_process,
    }  # fmt: skip


def integrated_gradients(model: Any, x: np.ndarray, n_steps: int) -> np.ndarray:
    """Sundararajan et al. (2017) from an empty input, of the log-odds of signal."""
    import tensorflow as tf

    path = tf.constant((np.arange(n_steps) + 0.5)[:, None, None] / n_steps * x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(path)
        score = model(path, training=False)
        logit = tf.math.log(score[:, 1]) - tf.math.log(score[:, 0])
    return x * np.asarray(tape.gradient(logit, path)).mean(axis=0)


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--peers", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peers:
        backend.load_keras()
        print(json.dumps(peers(options.peers)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        os.environ |= {"DARKROOM_WORKSPACE": f"{temporary}/workspace", "CUDA_VISIBLE_DEVICES": "-1"}
        raw = Path(temporary) / "raw"
        raw.mkdir()
        run_id = make_run(raw)
        result = ours(run_id)
        command = [sys.executable, "-m", "benchmarks.explain", "--peers", run_id]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        report.show({**result, **json.loads(done.stdout.splitlines()[-1]), "events": N_ASKED}, options.json)


if __name__ == "__main__":
    main()
