"""Generation of rows from conditions and noise: what the recipe makes of stored arrays is the target, not the input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.loader import Batch
from core.learn.task import Sample, Task
from core.statistics.residuals import resampled, resolution

if TYPE_CHECKING:
    from core.data.dataset import Dataset

CONDITION, NOISE, SAMPLES = "condition", "noise", "samples"


@dataclass(frozen=True)
class Generate(Task):
    """Rows of the shape that the recipe makes, from `conditions` (columns of the table) and standard normal noise.

    The network has the inputs `condition` (n, n_conditions) and `noise` (n, noise). Of a row the noise depends on its uid
    only, so that the same network generates the same sample again.
    """

    conditions: tuple[str, ...]
    noise: int
    key = "generate"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.conditions

    def input_shape(self, recipe_shape: Any) -> dict[str, tuple[int, ...]]:  # noqa: ARG002
        return {CONDITION: (len(self.conditions),), NOISE: (self.noise,)}

    def output(self, recipe_shape: Any) -> Any:
        return recipe_shape

    def compile_arguments(self, keras: Any) -> dict[str, Any]:
        def squared_distance(y_true: Any, y_pred: Any) -> Any:
            """Of each row, over all its numbers."""
            squares = keras.ops.square(y_true - y_pred)
            return keras.ops.mean(squares, axis=tuple(range(1, len(squares.shape))))

        return {"loss": squared_distance}

    def batch(self, batch: Batch, rng: np.random.Generator) -> Batch:
        recorded, condition, weight = batch
        noise = rng.normal(size=(len(condition), self.noise)).astype(np.float32)
        return {CONDITION: condition, NOISE: noise}, recorded, weight

    def input_of(self, x: Any, dataset: "Dataset", rows: np.ndarray) -> Any:  # noqa: ARG002
        uid = dataset.column("uid")[rows]
        noise = np.stack([np.random.default_rng(abs(int(u))).normal(size=self.noise) for u in uid])
        return {CONDITION: self.target_of(dataset, rows), NOISE: noise.astype(np.float32)}

    def judged(self, outputs: Callable[[], np.ndarray], loss: Callable[[], float], sample: Sample) -> dict[str, Any]:  # noqa: ARG002
        """The model's own loss; None without rows."""
        return {"loss": loss() if len(sample.rows) else None}

    def stored(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        return {SAMPLES: outputs}

    def summary(self, outputs: Mapping[str, np.ndarray], dataset: "Dataset", rows: np.ndarray) -> dict[str, Any]:  # noqa: ARG002
        """Mean, and half the width of the central 68.27 %, of the sum of each generated sample over rows, with bootstrap intervals."""
        total = outputs[SAMPLES].reshape(len(rows), -1).sum(axis=1, dtype=np.float64)
        mean, deviation = (resampled(total, of).to_dict() for of in (np.mean, resolution))
        return {"the sum of a sample": {"unit": "", "mean": mean, "deviation": deviation}}
