"""The kinds of jobs: for each the function that runs it and the lane that it waits in."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import DarkroomError

LANES = ("compute", "data")


@dataclass(frozen=True)
class Kind:
    """`function` is 'module:name', imported only in the job's own process and called with a JobContext."""

    function: str
    lane: str


KINDS = {
    "train": Kind("core.workflows.training_job:run_job", "compute"),
    "predict": Kind("core.workflows.prediction_job:run_job", "compute"),
    "map": Kind("core.workflows.map_job:run_job", "compute"),
    "baselines": Kind("core.workflows.baselines_job:run_job", "compute"),
    "study": Kind("core.workflows.cross_training_job:run_job", "compute"),
    "sweep": Kind("core.workflows.sweep_job:run_job", "compute"),
    "prepare": Kind("core.workflows.prepare_job:run_job", "data"),
    "derive": Kind("core.workflows.derive:run_job", "data"),
    "sample": Kind("core.workflows.demo:run_sample_job", "data"),
    "demo": Kind("core.workflows.demo:run_job", "data"),
    "analysis": Kind("core.workflows.analyse:run_job", "data"),
    "seedscale": Kind("core.workflows.scaled_sample:run_job", "data"),
}


def kind_of(name: str) -> Kind:
    """The kind named `name`, or a refusal that lists those there are."""
    if name not in KINDS:
        raise DarkroomError(f"Unknown job kind {name!r}: expected one of {', '.join(KINDS)}.")
    return KINDS[name]


def function_of(name: str) -> Callable[[Any], None]:
    """Import the function of the kind named `name`."""
    module, _, attribute = kind_of(name).function.partition(":")
    function: Callable[[Any], None] = getattr(importlib.import_module(module), attribute)
    return function
