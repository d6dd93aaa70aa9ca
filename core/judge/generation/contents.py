"""What the rows of a generator hold, beside the true rows of the same conditions: how many elements are not 0, and their values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.data.splits import OTHER, TEST
from core.figures.generation import TRUTH
from core.judge.generating import Generating
from core.judge.generation.sample import stored_blocks
from core.judge.output_table import OutputTable
from core.learn.tasks.generate import SAMPLES
from core.statistics.histogram import Histogram, histogram

MOST_ROWS, CHUNK_ROWS, N_BINS = 20_000, 5_000, 60


@dataclass(frozen=True)
class Contents:
    """Histograms by name (truth, and each generator): elements that are not 0 in each row, and the logarithm (base 10) of their values.

    `n` rows of `n_of` that a training did not see.
    """

    counts: dict[str, Histogram]
    values: dict[str, Histogram]
    n: int
    n_of: int


def contents_of(tables: Mapping[str, OutputTable], generating: Generating) -> Contents:
    """Of the rows that all tables (of one data set) hold and no training saw; of many, some that lie evenly among them."""
    rows = _common_rows(list(tables.values()))
    n_of = len(rows)
    if n_of > MOST_ROWS:
        rows = rows[np.linspace(0, n_of - 1, MOST_ROWS).astype(np.int64)]
    first = next(iter(tables.values()))
    blocks: dict[str, Iterable[np.ndarray]] = {TRUTH: stored_blocks(first.dataset, generating.array, rows)}
    for name, table in tables.items():
        blocks[name] = _blocks(table.outputs[SAMPLES], np.searchsorted(table.rows, rows))
    numbers = {name: _numbers(parts) for name, parts in blocks.items()}
    most = max((int(counts.max(initial=1)) for counts, _ in numbers.values()), default=1)
    width = max(1, -(-most // N_BINS))
    count_edges = np.arange(0, most + 2 * width, width) - 0.5
    ends = [values for _, values in numbers.values() if len(values)]
    low = min((float(values.min()) for values in ends), default=-1.0)
    high = max((float(values.max()) for values in ends), default=1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, N_BINS + 1)
    return Contents(
        {name: histogram(counts.astype(float), count_edges) for name, (counts, _) in numbers.items()},
        {name: histogram(values, edges) for name, (_, values) in numbers.items()}, len(rows), n_of,
    )  # fmt: skip


def columns(histograms: Mapping[str, Histogram], title: str) -> dict[str, Sequence[float]]:
    """Histograms with the same bins as columns for a file."""
    edges = next(iter(histograms.values())).edges.tolist()
    table: dict[str, Sequence[float]] = {f"{title} low": edges[:-1], f"{title} high": edges[1:]}
    return table | {f"n {name}": counted.counts.tolist() for name, counted in histograms.items()}


def _common_rows(tables: Sequence[OutputTable]) -> np.ndarray:
    rows = [table.rows[np.isin(table.split, (TEST, OTHER))] for table in tables]
    common = rows[0]
    for other in rows[1:]:
        common = np.intersect1d(common, other)
    return common


def _numbers(blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Counts int64 (n,) and the logarithms float32 (m,) of what is above 0, of blocks (n, ...)."""
    counts, values = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for block in blocks:
        flat = np.asarray(block, np.float32).reshape(len(block), -1)
        counts.append((flat > 0).sum(axis=1))
        values.append(np.log10(flat[flat > 0]))
    return np.concatenate(counts), np.concatenate(values)


def _blocks(samples: np.ndarray, places: np.ndarray) -> Iterator[np.ndarray]:
    return (samples[places[start : start + CHUNK_ROWS]] for start in range(0, len(places), CHUNK_ROWS))
