"""Cuts on table columns and what each of them removes: the cut flow.

A cut is a typed comparison on one column; nothing that a user types is evaluated. All cuts are evaluated into
one bit pattern per row, and everything else (alone, cumulative, the selected rows) follows from the patterns.
NaN never passes a window.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from core import threads
from core.errors import DarkroomError

MAX_CUTS = 20
_SLICE_ROWS = 65_536  # a slice's bit patterns stay in the processor's cache through all cuts
_THREADS = 4  # the kernels release the GIL


@dataclass(frozen=True)
class Cut:
    """One comparison on one column: a window, a list of allowed values, or refused flag bits.

    The window is `low <= value < high`; with `exclusive_low` it is `low < value < high`.
    """

    name: str
    column: str
    low: float = -np.inf
    high: float = np.inf
    exclusive_low: bool = False
    values: tuple[int, ...] | None = None
    refused_bits: int = 0


@dataclass(frozen=True)
class FlowRow:
    """A line of the cut flow: rows that pass this cut alone, and it and all before it.

    `class_name` is empty for cuts common to all classes; the cumulative count of a class starts from the common cuts.
    """

    cut: str
    class_name: str
    alone: int
    cumulative: int

    def to_dict(self) -> dict[str, Any]:
        return {"cut": self.cut, "class": self.class_name or None, "alone": self.alone, "cumulative": self.cumulative}


@dataclass(frozen=True)
class Cutting:
    """Result of cutting: `labels` int8 (n,) class index or -1, `preselected` bool (n,) passes the common cuts."""

    labels: np.ndarray
    preselected: np.ndarray
    flow: list[FlowRow]


def cut_table(
    columns: Mapping[str, np.ndarray],
    common: Sequence[Cut],
    per_class: Mapping[str, Sequence[Cut]],
) -> Cutting:
    """Apply the common cuts, then the label cuts of each class (in class order).

    A row that fulfils the cuts of two classes gets the first: label cuts are written so that this cannot happen.
    """
    cuts = [*common, *(cut for group in per_class.values() for cut in group)]
    if len(cuts) > MAX_CUTS:
        raise DarkroomError(f"There are {len(cuts)} cuts, at most {MAX_CUTS} are possible: remove some feature limits.")
    n_rows = len(next(iter(columns.values())))
    common_bits = (1 << len(common)) - 1
    class_bits, at = [], len(common)
    for group in per_class.values():
        class_bits.append(common_bits | ((1 << len(group)) - 1) << at)
        at += len(group)
    labels = np.empty(n_rows, np.int8)
    preselected = np.empty(n_rows, np.bool_)
    wanted = np.array(class_bits, np.uint32)

    def count_patterns(part: slice) -> np.ndarray:
        patterns = np.zeros(1 << len(cuts), np.int64)
        for start in range(part.start, part.stop, _SLICE_ROWS):
            rows = slice(start, min(start + _SLICE_ROWS, part.stop))
            bits = np.zeros(rows.stop - rows.start, np.uint32)
            for i, cut in enumerate(cuts):
                _mark(columns[cut.column][rows], cut, bits, np.uint32(1 << i))
            _label(bits, np.uint32(common_bits), wanted, labels[rows], preselected[rows], patterns)
        return patterns

    patterns = sum_over_threads(count_patterns, n_rows)
    return Cutting(labels, preselected, _flow(patterns, common, per_class))


def sum_over_threads(count: Callable[[slice], np.ndarray], n_rows: int) -> np.ndarray:
    """Add up what `count` gives for each thread's share of the rows."""
    edges = np.linspace(0, n_rows, _THREADS + 1).astype(int)
    with threads.pool(_THREADS) as pool:
        parts = list(pool.map(count, [slice(a, b) for a, b in itertools.pairwise(edges)]))
    return np.sum(parts, axis=0)


def _flow(patterns: np.ndarray, common: Sequence[Cut], per_class: Mapping[str, Sequence[Cut]]) -> list[FlowRow]:
    pattern = np.flatnonzero(patterns)
    counts = patterns[pattern]

    def n_with(bits: int) -> int:
        return int(counts[(pattern & bits) == bits].sum())

    flow = [FlowRow("all rows", "", int(counts.sum()), int(counts.sum()))]
    so_far, at = 0, 0
    for cut in common:
        so_far |= 1 << at
        flow.append(FlowRow(cut.name, "", n_with(1 << at), n_with(so_far)))
        at += 1
    for class_name, group in per_class.items():
        bits = so_far
        for cut in group:
            bits |= 1 << at
            flow.append(FlowRow(cut.name, class_name, n_with(1 << at), n_with(bits)))
            at += 1
    return flow


def _mark(values: np.ndarray, cut: Cut, bits: np.ndarray, bit: np.uint32) -> None:
    if cut.refused_bits:
        _mark_flags(values, values.dtype.type(cut.refused_bits), bits, bit)
    elif cut.values is not None:
        _mark_values(values, np.array(cut.values, np.int64), bits, bit)
    else:
        # edges in the column's own precision: 0.12 stored as float32 is the edge 0.12, neither above nor below
        kind = values.dtype.type if values.dtype.kind == "f" else np.float64
        low = np.nextafter(kind(cut.low), kind(np.inf)) if cut.exclusive_low else kind(cut.low)
        _mark_window(values, low, kind(cut.high), bits, bit)


# The kernels have no branches in their loops, so that the compiler can use vector instructions.


@numba.njit(nogil=True, cache=True)
def _mark_window(values, low, high, bits, bit):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        bits[i] |= bit if (values[i] >= low) & (values[i] < high) else np.uint32(0)


@numba.njit(nogil=True, cache=True)
def _mark_values(values, allowed, bits, bit):  # type: ignore[no-untyped-def]
    for j in range(allowed.size):
        wanted = allowed[j]
        for i in range(values.size):
            bits[i] |= bit if values[i] == wanted else np.uint32(0)


@numba.njit(nogil=True, cache=True)
def _mark_flags(values, refused, bits, bit):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        bits[i] |= bit if (values[i] & refused) == 0 else np.uint32(0)


@numba.njit(nogil=True, cache=True)
def _label(bits, common, wanted, labels, preselected, patterns):  # type: ignore[no-untyped-def]
    for i in range(bits.size):
        patterns[bits[i]] += 1
    for i in range(bits.size):
        preselected[i] = (bits[i] & common) == common
        labels[i] = -1
    for k in range(wanted.size - 1, -1, -1):  # the first class that fits is the last written
        for i in range(bits.size):
            labels[i] = k if (bits[i] & wanted[k]) == wanted[k] else labels[i]
