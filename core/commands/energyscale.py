"""The command that takes the energy scale from a line of known energy."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import parameters
from core.commands.data import find_mapping
from core.commands.text import Command, Result, table
from core.errors import DarkroomError
from core.experiment import EnergyScale, Experiment
from core.registry import experiment_by_key


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add(
        "energy-scale", energy_scale, "the energy scale from a line of known energy in raw files, with its interval"
    )
    p.add_argument("experiment")
    p.add_argument("files", nargs="+", type=Path, metavar="FILES")
    p.add_argument("--mapping", help="a shipped mapping's name or a TOML file (default: the experiment's own format)")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a field of the mapping")
    p.add_argument(
        "--line", action="append", default=[], metavar="NAME=VALUE", help="how the line is fitted, e.g. together=true"
    )


def scale_of(experiment: Experiment) -> EnergyScale:
    """How the experiment takes its energy scale, or a refusal."""
    if experiment.energy_scale is None:
        raise DarkroomError(f"{experiment.title} takes no energy scale from raw files.")
    return experiment.energy_scale


def energy_scale(options: argparse.Namespace) -> Result:
    experiment = experiment_by_key(options.experiment)
    scale = scale_of(experiment)
    mapping = parameters.override(find_mapping(experiment, options.mapping), options.set)
    found = scale.measure(options.files, mapping, parameters.override(scale.parameters(), options.line))
    result: dict[str, Any] = {"title": scale.title, "files": [str(path) for path in options.files], "scales": found}
    return result, "\n".join([scale.title, table(found), scale.explanation])
