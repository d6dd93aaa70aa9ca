"""Lists of hits as a file has them, in our units, before sensors are looked up and anything is dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.juno.mapping import NS, M, Mapping

PIECE_BYTES = 16 << 20  # of one column at a time, where the file is not stored in larger pieces
MAX_EVENT_HITS = 100_000_000  # a muon through the whole detector gives 10 million
POSITION = ("hit_x", "hit_y", "hit_z")
PER_HIT = ("pmt", *POSITION, "time", "charge", "count", "mean", "std")


Rows = tuple[np.ndarray, dict[str, np.ndarray]]
"""One hit per row: the number of its event int64 (m,), and columns (m,)."""


@dataclass(frozen=True)
class Hits:
    """n events with m hits in all: those of event i are offsets[i] to offsets[i + 1].

    `number` int64 (n,). `columns` by name, each (m,): `pmt` int32 (-1: beyond any number) or `hit_x`, `hit_y`, `hit_z`
    float32 [m]; `time` float32 [ns], `charge` float32; `count` int32 (0 where a hit is a hit), `mean` and `std` float32 [ns]
    where events may be summed up. `truth` by field of the mapping, float64 (n,).
    """

    number: np.ndarray
    offsets: np.ndarray
    columns: dict[str, np.ndarray]
    truth: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.number)


def wanted(mapping: Mapping) -> dict[str, str]:
    """What is read of every hit: our name -> the file's."""
    names = {name: str(getattr(mapping, name)) for name in PER_HIT}
    return {name: text for name, text in names.items() if text and not (mapping.pmt and name in POSITION)}


def narrow(name: str, values: np.ndarray, mapping: Mapping, where: str) -> np.ndarray:
    """A column of hits in our unit and as small as it may be; what holds no numbers is refused."""
    if values.dtype.kind not in "iufb":
        raise DarkroomError(f"{where} holds {values.dtype} values: expected numbers. Correct '{name}' in the mapping.")
    if name in ("pmt", "count"):
        return whole32(values)
    scale = (
        NS[mapping.time_unit]
        if name in ("time", "mean", "std")
        else M[mapping.length_unit]
        if name in POSITION
        else 1.0
    )
    with np.errstate(over="ignore"):  # what is beyond a float32 becomes infinite, and is dropped
        return np.asarray(values if scale == 1.0 else values * np.float64(scale)).astype(np.float32)


def whole32(values: np.ndarray) -> np.ndarray:
    """int32 of whole numbers; -1 for what is negative, broken or too large."""
    if values.dtype.kind == "f":
        is_whole = (values == np.floor(values)) & (values >= 0) & (values < 2**31)
        return np.where(is_whole, values, -1).astype(np.int32)
    if values.dtype.itemsize > 4 or values.dtype == np.uint32:
        return np.where((values >= 0) & (values < 2**31), values, -1).astype(np.int32)
    return values.astype(np.int32)


def event_numbers(values: np.ndarray, where: str, field: str = "event_id") -> np.ndarray:
    """int64 (n,): numbers of events, or of their first hits, which have to be whole; `field` is that of the mapping."""
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise DarkroomError(
            f"{where} holds {values.ndim}-dimensional {values.dtype} values: expected one number per event."
        )
    if len(values) and not (np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**53)).all():
        raise DarkroomError(f"{where} holds values that are not whole numbers: correct '{field}' in the mapping.")
    return values.astype(np.int64)


def need_offsets(offsets: np.ndarray, n_hits: int, where: str) -> None:
    """Refuse offsets that do not divide n_hits hits."""
    if len(offsets) == 0 or offsets[0] != 0 or (steps := np.diff(offsets)).min(initial=0) < 0:
        first = int(np.argmin(steps)) if len(offsets) > 1 and offsets[0] == 0 else 0
        raise DarkroomError(
            f"{where} does not rise from 0 (at event {first}): expected where each event's hits begin, and the end of the last. "
            "Sort the events as their hits are, and write the offsets again."
        )
    if offsets[-1] != n_hits:
        raise DarkroomError(
            f"{where} ends at {offsets[-1]:,}, beyond or before the {n_hits:,} hits of the file: expected as many. The file is "
            "incomplete or its offsets are of another: write it again."
        )
    if (longest := steps.max(initial=0)) > MAX_EVENT_HITS:
        raise DarkroomError(
            f"{where}: event {int(np.argmax(steps))} declares {longest:,} hits: expected at most {MAX_EVENT_HITS:,}. Write the file "
            "again, or divide the event."
        )


def chunks(offsets: np.ndarray, n_bytes: int = 4) -> Iterator[tuple[int, int]]:
    """Ranges of events whose hits take about PIECE_BYTES of a column, one event at least."""
    start, n = 0, len(offsets) - 1
    while start < n:
        stop = int(np.searchsorted(offsets, offsets[start] + PIECE_BYTES // n_bytes, side="right")) - 1
        stop = min(max(stop, start + 1), n)
        yield start, stop
        start = stop


def grouped(pieces: Iterator[Rows], known: np.ndarray, path: Path) -> Iterator[Hits]:
    """Pieces of hits in the order of their events -> events; the last event of a piece waits for the next one.

    `known`: numbers of the events that there are, ascending, as the truth names them: those without a hit are events too.
    """
    number, columns = np.zeros(0, np.int64), {}
    n_passed = 0
    for more, values in pieces:
        if not len(more):
            continue
        if not len(number):
            number, columns = more, values
            _need_order(number, path)
            continue
        begin = int(np.searchsorted(number, number[-1]))
        if begin:
            end = int(np.searchsorted(known, number[begin - 1], side="right"))
            yield _divided(number[:begin], {name: v[:begin] for name, v in columns.items()}, known[n_passed:end])
            n_passed = end
        number = np.concatenate([number[begin:], more])
        columns = {name: np.concatenate([v[begin:], values[name]]) for name, v in columns.items()}
        _need_order(number, path)
    if len(number):
        yield _divided(number, columns, known[n_passed:])


def _need_order(number: np.ndarray, path: Path) -> None:
    is_back = number[1:] < number[:-1]
    if is_back.any():
        i = int(np.argmax(is_back))
        raise DarkroomError(
            f"{path.name}: a hit of event {number[i + 1]:,} comes after one of event {number[i]:,}: expected hits sorted by event. "
            "Sort the file by the event's number."
        )


def _divided(number: np.ndarray, columns: dict[str, np.ndarray], known: np.ndarray) -> Hits:
    """Hits with ascending event numbers (m,) as events, with those that are known and have none."""
    events = np.union1d(number, known)
    offsets = np.concatenate([[0], np.searchsorted(number, events, side="right")]).astype(np.int64)
    return Hits(events, offsets, columns)
