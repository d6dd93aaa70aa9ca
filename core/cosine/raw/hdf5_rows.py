"""HDF5 files -> blocks of rows: waveforms (see `hdf5_records`) and columns of length N beside them.

One entry is one row: an event in one crystal, which a column or the mapping names. Its identity is (run, sub-run, event,
crystal), the same as in a ROOT file whose event numbers count its entries; what a column does not say comes from the
file name (run, sub-run) or the place in the file (event). Columns are optional; without one, its quantity is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.cosine import rows
from core.cosine.mapping import CRYSTAL_NUMBERS, Mapping, run_in_name
from core.cosine.raw import hdf5_records
from core.data.raw import hdf5
from core.data.raw.hdf5 import Array, Store
from core.data.reading import Block
from core.errors import DarkroomError


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and compute the features of every row; a block holds rows of one crystal."""
    with hdf5.open_store(path, mapping.group) as store:
        waveforms = hdf5_records.waveforms(store, mapping)
        who = _identity(store, mapping, waveforms.n_rows)
        _refuse_twice(store, who)
        columns = _columns(store, mapping, who, waveforms.n_rows)
        for start, stop in waveforms.ranges():
            raw, lengths = waveforms.read(start, stop)
            arrays = {name: store.read(data, slice(start, stop)) for name, data in columns.items()}
            piece = slice(start, stop)
            for crystal in np.unique(who.crystal[piece]).tolist():
                entry = np.flatnonzero(who.crystal[piece] == crystal)
                at = entry + start
                these = rows.Rows(raw[entry], lengths[entry], entry, who.run[at], who.subrun[at], who.number[at])
                yield rows.block(these, arrays, mapping, crystal, _others(crystal), path)


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: its first run and sub-run, 0 of a file without events; none tells its live time."""
    with hdf5.open_store(path, mapping.group) as store:
        who = _identity(store, mapping, hdf5_records.waveforms(store, mapping).n_rows)
    first = np.lexsort((who.subrun, who.run))[:1]
    return {"run": int(who.run[first].sum()), "subrun": int(who.subrun[first].sum()), "live_s": None}


@dataclass(frozen=True)
class _Identity:
    """int64 (N,) each; `number` is the event number, or the place in the file."""

    run: np.ndarray
    subrun: np.ndarray
    number: np.ndarray
    crystal: np.ndarray


def _identity(store: Store, mapping: Mapping, n: int) -> _Identity:
    run, subrun = run_in_name(mapping, store.path)
    return _Identity(
        _whole(store, mapping.run_branch, n, np.full(n, run), rows.HIGHEST_RUN),
        _whole(store, mapping.subrun_branch, n, np.full(n, subrun), rows.HIGHEST["subrun"]),
        _whole(store, mapping.event_branch, n, np.arange(n), rows.HIGHEST["entry"]),
        _whole(store, mapping.crystal_branch, n, np.full(n, mapping.crystals[0]), rows.HIGHEST["crystal"]),
    )


def _whole(store: Store, name: str, n: int, default: np.ndarray, highest: int) -> np.ndarray:
    """A column of whole numbers from 0 to `highest`, int64 (n,), or the default where the file has none."""
    data = store.find(name) if name else None
    if data is None:
        if len(default) and default.max() > highest:
            raise DarkroomError(
                f"{store.path.name}: {default.max()} is beyond {highest}, the largest that is possible."
            )
        return default.astype(np.int64)
    values = store.read(_column(store, data, name, n))
    wrong = ~((values >= 0) & (values <= highest) & (values == np.floor(values)))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' holds {values[i]} in row {i}: expected whole numbers from 0 to {highest:,}. "
            "Correct the file, or leave the name out of the mapping."
        )
    return values.astype(np.int64)


def _column(store: Store, data: Array, name: str, n: int) -> Array:
    """Refuse a column that is not one number per row."""
    if data.shape != (n,):
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' has shape {data.shape}: expected ({n},), one value for each waveform."
        )
    if data.kind not in "iufb":
        raise DarkroomError(f"{store.path.name}: data set '{name}' holds {data.type}: expected numbers.")
    return data


def _refuse_twice(store: Store, who: _Identity) -> None:
    identity = rows.UID.pack(who.run, who.subrun, who.number, who.crystal, where=f"{store.path.name}: ")
    order = np.argsort(identity, kind="stable")
    same = np.flatnonzero(np.diff(identity[order]) == 0)
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        raise DarkroomError(
            f"{store.path.name}: rows {first} and {second} are both event {who.number[first]} of run {who.run[first]}, sub-run "
            f"{who.subrun[first]}, crystal {who.crystal[first]}: expected every event and crystal once. Remove one, or leave "
            "'event_branch' out of the mapping to count the rows instead."
        )


def _others(crystal: int) -> tuple[int, ...]:
    low, high = CRYSTAL_NUMBERS
    return tuple(other for other in range(low, high + 1) if other != crystal)


def _columns(store: Store, mapping: Mapping, who: _Identity, n: int) -> dict[str, Array]:
    """The columns that the mapping names and the file has, by the mapping's names."""
    numbers, whole = {mapping.energy_branch}, {mapping.event_branch, mapping.time_branch}
    for crystal in np.unique(who.crystal).tolist():
        for _, field, dtype, _ in rows.TRUTH:
            names = whole if np.issubdtype(dtype, np.integer) else numbers
            names.add(mapping.named(getattr(mapping, field), crystal))
        numbers |= {mapping.named(c.branch, other) for c in mapping.coincidence for other in _others(crystal)}
        for label in mapping.label:
            needed = mapping.named(label.branch, crystal)
            store.need(needed)
            numbers.add(needed)
    columns = {}
    for name in sorted(filter(None, numbers | whole)):
        data = store.find(name)
        if data is not None:
            columns[name] = _column(store, data, name, n)
            if name in whole:
                _refuse_undefined(store, data, name)
    return columns


def _refuse_undefined(store: Store, data: Array, name: str) -> None:
    """Refuse NaN and infinity where a whole number is meant."""
    values = store.read(data)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' holds {values[bad[0]]} in row {bad[0]}: expected whole numbers; write -1 "
            "where it is unknown."
        )
