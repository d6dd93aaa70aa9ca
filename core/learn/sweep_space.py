"""The space of a sweep: which parameters vary, over which values, and the members that a grid or a lot takes from it.

A parameter varies over a list, `1,2,3` (of a field that is itself a list, `32,16|64,32`), or over a range, `1e-4..1e-2`. A range is
even in the logarithm where it spans a factor of ten or more (`:linear` and `:log` say otherwise); a grid takes three values of it, or
as many as `/5` says.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import parameters
from core.errors import DarkroomError
from core.parameters import Spec

LOG_FROM = 10.0
N_STEPS = 3
MAX_MEMBERS = 500
TRIES = 50  # draws for each member that is wanted, before the space counts as used up


@dataclass(frozen=True)
class Varied:
    """A parameter and what it varies over: `values`, or from `low` to `high` (then `n_steps` are those of a grid)."""

    name: str
    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    is_log: bool = False
    is_whole: bool = False
    n_steps: int = N_STEPS

    @property
    def grid(self) -> tuple[Any, ...]:
        """The values of a grid, ends included; whole numbers that coincide count once."""
        if self.values:
            return self.values
        steps = np.geomspace if self.is_log else np.linspace
        return tuple(dict.fromkeys(self._rounded(float(value)) for value in steps(self.low, self.high, self.n_steps)))

    @property
    def n_values(self) -> float:
        """How many values there are to draw; infinite of a range of numbers."""
        if self.values:
            return len(self.values)
        return self.high - self.low + 1 if self.is_whole else math.inf

    def draw(self, generator: np.random.Generator) -> Any:
        """A value by lot: each of a list alike, of a range even in the number or in its logarithm."""
        if self.values:
            return self.values[int(generator.integers(len(self.values)))]
        low, high = (self.low - 0.5, self.high + 0.5) if self.is_whole else (self.low, self.high)
        if self.is_log:
            return self._rounded(float(math.exp(generator.uniform(math.log(low), math.log(high)))))
        return self._rounded(float(generator.uniform(low, high)))

    def _rounded(self, value: float) -> float | int:
        """A whole number, or one of four figures, as it is read, stored and shown; never beyond the ends."""
        if self.is_whole:
            return int(min(max(round(value), self.low), self.high))
        return min(max(float(f"{value:.4g}"), self.low), self.high)


def varied(spec: Spec, text: str) -> Varied:
    """What a parameter varies over, from `values` or `low..high[/steps][:log|:linear]`; refused in a sentence."""
    if ".." in text and not spec.is_tuple and spec.kind in (int, float):
        return _range(spec, text)
    parts = [part.strip() for part in text.split("|" if spec.is_tuple else ",")]
    values = [parameters.value_of(spec, part) for part in parts if part]
    different = tuple(value for i, value in enumerate(values) if value not in values[:i])
    if len(different) < 2:
        between = "'|' between two lists" if spec.is_tuple else "1,2,3, or 1e-4..1e-2 for a range"
        raise DarkroomError(
            f"Parameter '{spec.name}' has nothing to vary over in {text!r}: expected two values or more: {between}."
        )
    return Varied(spec.name, different)


def _range(spec: Spec, text: str) -> Varied:
    body, _, scale = text.partition(":")
    body, _, steps = body.partition("/")
    low, high = (parameters.value_of(spec, end.strip()) for end in body.split("..", 1))
    is_wrong = low is None or high is None or not low < high
    if (
        is_wrong
        or scale not in ("", "log", "linear")
        or (steps and not (steps.isdecimal() and 2 <= int(steps) <= MAX_MEMBERS))
    ):
        raise DarkroomError(
            f"Parameter '{spec.name}' cannot vary over {text!r}: expected low..high with low below high, then '/5' for the steps of "
            "a grid and ':log' or ':linear' where wanted, as in 1e-4..1e-2/5:log."
        )
    is_log = scale == "log" or (scale == "" and low > 0 and high / low >= LOG_FROM)
    if is_log and low <= 0:
        raise DarkroomError(
            f"Parameter '{spec.name}' begins at {low:g}: a range in the logarithm has to begin above 0."
        )
    return Varied(spec.name, (), float(low), float(high), is_log, spec.kind is int, int(steps or N_STEPS))


def of_grid(space: Sequence[Varied]) -> list[dict[str, Any]]:
    """Every combination, the last parameter changing fastest."""
    n = math.prod(len(parameter.grid) for parameter in space)
    if n > MAX_MEMBERS:
        raise DarkroomError(f"The grid has {n:,} members: expected at most {MAX_MEMBERS}; take fewer values, or a lot.")
    names = [parameter.name for parameter in space]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(p.grid for p in space))]


def by_lot(space: Sequence[Varied], n: int, seed: int) -> list[dict[str, Any]]:
    """n different combinations by lot, or all where there are no more.

    The m-th draw depends on `seed` and m only: of more members the first are the same.
    """
    if not 1 <= n <= MAX_MEMBERS:
        raise DarkroomError(f"A sweep of {n:,} members was wanted: expected 1 to {MAX_MEMBERS}.")
    n = int(min(n, math.prod(parameter.n_values for parameter in space)))
    members: list[dict[str, Any]] = []
    for draw in range(TRIES * n):
        generator = np.random.default_rng([seed, draw])
        member = {parameter.name: parameter.draw(generator) for parameter in space}
        if member not in members:
            members.append(member)
        if len(members) == n:
            break
    return members


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a member as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def in_words(values: Mapping[str, Any]) -> str:
    """`learning_rate 0.0012, n_layers 3`."""
    texts = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in values.items()}
    return ", ".join(f"{name} {text}" for name, text in texts.items())
