"""The facet of the guided tour: what a newcomer looks at, page by page, and the small network whose results ship with Darkroom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stop:
    """A page of the tour: what to look at there, and what would be surprising. `analysis`: which one, on the page of analyses.
    One that `is_optional`, as it takes a while, is no part of what is done."""

    page: str
    look: str
    surprising: str
    analysis: str = ""
    is_optional: bool = False


@dataclass(frozen=True)
class Tour:
    """The tour of one experiment, on its shipped sample, in a `goal` of a few words.

    `preset`, `network` and `training` (what differs from the network's own settings) are those of the run that ships with the
    sample, which the stops judge.
    """

    goal: str
    preset: str
    network: str
    stops: tuple[Stop, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
