"""Hits in a Parquet table: lists, one event per row, or one hit per row. Batch by batch."""

from collections.abc import Iterator
from contextlib import contextmanager
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
from core.juno.raw.hits import MAX_EVENT_HITS, PIECE_BYTES, Hits, Rows

MAX_GROUP_VALUES = 1 << 28  # of a column in a row group, which may all be of one row
PARQUET = "a Parquet file"


def events(path: Path, mapping: Mapping) -> Iterator[Hits]:
    """The events of a file, in the order of its rows."""
    with _opened(path) as file:
        named = hits.wanted(mapping)
        known = {name: text for name, text in truth.wanted(mapping).items() if text in file.schema_arrow.names}
        ids = {"event": mapping.event_id} if mapping.event_id else {}
        for text in (*named.values(), *ids.values()):
            _need(file, text, path)
        batches = _batches(file, sorted({*named.values(), *known.values(), *ids.values()}), path)
        yield from (_by_row if mapping.layout == "hits" else _by_event)(batches, named, known, mapping, path)


def preview(path: Path, n_rows: int = 5) -> dict[str, Any]:
    """The columns with types and first values, as plain values for the page and `--json`."""
    with _opened(path) as file:
        names = file.schema_arrow.names[:200]
        head = next(_batches(file, names, path, n_rows), None) if names else None
        lines = [
            {"branch": name, "type": str(kind), "first": short(head.column(i).to_pylist()[:n_rows]) if head else ""}
            for i, (name, kind) in enumerate(zip(names, file.schema_arrow.types, strict=False))
        ]
        tree = {
            "kind": "Parquet table",
            "n_entries": file.metadata.num_rows,
            "n_branches": len(names),
            "branches": lines,
        }
    return {"file": path.name, "objects": {line["branch"]: line["type"] for line in lines}, "trees": {"/": tree}}


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


def _need(file: pq.ParquetFile, name: str, path: Path) -> None:
    if name not in file.schema_arrow.names:
        names = ", ".join(file.schema_arrow.names[:12]) or "none"
        raise DarkroomError(f"{path.name}: the column '{name}' is missing; there are: {names}. Correct the mapping.")


def _batches(file: pq.ParquetFile, names: list[str], path: Path, n_rows: int = 0) -> Iterator[Any]:
    """Record batches of some PIECE_BYTES a column; a table that declares more values than can be is refused first."""
    with _library(path):
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        values = [max((g.column(j).num_values for j in range(g.num_columns)), default=0) for g in groups]
    if max(values, default=0) > MAX_GROUP_VALUES:
        raise DarkroomError(
            f"{path.name}: a row group declares {max(values):,} values: expected at most {MAX_GROUP_VALUES:,}. Write the table again "
            "with smaller row groups."
        )
    per_row = max((v / max(g.num_rows, 1) for v, g in zip(values, groups, strict=True)), default=1.0)
    size = n_rows or max(int(PIECE_BYTES / 8 / max(per_row, 1.0)), 1)
    with _library(path):
        batches = file.iter_batches(batch_size=size, columns=names)
    while True:
        with _library(path):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _by_event(
    batches: Iterator[Any], named: dict[str, str], known: dict[str, str], mapping: Mapping, path: Path
) -> Iterator[Hits]:  # fmt: skip
    first = 0
    for batch in batches:
        n = batch.num_rows
        number = np.arange(first, first + n)
        first += n
        if mapping.event_id:
            number = hits.event_numbers(
                _scalar(batch, mapping.event_id, path), f"{path.name}: column '{mapping.event_id}'"
            )
        lengths, columns = np.zeros(n, np.int64), {}
        for name, text in sorted(named.items(), key=lambda pair: pair[0] != "time"):
            where = f"{path.name}: column '{text}'"
            these, flat = _flat(batch.column(text), where)
            lengths = these if name == "time" else lengths
            if (these != lengths).any() or these.max(initial=0) > MAX_EVENT_HITS:
                i = int(np.argmax(these != lengths))
                raise DarkroomError(
                    f"{where} has {these[i]:,} values for the {lengths[i]:,} times of event {number[i]:,}: expected as many."
                )
            columns[name] = hits.narrow(name, flat, mapping, where)
        own = {name: _scalar(batch, text, path).astype(np.float64) for name, text in known.items()}
        yield Hits(number, np.concatenate([[0], np.cumsum(lengths)]), columns, own)


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
    if not (
        pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_fixed_size_list(column.type)
    ):
        raise DarkroomError(f"{where} holds {column.type} values: expected lists of hits. If a row is a hit, set 'layout' to hits in the mapping.")  # fmt: skip
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths, column.flatten().to_numpy(zero_copy_only=False)


def _scalar(batch: Any, name: str, path: Path) -> np.ndarray:
    values = batch.column(name).to_numpy(zero_copy_only=False)
    if values.dtype.kind not in "iufb":
        raise DarkroomError(f"{path.name}: column '{name}' holds {batch.column(name).type} values: expected one number per row. Correct the mapping.")  # fmt: skip
    return np.asarray(values)
