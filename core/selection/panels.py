"""The ends of the cut that is drawn in a panel, as plain values that can be read, moved and put back into the cuts."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from core import parameters
from core.parameters import Spec
from core.selection.limits import Limit
from core.selection.selecting import Panel

LIMITS = "limits"  # the field of cuts that holds limits of any column
OPEN = 1e29  # an end of a limit beyond this is none


@dataclass(frozen=True)
class End:
    """One end of a cut: the field that holds it, and its value, None where it does not cut.

    `spec` is the field's declaration, None for the ends of a limit; `is_optional`: whether it may be None.
    """

    name: str
    value: float | None
    spec: Spec | None

    @property
    def is_optional(self) -> bool:
        return self.spec is None or self.spec.is_optional


def ends_of(panel: Panel, cuts: Any) -> tuple[End, ...]:
    """The ends of a panel's cut, from low to high; none where the cuts have no such fields and no limits of any column."""
    specs = {spec.name: spec for spec in parameters.specs(type(cuts))}
    if panel.fields:
        return tuple(End(name, getattr(cuts, name), specs[name]) for name in panel.fields)
    if LIMITS not in specs:
        return ()
    limit = next((limit for limit in getattr(cuts, LIMITS) if limit.feature == panel.column), None)
    low, high = (limit.low, limit.high) if limit else (-OPEN, OPEN)
    return End("low", low if low > -OPEN else None, None), End("high", high if high < OPEN else None, None)


def lines(panel: Panel, cuts: Any) -> tuple[float, ...]:
    """The values at which the cut is drawn."""
    return tuple(end.value for end in ends_of(panel, cuts) if end.value is not None)


def with_ends(panel: Panel, cuts: Any, values: tuple[float | None, ...]) -> Any:
    """The same cuts with the ends of a panel at other values; all other limits stay.

    Nothing is checked: `core.parameters.build` does that. A field that holds whole numbers gets the nearest one.
    """
    ends = ends_of(panel, cuts)
    if panel.fields:
        changed = {end.name: _fitting(end, value) for end, value in zip(ends, values, strict=True)}
        return dataclasses.replace(cuts, **changed)
    if not ends:
        return cuts
    others = tuple(limit for limit in getattr(cuts, LIMITS) if limit.feature != panel.column)
    return dataclasses.replace(cuts, **{LIMITS: others + _limit(panel, cuts, *values)})


def cleared(panel: Panel, cuts: Any) -> Any:
    """The cuts without those ends that can be left out, and the declared value of the others: the same wherever they were."""
    return with_ends(
        panel, cuts, tuple(None if e.is_optional or e.spec is None else e.spec.default for e in ends_of(panel, cuts))
    )


def _fitting(end: End, value: float | None) -> float | None:
    return round(value) if value is not None and end.spec is not None and end.spec.kind is int else value


def _limit(panel: Panel, cuts: Any, low: float | None, high: float | None) -> tuple[Limit, ...]:
    if low is None and high is None:
        return ()
    kind = next(spec.kind for spec in parameters.specs(type(cuts)) if spec.name == LIMITS)
    bounds = {name: value for name, value in (("low", low), ("high", high)) if value is not None}
    return (kind(feature=panel.column, **bounds),)
