"""Classification into K classes: one-hot labels or fractions of several judges, a softmax, class weights.

Two classes are K = 2. The temperature of a run (`core.judge.calibration`) and trees (`core.learn.trees`) belong to this task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.learn.task import Means, Sample, Task
from core.selection.selection import need_both_classes

if TYPE_CHECKING:
    from core.learn.training import TrainingParameters
    from core.selection.selection import Selected


@dataclass(frozen=True)
class Classify(Task):
    """The classes in the order of the network's outputs; `signal` is the one that a score is the probability of."""

    names: tuple[str, ...]
    signal: int
    key = "classify"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def metrics(self) -> tuple[str, ...]:
        """For each class i `seen_i`, whether a row is of that class, then `right_i`, whether it was also put there."""
        return tuple(f"{what}_{i}" for what in ("seen", "right") for i in range(len(self.names)))

    def output(self, recipe_shape: Any) -> int:  # noqa: ARG002
        return len(self.names)

    def side(self, selected: "Selected") -> np.ndarray:
        return selected.side

    def split(self, selected: "Selected") -> np.ndarray:
        return selected.split

    def check(self, selected: "Selected") -> None:
        need_both_classes(selected)
        labels = selected.rows(TRAIN)[1]
        for i, name in enumerate(self.names):
            if not (labels == i).any():
                raise DarkroomError(
                    f"Data set '{selected.dataset.name}': the training sample has {len(labels)} rows, none of them "
                    f"{name}: there are too few groups (sub-runs, images) for a grouped division; add files or split at random."
                )

    def counts(self, selected: "Selected") -> dict[str, dict[str, int]]:
        return selected.counts()

    def sample(self, selected: "Selected", split: int, training: "TrainingParameters") -> Sample:
        rows, labels = selected.rows(split)
        weights = class_weights(selected.rows(TRAIN)[1], len(self.names), training.class_weights)
        fractions = selected.soft if training.soft_labels and split == TRAIN else None
        if fractions is not None:
            targets = fractions[(selected.labels >= 0) & (selected.split == split)]
        else:
            targets = one_hot(labels, len(self.names))
        return Sample(rows, targets, weights[labels])

    def compile_arguments(self, keras: Any) -> dict[str, Any]:
        metrics = [metric for i in range(len(self.names)) for metric in _class_metrics(keras, i)]
        return {"loss": "categorical_crossentropy", "metrics": metrics}

    def made_up(self, n: int, output: Any, rng: np.random.Generator) -> np.ndarray:
        return one_hot(rng.integers(0, output, n), output)

    def point(self, sums: np.ndarray, n: float) -> dict[str, Any]:  # noqa: ARG002
        """Efficiency and number of rows of each class."""
        n_classes, sums = len(self.names), np.rint(sums)
        point: dict[str, Any] = {}
        for i, name in enumerate(self.names):
            point[f"{name}_efficiency"] = ratio(float(sums[n_classes + i]), float(sums[i]))
            point[f"n_{name}"] = int(sums[i])
        return point

    def judged(self, outputs: Callable[[], np.ndarray], own: Means, sample: Sample) -> dict[str, Any]:  # noqa: ARG002
        return judged(outputs(), sample.targets.argmax(axis=1), sample.weights, self.names)

    def stored(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        return as_scores(outputs, self.signal)


def one_hot(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """float32 (n, n_classes): 1 at the label of each row."""
    targets = np.zeros((len(labels), n_classes), np.float32)
    targets[np.arange(len(labels)), labels] = 1.0
    return targets


def class_weights(labels: np.ndarray, n_classes: int, is_balanced: bool) -> np.ndarray:
    """float32 (n_classes,) weight of a row of each class: N / (n_classes N_class), their mean over rows is 1.

    A class without rows has weight 0; with `is_balanced` False all weights are 1.
    """
    if not is_balanced:
        return np.ones(n_classes, np.float32)
    counts = np.bincount(labels, minlength=n_classes).astype(np.float64)
    weights = np.divide(len(labels), n_classes * counts, out=np.zeros(n_classes), where=counts > 0)
    return weights.astype(np.float32)


def _class_metrics(keras: Any, index: int) -> list[Callable[[Any, Any], Any]]:
    """Metric functions (y_true, y_pred) -> (n,): is the row of class `index`; and was it put there."""

    def seen(y_true: Any, y_pred: Any) -> Any:  # noqa: ARG001  (the signature of a metric)
        return y_true[:, index]

    def right(y_true: Any, y_pred: Any) -> Any:
        hit = keras.ops.equal(keras.ops.argmax(y_pred, axis=-1), index)
        return y_true[:, index] * keras.ops.cast(hit, y_true.dtype)

    seen.__name__, right.__name__ = f"seen_{index}", f"right_{index}"
    return [seen, right]


def ratio(part: float, whole: float) -> float | None:
    """part / whole, None where it is undefined."""
    return part / whole if whole else None


def judged(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """Loss and efficiencies of predictions (n, n_classes) for labels (n,) with weights (n,).

    All None without rows. The loss is the weighted cross-entropy that the training minimises.
    """
    if not len(labels):
        return {"loss": None, **{f"{name}_efficiency": None for name in classes}}
    right = probabilities[np.arange(len(labels)), labels]
    loss = float(np.mean(-np.log(np.maximum(right, 1e-7)) * weights))
    hit = probabilities.argmax(axis=1) == labels
    efficiencies = {
        f"{name}_efficiency": ratio(float(hit[labels == i].sum()), float((labels == i).sum()))
        for i, name in enumerate(classes)
    }
    return {"loss": loss, **efficiencies}


def as_scores(probabilities: np.ndarray, signal: int) -> dict[str, np.ndarray]:
    """The stored columns of outputs (n, n_classes): the score and, of more than two classes, every probability."""
    n_classes = probabilities.shape[1]
    outputs = {f"p_{i}": probabilities[:, i] for i in range(n_classes)} if n_classes > 2 else {}
    return {"score": probabilities[:, signal], **outputs}
