"""From what a user asks for to the arguments of a training job, checked before anything is queued."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import parameters, runs
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.learn import compilation, training
from core.learn.network import Network
from core.learn.plan import TrainingPlan
from core.learn.training import TrainingParameters


def cheapest(networks: Mapping[str, Network]) -> str:
    """The network that trains fastest on a CPU: where to begin."""
    return max(networks, key=lambda name: networks[name].cpu_events_per_s)


def divide_settings(network: Network, assignments: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sort `name=value` strings into those of the network and those of the training; others are refused."""
    names = {s.name for s in parameters.specs(network.parameters)}
    training = {s.name for s in parameters.specs(TrainingParameters)}
    divided: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for text in assignments:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not separator:
            raise DarkroomError(f"'{text}' is not an assignment: write it as name=value, for example epochs=3.")
        if name not in names | training:
            raise DarkroomError(f"Unknown parameter '{name}': expected one of {', '.join(sorted(names | training))}.")
        divided[name not in names][name] = value
    return divided


def as_settings(plan: TrainingPlan) -> list[str]:
    """The `name=value` strings that make this training from the network's defaults: the opposite of dividing them."""
    network = plan.network
    assignments = parameters.as_assignments(plan.network_parameters, network.parameters())
    return assignments + parameters.as_assignments(plan.training, training.training_for(network, {}))


def expected_seconds(plan: TrainingPlan) -> float:
    """Seconds that a training will take by the speed of earlier runs of its network."""
    n_train, n_scored = len(plan.train_sample.rows), len(plan.selected.preselected)
    return training.expected_seconds(
        plan.name,
        plan.network,
        n_train,
        n_scored,
        plan.n_epochs,
        runs.list_runs(),
        compilation.expected_s(plan),
    )


def submit(plan: TrainingPlan) -> Job:
    """Queue a checked training. The seconds that it is expected to take serve the queue's forecast."""
    arguments = {
        "dataset": plan.dataset.name,
        "selection": plan.selected.selection.to_dict(),
        "network": plan.name,
        "parameters": parameters.to_dict(plan.network_parameters),
        "training": parameters.to_dict(plan.training),
        "expected_seconds": expected_seconds(plan),
    }
    return control.submit("train", f"{plan.name} on {plan.dataset.name}", arguments)
