"""What leaks at 99 % signal efficiency with `compact`, boosted trees, cuts, and the bound that simulated truth allows.

The sample was fixed before anything was trained on it, and is not to be tuned until a network wins: half signal, half
noise of all six populations in the simulation's default composition, crystals 1, 3 and 7, 60 % of the events at 0.5-3 keV,
25 % at 3-6, 15 % at 6-10 (flat within), so that the low windows have statistics. Signal and noise have the same
spectrum. Everything is trained on truth labels at 1-10 keV; sub-runs are divided 50/20/30. Limits are chosen on the
validation sample of each window and quoted on its test sample; p values are McNemar's on the noise of that window, as the
limits are, and with the scatter of the limits, by which methods are called better or worse.

With `--workspace DIR` what is there (sample, run, trees) is used again. Needs 6 kB of disk per event, twice that while it is made.
"""

import dataclasses
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core import runs, workspace
from core.cosine import features, simulate
from core.cosine.experiment import EXPERIMENT
from core.cosine.select import Cuts
from core.data.dataset import Dataset, list_datasets, open_dataset, read_array
from core.data.prepare import default_jobs
from core.data.splits import TEST, SplitParameters
from core.judge import stored
from core.judge.baselines import BOUND, TREES, Ranking, basis_of, of_run
from core.judge.paired import InWindow, compare
from core.judge.score_table import ScoreTable
from core.learn import fit
from core.learn.plan import plan_training
from core.learn.progress import Silent
from core.selection.selection import Selection, select
from core.statistics.intervals import defined
from core.workflows import baselines_job
from core.workflows.demo import default_mapping, simulate_once
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

NETWORK = "compact"
N_EVENTS, SEED = 120_000, 20200219
N_SUBRUNS_AT_LEAST = 2_000  # events, below which the split by sub-run leaves a sample empty
SAMPLE = simulate.SimulationParameters(
    calibration_fraction=4.0 / 9.0, calibration_noise=0.0, second_crystal=0.0, window_weights=(0.60, 0.25, 0.15, 0.0)
)
SELECTION = Selection(
    Cuts(crystals=(1, 3, 7), signal_runs=(), background_runs=(), energy_low_kev=1.0, energy_high_kev=10.0),
    "truth",
    SplitParameters(validation_fraction=0.2, test_fraction=0.3),
)
TRAINING = {"epochs": 10}  # with the decay of the network's own settings; of 24 epochs the sixth was the best
SIGNIFICANT = 0.05


class Told(Silent):
    """Prints where a long step is, at most every few seconds."""

    def __init__(self) -> None:
        self.at = 0.0

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        if time.monotonic() - self.at > 10.0:
            self.at = time.monotonic()
            say(f"  {text} ({done:,.0f} of {total or 0:,.0f})")

    def metric(self, values: Any) -> None:
        if values.get("kind") == "epoch":
            say(f"  epoch {values['epoch']}: validation loss {values.get('validation_loss') or float('nan'):.4f}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def timed(what: str, function: Callable[[], Any]) -> Any:
    """Call and say how long it took."""
    say(what)
    began = time.perf_counter()
    result = function()
    say(f"  {time.perf_counter() - began:.1f} s")
    return result


def sample(n_events: int) -> Dataset:
    """The prepared sample, made if it is not there."""
    name = f"baselines-{n_events}"
    if name not in list_datasets():
        progress = Told()
        simulation = dataclasses.replace(
            EXPERIMENT.simulation, simulate=lambda out, **options: simulate.simulate(out, **options, parameters=SAMPLE)
        )
        experiment = dataclasses.replace(EXPERIMENT, simulation=simulation)
        raw = timed(
            f"Simulating {n_events:,} events",
            lambda: simulate_once(experiment, name, n_events, SEED, lambda done, n: progress.report(done, n, "events")),
        )
        files = sorted(raw.iterdir())
        mapping = default_mapping(EXPERIMENT)
        timed("Preparing", lambda: prepare(EXPERIMENT, files, name, mapping, default_jobs()))
        shutil.rmtree(raw)
    return open_dataset(name)


def trained(dataset: Dataset, training: dict[str, Any]) -> runs.Run:
    """The finished run on the sample with these settings, trained if it is not there, with its trees."""
    plan = plan_training(
        select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, SELECTION), EXPERIMENT.networks, NETWORK, {}, training
    )
    plain = dataclasses.asdict(plan.training)
    run_ids = [run.id for run in runs.list_runs() if run.state == "finished" and run.dataset == dataset.name]
    finished = next((run for run in map(runs.open_run, run_ids) if run.params["training"] == plain), None)
    if finished is None:
        folder = runs.create(NETWORK)
        timed(
            f"Training {NETWORK} on {len(plan.selected.rows(0)[0]):,} events", lambda: fit.train(plan, folder, Told())
        )
        finished = runs.open_run(folder.name)
    if not stored.baseline_files(finished.path, dataset.name):
        timed("Training the trees", lambda: baselines_job.make(finished, dataset))
    return finished


