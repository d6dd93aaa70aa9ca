"""Batches for training and prediction: whole chunks in random order, mixed in a buffer of bounded size."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

from core.data import stored_arrays
from core.data.dataset import Dataset, open_part
from core.data.stored_arrays import CHUNK_ROWS, Arrays

N_AHEAD = 4  # batches made while the network is busy with one
BUFFER_CHUNKS = 64  # 2048 rows: 33 MB of waveforms, enough to mix neighbouring events well
BUFFER_BYTES = 256_000_000  # at most, where rows are large: pictures of 1024 x 1024 pixels have 4 MB each


class Recipe(Protocol):
    """What turns stored arrays into a network's input: a pure function with frozen parameters.

    `arrays` names the stored arrays and `columns` the table columns that it needs of a data set; `make` gets both by name,
    row by row beside each other.
    """

    @property
    def arrays(self) -> tuple[str, ...]: ...
    def columns(self, dataset: Dataset) -> tuple[str, ...]: ...
    def make(self, arrays: Any, table: dict[str, np.ndarray], dataset: Dataset) -> Any: ...


Batch = tuple[Any, np.ndarray, np.ndarray]
"""Input (n, ...) or several of them by name, targets, weights."""


def batches(
    dataset: Dataset,
    rows: np.ndarray,
    recipe: Recipe,
    batch_size: int,
    *,
    labels: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    n_classes: int = 2,
    targets: np.ndarray | None = None,
    seed: int | None = None,
) -> Iterator[Batch]:
    """One pass over `rows` (ascending row numbers) in batches (x, y, weight).

    x is what the recipe makes, float32 (n, ...) or several of them by name; y float32 (n, n_classes), one-hot of
    `labels`, or `targets` where they are given, zeros without either; w float32 (n,), ones without `weights`. With `seed` chunks come in random order and rows are mixed
    within a buffer; without, rows come in ascending order. The last batch may be smaller.
    """
    rng = None if seed is None else np.random.default_rng(seed)
    table = dataset.columns(recipe.columns(dataset))
    if targets is None:
        targets = one_hot(labels, len(rows), n_classes)
    left: tuple[Arrays, np.ndarray] | None = None
    for arrays, index in _buffers(dataset, rows, recipe.arrays, rng):
        if left is not None:
            arrays, index = _joined([left[0], arrays]), np.concatenate([left[1], index])
        order = np.arange(len(index)) if rng is None else rng.permutation(len(index))
        n_full = len(index) // batch_size * batch_size
        for start in range(0, n_full, batch_size):
            pick = order[start : start + batch_size]
            yield _batch(dataset, recipe, _taken(arrays, pick), index[pick], rows, table, targets, weights)
        left = _taken(arrays, order[n_full:]), index[order[n_full:]]
    if left is not None and len(left[1]):
        yield _batch(dataset, recipe, left[0], left[1], rows, table, targets, weights)


def ahead(source: Iterator[Batch], n: int = N_AHEAD) -> Iterator[Batch]:
    """The batches of an iterator, made by a thread up to `n` ahead of who takes them; an error comes where its batch would."""
    with ThreadPoolExecutor(1, "batches") as thread:
        waiting = deque(thread.submit(next, source, None) for _ in range(n))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(thread.submit(next, source, None))
            yield batch


def one_hot(labels: np.ndarray | None, n: int, n_classes: int) -> np.ndarray:
    """float32 (n, n_classes): 1 at the label of each row, zeros without labels."""
    y = np.zeros((n, n_classes), np.float32)
    if labels is not None:
        y[np.arange(n), labels] = 1.0
    return y


def _batch(
    dataset: Dataset, recipe: Recipe, arrays: Arrays, index: np.ndarray, rows: np.ndarray,
    table: dict[str, Any], targets: np.ndarray, weights: np.ndarray | None,
) -> Batch:  # fmt: skip
    x = recipe.make(arrays, {name: values[rows[index]] for name, values in table.items()}, dataset)
    w = np.ones(len(index), np.float32) if weights is None else weights[index].astype(np.float32)
    return x, targets[index], w


def _taken(arrays: Arrays, pick: np.ndarray) -> Arrays:
    return {name: values[pick] for name, values in arrays.items()}


def _joined(blocks: Sequence[Arrays]) -> Arrays:
    return {name: stored_arrays.joined([block[name] for block in blocks]) for name in blocks[0]}


def _buffers(
    dataset: Dataset, rows: np.ndarray, names: Sequence[str], rng: np.random.Generator | None
) -> Iterator[tuple[Arrays, np.ndarray]]:
    """Arrays of up to BUFFER_CHUNKS chunks and about BUFFER_BYTES (one chunk at least) with the index of each in `rows`."""
    chunks = _chunks(dataset, rows)
    n_chunks = min(max(BUFFER_BYTES // (CHUNK_ROWS * _row_bytes(dataset, names)), 1), BUFFER_CHUNKS)
    order = np.arange(len(chunks)) if rng is None else rng.permutation(len(chunks))
    for start in range(0, len(order), n_chunks):
        # sorted within a buffer: each part is opened once per buffer, and the rows are mixed afterwards
        group = [chunks[i] for i in np.sort(order[start : start + n_chunks])]
        blocks: list[Arrays] = []
        file, opened = None, -1
        try:
            for part, chunk, begin, stop in group:
                if part != opened:
                    if file is not None:
                        file.close()
                    file, opened = open_part(dataset, dataset.parts[part]), part
                first = chunk * CHUNK_ROWS
                last = min(first + CHUNK_ROWS, dataset.parts[part].n_rows)
                local = rows[begin:stop] - dataset.parts[part].offset - first
                blocks.append({name: stored_arrays.read(file, name, first, last)[local] for name in names})
        finally:
            if file is not None:
                file.close()
        yield _joined(blocks), np.concatenate([np.arange(begin, stop) for _, _, begin, stop in group])


def _row_bytes(dataset: Dataset, names: Sequence[str]) -> int:
    """Bytes of what is read of a row, the mean of the part with the largest rows."""
    largest = 1
    for part in dataset.parts:
        with open_part(dataset, part) as file:
            if part.n_rows:
                largest = max(largest, sum(stored_arrays.row_bytes(file, name) for name in names))
    return largest


def _chunks(dataset: Dataset, rows: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(part, chunk in part, begin, stop in `rows`) of every chunk that holds a wanted row."""
    chunks = []
    for i, part in enumerate(dataset.parts):
        a, b = np.searchsorted(rows, [part.offset, part.offset + part.n_rows])
        if a == b:
            continue
        chunk = (rows[a:b] - part.offset) // CHUNK_ROWS
        edges = np.concatenate([[0], np.flatnonzero(np.diff(chunk)) + 1, [b - a]])
        chunks += [(i, int(chunk[s]), int(a + s), int(a + t)) for s, t in itertools.pairwise(edges)]
    return chunks
