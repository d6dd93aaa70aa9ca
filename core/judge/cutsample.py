"""A cut study of a data set: which events it is chosen on and which it is quoted on, and everything a page shows of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.data.splits import OTHER, SPLITS, TEST, TRAIN, VALIDATION
from core.errors import DarkroomError
from core.judge import cutstudy
from core.judge.cutstudy import Axis, Optimum, Scan
from core.judge.score_table import ScoreTable
from core.selection.selection import Selected
from core.statistics.efficiency import OperatingPoint, at_threshold, checked_threshold
from core.statistics.intervals import defined

N_THRESHOLDS = {1: 200, 2: 60}
AUTO = "auto"
SIDES = (AUTO, *cutstudy.DIRECTIONS)
_TAILS = (0.001, 0.999)


@dataclass(frozen=True)
class CutSample:
    """Labelled events: `rows` of the data set, `labels` 1 or 0, `score` NaN without a run, `chosen` those on which a cut is
    chosen and `quoted` those on which it is quoted, all (n,).

    A run's training events serve neither, so that cut and network are quoted alike; without a run the cut may be chosen on
    all but the test events.
    """

    dataset: Dataset
    rows: np.ndarray
    labels: np.ndarray
    score: np.ndarray
    split: np.ndarray
    has_run: bool

    @property
    def chosen_on(self) -> tuple[int, ...]:
        return (VALIDATION,) if self.has_run else (TRAIN, VALIDATION)

    @property
    def quoted_on(self) -> tuple[int, ...]:
        return (TEST, OTHER) if self.has_run else (TEST,)

    @cached_property
    def chosen(self) -> np.ndarray:
        return np.isin(self.split, self.chosen_on)

    @cached_property
    def quoted(self) -> np.ndarray:
        return np.isin(self.split, self.quoted_on)

    def column(self, name: str) -> np.ndarray:
        return self.dataset.column(name)[self.rows]


def sample(selected: Selected, scored: ScoreTable | None = None, of_class: str = "") -> CutSample:
    """The labelled rows of a selection; with a run those of them that it has scored, divided as the run was.

    Signal is the class that the run's score is the probability of, without a run `of_class`, '' for the selection's own.
    """
    if not selected.classes:
        raise DarkroomError(
            f"Data set '{selected.dataset.name}' has no labels, so no cut parts its rows: choose another."
        )
    rows, labels = selected.rows()
    labels = (labels == _signal_of(selected, scored.signal if scored else of_class)).astype(np.int8)
    if scored is None:
        split = selected.split[selected.labels >= 0]
        score = np.full(len(rows), np.nan, np.float32)
    else:
        known = np.isin(rows, scored.rows)
        rows, labels = rows[known], labels[known]
        at = np.searchsorted(scored.rows, rows)
        score, split = scored.score[at], scored.side[at]
    if not len(rows):
        what = f"that run '{scored.run.id}' has scored" if scored else "with a label"
        raise DarkroomError(
            f"Data set '{selected.dataset.name}': the selection leaves no event {what}: widen it, or score the data set."
        )
    return CutSample(selected.dataset, rows, labels, score, split, scored is not None)


def _signal_of(selected: Selected, name: str) -> int:
    """Index of the class that is signal."""
    if name not in ("", *selected.classes):
        raise DarkroomError(
            f"The labels '{selected.selection.labels}' have no class '{name}': expected one of {', '.join(selected.classes)}."
        )
    return selected.classes.index(name) if name else selected.signal


@dataclass(frozen=True)
class Moved:
    """One or two cuts moved over the events that a cut is chosen on. `expected` signal and background count in the merit."""

    scan: Scan
    merit: str
    expected: tuple[float, float] | None
    best: Optimum

    @cached_property
    def merits(self) -> np.ndarray:
        """The figure of merit at every position."""
        return cutstudy.merit_of(self.scan, self.merit, self.expected)


@dataclass(frozen=True)
class CutStudy:
    """A cut at `at`, quoted on other events than it was chosen on: `points` of the cut and, with a run, of the network and of
    both together, and the figure of merit of each."""

    moved: Moved
    at: tuple[float, ...]
    points: Mapping[str, OperatingPoint]
    merits: Mapping[str, float]
    chosen_on: str
    quoted_on: str

    @property
    def in_words(self) -> str:
        """The cut in words."""
        return " and ".join(axis.in_words(at) for axis, at in zip(self.moved.scan.axes, self.at, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        scan = self.moved.scan
        return {
            "axes": [
                {"feature": a.column, "direction": a.direction, "thresholds": a.thresholds.tolist()} for a in scan.axes
            ],
            "n_signal": scan.n_of("signal"),
            "n_background": scan.n_of("background"),
            **{f"{name}_kept": scan.kept(name).tolist() for name in scan.cells},
            "merit": self.moved.merit,
            "optimum": self.moved.best.to_dict(),
            "at": list(self.at),
            "quoted": {
                name: {
                    **{k: v for k, v in point.to_dict().items() if k != "threshold"},
                    "merit": defined(self.merits[name]),
                }
                for name, point in self.points.items()
            },
            "chosen_on": self.chosen_on,
            "quoted_on": self.quoted_on,
        }  # fmt: skip


def move(
    events: CutSample,
    features: Sequence[str],
    directions: Sequence[str] = (),
    merit: str = "harmonic",
    expected: tuple[float, float] | None = None,
) -> Moved:
    """Move a cut on one or two columns; `directions` above, below or auto per column, `expected` signal and background for
    the merit (default: these events', also where it is quoted)."""
    if len(features) not in N_THRESHOLDS or len(set(features)) != len(features):
        raise DarkroomError(f"The features are {', '.join(features) or 'none'}: expected one, or two different ones.")
    if expected is not None and not all(0.0 < n < math.inf for n in expected):
        raise DarkroomError(f"The expected signal and background are {expected}: expected numbers above 0.")
    values = [events.column(name)[events.chosen] for name in features]
    wanted = [*directions, *[AUTO] * (len(features) - len(directions))]
    labels, n = events.labels[events.chosen], N_THRESHOLDS[len(features)]
    axes = [_axis(*wish, labels, n) for wish in zip(features, wanted, values, strict=True)]
    scan = cutstudy.scan(axes, values, labels)
    return Moved(scan, merit, expected, cutstudy.optimum(scan, merit, expected))


def quote(events: CutSample, moved: Moved, at: Sequence[float] | None = None, threshold: float = 0.5) -> CutStudy:
    """What the cut at `at` (default: the optimum) keeps of the events that it was not chosen on; with a run, also the network
    at its `threshold` and both together."""
    position = tuple(at) if at is not None else moved.best.at
    if len(position) != len(moved.scan.axes):
        raise DarkroomError(
            f"The cut is to be quoted at {len(position)} values: expected {len(moved.scan.axes)}, one per feature."
        )
    if not all(map(math.isfinite, position)):
        raise DarkroomError(f"The cut is to be quoted at {', '.join(map(str, position))}: expected numbers.")
    passed, labels = decisions(events, moved.scan.axes, position), events.labels[events.quoted]
    points = {"cut": at_threshold(passed, labels, 0.5)}
    if events.has_run:
        points = cutstudy.combine(passed, events.score[events.quoted], labels, checked_threshold(threshold))
    counts = moved.expected or (float(moved.scan.n_of("signal")), float(moved.scan.n_of("background")))
    merits = {name: _merit(moved.merit, point, counts) for name, point in points.items()}
    names = [" and ".join(SPLITS[s] for s in splits) for splits in (events.chosen_on, events.quoted_on)]
    return CutStudy(moved, position, points, merits, *names)


def _axis(name: str, direction: str, values: np.ndarray, labels: np.ndarray, n: int) -> Axis:
    if direction not in (AUTO, *cutstudy.DIRECTIONS):
        raise DarkroomError(f"The direction of {name} is '{direction}': expected above, below or auto.")
    if direction == AUTO:
        direction = cutstudy.better_direction(values, labels)
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise DarkroomError(f"Column '{name}' is undefined for all {len(values)} events of the study: choose another.")
    low, high = np.quantile(finite, _TAILS)
    return Axis(name, direction, np.linspace(low, high if high > low else low + 1.0, n))


def _merit(name: str, point: OperatingPoint, expected: tuple[float, float]) -> float:
    efficiency, leaked = np.array([point.signal.value]), np.array([1.0 - point.background.value])
    return float(cutstudy.checked_merit(name).of(efficiency, leaked, *expected)[0])


def decisions(events: CutSample, axes: Sequence[Axis], at: Sequence[float]) -> np.ndarray:
    """Bool (n,): which of the quoted events pass the cuts, in their order."""
    passed = np.ones(int(events.quoted.sum()), bool)
    for axis, edge in zip(axes, at, strict=True):
        passed &= axis.passes(events.column(axis.column)[events.quoted], edge)
    return passed


def correlations(events: CutSample, names: Sequence[str]) -> list[cutstudy.Correlation]:
    """Rank correlation of columns with the score of the quoted events."""
    columns = {name: events.column(name)[events.quoted] for name in names}
    return cutstudy.correlations(columns, events.score[events.quoted], events.labels[events.quoted])
