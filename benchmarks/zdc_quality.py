"""How good the generators of showers are: the line of each in the table of all, with what was promised of it.

`python -m benchmarks.zdc_quality RUN ... [--data NAME]`: runs of the workspace, judged on rows of a data set that their training never
saw and for which they have generated (`python -m core predict`). Of each: `auc_low`, `auc_high`, `auc_hard`, `fpd`, `separation` by feature,
`wasserstein_channels`, `mae_channels`, `neighbour_ratio`, `etot_bias`, each with interval and what truth against truth gives (`..._truth`);
`ms_per_shower` on one core in batches of 1,000, measured here; `train_seconds`, `parameters`; the same numbers in bins of energy. Ends with
status 1 where a gate is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import report
from core import parameters, runs
from core.analysis.generation import quality
from core.judge.generation.quality import FULL, QualityParameters
from core.learn.noise import noise_of
from core.learn.plan import task_of_run
from core.learn.predict import load_model
from core.learn.sampling import drawing
from core.learn.tasks.generate import SAMPLES
from core.registry import experiment_by_key
from core.workflows.analyse import Names, open_inputs, with_newest

KEY, BATCH, N_BATCHES = "zdc", 1_000, 6
AUC = {
    "compact": {"auc_low": 0.53, "auc_high": 0.56, "auc_hard": 0.60}, "flow": {"auc_high": 0.90}, "vae": {"auc_high": 0.90},
    "gan": {"auc_high": 0.95},
}  # fmt: skip
MOST_BIAS, MOST_CELLS, MOST_SEPARATION, MOST_IN_BIN = 0.002, 0.01, 0.003, 0.01
NEIGHBOURS, MOST_TRAINING_S, MOST_MS = (0.95, 1.05), 600.0, 0.6
ENDS_GEV = (5.0, 50.0)  # bins below and above are held to MOST_IN_BIN


def judged(run_id: str, dataset: str, p: QualityParameters) -> dict[str, Any]:
    """The line of a run in the table of all generators, and its numbers by energy."""
    experiment = experiment_by_key(KEY)
    generating = experiment.generating
    if generating is None:
        raise SystemExit(f"{experiment.title} says of no generated rows how they are judged.")
    analysis = quality(generating)
    names = with_newest(experiment, analysis, Names(dataset=dataset, run=run_id))
    answer = analysis.run(open_inputs(experiment, analysis, names), p, _progress)
    row = dict(answer.values["row"])
    row["ms_per_shower"] = timed_alone(run_id)
    del row["ms_per_row"]
    row["by_energy"] = answer.values["by_axis"]
    row["auc_by_energy"] = {name: judge["by_axis"] for name, judge in answer.values["judges"].items()}
    row["refused"] = answer.values["refused"]
    return row | {"gates": gates(row)}


def gates(row: Mapping[str, Any]) -> dict[str, bool]:
    """What was promised of the network and whether it holds; of a number that was not measured it does not."""
    network = row["network"]
    held = {name: _value(row[name]) <= most for name, most in AUC.get(network, {}).items()}
    if network != "compact":
        return held
    filled = [part for part in row["by_energy"] if part["response"]["generated"] is not None]
    outer = [part for part in filled if part["high"] <= ENDS_GEV[0] or part["low"] >= ENDS_GEV[1]]
    return held | {
        "etot_bias_in_every_bin": all(abs(_value(part["response"]["generated"])) <= MOST_BIAS for part in filled),
        "n_cells_in_every_bin": all(abs(_value(part["features"]["n_cells"]["generated"])) <= MOST_CELLS for part in filled),
        "separation": all(_value(number) <= MOST_SEPARATION for number in row["separation"].values()),
        "separation_low_and_high": all(
            _value(pair["generated"]) < MOST_IN_BIN for part in outer for pair in part["separations"].values()
        ),
        "neighbour_ratio": NEIGHBOURS[0] <= _value(row["neighbour_ratio"]) <= NEIGHBOURS[1],
        "train_seconds": row["train_seconds"] <= MOST_TRAINING_S,
        "ms_per_shower": row["ms_per_shower"] <= MOST_MS,
    }  # fmt: skip


def _value(number: Mapping[str, Any] | None) -> float:
    return float("nan") if number is None or number["value"] is None else float(number["value"])


def _progress(done: float, total: float, text: str) -> None:
    print(f"{done / total:5.0%} {text}", file=sys.stderr)


def timed_alone(run_id: str) -> float:
    """CPU milliseconds per shower, measured in a process of its own that stays on one core from the start."""
    arguments = [sys.executable, "-m", "benchmarks.zdc_quality", "--time", run_id, "--json"]
    one_thread = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }  # threads that wait for each other on one core count as work
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env={**os.environ, **one_thread})
    return float(json.loads(done.stdout.splitlines()[-1])["ms_per_shower"])


def ms_per_shower(run_id: str) -> float:
    """Median over batches of 1,000 rows of the run's own test sample, after one that compiles."""
    run = runs.open_run(run_id)
    experiment = experiment_by_key(run.experiment)
    network, task = experiment.networks[run.network], task_of_run(experiment.networks, run)
    draw = drawing(
        load_model(run, experiment.networks), network, parameters.build(network.parameters, run.params["parameters"])
    )
    low, high = (np.array([ends[i] for ends in run.provenance["ranges"].values()]) for i in (0, 1))
    rng, took = np.random.default_rng(1), []
    for i in range(N_BATCHES + 1):
        condition = conditions(rng, low, high, task.columns)
        noise = noise_of(np.arange(BATCH) + i * BATCH, getattr(task, "noise", 0))
        began = time.process_time()
        n = len(draw(condition, noise)[SAMPLES])
        took.append(1e3 * (time.process_time() - began) / n)
    return float(np.median(took[1:]))


def conditions(rng: np.random.Generator, low: np.ndarray, high: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """float32 (BATCH, k): within the ranges of the training, energies even in their logarithm as they were there."""
    share = rng.random((BATCH, len(names)))
    even = low + (high - low) * share
    for i, name in enumerate(names):
        if name.endswith("energy_gev"):
            even[:, i] = low[i] * (high[i] / low[i]) ** share[:, i]
    return even.astype(np.float32)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is judged, and how."""
    parser.add_argument("--data", default="", help="data set for which the runs have generated (the run's own)")
    parser.add_argument("--n-rows", type=int, default=10_000, help="rows a side; 0: all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--no-network", action="store_true", help="without the dense network")
    parser.add_argument("--full", action="store_true", help="the full protocol: 2,048 wide, three seeds, all rows")


def settings(options: argparse.Namespace) -> QualityParameters:
    """The parameters of the analysis."""
    chosen = {"n_rows": options.n_rows, "seeds": options.seeds, "width": options.width, "epochs": options.epochs}
    chosen |= {"has_network": not options.no_network} | ({"protocol": FULL} if options.full else {})
    return parameters.build(QualityParameters, chosen)


def main() -> None:
    if "--time" in sys.argv:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    parser = report.options(__doc__ or "")
    parser.add_argument("runs", nargs="*", help="runs of generators")
    parser.add_argument("--time", default="", metavar="RUN", help="only measure how fast a run generates")
    add_options(parser)
    options = parser.parse_args()
    if options.time:
        report.show({"ms_per_shower": ms_per_shower(options.time)}, options.json)
        return
    if not options.runs:
        parser.error("name at least one run of a generator")
    began = time.perf_counter()
    rows = [judged(run, options.data, settings(options)) for run in options.runs]
    report.show({"generators": rows, "seconds": time.perf_counter() - began}, options.json)
    if not all(all(row["gates"].values()) for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
