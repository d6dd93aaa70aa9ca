"""HDF5 files -> blocks of rows: `waveform` (N, samples, 2) or (N, 2, samples) and columns of length N beside it.

One entry is one row: an event in one crystal, which a column or the mapping names. Its identity is (run, sub-run, event,
crystal), the same as in a ROOT file whose event numbers count its entries; what a column does not say comes from the
file name (run, sub-run) or the place in the file (event). Columns are optional; without one, its quantity is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core.cosine import hdf5, rows
from core.cosine.hdf5 import Store
from core.cosine.mapping import CRYSTAL_NUMBERS, Mapping, run_in_name
from core.errors import DarkroomError
from core.experiment import Block

BLOCK_ROWS = 1000  # 16 MB of records at a time


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and compute the features of every row; a block holds rows of one crystal."""
    with hdf5.open_store(path) as store:
        waveform = _waveform(store, mapping)
        who = _identity(store, mapping, len(waveform))
        _refuse_twice(store, who)
        found = _columns(store, mapping, who, len(waveform))
        for start, stop in _ranges(waveform):
            raw = _records(store, mapping, waveform, start, stop)
            arrays = {name: store.read(data, slice(start, stop)) for name, data in found.items()}
            piece = slice(start, stop)
            for crystal in np.unique(who.crystal[piece]).tolist():
                entry = np.flatnonzero(who.crystal[piece] == crystal)
                at = entry + start
                lengths = np.full(len(entry), mapping.record_samples, np.int32)
                these = rows.Rows(raw[entry], lengths, entry, who.run[at], who.subrun[at], who.number[at])
                yield rows.block(these, arrays, mapping, crystal, _others(crystal), path)


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: its first run and sub-run."""
    with hdf5.open_store(path) as store:
        who = _identity(store, mapping, len(_waveform(store, mapping)))
    first = np.lexsort((who.subrun, who.run))[0]
    return {"run": int(who.run[first]), "subrun": int(who.subrun[first])}


@dataclass(frozen=True)
class _Identity:
    """int64 (N,) each; `number` is the event number, or the place in the file."""

    run: np.ndarray
    subrun: np.ndarray
    number: np.ndarray
    crystal: np.ndarray


def _waveform(store: Store, mapping: Mapping) -> h5py.Dataset:
    name = mapping.waveforms[0]
    data = store.need(name)
    if data.dtype.kind not in "iu":
        raise DarkroomError(f"{store.path.name}: data set '{name}' holds {data.dtype}: expected whole ADC counts.")
    shape: tuple[int, ...] = data.shape or ()
    wanted = (mapping.record_samples, 2) if mapping.pmt_axis == "last" else (2, mapping.record_samples)
    if len(shape) != 3 or shape[1:] != wanted:
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' has shape {shape}: expected (events, {wanted[0]}, {wanted[1]}); "
            "correct 'pmt_axis' or 'record_samples' in the mapping."
        )
    if not shape[0]:
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' is empty: expected at least one event. Leave the file out."
        )
    return data


def _ranges(waveform: h5py.Dataset) -> Iterator[tuple[int, int]]:
    """Row ranges that end where chunks do, or divide one that the chunk cache holds."""
    chunk = waveform.chunks[0] if waveform.chunks else 1
    step = max(BLOCK_ROWS // chunk * chunk, min(BLOCK_ROWS, chunk))
    for start in range(0, len(waveform), step):
        yield start, min(start + step, len(waveform))


def _records(store: Store, mapping: Mapping, waveform: h5py.Dataset, start: int, stop: int) -> np.ndarray:
    """int16 (n, 2, record_samples) of the rows [start, stop)."""
    raw = store.read(waveform, slice(start, stop))
    if raw.dtype.itemsize > 2 or raw.dtype.kind == "u":
        low, high = int(raw.min()), int(raw.max())
        if low < -32768 or high > 32767:
            raise DarkroomError(
                f"{store.path.name}: data set '{mapping.waveforms[0]}' holds values from {low} to {high}: expected ADC "
                "counts of at most 15 bits."
            )
    if mapping.pmt_axis == "last":
        raw = raw.transpose(0, 2, 1)
    return raw[:, mapping.pmts[:2]].astype(np.int16)


def _identity(store: Store, mapping: Mapping, n: int) -> _Identity:
    run, subrun = run_in_name(mapping, store.path)
    bits = rows.UID_BITS
    return _Identity(
        _whole(store, mapping.run_branch, n, np.full(n, run), 999_999),
        _whole(store, mapping.subrun_branch, n, np.full(n, subrun), (1 << bits["subrun"]) - 1),
        _whole(store, mapping.event_branch, n, np.arange(n), (1 << bits["entry"]) - 1),
        _whole(store, mapping.crystal_branch, n, np.full(n, mapping.crystals[0]), CRYSTAL_NUMBERS[1]),
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


def _column(store: Store, data: h5py.Dataset, name: str, n: int) -> h5py.Dataset:
    """Refuse a column that is not one number per row."""
    if data.shape != (n,):
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' has shape {data.shape}: expected ({n},), one value for each waveform."
        )
    if data.dtype.kind not in "iufb":
        raise DarkroomError(f"{store.path.name}: data set '{name}' holds {data.dtype}: expected numbers.")
    return data


def _refuse_twice(store: Store, who: _Identity) -> None:
    identity = rows.uid(who.run, who.subrun, who.number, who.crystal)
    order = np.argsort(identity, kind="stable")
    same = np.flatnonzero(np.diff(identity[order]) == 0)
    if len(same):
        one, two = order[same[0]], order[same[0] + 1]
        raise DarkroomError(
            f"{store.path.name}: rows {one} and {two} are both event {who.number[one]} of run {who.run[one]}, sub-run "
            f"{who.subrun[one]}, crystal {who.crystal[one]}: expected every event and crystal once. Remove one, or leave "
            "'event_branch' out of the mapping to count the rows instead."
        )


def _others(crystal: int) -> tuple[int, ...]:
    low, high = CRYSTAL_NUMBERS
    return tuple(other for other in range(low, high + 1) if other != crystal)


def _columns(store: Store, mapping: Mapping, who: _Identity, n: int) -> dict[str, h5py.Dataset]:
    """The columns that the mapping names and the file has, by the mapping's names."""
    numbers, whole = {mapping.energy_branch}, {mapping.event_branch, mapping.time_branch}
    for crystal in np.unique(who.crystal).tolist():
        for _, field, dtype, _ in rows.TRUTH:
            kept = whole if np.issubdtype(dtype, np.integer) else numbers
            kept.add(mapping.named(getattr(mapping, field), crystal))
        numbers |= {mapping.named(c.branch, other) for c in mapping.coincidence for other in _others(crystal)}
    found = {}
    for name in sorted(filter(None, numbers | whole)):
        data = store.find(name)
        if data is not None:
            found[name] = _column(store, data, name, n)
            if name in whole:
                _refuse_undefined(store, data, name)
    return found


def _refuse_undefined(store: Store, data: h5py.Dataset, name: str) -> None:
    """Refuse NaN and infinity where a whole number is meant."""
    values = store.read(data)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DarkroomError(
            f"{store.path.name}: data set '{name}' holds {values[bad[0]]} in row {bad[0]}: expected whole numbers; write -1 "
            "where it is unknown."
        )
