"""Rows of a trained generator in a file: conditions by lot from ranges, streamed, the same again for the same seed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import runs
from core.errors import DarkroomError
from core.judge.generating import Generating, generating_of
from core.learn.generator import Generator, need_given, open_generator, outside, ranges_of, task_of
from core.learn.tasks.generate import SAMPLES
from core.registry import experiment_by_key

BATCH = 1000
SUFFIXES = {".root": "root"}  # the layout that an ending stands for; any other is the usual one
Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class SampleRequest:
    """What is to be generated: `n` rows with conditions even in `ranges` (that of the axis even in its logarithm if `is_log`)."""

    n: int
    ranges: Ranges
    is_log: bool = True
    seed: int = 1
    extrapolates: bool = False


def geometry_of(run: runs.Run) -> dict[str, np.ndarray]:
    """What holds for all rows that a run generates, as its network took it from the training sample."""
    geometry = (run.provenance.get("adapted") or {}).get("geometry") or {}
    return {name: np.array(values) for name, values in geometry.items()}


def checked(run: runs.Run, request: SampleRequest) -> SampleRequest:
    """The request with the range of the training for every condition that it leaves open; refused where it cannot be answered."""
    experiment = experiment_by_key(run.experiment)
    task = task_of(run, experiment.networks)
    need_given(task, request.ranges)
    trained = ranges_of(run, task)
    ranges = {name: request.ranges.get(name) or trained.get(name, (0.0, 0.0)) for name in task.conditions}
    for name, (low, high) in ranges.items():
        if not (np.isfinite([low, high]).all() and low <= high):
            raise DarkroomError(f"The range of {name} is {low:g} to {high:g}: expected two numbers, the lower first.")
    words = outside(trained, {name: np.array(ends) for name, ends in ranges.items()})
    if words and not request.extrapolates:
        raise DarkroomError(
            f"Outside of what run '{run.id}' was trained on: {'; '.join(words)}. Narrow the range, or extrapolate."
        )
    return SampleRequest(request.n, ranges, request.is_log, request.seed, request.extrapolates)


def conditions_of(request: SampleRequest, generating: Generating, first: int, n: int) -> dict[str, np.ndarray]:
    """Conditions float32 (n,) by column of the rows from number `first` on; they depend on seed and number only."""
    bits = np.random.PCG64(request.seed).advance(first * len(request.ranges))  # one step for each number
    u = np.random.Generator(bits).random((n, len(request.ranges)))
    columns = {}
    for (name, (low, high)), part in zip(request.ranges.items(), u.T, strict=True):
        is_log = request.is_log and name == generating.axis.column and low > 0
        columns[name] = (low * (high / low) ** part if is_log else low + (high - low) * part).astype(np.float32)
    return columns


def write_sample(
    run: runs.Run, request: SampleRequest, path: Path, layout: str = "", on_rows: Callable[[int, int], None] = lambda *_: None
) -> dict[str, Any]:  # fmt: skip
    """Generate rows into a file, which is at `path` when it is whole; returns n, path, seconds, run. `on_rows` may raise to stop."""
    experiment = experiment_by_key(run.experiment)
    generating = generating_of(experiment)
    layout = layout or SUFFIXES.get(path.suffix.lower(), next(iter(generating.writers), ""))
    if layout not in generating.writers:
        raise DarkroomError(f"Unknown layout '{layout}': expected one of {', '.join(generating.writers)}.")
    request = checked(run, request)
    if request.n < 1:
        raise DarkroomError(f"{request.n} rows were asked for: expected at least 1.")
    generator = open_generator(run, experiment.networks)
    began = time.perf_counter()
    facts = {"run_id": run.id, "network": run.network, "seed": request.seed, "conditions": ", ".join(request.ranges)}
    with generating.writers[layout](path, geometry_of(run), facts) as append:
        for first in range(0, request.n, BATCH):
            append(*_batch(generator, request, generating, first, min(BATCH, request.n - first)))
            on_rows(min(first + BATCH, request.n), request.n)
    return {"n": request.n, "path": str(path), "seconds": time.perf_counter() - began, "run": run.id}


def _batch(generator: Generator, request: SampleRequest, generating: Generating, first: int, n: int) -> Any:
    numbers = np.arange(first, first + n, dtype=np.int64)
    conditions = conditions_of(request, generating, first, n)
    keys = numbers + (np.int64(request.seed) << np.int64(40))
    return generator.rows(conditions, keys)[SAMPLES], conditions, numbers
