"""What page Generate shows."""

from dataclasses import dataclass
from typing import Any

from core import runs
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge.generating import Generating
from core.judge.generation import pairs
from core.judge.generation.pairs import Neighbour


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
