"""Hits in a Parquet table: lists, one event per row, or one hit per row. Batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.raw import container
from core.data.raw.branches import short
from core.errors import DarkroomError
from core.juno.mapping import Mapping
from core.juno.raw import hits, truth
from core.juno.raw.hits import Hits, Rows

MAX_GROUP_VALUES = 1 << 28  # of a column in a row group, which may all be of one row
AT_ONCE = 1 << 24  # values of a column that are read in one piece
PARQUET = "a Parquet file"


@dataclass(frozen=True)
class Group:
    """A row group of a file, of `n_rows` rows, `size` of which are read at a time."""

    file: pq.ParquetFile
    path: Path
    index: int
    n_rows: int
    size: int

    def batches(self, names: Sequence[str]) -> Iterator[Any]:
        """Record batches of these columns."""
        with _library(self.path):
            batches = self.file.iter_batches(batch_size=self.size, row_groups=[self.index], columns=list(names))
        while True:
            with _library(self.path):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch


def events(path: Path, mapping: Mapping) -> Iterator[Hits]:
    """The events of a file, in the order of its rows."""
    with _opened(path) as file:
        named, present = hits.wanted(mapping), file.schema_arrow.names
        known = {name: text for name, text in truth.wanted(mapping).items() if text in present}
        ids = [mapping.event_id] if mapping.event_id else []
        for text in (*named.values(), *ids):
            if text not in present:
                names = ", ".join(present[:12]) or "none"
                raise DarkroomError(
                    f"{path.name}: the column '{text}' is missing; there are: {names}. Correct the mapping."
                )
        groups, once = _groups(file, path), sorted({*known.values(), *ids})
        if mapping.layout == "hits":
            batches = (batch for group in groups for batch in group.batches([*named.values(), *once]))
            yield from _by_row(batches, named, known, mapping, path)
            return
        first = 0
        for group in groups:
            yield from _by_event(group, first, once, named, known, mapping)
            first += group.n_rows


def preview(path: Path, n_rows: int = 5) -> dict[str, Any]:
    """The columns with types and first values, as plain values for the page and `--json`."""
    with _opened(path) as file:
        names = file.schema_arrow.names[:200]
        sizes = _groups(file, path)
        is_short = bool(sizes) and sizes[0].size >= min(
            n_rows, sizes[0].n_rows
        )  # else five rows are too much for a look
        head = next(Group(file, path, 0, n_rows, n_rows).batches(names), None) if names and is_short else None
        lines = [
            {"branch": name, "type": str(kind), "first": _first(head.column(i), n_rows) if head else "not read"}
            for i, (name, kind) in enumerate(zip(names, file.schema_arrow.types, strict=False))
        ]
        tree = {
            "kind": "Parquet table",
            "n_entries": file.metadata.num_rows,
            "n_branches": len(names),
            "branches": lines,
        }
    return {"file": path.name, "objects": {line["branch"]: line["type"] for line in lines}, "trees": {"/": tree}}


def _first(column: Any, n_rows: int) -> str:
    """The first values, of a list its first ones."""
    head = column.slice(0, n_rows)
    return short((pc.list_slice(head, 0, 6) if _is_list(column) else head).to_pylist())


def _is_list(column: Any) -> bool:
    of = pa.types
    return bool(of.is_list(column.type) or of.is_large_list(column.type) or of.is_fixed_size_list(column.type))


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    kind = container.kind_of(path)
    if kind != PARQUET:
        raise DarkroomError(
            f"{path.name} cannot be opened as {PARQUET} (it is {kind}): choose another file or mapping."
        )
    with _library(path):
        file = pq.ParquetFile(path)
    with file:
        yield file


@contextmanager
def _library(path: Path) -> Iterator[None]:
    """What pyarrow raises on damaged bytes becomes a sentence."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, MemoryError):
            raise
        raise DarkroomError(f"{path.name} cannot be read ({type(error).__name__}: {short(error)}): it is truncated or damaged. Copy it again.") from None  # fmt: skip


