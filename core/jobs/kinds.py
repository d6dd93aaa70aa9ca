"""What a job can be: for each kind the function that does it and the lane it waits in."""

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
    "train": Kind("core.learn.fit:run_job", "compute"),
    "predict": Kind("core.learn.predict:run_job", "compute"),
    "baselines": Kind("core.learn.trees:run_job", "compute"),
    "study": Kind("core.learn.study_job:run_job", "compute"),
    "prepare": Kind("core.data.prepare:run_job", "data"),
    "derive": Kind("core.data.derive:run_job", "data"),
    "demo": Kind("core.data.demo:run_job", "data"),
    "seedscale": Kind("core.data.seedscale:run_job", "data"),
}


def kind_of(name: str) -> Kind:
    """The kind called `name`, or a refusal that lists those there are."""
    if name not in KINDS:
        raise DarkroomError(f"Unknown job kind {name!r}: expected one of {', '.join(KINDS)}.")
    return KINDS[name]


def function_of(name: str) -> Callable[[Any], None]:
    """Import the function of the kind called `name`."""
    module, _, attribute = kind_of(name).function.partition(":")
    function: Callable[[Any], None] = getattr(importlib.import_module(module), attribute)
    return function
