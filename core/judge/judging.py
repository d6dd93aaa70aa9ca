"""Judging: what stands beside a network's answers, as an experiment offers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import DarkroomError
from core.statistics.axis import Axis as Axis  # judged by: part of this record

if TYPE_CHECKING:
    from core.data.dataset import Dataset


@dataclass(frozen=True)
class CutBaseline:
    """The one cut that every network has to beat: kept is where `column` is at or above `threshold`."""

    name: str
    column: str
    threshold: float


@dataclass(frozen=True)
class BoxSide:
    """A side of the rectangular cut beside the networks: a limit `above` or `below` which a column is kept, or `inside`
    which its absolute value is.
    """

    column: str
    keep: str


@dataclass(frozen=True)
class Judging:
    """How the runs of an experiment are judged.

    Efficiencies go by the `axis`: methods are compared in its windows, and a run is judged everywhere within its edges.
    The table of efficiencies has `rows` (edges; of the axis where there are none), and `notes(label scheme, whether the axis'
    quantity is known)` say what must be known of its numbers. Baselines are one cut (`cut_baseline(cuts)`), a `box` of cuts,
    `class_baselines(dataset, rows)` (cuts that keep the signal class, bool (n,) of rows (n,), by name) and `trees` ("boosted" or
    "forest") on `tree_features`. `determined(recipe)` are columns that a network's input determines; `truth_bound` the column
    with the log-likelihood ratio that simulated truth allows; `light_yield(dataset)` photoelectrons per unit of the axis.
    """

    axis: Axis
    rows: np.ndarray | None = None
    notes: Callable[[str, bool], tuple[str, ...]] = lambda *_: ()
    cut_baseline: Callable[[Any], CutBaseline] | None = None
    box: tuple[BoxSide, ...] = ()
    class_baselines: "Callable[[Dataset, np.ndarray], Mapping[str, np.ndarray]] | None" = None
    tree_features: tuple[str, ...] = ()
    trees: str = "boosted"
    determined: Callable[[Any], tuple[str, ...]] | None = None
    truth_bound: str = ""
    light_yield: "Callable[[Dataset], float] | None" = None

    def table(self, is_known: bool) -> Axis:
        """The axis in the rows of the table; without a row where its quantity is not known of any event."""
        edges = self.axis.edges if self.rows is None else self.rows
        return self.axis.with_edges(edges if is_known else edges[:1])


class Judged(Protocol):
    """What may be judged: an experiment."""

    @property
    def title(self) -> str: ...
    @property
    def judging(self) -> Judging | None: ...


def judging_of(experiment: Judged) -> Judging:
    """How the runs of an experiment are judged, or a refusal."""
    if experiment.judging is None:
        raise DarkroomError(
            f"{experiment.title} has no axis that its runs could be judged by: choose a run of another experiment."
        )
    return experiment.judging