def _groups(file: pq.ParquetFile, path: Path) -> list[Group]:
    """The row groups, each to be read in batches of some PIECE_BYTES a column, one that fits the memory at once; a table that
    declares more values than can be is refused.
    """
    groups = []
    with _library(path):
        metadata = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        values = [max((g.column(j).num_values for j in range(g.num_columns)), default=0) for g in metadata]
    for i, (group, n_values) in enumerate(zip(metadata, values, strict=True)):
        if n_values > MAX_GROUP_VALUES:
            raise DarkroomError(
                f"{path.name}: row group {i} declares {n_values:,} values: expected at most {MAX_GROUP_VALUES:,}. Write the table "
                "again with smaller row groups."
            )
        per_row = max(n_values / max(group.num_rows, 1), 1.0)
        size = group.num_rows if n_values <= AT_ONCE else int(hits.PIECE_BYTES / 4 / per_row)
        groups.append(Group(file, path, i, group.num_rows, max(size, 1)))
    return groups


def _by_event(
    group: Group, first: int, once: Sequence[str], named: dict[str, str], known: dict[str, str], mapping: Mapping
) -> Iterator[Hits]:  # fmt: skip
    """The events of a row group; `first` is the number of its first row. Lists are read column by column, and the memory of a
    column that is read at once is free before the next one's turn.
    """
    name_of, going = group.path.name, dict[str, Iterator[Any]]()
    starts = range(first, first + group.n_rows, group.size)
    for start, beside in zip(starts, group.batches(once) if once else starts, strict=False):
        n = min(group.size, first + group.n_rows - start)
        number = np.arange(start, start + n)
        if mapping.event_id:
            number = hits.event_numbers(
                _scalar(beside, mapping.event_id, group.path), f"{name_of}: column '{mapping.event_id}'"
            )
        offsets, columns = np.zeros(n + 1, np.int64), {}
        for name in sorted(named, key=lambda name: name != "time"):
            where = f"{name_of}: column '{named[name]}'"
            batches = going.pop(name, None) or group.batches([named[name]])
            lengths, values = _list(batches, name, mapping, where)
            if group.size < group.n_rows:
                going[name] = batches
            if name == "time":
                offsets = np.concatenate([[0], np.cumsum(lengths)])
            if len(lengths) != n or (lengths != np.diff(offsets)).any():
                i = int(np.argmax(lengths != np.diff(offsets))) if len(lengths) == n else 0
                raise DarkroomError(
                    f"{where} has not as many values as there are times for event {number[i]:,}: expected one for each hit. Write "
                    "the table again."
                )
            columns[name] = values
        own = {name: _scalar(beside, text, group.path).astype(np.float64) for name, text in known.items()}
        yield Hits(number, offsets, columns, own)


def _list(batches: Iterator[Any], name: str, mapping: Mapping, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(lengths int64 (n,), values (m,) in our unit) of the next lists."""
    lengths, flat = _flat(next(batches).column(0), where)
    return lengths, hits.narrow(name, flat, mapping, where)


def _by_row(
    batches: Iterator[Any], named: dict[str, str], known: dict[str, str], mapping: Mapping, path: Path
) -> Iterator[Hits]:  # fmt: skip
    """One hit per row; the truth of an event is that of its first hit."""

    def pieces() -> Iterator[Rows]:
        for batch in batches:
            columns = {
                name: hits.narrow(name, _scalar(batch, text, path), mapping, f"{path.name}: column '{text}'")
                for name, text in named.items()
            }
            columns |= {f"true {name}": _scalar(batch, text, path).astype(np.float64) for name, text in known.items()}
            yield (
                hits.event_numbers(_scalar(batch, mapping.event_id, path), f"{path.name}: column '{mapping.event_id}'"),
                columns,
            )

    for rows in hits.grouped(pieces(), np.zeros(0, np.int64), path):
        own = {name: rows.columns.pop(f"true {name}")[rows.offsets[:-1]] for name in known}
        yield Hits(rows.number, rows.offsets, rows.columns, own)


def _flat(column: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(lengths int64 (n,), values (m,)) of lists; a missing list is empty, a missing value NaN."""
    if not _is_list(column):
        raise DarkroomError(f"{where} holds {column.type} values: expected lists of hits. If a row is a hit, set 'layout' to hits in the mapping.")  # fmt: skip
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths, column.flatten().to_numpy(zero_copy_only=False)


def _scalar(batch: Any, name: str, path: Path) -> np.ndarray:
    values = batch.column(name).to_numpy(zero_copy_only=False)
    if values.dtype.kind not in "iufb":
        raise DarkroomError(f"{path.name}: column '{name}' holds {batch.column(name).type} values: expected one number per row. Correct the mapping.")  # fmt: skip
    return np.asarray(values)
