"""What was trained on one region, tested on all of them: a matrix of plain filters over stored scores. No network runs.

In every cell count only labelled events of the tested region that the training neither learnt from nor chose its
weights by: its own test events, and all that it never saw. Labels are those of the study's cuts under one scheme.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.data.dataset import Dataset
from core.data.splits import TEST, VALIDATION
from core.errors import DarkroomError
from core.judge.evaluation import STATISTICAL_ONLY, Evaluation, evaluate
from core.judge.grid import Region
from core.judge.judging import Judging
from core.statistics.efficiency import (
    FEW,
    Leakage,
    OperatingPoint,
    at_threshold,
    checked_threshold,
    leakage_at,
    threshold_for,
)
from core.statistics.intervals import LEVEL, Interval, PairInterval
from core.statistics.roc import auc

WANTED_SIGNAL_EFFICIENCY = 0.99
OWN_LIMIT = (
    "Leakage is at the threshold that keeps 99 % of the signal of the run's own validation sample: on other regions that "
    "threshold keeps more or less, which stands beside the leakage of a cell."
)
ON_VALIDATION, ON_SAME_EVENTS = "validation", "the same events"


@dataclass(frozen=True)
class RunScores:
    """What a run says of the m rows of a sample: score float32 (m,), NaN where there is none; split int8 (m,)."""

    run: str
    score: np.ndarray
    split: np.ndarray


@dataclass(frozen=True)
class Sample:
    """Everything that a matrix is computed from, as arrays over the m rows that the regions together hold.

    rows int64 (m,) row numbers of the data set; axis_values float32 (m,), what is judged by; labels int8 (m,), -1 neither class;
    `members`: of each region the positions in these arrays of its labelled rows; `runs`: of each region its run's
    scores, None where there is none; `cuts`: the experiment's own.
    """

    regions: tuple[Region, ...]
    rows: np.ndarray
    axis_values: np.ndarray
    labels: np.ndarray
    members: tuple[np.ndarray, ...]
    runs: tuple[RunScores | None, ...]
    scheme: str = ""
    cuts: Any = None
    notes: tuple[str, ...] = ()


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
    """What a matrix can show. `of(cell)` has value, low and high, and n (and k) or n_signal and n_background; `unit` "%", or ""
    for 1. `is_falling`: lower is better.
    """

    title: str
    of: Callable[[Cell], Interval | PairInterval]
    unit: str = "%"
    is_falling: bool = False


METRICS: dict[str, Metric] = {
    "signal_efficiency": Metric("signal efficiency", lambda cell: cell.point.signal),
    "background_efficiency": Metric("background rejection", lambda cell: cell.point.background),
    "harmonic_efficiency": Metric("harmonic efficiency", lambda cell: cell.point.harmonic),
    "precision": Metric("precision", lambda cell: cell.point.precision),
    "auc": Metric("AUC", lambda cell: cell.auc, ""),
    "leakage": Metric("leakage at 99 % signal efficiency", lambda cell: cell.leakage.leakage, is_falling=True),
}


@dataclass(frozen=True)
class Matrix:
    """`cells[trained][tested]`; a row of None where nothing is trained."""

    regions: tuple[Region, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    threshold: float
    scheme: str
    notes: tuple[str, ...]
    level: float = LEVEL

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per cell, row by row; a cell without a run has run None and undefined numbers."""
        no_scores, no_labels = RunScores("", np.zeros(0, np.float32), np.zeros(0, np.int8)), np.zeros(0, np.int8)
        nothing = _judged(no_scores, no_labels, math.nan, self.threshold, 0)
        return [
            {
                "trained_on": {"region": trained.name, **trained.facts},
                "tested_on": {"region": tested.name, **tested.facts},
                **(cell or nothing).to_dict(),
            }
            for trained, row in zip(self.regions, self.cells, strict=True)
            for tested, cell in zip(self.regions, row, strict=True)
        ]


def matrix(sample: Sample, threshold: float = 0.5) -> Matrix:
    """Judge every run of a sample on every region: 36 cells over 100,000 rows take a fraction of a second."""
    checked_threshold(threshold)
    cells = tuple(_row(sample, run, threshold) for run in sample.runs)
    notes = (STATISTICAL_ONLY, OWN_LIMIT, *sample.notes)
    return Matrix(sample.regions, cells, threshold, sample.scheme, notes=notes)


def _row(sample: Sample, run: RunScores | None, threshold: float) -> tuple[Cell | None, ...]:
    if run is None:
        return (None,) * len(sample.regions)
    validation = (run.split == VALIDATION) & (sample.labels >= 0) & ~np.isnan(run.score)
    chosen = threshold_for(run.score[validation], sample.labels[validation], WANTED_SIGNAL_EFFICIENCY)
    cells = []
    for members in sample.members:
        free = _free(run, members)
        part = RunScores(run.run, run.score[free], run.split[free])
        cells.append(_judged(part, sample.labels[free], chosen, threshold, len(members) - len(free)))
    return tuple(cells)


def _free(run: RunScores, members: np.ndarray) -> np.ndarray:
    """Those positions whose events the run neither trained on nor was validated with."""
    return members[run.split[members] >= TEST]


def _judged(part: RunScores, labels: np.ndarray, chosen: float, threshold: float, n_left_out: int) -> Cell:
    """A cell from its free events; `chosen` is the validation's threshold for the leakage, NaN if it has none."""
    scored = ~np.isnan(part.score)
    score, labels = part.score[scored], labels[scored]
    point = at_threshold(score, labels, threshold)
    return Cell(
        run=part.run,
        point=point,
        auc=auc(score, labels),
        leakage=leakage_at(score, labels, WANTED_SIGNAL_EFFICIENCY, threshold=None if math.isnan(chosen) else chosen),
        leakage_chosen_on=ON_SAME_EVENTS if math.isnan(chosen) else ON_VALIDATION,
        n_left_out=n_left_out,
        n_missing=int((~scored).sum()),
    )


def counted(sample: Sample, trained: int, tested: int) -> np.ndarray:
    """Positions int64 (n,) of the events that the cell [trained][tested] counts; empty where nothing is trained."""
    run = sample.runs[trained]
    if run is None:
        return np.zeros(0, np.int64)
    free = _free(run, sample.members[tested])
    return free[~np.isnan(run.score[free])]


def cell_evaluation(
    sample: Sample, judging: Judging, dataset: Dataset, trained: int, tested: int, threshold: float = 0.5
) -> Evaluation:
    """Everything that is judged of a run, on the events of one cell.

    They stand as its test sample; its validation events are at hand only to choose the thresholds of the leakage.
    """
    run, own = sample.runs[trained], counted(sample, trained, tested)
    if run is None or not len(own):
        raise DarkroomError(
            f"There is nothing to judge: no scored event of {sample.regions[tested].name} is outside the training and "
            f"validation of {sample.regions[trained].name}. Train and score this region, or choose another cell."
        )
    chosen_on = np.flatnonzero((run.split == VALIDATION) & (sample.labels >= 0) & ~np.isnan(run.score))
    at = np.concatenate([own, chosen_on])
    split = np.repeat(np.array([TEST, VALIDATION], np.int8), [len(own), len(chosen_on)])
    cut = judging.cut_baseline(sample.cuts) if judging.cut_baseline else None
    return evaluate(
        sample.axis_values[at],
        run.score[at],
        sample.labels[at],
        split,
        judging=judging,
        threshold=threshold,
        label_scheme=sample.scheme,
        baselines={cut.name: (dataset.column(cut.column)[sample.rows[at]], cut.threshold)} if cut else None,
    )
