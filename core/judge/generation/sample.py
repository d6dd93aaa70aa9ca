"""The rows that a generator is judged on: what it generated, what it should have, and truth that has nothing to do with either.

Only rows that the training never saw (its test rows, and rows of other files) are judged. They are divided at random: for the
conditions of one half the generated rows are taken (`generated`; the true rows of the same conditions are `paired`), the other half is
`truth`. Generated rows are compared with `truth`, and `paired` with the same `truth`: that is truth against truth, with as many rows
and the very same conditions. What is compared row by row (paired) takes `generated` and `paired`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.data.loader import batches
from core.data.splits import OTHER, TEST
from core.errors import DarkroomError
from core.judge.generating import Generating, Geometry, Numbers
from core.judge.output_table import OutputTable
from core.learn.tasks.generate import SAMPLES

CHUNK_ROWS = 5_000


@dataclass(frozen=True)
class Rows:
    """n rows of the array that is generated, with what judges are given of them, row by row.

    rows int64 (n,): their numbers in the data set; `array` float32 (n, ...); `axis` float64 (n,): the quantity that all is repeated
    along; `conditions`, `features`, `more`, `channels`: name -> float64 (n,); `pixels` float32 (n, k).
    """

    rows: np.ndarray
    array: np.ndarray
    axis: np.ndarray
    conditions: Numbers
    features: Numbers
    more: Numbers
    channels: Numbers
    pixels: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def total(self) -> np.ndarray:
        """float64 (n,): sum of each row."""
        return np.asarray(self.array.reshape(len(self), -1).sum(axis=1, dtype=np.float64))

    @property
    def empty_share(self) -> np.ndarray:
        """float64 (n,): share of each row that is 0 (sparsity)."""
        return np.asarray((self.array.reshape(len(self), -1) == 0.0).mean(axis=1))

    def where(self, chosen: np.ndarray) -> "Rows":
        """Some of the rows, by a mask or numbers."""
        conditions, features, more, channels = (
            {name: values[chosen] for name, values in numbers.items()}
            for numbers in (self.conditions, self.features, self.more, self.channels)
        )
        rows, array, axis, pixels = (values[chosen] for values in (self.rows, self.array, self.axis, self.pixels))
        return Rows(rows, array, axis, conditions, features, more, channels, pixels)


@dataclass(frozen=True)
class Sample:
    """What is judged: `generated`, the true rows `paired` for, and `truth` independent of both, all (n)."""

    generated: Rows
    paired: Rows
    truth: Rows

    def __len__(self) -> int:
        return len(self.generated)


@dataclass(frozen=True)
class Plain:
    """The recipe of a stored array as it is."""

    name: str

    @property
    def arrays(self) -> tuple[str, ...]:
        return (self.name,)

    def columns(self, dataset: Dataset) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def make(self, arrays: Any, table: Any, dataset: Dataset) -> np.ndarray:  # noqa: ARG002
        return np.asarray(arrays[self.name], np.float32)


def stored_blocks(dataset: Dataset, name: str, rows: np.ndarray) -> Iterator[np.ndarray]:
    """A stored array of ascending rows in blocks float32 (m, ...)."""
    return (x for x, _, _ in batches(dataset, rows, Plain(name), CHUNK_ROWS))


def conditions_of(dataset: Dataset, names: tuple[str, ...], rows: np.ndarray) -> dict[str, np.ndarray]:
    """The columns that generated rows were asked for with: float64 (n,) by name."""
    return {name: dataset.column(name)[rows].astype(np.float64) for name in names}


def rows_of(
    generating: Generating, dataset: Dataset, names: tuple[str, ...], rows: np.ndarray, array: np.ndarray
) -> Rows:
    """Everything that judges are given of rows (n,) of the data set, in which `array` (n, ...) stands or was generated."""
    axis = dataset.column(generating.axis.column)[rows].astype(np.float64)
    return described(generating, dataset.geometry, rows, array, axis, conditions_of(dataset, names, rows))


def described(
    generating: Generating, geometry: Geometry, rows: np.ndarray, array: np.ndarray, axis: np.ndarray, conditions: Numbers
) -> Rows:  # fmt: skip
    """The same of rows whose conditions are known."""
    features, more, channels, pixels = [], [], [], []
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = array[start : start + CHUNK_ROWS]
        of_chunk = {name: values[start : start + CHUNK_ROWS] for name, values in conditions.items()}
        features.append(generating.features(chunk, of_chunk, geometry))
        more.append(generating.more_features(chunk, of_chunk, geometry))
        channels.append(generating.channels(chunk))
        pixels.append(np.asarray(generating.pixels(chunk, of_chunk, geometry), np.float32))
    return Rows(
        rows, array, axis, conditions, _joined(features), _joined(more), _joined(channels), np.concatenate(pixels)
    )


def _joined(parts: list[Numbers]) -> Numbers:
    return {name: np.concatenate([np.asarray(part[name], np.float64) for part in parts]) for name in parts[0]}


def unseen(table: OutputTable, names: tuple[str, ...]) -> np.ndarray:
    """int64 (m,): places in the table of rows that training never saw, whose conditions are known."""
    is_unseen = np.isin(table.split, (TEST, OTHER))
    for values in conditions_of(table.dataset, names, table.rows).values():
        is_unseen &= np.isfinite(values)
    return np.flatnonzero(is_unseen)


def sample_of(table: OutputTable, generating: Generating, n_rows: int = 0, seed: int = 1) -> Sample:
    """At most `n_rows` a side (0: all) of what a run generated for a data set, with the truth; see above."""
    names = tuple(column.name for column in generating.conditions if column.name in table.task.columns)
    places = unseen(table, names)
    n = min(n_rows or len(places), len(places) // 2)
    if not n:
        raise DarkroomError(
            f"Run '{table.run.id}' has generated {len(places)} rows of data set '{table.dataset.name}' that its training never saw, two "
            "are the least: generate more (predict), or prepare more files."
        )
    mixed = np.random.default_rng(seed).permutation(places)
    first, second = np.sort(mixed[:n]), np.sort(mixed[n : 2 * n])
    samples = np.asarray(table.outputs[SAMPLES][first], np.float32)
    shape = _stored(table.dataset, generating.array, table.rows[first[:1]]).shape[1:]
    if samples.shape[1:] != shape:
        raise DarkroomError(
            f"Run '{table.run.id}' generates rows of shape {samples.shape[1:]}, data set '{table.dataset.name}' holds {shape}: judge it "
            "on a data set like the one that it was trained on."
        )
    if (n_bad := int((~np.isfinite(samples) | (samples < 0.0)).reshape(n, -1).any(axis=1).sum())) > 0:
        raise DarkroomError(
            f"{n_bad:,} of {n:,} rows that run '{table.run.id}' generated hold negative or undefined numbers, expected 0 or more "
            f"{generating.unit}: they cannot be judged; train again or generate anew."
        )

    def of(rows: np.ndarray, array: np.ndarray) -> Rows:
        return rows_of(generating, table.dataset, names, rows, array)

    partner, truth = table.rows[first], table.rows[second]
    return Sample(
        of(partner, samples),
        of(partner, _stored(table.dataset, generating.array, partner)),
        of(truth, _stored(table.dataset, generating.array, truth)),
    )


def _stored(dataset: Dataset, name: str, rows: np.ndarray) -> np.ndarray:
    return np.concatenate(list(stored_blocks(dataset, name, rows)))


def matrix(numbers: Mapping[str, np.ndarray]) -> np.ndarray:
    """float64 (n, n_numbers): numbers of rows beside each other."""
    return np.stack(list(numbers.values()), axis=1)
