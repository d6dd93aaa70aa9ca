"""The contract between an experiment and everything shared: three names and a frozen record per room.

Pages and shared modules draw what the facets offer and never name an experiment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.analysis.analysis import Analysis
from core.data.reading import Reading
from core.data.simulation import Simulation
from core.data.table import Table
from core.figures.looking import Looking
from core.judge.generating import Generating
from core.judge.grid import Grid
from core.judge.judging import Judging
from core.labels.labels import Labels
from core.labels.record import Labelling
from core.learn.network import Network
from core.selection.selecting import Selecting
from core.tour import Tour


@dataclass(frozen=True)
class Experiment:
    """One detector, as a record of functions and names."""

    key: str
    title: str
    row_name: str
    reading: Reading
    table: Table
    simulation: Simulation
    selecting: Selecting
    labels: Labels | None
    networks: Mapping[str, Network]
    looking: Looking
    judging: Judging | None
    analyses: Mapping[str, Analysis]
    grid: Grid | None = None
    generating: Generating | None = None
    by_hand: Labelling | None = None
    tour: Tour | None = None
