"""The plan of a training: what is trained on what, checked before keras is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core import parameters
from core.data.dataset import Dataset
from core.data.splits import TRAIN, VALIDATION
from core.errors import DarkroomError
from core.learn.network import Network, Stage
from core.learn.task import Sample, Task
from core.learn.tasks.classify import Classify
from core.learn.training import TrainingParameters, training_for
from core.runs import Run
from core.selection.selection import Selected


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that a training needs. Shapes are those of one row (n, ...), of several inputs by name."""

    selected: Selected
    name: str
    network: Network
    network_parameters: Any
    training: TrainingParameters
    recipe: Any
    recipe_shape: Any
    task: Task
    warnings: tuple[str, ...] = ()

    @property
    def dataset(self) -> Dataset:
        return self.selected.dataset

    @property
    def input_shape(self) -> Any:
        return self.task.input_shape(self.recipe_shape)

    @property
    def output(self) -> Any:
        return self.task.output(self.recipe_shape)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages with their number of epochs and learning rate."""
        training = self.training
        return tuple(stage.filled(training.epochs, training.learning_rate) for stage in self.network.stages)

    @property
    def n_epochs(self) -> int:
        return sum(stage.epochs or 0 for stage in self.stages)

    @property
    def n_steps(self) -> int:
        """Full batches per epoch (one smaller batch if there is no full one): the rest waits for the next shuffle."""
        return max(1, len(self.train_sample.rows) // self.training.batch_size)

    @cached_property
    def train_sample(self) -> Sample:
        return self.task.sample(self.selected, TRAIN, self.training)

    @cached_property
    def validation_sample(self) -> Sample:
        return self.task.sample(self.selected, VALIDATION, self.training)

    def build(self) -> Any:
        return self.network.build(self.network_parameters, self.input_shape, self.output)


def network_of(networks: Mapping[str, Network], name: str) -> Network:
    """The network named `name`, or a refusal that lists those there are."""
    if name not in networks:
        raise DarkroomError(f"Unknown model '{name}': expected one of {', '.join(networks)}.")
    return networks[name]


def task_of(network: Network, network_parameters: Any, classes: Sequence[str], signal: int) -> Task:
    """The own task of a network with these parameters, or classification into the classes of the labels."""
    return network.task.given(network_parameters) if network.task else Classify(tuple(classes), signal)


def task_of_run(networks: Mapping[str, Network], run: Run, signal: int = 0) -> Task:
    """What the network of a run has learned."""
    network = network_of(networks, run.network)
    return task_of(network, parameters.build(network.parameters, run.params["parameters"]), run.classes, signal)


def plan_training(
    selected: Selected, networks: Mapping[str, Network], name: str, network_values: Mapping[str, Any],
    training_values: Mapping[str, Any], warnings: Sequence[str] = (),
) -> TrainingPlan:  # fmt: skip
    """Check a training, which keeps the `warnings`: known network, good parameters, rows with targets, fitting records."""
    network = network_of(networks, name)
    network_parameters: Any = parameters.build(network.parameters, network_values)
    training = training_for(network, training_values)
    recipe = network.recipe_for(network_parameters)
    shape = recipe.shape(selected.dataset)
    task = task_of(network, network_parameters, selected.classes, selected.signal)
    task.check(selected)
    notes = [network.start.note(network_parameters)] if network.start else []
    return TrainingPlan(selected, name, network, network_parameters, training, recipe, shape, task, (*warnings, *notes))
