"""From what a user asks for to the arguments of a training job, checked before anything is queued."""

from collections.abc import Sequence
from typing import Any

from core import parameters
from core.errors import DarkroomError
from core.experiment import Experiment, Network
from core.jobs import control
from core.jobs.queue import Job
from core.learn.fit import Task
from core.learn.training import TrainingParameters


def network_of(experiment: Experiment, name: str) -> Network:
    if name not in experiment.networks:
        raise DarkroomError(f"Unknown model '{name}': expected one of {', '.join(experiment.networks)}.")
    return experiment.networks[name]


def divide_settings(network: Network, assignments: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sort `name=value` strings into those of the network and those of the training; others are refused."""
    own = {s.name for s in parameters.specs(network.parameters)}
    training = {s.name for s in parameters.specs(TrainingParameters)}
    divided: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for text in assignments:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not separator:
            raise DarkroomError(f"'{text}' is not an assignment: write it as name=value, for example epochs=3.")
        if name not in own | training:
            raise DarkroomError(f"Unknown parameter '{name}': expected one of {', '.join(sorted(own | training))}.")
        divided[name not in own][name] = value
    return divided


def submit(asked: Task) -> Job:
    """Queue a checked training."""
    arguments = {
        "dataset": asked.dataset.name,
        "selection": asked.selected.selection.to_dict(),
        "network": asked.name,
        "parameters": parameters.to_dict(asked.network_parameters),
        "training": parameters.to_dict(asked.training),
    }
    return control.submit("train", f"{asked.name} on {asked.dataset.name}", arguments)
