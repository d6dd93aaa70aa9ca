"""What was trained on one region, tested on all of them: a matrix of plain filters over stored scores. No network runs.

In every cell count only labelled events of the tested region that the training neither learnt from nor chose its
weights by: its own test events, and all that it never saw. Labels are those of the study's cuts under one scheme.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.data.dataset import Dataset
from core.data.splits import TEST, VALIDATION
from core.errors import DarkroomError
from core.experiment import Experiment, Region
from core.judge.efficiency import (
    FEW,
    Leakage,
    OperatingPoint,
    at_threshold,
    checked_threshold,
    leakage_at,
    threshold_for,
)
from core.judge.evaluation import STATISTICAL_ONLY, Evaluation
from core.judge.intervals import LEVEL, Interval, PairInterval
from core.judge.roc import auc
from core.judge.sample import RunScores, Sample, open_sample

if TYPE_CHECKING:
    from core.learn.study import Study

WANTED_SIGNAL_EFFICIENCY = 0.99
OWN_LIMIT = (
    "Leakage is at the threshold that keeps 99 % of the signal of the run's own validation sample: on other regions that "
    "threshold keeps more or less, which stands beside the leakage of a cell."
)
ON_VALIDATION, ON_SAME_EVENTS = "validation", "the same events"


@dataclass(frozen=True)
class Cell:
    """A run judged on one region. NaN where a class has no events.

    `leakage` is at 99 % signal efficiency, by a threshold chosen on the events named in `leakage_chosen_on`: on another
    region than the run's own it keeps more or less than that, `leakage.signal`.
    Not counted: `n_left_out` labelled events in the run's training or validation sample, `n_missing` without a score.
    """

    run: str
    point: OperatingPoint
    auc: PairInterval
    leakage: Leakage
    leakage_chosen_on: str
    n_left_out: int
    n_missing: int

    @property
    def few(self) -> bool:
        """Whether a class has fewer than 20 events: shown pale."""
        return min(self.point.signal.n, self.point.background.n) < FEW

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: efficiencies as a run's evaluation gives them, None where undefined."""
        return {
            "run": self.run or None,
            **self.point.to_dict(),
            "auc": self.auc.to_dict(),
            "leakage": self.leakage.to_dict(),
            "leakage_chosen_on": self.leakage_chosen_on,
            "n_left_out": self.n_left_out,
            "n_missing": self.n_missing,
            "few": self.few,
        }


class Metric(NamedTuple):
    """What a matrix can show. `of(cell)` has value, low and high, and n (and k) or n_signal and n_background."""

    title: str
    of: Callable[[Cell], Interval | PairInterval]


METRICS: dict[str, Metric] = {
    "signal_efficiency": Metric("signal efficiency", lambda cell: cell.point.signal),
    "background_efficiency": Metric("background efficiency", lambda cell: cell.point.background),
    "harmonic_efficiency": Metric("harmonic efficiency", lambda cell: cell.point.harmonic),
    "precision": Metric("precision", lambda cell: cell.point.precision),
    "auc": Metric("AUC", lambda cell: cell.auc),
    "leakage": Metric("leakage at 99 % signal efficiency", lambda cell: cell.leakage.leakage),
}