def features_us_per_event(dataset: Dataset) -> float:
    """Microseconds that the features of an event cost, on one core: trees and cuts need them."""
    raw = read_array(dataset, "waveform", range(min(1000, dataset.n_rows))) + np.int16(300)
    parameters = features.FeatureParameters()
    features.compute(raw[:10], parameters)  # compiled by now
    began = time.perf_counter()
    features.compute(raw, parameters)
    return 1e6 * (time.perf_counter() - began) / len(raw)


def cost_of(method: str, run: runs.Run, features_us: float) -> dict[str, Any]:
    """Parameters, training seconds and microseconds per event; trees and cuts need the features, the network reads."""
    nothing = {"parameters": 0, "train_seconds": 0.0, "us_per_event": features_us}
    costs = stored.costs(run)
    if method == NETWORK:
        return costs["network"]
    if method == TREES:
        return {**costs[TREES], "us_per_event": costs[TREES]["us_per_event"] + features_us}
    return dict.fromkeys(nothing) if method == BOUND else nothing


def plain(row: InWindow, cost: dict[str, Any]) -> dict[str, Any]:
    """One line of the result."""
    leaked, against = row.leakage.leakage.to_dict(), row.against.to_dict() if row.against else {}
    return {
        "window_kev": list(row.window) if row.window else None,
        "method": row.method,
        "leakage_at_99": leaked["value"],
        **{name: leaked[name] for name in ("low", "high", "n", "k")},
        "signal_efficiency": row.leakage.signal.to_dict(),
        "n_validation_signal": row.n_basis,
        "p_value_against_trees": against.get("p"),
        "p_value_with_limits": defined(row.p_with_limits),
        "trees_minus_this": {name: against.get(name) for name in ("difference", "low", "high", "n10", "n01")},
        **cost,
    }


def judged(scored: ScoreTable) -> dict[str, Any]:
    """All methods in all windows, and which population leaks."""
    labels, used = scored.labels("truth"), scored.split == TEST
    basis, chosen_on = basis_of(scored.split, labels, used, scored.score)
    others, notes = of_run(scored, "truth")
    methods = {NETWORK: Ranking(scored.score, 0.5), **others}
    energy_kev, windows = scored.column("energy_kev"), EXPERIMENT.judging.axis.windows
    _, rows = compare(methods, energy_kev, labels, used, basis, windows, reference=TREES)
    features_us = features_us_per_event(scored.dataset)
    costs = {name: cost_of(name, scored.run, features_us) for name in methods}
    ours = {row.window: row for row in rows if row.method == NETWORK and row.window and row.against}
    # trees minus compact: above 0 where compact leaks less
    worse = [w for w, row in ours.items() if row.p_with_limits < SIGNIFICANT and row.against.difference < 0]
    better = [w for w, row in ours.items() if row.p_with_limits < SIGNIFICANT and row.against.difference > 0]
    return {
        "rows": [plain(row, costs[row.method]) for row in rows],
        "populations": by_population(scored, methods, energy_kev, labels, used, basis),
        "compact_worse_than_trees": worse,
        "compact_better_than_trees": better,
        "limits_chosen_on": chosen_on,
        "features_us_per_event": features_us,
        "n_test": {"signal": int((used & (labels == 1)).sum()), "noise": int((used & (labels == 0)).sum())},
        "n": {"signal": int((labels == 1).sum()), "noise": int((labels == 0).sum())},
        "epochs": scored.run.provenance["n_epochs"],
        "best_epoch": scored.run.provenance["best_epoch"],
        "notes": notes,
    }


