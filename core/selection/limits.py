"""Limits on any column, as part of the cuts of an experiment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.cuts import Cut
from core.errors import DarkroomError
from core.parameters import param


@dataclass(frozen=True)
class Limit:
    """Keep rows with `low <= feature < high`; NaN never passes. Experiments declare `feature` again, with their columns."""

    feature: str = param("", "table column")
    low: float = param(-1e30, "smallest value kept")
    high: float = param(1e30, "first value not kept")

    def check(self) -> None:
        if self.low >= self.high:
            raise DarkroomError(
                f"The limits of {self.feature} are upside down ({self.low:g} to {self.high:g}): low must be below high."
            )


def limit_cuts(limits: Sequence[Limit]) -> list[Cut]:
    """One cut for each limit."""
    return [
        Cut(f"{limit.feature} {window_text(limit.low, limit.high)}", limit.feature, limit.low, limit.high)
        for limit in limits
    ]


def window_cuts(name: str, column: str, low: float | None, high: float | None, unit: str) -> list[Cut]:
    """The cut on a window that may have one end or none (None)."""
    if low is None and high is None:
        return []
    ends = -math.inf if low is None else low, math.inf if high is None else high
    return [Cut(f"{name} {window_text(*ends)} {unit}", column, *ends)]


def window_text(low: float, high: float) -> str:
    """A window in words; ends beyond 1e29 are none."""
    bounds = (f"{low:g}" if low > -1e29 else "", f"{high:g}" if high < 1e29 else "")
    return f"{bounds[0]}-{bounds[1]}" if all(bounds) else f">= {bounds[0]}" if bounds[0] else f"< {bounds[1]}"
