"""What page Generate shows."""

from dataclasses import dataclass
from typing import Any

from core import runs
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge.generating import Generating
from core.judge.generation import pairs
from core.judge.generation.pairs import Neighbour
from core.workflows import sampling


@dataclass(frozen=True)
class Shown:
    """The runs, the conditions, the number of the draw, and the true row beside them, if there is any."""

    data: Dataset
    experiment: Experiment
    generating: Generating
    chosen: list[runs.Run]
    labels: list[str]
    conditions: dict[str, float]
    draw: int
    truth: Neighbour | None
    words: str


def true_array(shown: Shown) -> Any:
    """The array of the true row, which there must be."""
    return pairs.array_of_row(shown.data, shown.generating, shown.truth.row)


def geometry_of(shown: Shown, run: runs.Run | None) -> Any:
    """What holds for the rows of a run, or for the stored ones."""
    return (sampling.geometry_of(run) if run is not None else None) or shown.data.geometry


def images_of(shown: Shown, run: runs.Run | None, drawn: Any, conditions: Any) -> Any:
    """The pictures of a row of a run, or of a stored one, on its own grid."""
    frame = shown.generating.frame(geometry_of(shown, run))
    return pairs.framed(shown.generating.images(drawn, conditions), frame)


def other_grids(shown: Shown) -> list[str]:
    """The runs that generate rows on another grid than the data set's."""
    return [run.id for run in shown.chosen if not pairs.is_same_grid(geometry_of(shown, run), shown.data.geometry)]