def by_population(
    scored: ScoreTable,
    methods: dict[str, Any],
    energy_kev: np.ndarray,
    labels: np.ndarray,
    used: np.ndarray,
    basis: np.ndarray,
) -> list[dict[str, Any]]:
    """Events of each noise population that leak at 99 % signal efficiency, with limits chosen per window."""
    population = scored.column("truth_population")
    rows = []
    for window in EXPERIMENT.judging.axis.windows:
        inside = (energy_kev >= window[0]) & (energy_kev < window[1])
        decided = {name: method.keeping(0.99, labels, basis & inside).kept for name, method in methods.items()}
        for code, name in enumerate(simulate.POPULATIONS):
            members = used & inside & (population == code)
            if code and members.any():
                leaked = {m: None if passed is None else int((passed & members).sum()) for m, passed in decided.items()}
                rows.append({"window_kev": list(window), "population": name, "n": int(members.sum()), **leaked})
    return rows


def as_text(result: dict[str, Any]) -> str:
    """The rows as lines."""
    lines = []
    for row in result["rows"]:
        window = "all     " if row["window_kev"] is None else "{:g}-{:g} keV".format(*row["window_kev"]).ljust(8)
        if row["leakage_at_99"] is None:
            lines.append(f"{window} {row['method']:>8}: undefined")
            continue
        percent = [100.0 * row[name] for name in ("leakage_at_99", "low", "high")]
        p = "" if row["p_value_against_trees"] is None else f", p against trees {row['p_value_against_trees']:.2g}"
        p += "" if row["p_value_with_limits"] is None else f" ({row['p_value_with_limits']:.2g} with limits)"
        lines.append(
            f"{window} {row['method']:>8}: leaks {percent[0]:.3f} % [{percent[1]:.3f}, {percent[2]:.3f}] of {row['n']:,} "
            f"at {100.0 * row['signal_efficiency']['value']:.2f} % signal{p}"
        )
    lines += [", ".join(f"{name} {value}" for name, value in row.items()) for row in result["populations"]]
    return "\n".join(lines)


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--events", type=int, default=N_EVENTS, help="triggers, half of them signal")
    parser.add_argument("--epochs", type=int, default=TRAINING["epochs"], help="most epochs of the network")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="keep sample and run there, and use them again")
    options = parser.parse_args()
    if options.events < N_SUBRUNS_AT_LEAST:
        parser.error(f"--events {options.events}: expected at least {N_SUBRUNS_AT_LEAST}")
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = str((options.workspace or Path(temporary)).resolve())
        workspace.root().mkdir(parents=True, exist_ok=True)
        dataset = sample(options.events)
        run = trained(dataset, {**TRAINING, "epochs": options.epochs})
        result = judged(open_scored(run, EXPERIMENT, dataset))
        result |= {"events": options.events, "simulated": True, "run": run.id}
    if not options.json:
        print(as_text(result))
        result = {name: value for name, value in result.items() if name not in ("rows", "populations")}
    report.show(result, options.json)


if __name__ == "__main__":
    main()
