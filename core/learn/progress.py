"""What a training tells while it runs: efficiency and loss over the latest batches, epochs, speed. Imports no keras."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

LATEST_BATCHES = 30
POINTS_PER_S = 4.0
N_WARM_UP = 3  # the first steps compile the network: they say nothing about its speed


class Context(Protocol):
    """To whom a training reports, and who may stop it (see `core.jobs.run.JobContext`)."""

    def report(self, done: float, total: float | None = None, text: str = "") -> None: ...
    def metric(self, values: Mapping[str, Any]) -> None: ...
    def stop_requested(self) -> bool: ...


class Silent:
    """A context that nobody listens to: for notebooks, tests and benchmarks."""

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        pass

    def metric(self, values: Mapping[str, Any]) -> None:
        pass

    def stop_requested(self) -> bool:
        return False


def ratio(part: float, whole: float) -> float | None:
    """part / whole, None where it is undefined."""
    return part / whole if whole else None


@dataclass
class Curves:
    """The curves of one training.

    Keras reports means over the epoch so far of: `loss`, and for each class i `seen_i` (share of rows of that
    class) and `right_i` (share of rows of that class that the network also put there). The difference between
    two batches gives the counts of the latest one, on the predictions that the step made anyway.
    """

    classes: Sequence[str]
    batches: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    epoch: int = 0
    timed_s: float = 0.0
    n_timed: int = 0
    _latest: deque[np.ndarray] = field(default_factory=lambda: deque(maxlen=LATEST_BATCHES))
    _before: np.ndarray | None = None
    _n_rows: int = 0
    _at: float = 0.0
    _told_at: float = 0.0

    def begin_epoch(self, epoch: int) -> None:
        self.epoch, self._before, self._n_rows, self._at = epoch, None, 0, time.perf_counter()

    def add_batch(self, n: int, means: Mapping[str, float]) -> dict[str, Any]:
        """Take over a batch of n rows; returns the curves' point: over the latest batches."""
        self._n_rows += n
        shares = [means["loss"]] + [
            means[f"{what}_{i}"] for what in ("seen", "right") for i in range(len(self.classes))
        ]
        sums = np.asarray(shares, np.float64) * self._n_rows
        sums[1:] = np.rint(sums[1:])
        latest = sums - (0.0 if self._before is None else self._before)
        self._before = sums
        self._latest.append(np.append(latest, n))
        self._time(n)
        point = self._point(np.sum(self._latest, axis=0))
        self.batches.append(point)
        return point

    def _time(self, n: int) -> None:
        now = time.perf_counter()
        if len(self.batches) >= N_WARM_UP:
            self.timed_s += now - self._at
            self.n_timed += n
        self._at = now

    def _point(self, total: np.ndarray) -> dict[str, Any]:
        n_classes = len(self.classes)
        point: dict[str, Any] = {"kind": "batch", "step": len(self.batches) + 1, "epoch": self.epoch + 1}
        point["loss"] = float(total[0] / total[-1])
        for i, name in enumerate(self.classes):
            point[f"{name}_efficiency"] = ratio(float(total[1 + n_classes + i]), float(total[1 + i]))
            point[f"n_{name}"] = int(total[1 + i])
        return point

    def is_due(self) -> bool:
        """Whether it is time to show another point: a few per second, whatever the speed."""
        now = time.perf_counter()
        if now - self._told_at < 1.0 / POINTS_PER_S:
            return False
        self._told_at = now
        return True

    def add_epoch(self, means: Mapping[str, float], validation: Mapping[str, Any], is_best: bool) -> dict[str, Any]:
        """Close an epoch: training means over the whole epoch beside the validation's."""
        point: dict[str, Any] = {"kind": "epoch", "epoch": self.epoch + 1, "step": len(self.batches)}
        point["loss"] = float(means["loss"])
        for i, name in enumerate(self.classes):
            point[f"{name}_efficiency"] = ratio(float(means[f"right_{i}"]), float(means[f"seen_{i}"]))
        point |= {f"validation_{key}": value for key, value in validation.items()}
        point["is_best"] = is_best
        self.epochs.append(point)
        return point

    @property
    def events_per_s(self) -> float | None:
        """Rows trained on per second, without the first steps and the validation; None if there were no more."""
        return ratio(self.n_timed, self.timed_s)


def judged(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """Loss and efficiencies of predictions (n, n_classes) for labels (n,); class weights (n_classes,).

    All None without rows. The loss is the weighted cross-entropy that the training minimises.
    """
    if not len(labels):
        return {"loss": None, **{f"{name}_efficiency": None for name in classes}}
    right = probabilities[np.arange(len(labels)), labels]
    loss = float(np.mean(-np.log(np.maximum(right, 1e-7)) * weights[labels]))
    hit = probabilities.argmax(axis=1) == labels
    efficiencies = {
        f"{name}_efficiency": ratio(float(hit[labels == i].sum()), float((labels == i).sum()))
        for i, name in enumerate(classes)
    }
    return {"loss": loss, **efficiencies}
