"""A network as an experiment offers it, and the stages in which it is trained."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.learn.task import Task


@dataclass(frozen=True)
class Record:
    """Stands for a data set where only what it knows of its stored arrays (`meta`) and of its sensors (`geometry`) matters, and the
    size of the output.
    """

    name: str
    meta: dict[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, np.ndarray] = field(default_factory=dict, compare=False)
    n_outputs: int = 2


@dataclass(frozen=True)
class Stage:
    """One fit of a training; the next stage starts from the best weights of the one before.

    `trainable`: how the names of the layers that learn begin (empty: all do), `frozen`: how the names of those end that do not
    learn even so (batch normalisation, in fine-tuning). `epochs` and `rate`: None are those of the training. `input`: the layer
    whose output is computed once and cached, as everything before it is frozen (empty: raw).
    """

    name: str
    trainable: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    epochs: int | None = None
    rate: float | None = None
    input: str = ""

    def learns(self, layer: str) -> bool:
        """Whether the layer of this name is trained."""
        return layer.startswith(self.trainable or "") and not (self.frozen and layer.endswith(self.frozen))

    def filled(self, epochs: int, rate: float) -> "Stage":
        """The stage with the training's epochs and rate where it has none of its own."""
        return dataclasses.replace(
            self,
            epochs=epochs if self.epochs is None else self.epochs,
            rate=rate if self.rate is None else self.rate,
        )

    def to_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "trainable": list(self.trainable), "frozen": list(self.frozen)}


@dataclass(frozen=True)
class Start:
    """Weights that a network has before its first stage, from elsewhere.

    `note(parameters)` says what they are, or what it means that there are none. `load(parameters, model)` puts them into the
    keras model and returns plain facts of them for the provenance: `source`, `sha256` and what else tells them apart.
    """

    note: Callable[[Any], str]
    load: Callable[[Any, Any], dict[str, Any]]


Draw = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""(conditions float32 (n, k), noise float32 (n, j)) -> the `samples` (n, ...), and what else belongs to a drawn row, by name. The same
conditions and noise give the same rows.
"""


@dataclass(frozen=True)
class Network:
    """A network that can be trained on the rows of an experiment.

    `recipe_for(parameters)` gives the recipe (`core.data.loader.Recipe`, with `shape(dataset)`) that makes its input.
    `build(parameters, input_shape, output)` returns an uncompiled keras model with an output of that size (or shape): a softmax
    over classes, where it has no `task` of its own. It is trained in `stages`, one after the other.
    `training` holds this network's own defaults of the training parameters; `cpu_events_per_s` is a first guess.
    `record` is what it is described on where no data set is chosen.
    `augment(input, generator)` varies the rows of a training batch; validation and prediction never see it.
    `layers`: the module of its own layers and model classes, which are registered with keras where it is imported: a stored
    network can be read only after that.
    `adapt(model, plan, recorded, targets)` gives a new network what it takes from the training sample before the first step, from
    at most `ADAPTED` of its rows, such as mean and spread of what it sees; it returns plain facts for the provenance.
    `sampler(model, parameters)` makes the function that draws rows from a trained network which gives its loss and not its rows
    (`core.learn.tasks.generate`).
    `exported(model, parameters)`: the keras model of the part of a trained network that can be written for other programs
    (`core.learn.onnx_file`), from (n, k) to outputs (n, ...) by name.
    """

    title: str
    parameters: type
    recipe_for: Callable[[Any], Any]
    build: Callable[[Any, Any, Any], Any]
    training: Mapping[str, Any]
    cpu_events_per_s: float
    record: Record
    augment: Callable[[Any, np.random.Generator], Any] | None = None
    task: Task | None = None
    stages: tuple[Stage, ...] = (Stage("all"),)
    start: Start | None = None
    layers: str = ""
    adapt: Callable[[Any, Any, Any, np.ndarray], dict[str, Any]] | None = None
    sampler: Callable[[Any, Any], Draw] | None = None
    exported: Callable[[Any, Any], Any] | None = None
