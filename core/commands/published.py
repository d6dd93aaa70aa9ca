"""The command `published`: the printed tables of earlier studies beside their own arithmetic and our results."""

import argparse
from typing import Any

from core.commands.text import Result, progress, table
from core.data import seedscale
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.judge import comparison, sources
from core.judge.comparison import Comparison
from core.learn import backend
from core.registry import EXPERIMENTS, experiment_by_key

SEED_SCALE = "seed"


def published(options: argparse.Namespace) -> Result:
    """All rows and what does not add up; with --scale the simulated data in the printed numbers."""
    experiment = experiment_by_key(options.experiment or next(iter(EXPERIMENTS)))
    if options.scale:
        return _scale(experiment, options)
    if options.fraction is not None:
        raise DarkroomError("--fraction belongs to --scale seed: give both, or neither.")
    backend.stay_on_cpu()
    backend.load_keras()
    networks = {n: experiment.describe_network(n, one.parameters()) for n, one in experiment.networks.items()}
    found = sources.find(experiment, options.data, options.study, options.run, networks)
    printed = sources.published_of(experiment)
    rows, wrong = printed.rows(found), printed.inconsistencies()
    result = {
        "experiment": experiment.key,
        "dataset": found.dataset.name if found.dataset else None,
        "simulated": found.dataset.simulated if found.dataset else None,
        "study": found.study.id if found.study else None,
        "run": found.run.id if found.run else None,
        "tally": comparison.tally(rows),
        "rows": [row.to_dict() for row in rows],
        "inconsistencies": [one.to_dict() for one in wrong],
    }
    kind = "" if result["simulated"] is None else " (simulated)" if result["simulated"] else " (measured)"
    lines = [
        f"data set {result['dataset'] or 'none'}{kind}, study {result['study'] or 'none'}, run {result['run'] or 'none'}",
        ", ".join(f"{n:,} {what}" for what, n in comparison.tally(rows).items()),
    ]
    for key, title in printed.tables.items():
        mine = [row for row in rows if row.table == key]
        told = comparison.tally(mine)
        lines += ["", f"{title} ({', '.join(f'{n:,} {what}' for what, n in told.items() if n)})"]
        lines.append(table([_line(row) for row in _shown(mine)]))
    lines += ["", "What does not add up"]
    lines += [f"- {one.title} ({one.where}). Printed: {one.printed}. Follows: {one.follows}." for one in wrong]
    return result, "\n".join(lines)


def _shown(rows: list[Comparison]) -> list[Comparison]:
    """All rows of a table; of one with hundreds of cells its last column, and what does not reproduce."""
    if len(rows) <= 200:
        return rows
    return [row for row in rows if row.column == rows[-1].column or row.reproduces is False]


def _line(row: Comparison) -> dict[str, Any]:
    told = comparison.texts(row)
    return {name: told[name] for name in ("row", "column", "printed", "recomputed", "ours", "n", "verdict")}


def _scale(experiment: Experiment, options: argparse.Namespace) -> Result:
    """Simulate and prepare the printed numbers as a job, and wait for it."""
    fraction = 1.0 if options.fraction is None else options.fraction
    cost = seedscale.scaled_of(experiment).cost(fraction)
    job = seedscale.submit(experiment, fraction)
    show = progress(options)
    job = control.wait(job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text))
    result: dict[str, Any] = {
        "job": job.id, "state": job.state, "dataset": seedscale.dataset_name(experiment, fraction),
        "fraction": fraction, "expected": dict(cost), "message": job.message or None,
        "seconds": (job.ended_at or 0.0) - (job.started_at or 0.0) if job.started_at else None,
    }  # fmt: skip
    expected = f"expected {cost['n_events']:,.0f} simulated events, {cost['seconds']:,.0f} s, {cost['gb']:.2f} GB"
    told = job.message or job.progress_text
    return result, f"job {job.id} {job.state}: {told} ({expected})"
