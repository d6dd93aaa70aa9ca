"""How a network is trained: the parameters, the class weights, and how long it will take. Imports no keras."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import parameters
from core.experiment import Network
from core.parameters import param
from core.runs import RunSummary

START_S = 12.0  # importing keras and compiling the network
SCORING_SPEED_UP = 4.0  # a row is scored about four times as fast as it is trained on
N_REMEMBERED = 5


@dataclass(frozen=True)
class TrainingParameters:
    """Adam on the categorical cross-entropy; the best weights by validation loss are kept."""

    epochs: int = param(8, "passes over the training sample", low=1, high=1000)
    batch_size: int = param(64, "rows per step", unit="rows", low=1, high=65536)
    learning_rate: float = param(0.0015, "step size of Adam", low=1e-7, high=1.0)
    beta_1: float = param(0.97, "memory of Adam's mean gradient", low=0.0, high=0.9999)
    decay: bool = param(False, "let the step size fall smoothly to 0 over all epochs; best without patience")
    class_weights: bool = param(True, "weight each class by N / (n_classes N_class), so that all count alike")
    augmentation: bool = param(True, "vary training rows where the network knows how (flips, rotations); never others")
    soft_labels: bool = param(False, "train on the shares of several judges' labels where there are any")
    patience: int = param(0, "stop after so many epochs without a better validation loss (0: never)", low=0, high=1000)
    seed: int = param(1, "seed of the weights, the dropout and the order of events", low=0, high=2**31 - 1)
    xla: bool = param(False, "compile with XLA on TensorFlow: dearer start, faster steps for small networks")


def training_for(network: Network, values: Mapping[str, Any]) -> TrainingParameters:
    """The network's own defaults with `values` on top; unknown names and bad values are refused."""
    return parameters.build(TrainingParameters, {**network.training, **values})


def class_weights(labels: np.ndarray, n_classes: int, is_balanced: bool) -> np.ndarray:
    """float32 (n_classes,) weight of a row of each class: N / (n_classes N_class), their mean over rows is 1.

    A class without rows has weight 0; with `is_balanced` False all weights are 1.
    """
    if not is_balanced:
        return np.ones(n_classes, np.float32)
    counts = np.bincount(labels, minlength=n_classes).astype(np.float64)
    weights = np.divide(len(labels), n_classes * counts, out=np.zeros(n_classes), where=counts > 0)
    return weights.astype(np.float32)


def expected_seconds(
    name: str, network: Network, n_train: int, n_scored: int, epochs: int, past: Iterable[RunSummary] = ()
) -> float:
    """Seconds that a training will take, from the speed of earlier runs of this network, else from the first guess.

    `past` are runs as `core.runs.list_runs` gives them (newest first); the latest few count.
    """
    speeds = [run.events_per_s for run in past if run.network == name and run.events_per_s][:N_REMEMBERED]
    events_per_s = statistics.median(speeds) if speeds else network.cpu_events_per_s
    return START_S + (n_train * epochs + n_scored / SCORING_SPEED_UP) / events_per_s
