"""From what a user asks for to the arguments of a training job, checked before anything is queued."""

from collections.abc import Sequence
from typing import Any

from core import parameters, runs
from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.experiment import Experiment, Network
from core.jobs import control
from core.jobs.queue import Job
from core.learn import training
from core.learn.fit import Task
from core.learn.training import TrainingParameters


def network_of(experiment: Experiment, name: str) -> Network:
    if name not in experiment.networks:
        raise DarkroomError(f"Unknown model '{name}': expected one of {', '.join(experiment.networks)}.")
    return experiment.networks[name]


def cheapest(experiment: Experiment) -> str:
    """The network that trains fastest on a CPU: where to begin."""
    return max(experiment.networks, key=lambda name: experiment.networks[name].cpu_events_per_s)


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


def as_settings(asked: Task) -> list[str]:
    """The `name=value` strings that make this training from the network's defaults: the opposite of dividing them."""
    network = asked.network
    own = parameters.as_assignments(asked.network_parameters, network.parameters())
    return own + parameters.as_assignments(asked.training, training.training_for(network, {}))


def expected_seconds(asked: Task) -> float:
    """Seconds that a training will take by the speed of earlier runs of its network."""
    n_train, n_scored = len(asked.selected.rows(TRAIN)[0]), len(asked.selected.preselected)
    return training.expected_seconds(
        asked.name, asked.network, n_train, n_scored, asked.training.epochs, runs.list_runs()
    )


def submit(asked: Task) -> Job:
    """Queue a checked training. The seconds that it is expected to take serve the queue's forecast."""
    arguments = {
        "dataset": asked.dataset.name,
        "selection": asked.selected.selection.to_dict(),
        "network": asked.name,
        "parameters": parameters.to_dict(asked.network_parameters),
        "training": parameters.to_dict(asked.training),
        "expected_seconds": expected_seconds(asked),
    }
    return control.submit("train", f"{asked.name} on {asked.dataset.name}", arguments)
