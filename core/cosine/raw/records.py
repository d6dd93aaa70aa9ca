"""Waveforms of a branch, regular or jagged, as what is stored of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from core.errors import DarkroomError


@dataclass(frozen=True)
class Records:
    """The records of one channel: `samples`, one after the other, and their `lengths` int32 (n,)."""

    samples: np.ndarray
    lengths: np.ndarray

    def put(self, out: np.ndarray, entries: np.ndarray) -> None:
        """Write the records of `entries` (ascending, none of them empty) to `out` (n, n_samples), padded with 0 or cut."""
        n_samples = out.shape[1]
        if (self.lengths[entries] == n_samples).all() and len(self.samples) == len(entries) * n_samples:
            out[:] = self.samples.reshape(len(entries), n_samples)
            return
        starts = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])
        out[:] = 0
        for row, i in enumerate(entries):
            n = min(int(self.lengths[i]), n_samples)
            out[row, :n] = self.samples[starts[i] : starts[i] + n]


def records(values: Any, path: Path, name: str, converted: Callable[[np.ndarray, str], np.ndarray]) -> Records:
    """One channel's records from a regular or jagged array, without a copy where that is possible.

    `converted(samples, where)` makes what is stored of them.
    """
    if values.ndim != 2:
        raise DarkroomError(
            f"{path.name}: branch '{name}' has {values.ndim - 1} dimensions per entry: expected 1 (samples)."
        )
    lengths = np.asarray(ak.to_numpy(ak.num(values, axis=1)), np.int32)
    samples = np.asarray(ak.to_numpy(ak.flatten(values, axis=1)))
    return Records(converted(samples, f"{path.name}: branch '{name}'"), lengths)
