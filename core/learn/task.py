"""The interface of a task: targets, losses, metrics during training, and the outputs that are stored.

A task is declared with a network (`Network.task`); a network without one tells the classes of the labels apart. fit, predict
and runs speak of targets and outputs only.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from core.data.loader import Batch, Recipe, batches
from core.data.splits import OTHER, SPLITS, TEST, TRAIN, VALIDATION, split_rows
from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.learn.training import TrainingParameters
    from core.selection.selection import Selected


@dataclass(frozen=True)
class Sample:
    """Rows int64 (n,), ascending, with their targets float32 (n, n_targets) and weights float32 (n,)."""

    rows: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


Means = Callable[[], dict[str, float]]
"""The model's own loss, and its metrics, on the validation sample: means over its rows."""


class Task(Protocol):
    """What fit, predict and runs ask of a task. What is written out here holds where the targets are `columns` of the table
    (rows in which one of them is undefined are not learned from); a task adds loss, judgement and what is stored.

    `key` names the kind of task, `metrics` the means over rows that Keras tells of a batch beside the loss.
    """

    key: ClassVar[str]

    def given(self, parameters: Any) -> "Task":  # noqa: ARG002
        """The task of a network with these parameters."""
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        return ()

    @property
    def classes(self) -> tuple[str, ...]:
        return ()

    @property
    def metrics(self) -> tuple[str, ...]:
        return ()

    def input_shape(self, recipe_shape: Any) -> Any:
        """Shape of the network's input (of several by name), given that of what the recipe makes."""
        return recipe_shape

    def output(self, recipe_shape: Any) -> Any:  # noqa: ARG002
        """Size (or shape) of what the network gives for a row."""
        return len(self.columns)

    def target_of(self, dataset: "Dataset", rows: np.ndarray) -> np.ndarray:
        """float32 (n, n_columns): the target of each row."""
        return np.stack([dataset.column(name)[rows].astype(np.float32) for name in self.columns], axis=1)

    def side(self, selected: "Selected") -> np.ndarray:
        """int8 (m,): on which side of the split the group of each preselected row lies."""
        rows, dataset = selected.preselected, selected.dataset
        return split_rows(
            selected.selection.split, dataset.column("uid")[rows], selected.group, np.zeros(len(rows), np.int8)
        )

    def split(self, selected: "Selected") -> np.ndarray:
        """int8 (m,): TRAIN, VALIDATION or TEST of the preselected rows, OTHER of those without a target."""
        is_defined = np.isfinite(self.target_of(selected.dataset, selected.preselected)).all(axis=1)
        return np.where(is_defined, self.side(selected), OTHER).astype(np.int8)

    def check(self, selected: "Selected") -> None:
        """Refuse a selection on which this cannot be learned."""
        if not (self.split(selected) == TRAIN).any():
            raise DarkroomError(
                f"Data set '{selected.dataset.name}': no row of the training sample has {' and '.join(self.columns)}: "
                "widen the cuts or prepare files that hold them."
            )

    def counts(self, selected: "Selected") -> dict[str, dict[str, int]]:
        """Rows by split and kind of target."""
        split = self.split(selected)
        return {SPLITS[side]: {"rows": int((split == side).sum())} for side in (TRAIN, VALIDATION, TEST)}

    def sample(self, selected: "Selected", split: int, training: "TrainingParameters") -> Sample:  # noqa: ARG002
        """The rows of one split with their targets."""
        rows = selected.preselected[self.split(selected) == split]
        return Sample(rows, self.target_of(selected.dataset, rows), np.ones(len(rows), np.float32))

    @abstractmethod
    def compile_arguments(self, keras: Any) -> dict[str, Any]:
        """Loss and metrics for `model.compile`; a model with its own `compute_loss` or `train_step` has its own loss."""
        ...

    def batch(self, batch: Batch, rng: np.random.Generator) -> Batch:  # noqa: ARG002
        """Input and targets of a training step, from the recipe's output and the targets of the rows."""
        return batch

    def inputs(self, dataset: "Dataset", rows: np.ndarray, recipe: Recipe, size: int) -> Iterator[Any]:
        """The network's input for ascending row numbers (n,) in batches of at most `size`."""
        return (x for x, _, _ in batches(dataset, rows, recipe, size))

    def made_up(self, n: int, output: Any, rng: np.random.Generator) -> np.ndarray:
        """float32 (n, ...): targets of noise, to measure how fast a network trains."""
        shape = output if isinstance(output, tuple) else (output,)
        return rng.normal(size=(n, *shape)).astype(np.float32)

    def point(self, sums: np.ndarray, n: float) -> dict[str, Any]:  # noqa: ARG002
        """Metrics of a point of the curves in addition to the loss, from the sums of `metrics` over its n rows."""
        return {}

    @abstractmethod
    def judged(self, outputs: Callable[[], np.ndarray], own: Means, sample: Sample) -> dict[str, Any]:
        """What is told of the validation sample, `loss` first: of the outputs (n, ...), or of the model's `own` loss and metrics."""
        ...

    def is_stored(self, dataset: "Dataset", rows: np.ndarray, split: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Bool (n,): of which rows (n,) the outputs are worth storing, with their int8 (n,) split."""
        return np.ones(len(rows), bool)

    @abstractmethod
    def stored(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        """The stored columns of outputs (n, ...), by name."""
        ...

    def summary(self, outputs: Mapping[str, np.ndarray], dataset: "Dataset", rows: np.ndarray) -> dict[str, Any]:  # noqa: ARG002
        """Numbers with n and interval on rows that no training used, of what was `stored`; empty where judging tells more."""
        return {}
