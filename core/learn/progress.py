"""Metrics of a running training: efficiency and loss over the latest batches, epochs, speed. Imports no keras."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from core.learn.task import Task

LATEST_BATCHES = 30
LEAST = "least"  # the kind of a point that tells the lowest values which parts of the loss can reach
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


@dataclass
class Curves:
    """The curves of one training, of what Keras tells of each batch on the predictions that the step made anyway: `loss`
    and the `metrics` of the task.
    """

    task: Task
    batches: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    epoch: int = 0
    timed_s: float = 0.0
    n_timed: int = 0
    _latest: deque[np.ndarray] = field(default_factory=lambda: deque(maxlen=LATEST_BATCHES))
    _in_epoch: np.ndarray | None = None
    _at: float = 0.0
    _n_steps: int = 0
    _told_at: float = 0.0

    def begin_epoch(self, epoch: int) -> None:
        self.epoch, self._in_epoch, self._at = epoch, None, time.perf_counter()

    def add_batch(self, n: int, means: Mapping[str, float]) -> dict[str, Any]:
        """Take over a batch of n rows; returns the curves' point: over the latest batches."""
        sums = np.array([means.get(name, np.nan) for name in ("loss", *self.task.metrics)], np.float64) * n
        self._latest.append(np.append(sums, n))
        self._in_epoch = self._latest[-1] if self._in_epoch is None else self._in_epoch + self._latest[-1]
        self._time(n)
        point = {"kind": "batch", "step": len(self.batches) + 1, **self._means(np.sum(self._latest, axis=0))}
        self.batches.append(point)
        return point

    def _time(self, n: int) -> None:
        now = time.perf_counter()
        self._n_steps += 1
        if self._n_steps > N_WARM_UP:
            self.timed_s += now - self._at
            self.n_timed += n
        self._at = now

    def _means(self, total: np.ndarray) -> dict[str, Any]:
        """Mean loss and metrics of rows that were added up."""
        return {"epoch": self.epoch + 1, "loss": float(total[0] / total[-1]), **self.task.point(total[1:-1], total[-1])}

    def is_due(self) -> bool:
        """Whether it is time to show another point: a few per second, whatever the speed."""
        now = time.perf_counter()
        if now - self._told_at < 1.0 / POINTS_PER_S:
            return False
        self._told_at = now
        return True

    def add_epoch(self, validation: Mapping[str, Any], is_best: bool) -> dict[str, Any]:
        """Close an epoch: training means over its batches beside the validation's."""
        total = np.full(2 + len(self.task.metrics), np.nan) if self._in_epoch is None else self._in_epoch
        means = {name: value for name, value in self._means(total).items() if not name.startswith("n_")}
        point: dict[str, Any] = {"kind": "epoch", "step": len(self.batches), **means}
        point |= {f"validation_{key}": value for key, value in validation.items()}
        point["is_best"] = is_best
        self.epochs.append(point)
        return point

    def latest(self) -> np.ndarray:
        """float64 (n, n_sums): the sums of the latest batches, to go on from."""
        return np.array(self._latest).reshape(len(self._latest), -1)

    def go_on(self, batches: list[dict[str, Any]], epochs: list[dict[str, Any]], latest: np.ndarray) -> None:
        """Continue the metrics of an earlier process."""
        self.batches, self.epochs = list(batches), list(epochs)
        self._latest.extend(latest)

    @property
    def events_per_s(self) -> float | None:
        """Rows trained on per second, without the first steps and the validation; None if there were no more."""
        return self.n_timed / self.timed_s if self.timed_s else None
