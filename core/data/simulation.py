"""Simulation: events with known truth in the real file format, as an experiment offers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ScaledSample:
    """Simulated raw files in the numbers of a published table, or in a fraction of them.

    `cost(fraction)` tells n_events, seconds and gb beforehand. `simulate(folder, fraction, seed, progress)` writes the
    files that are not there yet and returns all of them; `progress(done, total)` may raise to stop.
    """

    title: str
    cost: Callable[[float], Mapping[str, float]]
    simulate: Callable[[Path, float, int, Callable[[int, int], None]], list[Path]]


@dataclass(frozen=True)
class Simulation:
    """How an experiment simulates raw files.

    `simulate(folder, parameters, ...)` writes files with known truth; `sample` is the folder of the shipped ones; `scaled`: a
    sample in printed numbers. `cost(n_events, parameters)` tells beforehand the seconds and the gb of the raw files. Not
    `at_first_start`: the demonstration simulates no more events than the sample has, as they take long or much space.
    """

    parameters: type
    simulate: Callable[..., list[Path]]
    sample: Path
    scaled: ScaledSample | None = None
    cost: Callable[[int, Any], Mapping[str, float]] | None = None
    at_first_start: bool = True
