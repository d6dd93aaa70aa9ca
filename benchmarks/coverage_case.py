"""An interval in a setting of known truth."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Bounds(Protocol):
    """Anything with an interval."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def method(self) -> str: ...


@dataclass(frozen=True)
class Case:
    """An interval in a setting: `toy` draws data of n events and gives its interval, which `truth` should lie in."""

    interval: str
    setting: str
    n: int
    truth: float
    toy: Callable[[np.random.Generator], Bounds]
    cost: int = 1  # only every so many toys are made