@dataclass(frozen=True)
class Matrix:
    """`cells[trained][tested]`; a row of None where nothing is trained."""

    regions: tuple[Region, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    threshold: float
    scheme: str
    level: float
    notes: tuple[str, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per cell, row by row; a cell without a run has run None and undefined numbers."""
        no_scores, no_labels = RunScores("", np.zeros(0, np.float32), np.zeros(0, np.int8)), np.zeros(0, np.int8)
        nothing = _judged(no_scores, no_labels, math.nan, self.threshold, self.level, 0)
        return [
            {
                "trained_on": {"region": trained.name, **trained.facts},
                "tested_on": {"region": tested.name, **tested.facts},
                **(cell or nothing).to_dict(),
            }
            for trained, row in zip(self.regions, self.cells, strict=True)
            for tested, cell in zip(self.regions, row, strict=True)
        ]


def matrix(sample: Sample, threshold: float = 0.5, level: float = LEVEL) -> Matrix:
    """Judge every run of a sample on every region: 36 cells over 100,000 rows take a fraction of a second."""
    checked_threshold(threshold)
    cells = tuple(_row(sample, run, threshold, level) for run in sample.runs)
    told = (STATISTICAL_ONLY, OWN_LIMIT, *sample.notes)
    return Matrix(sample.regions, cells, threshold, sample.scheme, level, told)


def _row(sample: Sample, run: RunScores | None, threshold: float, level: float) -> tuple[Cell | None, ...]:
    if run is None:
        return (None,) * len(sample.regions)
    validation = (run.split == VALIDATION) & (sample.labels >= 0) & ~np.isnan(run.score)
    chosen = threshold_for(run.score[validation], sample.labels[validation], WANTED_SIGNAL_EFFICIENCY)
    cells = []
    for members in sample.members:
        free = _free(run, members)
        part = RunScores(run.run, run.score[free], run.split[free])
        cells.append(_judged(part, sample.labels[free], chosen, threshold, level, len(members) - len(free)))
    return tuple(cells)


def _free(run: RunScores, members: np.ndarray) -> np.ndarray:
    """Those positions whose events the run neither trained on nor was validated with."""
    return members[run.split[members] >= TEST]


def _judged(
    part: RunScores, labels: np.ndarray, chosen: float, threshold: float, level: float, n_left_out: int
) -> Cell:
    """A cell from its free events; `chosen` is the validation's threshold for the leakage, NaN if it has none."""
    scored = ~np.isnan(part.score)
    score, labels = part.score[scored], labels[scored]
    point = at_threshold(score, labels, threshold, level=level)
    return Cell(
        run=part.run,
        point=point,
        auc=auc(score, labels, level=level),
        leakage=leakage_at(
            score, labels, WANTED_SIGNAL_EFFICIENCY, threshold=None if math.isnan(chosen) else chosen, level=level
        ),
        leakage_chosen_on=ON_SAME_EVENTS if math.isnan(chosen) else ON_VALIDATION,
        n_left_out=n_left_out,
        n_missing=int((~scored).sum()),
    )


class CellRows(NamedTuple):
    """The events that a cell counts, arrays (n,): row number, score, label, energy in keV."""

    rows: np.ndarray
    score: np.ndarray
    labels: np.ndarray
    energy_kev: np.ndarray


def cell_rows(sample: Sample, trained: int, tested: int) -> CellRows:
    """The events of the cell [trained][tested], in the order of the data set; empty where nothing is trained."""
    run = sample.runs[trained]
    at = np.zeros(0, np.int64) if run is None else _free(run, sample.members[tested])
    score = np.zeros(0, np.float32) if run is None else run.score[at]
    kept = ~np.isnan(score)
    at = at[kept]
    return CellRows(sample.rows[at], score[kept], sample.labels[at], sample.energy_kev[at])


def cell_evaluation(
    sample: Sample, experiment: Experiment, dataset: Dataset, trained: int, tested: int, threshold: float = 0.5
) -> Evaluation:
    """Everything that is judged of a run, on the events of one cell.

    They stand as its test sample; its validation events are at hand only to choose the thresholds of the leakage.
    """
    run, counted = sample.runs[trained], cell_rows(sample, trained, tested)
    if run is None or not len(counted.rows):
        raise DarkroomError(
            f"There is nothing to judge: no scored event of {sample.regions[tested].name} is outside the training and "
            f"validation of {sample.regions[trained].name}. Train and score this region, or choose another cell."
        )
    chosen_on = np.flatnonzero((run.split == VALIDATION) & (sample.labels >= 0) & ~np.isnan(run.score))
    rows = np.concatenate([counted.rows, sample.rows[chosen_on]])
    split = np.repeat(np.array([TEST, VALIDATION], np.int8), [len(counted.rows), len(chosen_on)])
    found: Evaluation = experiment.evaluate(
        {name: dataset.column(name)[rows] for name in experiment.judge_columns},
        np.concatenate([counted.score, run.score[chosen_on]]),
        np.concatenate([counted.labels, sample.labels[chosen_on]]),
        split,
        threshold,
        "test",
        cuts=sample.cuts,
        label_scheme=sample.scheme,
    )
    return found


def open_matrix(
    study: "Study", experiment: Experiment, dataset: Dataset, threshold: float = 0.5, scheme: str | None = None
) -> Matrix:
    """The matrix of a study from what is stored."""
    return matrix(open_sample(study, experiment, dataset, scheme), threshold)
