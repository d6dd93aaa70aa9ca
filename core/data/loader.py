"""Batches for training and prediction: whole chunks in random order, mixed in a buffer of bounded size."""

import itertools
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from core.data.dataset import CHUNK_ROWS, Dataset, joined, open_part, read_rows
from core.data.ragged import Ragged

BUFFER_CHUNKS = 64  # 2048 rows: 33 MB of waveforms, enough to mix neighbouring events well


class Recipe(Protocol):
    """What turns stored arrays into a network's input: a pure function with frozen parameters.

    `columns` are the table columns that it needs; `make` gets them row by row beside the arrays.
    """

    @property
    def columns(self) -> tuple[str, ...]: ...
    def make(self, raw: Any, table: dict[str, np.ndarray], dataset: Dataset) -> Any: ...


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
    table = dataset.columns(recipe.columns)
    if targets is None:
        targets = one_hot(labels, len(rows), n_classes)
    left: tuple[np.ndarray | Ragged, np.ndarray] | None = None
    for raw, index in _buffers(dataset, rows, rng):
        if left is not None:
            raw, index = joined([left[0], raw]), np.concatenate([left[1], index])
        order = np.arange(len(index)) if rng is None else rng.permutation(len(index))
        n_full = len(index) // batch_size * batch_size
        for start in range(0, n_full, batch_size):
            pick = order[start : start + batch_size]
            yield _batch(dataset, recipe, raw[pick], index[pick], rows, table, targets, weights)
        left = raw[order[n_full:]], index[order[n_full:]]
    if left is not None and len(left[1]):
        yield _batch(dataset, recipe, left[0], left[1], rows, table, targets, weights)


def one_hot(labels: np.ndarray | None, n: int, n_classes: int) -> np.ndarray:
    """float32 (n, n_classes): 1 at the label of each row, zeros without labels."""
    y = np.zeros((n, n_classes), np.float32)
    if labels is not None:
        y[np.arange(n), labels] = 1.0
    return y


def _batch(
    dataset: Dataset, recipe: Recipe, raw: np.ndarray | Ragged, index: np.ndarray, rows: np.ndarray,
    table: dict[str, Any], targets: np.ndarray, weights: np.ndarray | None,
) -> Batch:  # fmt: skip
    x = recipe.make(raw, {name: values[rows[index]] for name, values in table.items()}, dataset)
    w = np.ones(len(index), np.float32) if weights is None else weights[index].astype(np.float32)
    return x, targets[index], w


def _buffers(
    dataset: Dataset, rows: np.ndarray, rng: np.random.Generator | None
) -> Iterator[tuple[np.ndarray | Ragged, np.ndarray]]:
    """Arrays of up to BUFFER_CHUNKS chunks with the index of each in `rows`."""
    chunks = _chunks(dataset, rows)
    order = np.arange(len(chunks)) if rng is None else rng.permutation(len(chunks))
    for start in range(0, len(order), BUFFER_CHUNKS):
        # sorted within a buffer: each part is opened once per buffer, and the rows are mixed afterwards
        group = [chunks[i] for i in np.sort(order[start : start + BUFFER_CHUNKS])]
        blocks: list[np.ndarray | Ragged] = []
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
                blocks.append(read_rows(file, first, last)[local])
        finally:
            if file is not None:
                file.close()
        yield joined(blocks), np.concatenate([np.arange(begin, stop) for _, _, begin, stop in group])


def _chunks(dataset: Dataset, rows: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(part, chunk in part, begin, stop in `rows`) of every chunk that holds a wanted row."""
    found = []
    for i, part in enumerate(dataset.parts):
        a, b = np.searchsorted(rows, [part.offset, part.offset + part.n_rows])
        if a == b:
            continue
        chunk = (rows[a:b] - part.offset) // CHUNK_ROWS
        edges = np.concatenate([[0], np.flatnonzero(np.diff(chunk)) + 1, [b - a]])
        found += [(i, int(chunk[s]), int(a + s), int(a + t)) for s, t in itertools.pairwise(edges)]
    return found
