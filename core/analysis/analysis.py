"""An analysis: a question with parameters, answered from data sets, runs, studies or raw files by a report.

One page and one command draw any of them. What an analysis needs is opened for it (`core.workflows.analyse`), so that it
knows neither names nor files of a workspace.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.analysis.pressure import Pressure
from core.errors import DarkroomError
from core.judge.report import Report

if TYPE_CHECKING:  # the selection of rows knows the whole experiment, and so would know this
    from core.data.dataset import Dataset
    from core.judge.compatibility import Matrix
    from core.runs import Run
    from core.selection.selection import Selected, Selection

Progress = Callable[[float, float, str], None]
"""`progress(done, total, text)`; may raise to stop."""

KINDS = ("dataset", "run", "study", "calibration", "pressure", "files", "networks")
"""What an analysis may need: a data set, a run (with its scores of the data set), a study of trainings on regions, a simulated
data set with scores of the run, air pressures, raw files, and the layers of the experiment's networks.
"""


@dataclass(frozen=True)
class Need:
    """One of `KINDS` that an analysis takes.

    `is_newest`: where none is named, the newest there is is taken, of a run one of `network`, and one that has learned `task` only
    (any, where that is empty). A run without scores of the data set is refused if it `is_scored`.
    """

    title: str
    is_required: bool = False
    help: str = ""
    is_newest: bool = False
    is_scored: bool = True
    network: str = ""
    task: str = ""


@dataclass(frozen=True)
class Training:
    """A training whose run an analysis compares: network, its parameters and those of the training, and the selection."""

    network: str
    parameters: Mapping[str, Any]
    training: Mapping[str, Any]
    selection: "Selection"


@dataclass(frozen=True)
class Inputs:
    """What an analysis was given, opened; what is missing is None or empty.

    `scored` are the scores of the run on the data set, `own` those on the run's own, `calibration` those on a simulated
    data set: each a `ScoreTable`, or of a run that tells no classes apart an `OutputTable`. `home`: the data set that the run was
    trained on, if it is there. `matrix` are the efficiencies of the study. `layers`: name of a network -> its layers and parameters.
    `trained` holds, of each run that `Analysis.trainings` asks for and that there is, the scores on the data set, or the outputs of
    one that tells no classes apart.
    """

    dataset: "Dataset | None" = None
    run: "Run | None" = None
    home: "Dataset | None" = None
    scored: Any = None
    own: Any = None
    calibration: Any = None
    pressure: Pressure | None = None
    study: Any = None
    matrix: "Matrix | None" = None
    files: tuple[Path, ...] = ()
    mapping: Any = None
    layers: Mapping[str, Any] | None = None
    trained: Mapping[str, Any] = field(default_factory=dict)
    select: "Callable[[Selection], Selected] | None" = None

    def selected(self, selection: "Selection") -> "Selected":
        """The rows of the data set under a selection."""
        if self.select is None:
            raise DarkroomError("A selection was asked for, but there is no data set: choose one.")
        return self.select(selection)


@dataclass(frozen=True)
class Analysis:
    """A question and how it is answered.

    `parameters` is a parameter dataclass, `needs` says by one of `KINDS` what it takes, `run(inputs, parameters, progress)`
    answers. `explanation` is a sentence on what is answered and what is not. One that `takes_long` runs as a job.
    `trainings(parameters)`: the runs that it compares, by name; those that are missing can be trained for it.
    """

    title: str
    explanation: str
    parameters: type
    needs: Mapping[str, Need]
    run: Callable[[Inputs, Any, Progress], Report]
    takes_long: bool = False
    trainings: "Callable[[Any], Mapping[str, Training]] | None" = None


@dataclass(frozen=True)
class NoParameters:
    """For an analysis without a choice."""


def silent(done: float, total: float, text: str = "") -> None:
    """Progress that nobody watches."""
    del done, total, text


def analysis_of(analyses: Mapping[str, Analysis], key: str, title: str) -> Analysis:
    """The analysis of an experiment, or a refusal that lists those there are; `title` is the experiment's."""
    if key not in analyses:
        there = ", ".join(analyses) or "none"
        raise DarkroomError(
            f"{title} has no analysis '{key}' (it has: {there}): choose one of those or another experiment."
        )
    return analyses[key]
