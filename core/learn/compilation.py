"""Compilation with or without XLA, whichever was measured faster for this network, backend and machine.

workspace/compilation/<digest>.json     what was measured for one machine, network, batch and version of the backend
"""

import contextlib
import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import parameters, workspace
from core.errors import DarkroomError
from core.learn import backend, stages
from core.learn.training import COMPILE_S, MEASURE, MEASURE_S, XLA_CHOICES

if TYPE_CHECKING:
    from core.learn.plan import TrainingPlan

WITHOUT, WITH = "without XLA", "with XLA"
WORTH_S = 60.0  # a training that is expected to be shorter does not repay the measurement
STEADY_S, FEWEST_STEPS, MOST_STEPS = 3.0, 3, 100  # of each way, after the step that compiles


@dataclass(frozen=True)
class Compilation:
    """Whether a training is compiled with XLA and why; `compile_s`: of its first step, None where it was not measured."""

    xla: bool
    reason: str
    compile_s: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"xla": self.xla, "reason": self.reason, "compile_s": self.compile_s}


def choose(plan: "TrainingPlan", tell: Callable[[str], None] = print) -> Compilation:
    """What the training asks for, else what is the faster here: measured now if that is not known yet and worth it.

    JAX always compiles with XLA. `tell` is told that a measurement goes on.
    """
    wanted = plan.training.xla
    if _backend() != "tensorflow":
        return Compilation(True, f"{_backend()} compiles everything with XLA")
    if wanted != MEASURE:
        return Compilation(wanted == XLA_CHOICES[1], "as asked for")
    measurement = measured(plan)
    if measurement is None or measurement["device"] != backend.device():
        if not is_worth_it(plan):
            return Compilation(False, "the training is too short to measure what is faster")
        tell("Measuring whether the network trains faster with XLA")
        measurement = measure(plan)
    return _faster(measurement)


def _faster(measurement: dict[str, Any]) -> Compilation:
    speeds = {way: measurement[way]["events_per_s"] for way in (WITHOUT, WITH)}
    fastest = max(speeds, key=lambda way: speeds[way])
    text = ", ".join(f"{events_per_s:,.0f} events/s {way}" for way, events_per_s in speeds.items())
    return Compilation(fastest == WITH, f"measured here: {text}", measurement[fastest]["compile_s"])


def expected_s(plan: "TrainingPlan") -> float:
    """Seconds until the first step is done: compiling, as it was measured, or measuring first. Imports no keras."""
    measurement = measured(plan)
    if measurement is not None:
        return float(measurement[WITH if _faster(measurement).xla else WITHOUT]["compile_s"])
    will_measure = plan.training.xla == MEASURE and _backend() == "tensorflow" and is_worth_it(plan)
    return COMPILE_S + (MEASURE_S if will_measure else 0.0)


def is_worth_it(plan: "TrainingPlan") -> bool:
    """Whether the training is expected to take longer than a minute."""
    n_rows = plan.n_steps * plan.n_epochs * plan.training.batch_size
    return n_rows / plan.network.cpu_events_per_s > WORTH_S


def measured(plan: "TrainingPlan") -> dict[str, Any] | None:
    """What is known of this network on this machine; None where nothing, or nothing that can be read, is."""
    path = _path(plan)
    try:
        measurement: dict[str, Any] = workspace.read_json(path) if path.exists() else {}
        return measurement if all(measurement[way]["events_per_s"] > 0 for way in (WITHOUT, WITH)) else None
    except (DarkroomError, KeyError, TypeError, IndexError):
        return None


def measure(plan: "TrainingPlan") -> dict[str, Any]:
    """Train both ways for some seconds on made-up rows, and keep events per second and the seconds of the first step."""
    keras = backend.load_keras()
    result = {WITHOUT: _speed(keras, plan, xla=False), WITH: _speed(keras, plan, xla=True)}
    measurement = {**result, "device": backend.device(), "network": plan.name, "batch_size": plan.training.batch_size}
    with contextlib.suppress(DarkroomError, OSError):  # a full disk costs the next training a measurement
        workspace.write_json(_path(plan), measurement)
    return measurement


def _speed(keras: Any, plan: "TrainingPlan", xla: bool) -> dict[str, float]:
    model = plan.build()
    stages.compile_model(keras, model, plan, plan.stages[0], xla)
    batch = made_up_batch(plan)
    seconds: list[float] = []
    while len(seconds) <= FEWEST_STEPS or (sum(seconds[1:]) < STEADY_S and len(seconds) <= MOST_STEPS):
        began = time.perf_counter()
        model.train_on_batch(*batch)
        seconds.append(time.perf_counter() - began)
    steady = statistics.median(seconds[1:])
    return {"events_per_s": plan.training.batch_size / steady, "compile_s": max(seconds[0] - steady, 0.0)}


def made_up_batch(plan: "TrainingPlan") -> tuple[Any, np.ndarray, np.ndarray]:
    """(input, targets, weights) of a batch of rows of noise."""
    rng = np.random.default_rng(1)
    n, shape = plan.training.batch_size, plan.input_shape

    def noise(of_row: Any) -> np.ndarray:
        return rng.normal(size=(n, *of_row)).astype(np.float32)

    x = {name: noise(of_row) for name, of_row in shape.items()} if isinstance(shape, dict) else noise(shape)
    return x, plan.task.made_up(n, plan.output, rng), np.ones(n, np.float32)


def _path(plan: "TrainingPlan") -> Path:
    key = {
        "machine": [platform.node(), _processor(), len(os.sched_getaffinity(0)), Path("/dev/nvidiactl").exists()],
        "backend": [_backend(), _version(_backend()), _version("keras")],
        "network": [plan.name, parameters.to_dict(plan.network_parameters), plan.input_shape, plan.output],
        "batch_size": plan.training.batch_size,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return workspace.folder("compilation") / f"{digest}.json"


def _backend() -> str:
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    """The model of the processor: a workspace may be carried to another machine of the same name."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
