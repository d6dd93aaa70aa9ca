"""Hits in data sets of an HDF5 file: lists one after the other with offsets, or one hit per row. Slice by slice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.data.raw.hdf5 import Array, Store, open_store
from core.errors import DarkroomError
from core.juno.mapping import Mapping
from core.juno.raw import hits, truth
from core.juno.raw.hits import Hits, Rows
from core.juno.raw.truth import TruthTable, truth_table

SENSOR_FIELDS = ("id", "x", "y", "z", "tts")


@dataclass(frozen=True)
class Column:
    """A data set (n,), or a column or field of one."""

    name: str
    store: Store
    data: Array
    part: int | str | None = None

    def __len__(self) -> int:
        return self.data.shape[0]

    @property
    def where(self) -> str:
        return f"{self.store.path.name}: data set '{self.name}'"

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Its numbers start to stop; what holds none is refused."""
        rows = slice(start, len(self) if stop is None else stop)
        is_column = isinstance(self.part, int)
        values = self.store.read(self.data, rows, self.part) if is_column else self.store.read(self.data, rows)
        values = values[self.part] if isinstance(self.part, str) else values
        if values.dtype.kind not in "iufb":
            raise DarkroomError(f"{self.where} holds {values.dtype} values: expected numbers. Correct the mapping.")
        return values


def events(path: Path, mapping: Mapping) -> Iterator[Hits]:
    """The events of a file, in the order of its rows."""
    with open_store(path) as store:
        columns = {
            name: _need(store, mapping.events, text) for name, text in hits.wanted(mapping).items() if name != "count"
        }
        lengths = {column.name: len(column) for column in columns.values()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"'{name}' {n:,}" for name, n in lengths.items())
            raise DarkroomError(f"{path.name}: the hits' data sets are of different lengths ({listed}): expected one value per hit. Write the file again.")  # fmt: skip
        yield from (_by_row if mapping.layout == "hits" else _by_offsets)(store, columns, mapping)


def sensors(path: Path, mapping: Mapping) -> dict[str, np.ndarray] | None:
    """The file's own table of sensors as it stands there: id, x, y, z, maybe tts; None where there is none."""
    names = {field: str(getattr(mapping, f"sensor_{field}")) for field in SENSOR_FIELDS}
    with open_store(path) as store:
        if not names["id"] or _find(store, mapping.sensors, names["id"]) is None:
            return None
        columns = {field: _find(store, mapping.sensors, name) for field, name in names.items() if name}
        missing = [names[field] for field, column in columns.items() if column is None and field != "tts"]
        if missing:
            _need(store, mapping.sensors, missing[0])
        return {field: column.read() for field, column in columns.items() if column is not None}


def _by_row(store: Store, columns: dict[str, Column], mapping: Mapping) -> Iterator[Hits]:
    event, table = _need(store, mapping.events, mapping.event_id), _truth_table(store, mapping)
    if len(event) != len(columns["time"]):
        raise DarkroomError(
            f"{event.where} has {len(event):,} values for {len(columns['time']):,} hits: expected one for each."
        )

    def pieces() -> Iterator[Rows]:
        n = hits.PIECE_BYTES // 16
        for start in range(0, len(event), n):
            stop = min(start + n, len(event))
            yield hits.event_numbers(event.read(start, stop), event.where), _sliced(columns, mapping, start, stop)

    for rows in hits.grouped(pieces(), table.number, store.path):
        yield Hits(rows.number, rows.offsets, rows.columns, table.of(rows.number))


def _by_offsets(store: Store, columns: dict[str, Column], mapping: Mapping) -> Iterator[Hits]:
    stored = _need(store, mapping.events, mapping.offsets)
    offsets = hits.event_numbers(stored.read(), stored.where, "offsets")
    hits.need_offsets(offsets, len(columns["time"]), stored.where)
    n = len(offsets) - 1
    number = np.arange(n)
    if mapping.event_id:
        event = _need(store, mapping.events, mapping.event_id)
        number = hits.event_numbers(event.read(), event.where)
        if len(number) != n:
            raise DarkroomError(f"{event.where} has {len(number):,} values for {n:,} events: expected one for each.")
    table = _truth_table(store, mapping)
    known = table.of(number if mapping.truth_id else np.arange(n))
    for start, stop in hits.chunks(offsets):
        begin, end = int(offsets[start]), int(offsets[stop])
        yield Hits(
            number[start:stop], offsets[start : stop + 1] - begin, _sliced(columns, mapping, begin, end),
            {name: values[start:stop] for name, values in known.items()},
        )  # fmt: skip


def _sliced(columns: dict[str, Column], mapping: Mapping, start: int, stop: int) -> dict[str, np.ndarray]:
    return {name: hits.narrow(name, c.read(start, stop), mapping, c.where) for name, c in columns.items()}


def _truth_table(store: Store, mapping: Mapping) -> TruthTable:
    """The truth by event's number, or by place where no number stands there."""
    columns = {
        name: column for name, text in truth.wanted(mapping).items() if (column := _find(store, mapping.truth, text))
    }
    if not columns:
        return truth.NO_TRUTH
    values = {name: column.read().astype(np.float64) for name, column in columns.items()}
    number = np.arange(len(next(iter(values.values()))))
    if mapping.truth_id:
        event = _need(store, mapping.truth, mapping.truth_id)
        number = hits.event_numbers(event.read(), event.where)
    return truth_table(number, values, store.path)


def _find(store: Store, group: str, name: str) -> Column | None:
    """The numbers called `name` in a group; None if there are none."""
    full = f"{group}/{name}" if group else name
    numbered = re.fullmatch(r"(.+)\[(\d{1,4})\]", full)
    if numbered:
        data = store.find(numbered[1])
        if data is None:
            return None
        if len(data.shape) != 2 or data.shape[1] <= int(numbered[2]):
            raise DarkroomError(f"{store.path.name}: data set '{numbered[1]}' has the shape {data.shape}, no column {numbered[2]}: correct the mapping.")  # fmt: skip
        return Column(full, store, data, int(numbered[2]))
    data, part = store.find(full), None
    head, _, tail = full.rpartition(".")
    if data is None and head:
        data, part = store.find(head), tail
        if data is None or data.dtype is None or tail not in (data.dtype.names or ()):
            return None
    if data is None:
        return None
    if len(data.shape) != 1:
        raise DarkroomError(f"{store.path.name}: data set '{full}' has the shape {data.shape}: expected one axis. Correct the mapping.")  # fmt: skip
    return Column(full, store, data, part)


def _need(store: Store, group: str, name: str) -> Column:
    column = _find(store, group, name)
    if column is None:
        store.need(f"{group}/{name}" if group else name)
        raise DarkroomError(f"{store.path.name}: there is no '{name}': correct the mapping.")
    return column
