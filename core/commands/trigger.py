"""The command that simulates the trigger and, after it, a selection."""

import argparse
from typing import Any

from core import parameters
from core.commands.data import find_dataset
from core.commands.text import Result, table
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import product, triggered
from core.judge.intervals import defined
from core.judge.product import Kept
from core.judge.scored import open_scored
from core.registry import EXPERIMENTS, experiment_by_key
from core.runs import open_run


def trigger(options: argparse.Namespace) -> Result:
    experiment, kept = _selected(options)
    made = triggered.trigger_of(experiment)
    settings = parameters.override(made.parameters(), options.set)
    if options.events < 1:
        raise DarkroomError(f"--events is {options.events}: expected at least 1.")
    if options.seed < 0:
        raise DarkroomError(f"--seed is {options.seed}: expected 0 or more.")
    energies = _energies(options.energies) if options.energies else triggered.even_energies(options.up_to)
    found = triggered.scan(made, settings, energies, options.events, options.seed)
    chi2, n_points, p_value = found.agreement
    result: dict[str, Any] = {
        "trigger": made.title,
        "simulated": True,
        "parameters": parameters.to_dict(settings),
        "n_events": options.events,
        "seed": options.seed,
        "points": found.to_rows(),
        "agreement": {"chi2": chi2, "n": n_points, "p_value": defined(p_value)},
        "accidental_hz": made.accidental_hz(settings),
    }
    text = [f"{made.title}, simulated", "", table(triggered.table(found)), "", triggered.in_words(found)]
    if kept is not None:
        even = triggered.scan(made, settings, triggered.even_energies(options.up_to), options.events, options.seed)
        chain = product.chain(even.points, kept, triggered.bin_edges(options.up_to))
        result |= {"selection": kept.name, "chain": chain.to_rows(), "method": product.METHOD}
        text += ["", f"selection: {kept.name}", table(product.table(chain)), "", product.in_words(chain, kept)]
    return result, "\n".join(text)


def _selected(options: argparse.Namespace) -> tuple[Experiment, Kept | None]:
    """The experiment, and what is selected after the trigger if that is asked for."""
    if options.run:
        run = open_run(options.run)
        experiment, dataset = find_dataset(options.data or run.dataset)
        return experiment, product.kept_by_run(open_scored(run, experiment, dataset), options.threshold)
    if options.data:
        experiment, dataset = find_dataset(options.data)
        return experiment, product.kept_by_cut(experiment, dataset)
    if options.experiment:
        return experiment_by_key(options.experiment), None
    return next(one for one in EXPERIMENTS.values() if one.trigger), None


def _energies(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise DarkroomError(f"--energies is '{text}': expected numbers in keV, comma-separated.") from None
