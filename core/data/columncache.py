"""Columns that were read last, kept in memory up to a number of bytes."""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from core.data.dataset import Dataset, Reader
from core.data.tablefile import TableFiles, read_columns

K = TypeVar("K")
BYTES_PER_TEXT = 64  # what Python needs for a short text beside the pointer to it


def n_bytes(column: np.ndarray) -> int:
    """What a column takes; of texts about."""
    return int(column.nbytes) + (BYTES_PER_TEXT * len(column) if column.dtype == object else 0)


class ColumnCache:
    """The columns that were used last, by any key, together at most `limit` bytes; one that is larger is not kept.

    All methods may be called from any thread; two that miss the same column at once both read it.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._columns: OrderedDict[object, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes that are kept now."""
        return self._held

    def get(self, keys: Sequence[K], read: Callable[[list[K]], Sequence[np.ndarray]]) -> list[np.ndarray]:
        """The columns of some keys; those that are not kept come from one call of `read`, in its order."""
        with self._lock:
            columns = {key: self._columns[key] for key in keys if key in self._columns}
            for key in columns:
                self._columns.move_to_end(key)
        missing = [key for key in dict.fromkeys(keys) if key not in columns]
        if missing:
            columns |= zip(missing, read(missing), strict=True)
        with self._lock:
            for key in missing:
                self._keep(key, columns[key])
        return [columns[key] for key in keys]

    def _keep(self, key: K, column: np.ndarray) -> None:
        if key not in self._columns and n_bytes(column) <= self._limit:
            self._columns[key] = column
            self._held += n_bytes(column)
        while self._held > self._limit:
            _, oldest = self._columns.popitem(last=False)
            self._held -= n_bytes(oldest)


def through(cache: ColumnCache, reader: Reader = read_columns) -> Reader:
    """A reader of columns that keeps them in a cache, under the content of the files that they stand in."""

    def read(files: TableFiles, names: Sequence[str]) -> list[np.ndarray]:
        keys = [(files, name) for name in names]
        return cache.get(keys, lambda missing: reader(files, [name for _, name in missing]))

    return read


def with_cache(dataset: Dataset, cache: ColumnCache) -> Dataset:
    """The data set with its columns kept in a cache."""
    return dataclasses.replace(dataset, read_columns=through(cache, dataset.read_columns))
