"""The grid of cross-training studies: regions that a network is trained and tested on."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.judge.compatibility import Matrix
    from core.selection.selection import Selection


@dataclass(frozen=True)
class Region:
    """A part of a data set on which a network is trained or tested, such as a detector in an energy window.

    `facts` are plain values that name it in machine-readable output.
    """

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Grid:
    """How regions are spanned, for studies of what was trained on one and tested on another.

    `parameters` is a dataclass of the axes; `regions(axes)` lists its regions in order; `cuts_of(cuts, regions)` are
    the cuts that keep these regions (of several: the smallest selection that holds all of them). `published_pairs(matrix)` are printed
    train/test pairs beside the cells of a study.
    """

    parameters: type
    regions: Callable[[Any], tuple[Region, ...]]
    cuts_of: Callable[[Any, Sequence[Region]], Any]
    published_pairs: "Callable[[Matrix], list[dict[str, Any]]] | None" = None

    def widened(self, selection: "Selection", regions: Sequence[Region]) -> "Selection":
        """The selection narrowed or widened to these regions: of several, the smallest that holds all of them."""
        return dataclasses.replace(selection, cuts=self.cuts_of(selection.cuts, regions))


class Gridded(Protocol):
    """What may have a grid of regions: an experiment."""

    @property
    def title(self) -> str: ...
    @property
    def grid(self) -> Grid | None: ...


def grid_of(experiment: Gridded) -> Grid:
    """The grid of regions of an experiment, or a refusal."""
    if experiment.grid is None:
        raise DarkroomError(f"{experiment.title} has no regions, so there is nothing to train and test across.")
    return experiment.grid
