"""Records of varying size as one flat array and offsets: track crops, hit lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """n records: record i is `values[offsets[i]:offsets[i + 1]]`. values (m, ...), offsets int64 (n + 1), ascending from 0."""

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,): how long each record is."""
        return np.diff(self.offsets)

    def item(self, i: int) -> np.ndarray:
        """Record i, a view."""
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.item(i) for i in range(len(self)))

    def __getitem__(self, pick: np.ndarray | slice) -> "Ragged":
        """The records with these numbers (k,), of a slice, or where a bool (n,) is true, in that order, copied."""
        numbers = np.arange(len(self))[pick]
        lengths = self.lengths[numbers]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        # position of every wanted value: its record's begin plus its place within the record
        at = np.repeat(self.offsets[numbers] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Ragged(self.values[at], offsets)


def from_records(records: Sequence[np.ndarray]) -> Ragged:
    """Join records, each an array (n_i, ...); at least one."""
    offsets = np.concatenate([[0], np.cumsum([len(record) for record in records])])
    return Ragged(np.concatenate(records), offsets)


def concatenate(parts: Sequence[Ragged]) -> Ragged:
    """One after the other; at least one."""
    ends = np.cumsum([0] + [len(part.values) for part in parts])
    offsets = [part.offsets[:-1] + end for part, end in zip(parts, ends, strict=False)]
    return Ragged(np.concatenate([part.values for part in parts]), np.concatenate([*offsets, ends[-1:]]))
