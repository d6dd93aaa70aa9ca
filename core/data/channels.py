"""The channels of a detector on a map, and which of them saw which rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.data.dataset import Dataset


@dataclass(frozen=True)
class Channels:
    """n channels. `names` tell them apart, also in an address; `place` float (n, 2) is where each is drawn, `size_px` int (n,) how
    large; `position` (n, d) says which are neighbours, among those of the same `kind` int (n,), named in `kinds`. `live_s` float64
    (n,): how long each was looking [s], NaN where it is not known.
    """

    names: tuple[str, ...]
    place: np.ndarray
    size_px: np.ndarray
    position: np.ndarray
    kind: np.ndarray
    kinds: tuple[str, ...]
    live_s: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def number(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}


@dataclass(frozen=True)
class Hits:
    """Which channels saw which rows: `row` and `channel` int64 (k,), each pair once. `n_rows` rows were looked at, of `n_of`."""

    row: np.ndarray
    channel: np.ndarray
    n_rows: int
    n_of: int

    def counts(self, n_channels: int) -> np.ndarray:
        """int64 (n_channels,): rows that each saw."""
        return np.bincount(self.channel, minlength=n_channels)

    def rows_of(self, channel: int) -> np.ndarray:
        """int64, ascending: the rows that a channel saw, of those that were looked at."""
        return np.unique(self.row[self.channel == channel])


@dataclass(frozen=True)
class DetectorMap:
    """How a detector is drawn as a map. `channels(dataset)` gives its channels, of none () where the data set tells no places;
    `hits(dataset, rows)` the pairs (row, channel) of rows (m,): of at most `n_at_most` rows, taken evenly, where it must read
    arrays. `x_title` and `y_title` name the axes with units, "" hides them; `sees` says when a channel counts a row.
    """

    title: str
    explanation: str
    sees: str
    channels: "Callable[[Dataset], Channels]"
    hits: "Callable[[Dataset, np.ndarray], tuple[np.ndarray, np.ndarray]]"
    x_title: str = ""
    y_title: str = ""
    n_at_most: int | None = None


def hits_of(detector: DetectorMap, dataset: "Dataset", rows: np.ndarray) -> Hits:
    """The hits of rows (m,), of some taken evenly where the map looks at no more."""
    chosen = rows
    if detector.n_at_most is not None and len(rows) > detector.n_at_most:
        chosen = rows[np.linspace(0, len(rows) - 1, detector.n_at_most).astype(np.int64)]
    row, channel = detector.hits(dataset, chosen)
    return Hits(row.astype(np.int64), channel.astype(np.int64), len(chosen), len(rows))


def number_of(channels: Channels, name: str) -> int:
    """The place of a channel in the map; a sentence where there is none of that name."""
    if name not in channels.number:
        example = channels.names[0] if len(channels) else "none"
        raise DarkroomError(f"There is no channel '{name[:60]}' on the map: expected one such as {example}.")
    return channels.number[name]
