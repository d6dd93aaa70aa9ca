"""The quantity that judgements go by, such as an energy: bins and windows of one column."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

Window = tuple[float, float]
MANY = 1e3


@dataclass(frozen=True)
class Axis:
    """A table column with its unit, bin edges (m + 1,) and the windows [low, high) in which methods are compared.

    `name` is what the quantity is called in titles and keys, in lower case.
    """

    column: str
    unit: str
    edges: np.ndarray
    windows: tuple[Window, ...] = ()
    name: str = "energy"

    @property
    def title(self) -> str:
        """Title of a plot's axis, with the unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def range(self) -> Window:
        """First and last edge."""
        return float(self.edges[0]), float(self.edges[-1])

    @property
    def spans_decades(self) -> bool:
        """Whether bins of equal ratio suit the range: it begins above 0 and ends a thousand times as high or higher."""
        low, high = self.range
        return low > 0.0 and high >= MANY * low

    @property
    def suffix(self) -> str:
        """What the keys of numbers in this unit end with, such as `_kev`."""
        return f"_{self.unit.lower()}" if self.unit else ""

    def text(self, low: float, high: float) -> str:
        """A window in words."""
        return f"{low:g}-{high:g} {self.unit}".rstrip()

    def plain(self, low: float, high: float) -> dict[str, float]:
        """The ends of a bin for JSON, such as `energy_low_kev`."""
        return {f"{self.name}_low{self.suffix}": low, f"{self.name}_high{self.suffix}": high}

    def with_edges(self, edges: Any) -> "Axis":
        """The same quantity in other bins."""
        return dataclasses.replace(self, edges=np.asarray(edges, float))
