"""How a network is trained: the parameters, and how long it will take. Imports no keras."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core import parameters
from core.learn.network import Network
from core.parameters import param
from core.runs import RunSummary

START_S = 8.0  # importing keras and building the network
COMPILE_S = 4.0  # of the first step, where it was not measured
MEASURE_S = 20.0  # finding out which compilation is the faster
MEASURE = "measure"
XLA_CHOICES = (MEASURE, "yes", "no")
SCORING_SPEED_UP = 4.0  # a row is scored about four times as fast as it is trained on
N_REMEMBERED = 5


@dataclass(frozen=True)
class TrainingParameters:
    """Adam; the best weights by validation loss are kept."""

    epochs: int = param(8, "passes over the training sample", low=1, high=1000)
    batch_size: int = param(64, "rows per step", unit="rows", low=1, high=65536)
    learning_rate: float = param(0.0015, "step size of Adam", low=1e-7, high=1.0)
    beta_1: float = param(0.97, "memory of Adam's mean gradient", low=0.0, high=0.9999)
    decay: bool = param(False, "let the step size fall smoothly to 0 over all epochs; best without patience")
    warmup_steps: int = param(0, "steps over which the step size rises to its value", unit="steps", low=0, high=100_000)
    clip_norm: float = param(0.0, "longest gradient of all weights together (0: any)", low=0.0, high=1e6)
    keep_epochs: tuple[int, ...] = param(
        (), "epochs after which the weights are kept beside the best ones", low=1, high=1000
    )
    class_weights: bool = param(True, "weight each class by N / (n_classes N_class), so that all count alike")
    augmentation: bool = param(True, "vary training rows where the network knows how (flips, rotations); never others")
    soft_labels: bool = param(False, "train on the shares of several judges' labels where there are any")
    patience: int = param(0, "stop after so many epochs without a better validation loss (0: never)", low=0, high=1000)
    seed: int = param(1, "seed of the weights, the dropout and the order of events", low=0, high=2**31 - 1)
    xla: str = param(
        MEASURE, "compile with XLA on TensorFlow; measure: whatever is faster, measured once per machine and network",
        choices=XLA_CHOICES,
    )  # fmt: skip


def training_for(network: Network, values: Mapping[str, Any]) -> TrainingParameters:
    """The network's own defaults with `values` on top; unknown names and bad values are refused."""
    return parameters.build(TrainingParameters, {**network.training, **values})


def expected_seconds(
    name: str, network: Network, n_train: int, n_scored: int, epochs: int, past: Iterable[RunSummary] = (),
    compile_s: float = COMPILE_S,
) -> float:  # fmt: skip
    """Seconds that a training will take, from the speed of earlier runs of this network, else from the first guess.

    `past` are runs as `core.runs.list_runs` gives them (newest first); the latest few count. `compile_s`: of the step that
    compiles, and of measuring before it.
    """
    speeds = [run.events_per_s for run in past if run.network == name and run.events_per_s][:N_REMEMBERED]
    events_per_s = statistics.median(speeds) if speeds else network.cpu_events_per_s
    return START_S + compile_s + (n_train * epochs + n_scored / SCORING_SPEED_UP) / events_per_s
