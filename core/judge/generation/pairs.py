"""One generated row beside a true one: which true rows a run can be asked about, and which of them is nearest to some conditions."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import runs
from core.data.dataset import Dataset, locate, read_array
from core.data.splits import TRAIN, VALIDATION
from core.figures.image_pairs import Frame, Picture
from core.judge.generating import Generating, columns_of
from core.judge.generation.sample import conditions_of
from core.judge.output_table import OutputTable
from core.judge.report import DASH
from core.learn.tasks.generate import SAMPLES

MANY = 10.0  # a range that ends so many times as high as it begins is walked in equal ratios
Ranges = Mapping[str, tuple[float, float]]
ROW_BITS = 40  # of a seed's key, the low ones count the rows: as `core.workflows.sampling` has it


@dataclass(frozen=True)
class Neighbour:
    """A stored row: its number, and its conditions less those that were asked for, by column."""

    row: int
    conditions: dict[str, float]
    distances: dict[str, float]


def unseen_rows(dataset: Dataset, learned: Sequence[runs.Run], names: Sequence[str]) -> np.ndarray:
    """int64 (m,), ascending: rows whose conditions are known and that none of the runs learned from; what a split of theirs is tested on,
    and rows of other files.
    """
    is_free = np.ones(dataset.n_rows, bool)
    for name in names:
        is_free &= np.isfinite(dataset.column(name)) if dataset.defines(name) else False
    for run in learned:
        of_run = runs.read_rows(run)
        taught = np.isin(of_run["split"], (TRAIN, VALIDATION))
        if taught.any() and dataset.n_rows:
            rows, is_there = locate(dataset, of_run["uid"][taught], of_run["source"][taught], dataset.source_of)
            is_free[rows[is_there]] = False
    return np.flatnonzero(is_free)


def nearest(dataset: Dataset, generating: Generating, rows: np.ndarray, asked_for: Mapping[str, float]) -> Neighbour:
    """Of at least one row, that whose conditions are nearest, each in units of its spread over the rows (the axis in its logarithm)."""
    stored = conditions_of(dataset, tuple(asked_for), rows)
    distance = np.zeros(len(rows))
    for name, values in stored.items():
        wanted: np.ndarray | float = asked_for[name]
        if name == generating.axis.column and values.min() > 0 and wanted > 0:
            values, wanted = np.log(values), np.log(wanted)
        distance += ((values - wanted) / (values.std() or 1.0)) ** 2
    row = int(rows[int(np.argmin(distance))])
    conditions = conditions_of_row(dataset, tuple(asked_for), row)
    return Neighbour(row, conditions, {name: conditions[name] - asked_for[name] for name in asked_for})


def conditions_of_row(dataset: Dataset, names: Sequence[str], row: int) -> dict[str, float]:
    """The conditions of one row by column."""
    return {name: float(dataset.column(name)[row]) for name in names}


def array_of_row(dataset: Dataset, generating: Generating, row: int) -> np.ndarray:
    """The stored array float32 (...) of one row."""
    return np.asarray(read_array(dataset, generating.array, [row])[0], np.float32)


def place_among_unseen(dataset: Dataset, run: runs.Run, names: Sequence[str], row: int) -> int | None:
    """Which of the unseen rows a row is; None where it is none of them."""
    rows = unseen_rows(dataset, [run], names)
    place = int(np.searchsorted(rows, row))
    return place if place < len(rows) and rows[place] == row else None


def stored_pictures(
    table: OutputTable, generating: Generating, rows: Sequence[int]
) -> tuple[list[Picture], list[Picture]]:  # fmt: skip
    """The last picture (all that was seen) of the true rows and of those that the run generated for them and that are stored."""
    names = [name for name in table.task.columns if table.dataset.defines(name)]
    pictures: tuple[list[Picture], list[Picture]] = ([], [])
    for row in rows:
        conditions = conditions_of_row(table.dataset, names, row)
        generated = np.asarray(table.outputs[SAMPLES][int(np.searchsorted(table.rows, row))], np.float32)
        for part, array in zip(pictures, (array_of_row(table.dataset, generating, row), generated), strict=True):
            part.append(generating.images({SAMPLES: array}, conditions)[-1])
    return pictures


def titled(pictures: Sequence[Picture], titles: Sequence[str]) -> list[Picture]:
    """The pictures with other titles."""
    return [dataclasses.replace(picture, title=title) for picture, title in zip(pictures, titles, strict=True)]


def framed(pictures: Sequence[Picture], frame: Frame) -> tuple[Picture, ...]:
    """The pictures in a frame of their own."""
    return tuple(dataclasses.replace(picture, frame=frame) for picture in pictures)


def is_same_grid(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> bool:
    """Whether two geometries say the same."""
    return first.keys() == second.keys() and all(np.array_equal(values, second[name]) for name, values in first.items())


def key_of(number: int) -> int:
    """What chooses the noise of a draw: that of the only row of a sample with this seed."""
    return number << ROW_BITS


def steps_of(low: float, high: float, n: int = 121) -> list[float]:
    """Values from low to high, both exactly: in equal ratios with three digits where these span a decade, else in equal steps, rounded as
    finely as these are wide.
    """
    if low > 0 and high >= MANY * low:
        inner = [float(f"{value:.3g}") for value in np.geomspace(low, high, n)[1:-1].tolist()]
    else:
        decimals = -int(np.floor(np.log10((high - low) / (n - 1)))) if high > low else 0
        inner = [round(value, decimals) + 0.0 for value in np.linspace(low, high, n)[1:-1].tolist()]
    return list(dict.fromkeys([low, *(value for value in inner if low < value < high), high]))


def closest(steps: Sequence[float], value: float) -> float:
    """The step that is nearest to a value."""
    return min(steps, key=lambda step: abs(step - value))


def middle_of(low: float, high: float) -> float:
    """Where a range is entered: its middle, of one over decades that of its logarithm."""
    steps = steps_of(low, high)
    return steps[len(steps) // 2]


def widest(ranges: Sequence[Ranges]) -> dict[str, tuple[float, float]]:
    """The ranges of some trainings together, those of a condition where all overlap, or all of it where none does."""
    joined: dict[str, tuple[float, float]] = {}
    for name in dict.fromkeys(name for part in ranges for name in part):
        ends = [part[name] for part in ranges if name in part]
        low, high = max(end[0] for end in ends), min(end[1] for end in ends)
        joined[name] = (low, high) if low < high else (min(end[0] for end in ends), max(end[1] for end in ends))
    return joined


def facts_of(
    generating: Generating, geometry: Mapping[str, np.ndarray], array: np.ndarray, conditions: Mapping[str, float]
) -> tuple[str, ...]:
    """The sum of one row (...), and the features whose separation is quoted, in words."""
    given = {name: np.array([value]) for name, value in conditions.items()}
    numbers = generating.features(array[None], given, geometry)
    values = {title: float(numbers[name][0]) for name, title in generating.separated.items()}
    return (
        f"sum {float(array.sum(dtype=np.float64)):,.0f} {generating.unit}",
        *(f"{title} {value:.4g}" if np.isfinite(value) else f"{title} {DASH}" for title, value in values.items()),
    )


def in_words(generating: Generating, conditions: Mapping[str, float]) -> str:
    """`energy 19.8 GeV, impact x 1.2 mm`."""
    titles = columns_of(generating)
    return ", ".join(
        f"{titles[name].label.lower()} {value:.4g} {titles[name].unit}".rstrip() for name, value in conditions.items()
    )
