"""Generation of rows from conditions and noise: what the recipe makes of stored arrays is the target, not the input."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.loader import Batch, Recipe
from core.data.splits import TRAIN, VALIDATION
from core.learn.noise import noise_of
from core.learn.task import Means, Sample, Task
from core.statistics.residuals import resampled, resolution

if TYPE_CHECKING:
    from core.data.dataset import Dataset

CONDITION, NOISE, RECORDED, SAMPLES = "condition", "noise", "recorded", "samples"


@dataclass(frozen=True)
class Generate(Task):
    """Rows from `conditions` (columns of the table) and standard normal noise.

    A network without `parts` has the inputs `condition` (n, n_conditions) and, if there is any, `noise` (n, noise), and gives rows of the shape that the
    recipe makes. One with `parts` also has the input `recorded`, what the recipe made of a row, and gives for each row its loss and the
    `parts` of it (n, 1 + n_parts), whatever that is: a negative log-likelihood, a distance, two sides of a contest; and
    `Network.sampler` draws rows from it. Of a row the noise depends on its uid only, so that the same network generates the same sample
    again. `conditions` and `parts` of the network's parameters take the place of these. `unit`: that of the numbers of a row.
    """

    conditions: tuple[str, ...]
    noise: int = 0
    parts: tuple[str, ...] = ()
    unit: str = ""
    key = "generate"

    def given(self, parameters: Any) -> "Generate":
        chosen = {name: getattr(parameters, name, getattr(self, name)) for name in ("conditions", "parts")}
        return dataclasses.replace(self, **chosen)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.conditions

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(f"{part}_loss" for part in self.parts)

    def input_shape(self, recipe_shape: Any) -> dict[str, tuple[int, ...]]:
        shapes = {CONDITION: (len(self.conditions),)} | ({NOISE: (self.noise,)} if self.noise else {})
        return shapes | ({RECORDED: recipe_shape} if self.parts else {})

    def output(self, recipe_shape: Any) -> Any:
        return 1 + len(self.parts) if self.parts else recipe_shape

    def compile_arguments(self, keras: Any) -> dict[str, Any]:
        def squared_distance(y_true: Any, y_pred: Any) -> Any:
            """Of each row, over all its numbers."""
            squares = keras.ops.square(y_true - y_pred)
            return keras.ops.mean(squares, axis=tuple(range(1, len(squares.shape))))

        def own_loss(y_true: Any, y_pred: Any) -> Any:  # noqa: ARG001  (the signature of a loss)
            """The first of the numbers of each row."""
            return y_pred[:, 0]

        if not self.parts:
            return {"loss": squared_distance}
        return {"loss": own_loss, "weighted_metrics": [_part(1 + i, name) for i, name in enumerate(self.metrics)]}

    def batch(self, batch: Batch, rng: np.random.Generator) -> Batch:
        recorded, condition, weight = batch
        noise = rng.normal(size=(len(condition), self.noise)).astype(np.float32)
        x = {CONDITION: condition} | ({NOISE: noise} if self.noise else {})
        if not self.parts:
            return x, recorded, weight
        return x | {RECORDED: recorded}, np.zeros((len(condition), 1 + len(self.parts)), np.float32), weight

    def inputs(self, dataset: "Dataset", rows: np.ndarray, recipe: Recipe, size: int) -> Iterator[Any]:  # noqa: ARG002
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            noise = {NOISE: noise_of(dataset.column("uid")[chosen], self.noise)} if self.noise else {}
            yield {CONDITION: self.target_of(dataset, chosen)} | noise

    def point(self, sums: np.ndarray, n: float) -> dict[str, Any]:
        """The mean of each part of the loss."""
        return {name: float(total / n) for name, total in zip(self.metrics, sums, strict=True)}

    def judged(self, outputs: Callable[[], np.ndarray], own: Means, sample: Sample) -> dict[str, Any]:  # noqa: ARG002
        """The model's own loss and its parts; None without rows."""
        return dict(own()) if len(sample.rows) else dict.fromkeys(("loss", *self.metrics))

    def is_stored(self, dataset: "Dataset", rows: np.ndarray, split: np.ndarray) -> np.ndarray:
        """Rows whose conditions are known and that were not learned from: of others samples tell nothing and take much room."""
        is_known: np.ndarray = np.isfinite(self.target_of(dataset, rows)).all(axis=1)
        return is_known & ~np.isin(split, (TRAIN, VALIDATION))

    def stored(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        return {SAMPLES: outputs}

    def summary(self, outputs: Mapping[str, np.ndarray], dataset: "Dataset", rows: np.ndarray) -> dict[str, Any]:  # noqa: ARG002
        """Mean, and half the width of the central 68.27 %, of the sum of each generated sample over rows, with bootstrap intervals."""
        samples = outputs[SAMPLES]
        total = samples.sum(axis=tuple(range(1, samples.ndim)), dtype=np.float64)
        mean, deviation = (resampled(total, of).to_dict() for of in (np.mean, resolution))
        return {"the sum of a sample": {"unit": self.unit, "mean": mean, "deviation": deviation}}


def ranges(task: Task, sample: Sample) -> dict[str, list[float]]:
    """The least and greatest value of each condition that a network was trained on; outside it is no more than a guess."""
    if task.key != Generate.key or not len(sample.rows):
        return {}
    low, high = sample.targets.min(axis=0).tolist(), sample.targets.max(axis=0).tolist()
    return {name: [a, b] for name, a, b in zip(task.columns, low, high, strict=True)}


def _part(index: int, name: str) -> Callable[[Any, Any], Any]:
    """The metric (y_true, y_pred) -> (n,) of one part of the loss."""

    def part(y_true: Any, y_pred: Any) -> Any:  # noqa: ARG001  (the signature of a metric)
        return y_pred[:, index]

    part.__name__ = name
    return part
