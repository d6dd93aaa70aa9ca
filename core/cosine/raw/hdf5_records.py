"""The waveforms of an HDF5 file: (N, samples), (N, samples, channels) or (N, channels, samples), or jagged records as LH5
has them: `flattened_data` and the `cumulative_length` of every record.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.cosine import rows
from core.cosine.mapping import Mapping
from core.data.raw.hdf5 import Array, Store
from core.errors import DarkroomError

BLOCK_ROWS = 1000  # 16 MB of records at a time
NS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "": 1.0}


@dataclass(frozen=True)
class Waveforms:
    """The waveforms of a file; `ends` int64 (N,) where records are jagged: where each ends among the samples."""

    store: Store
    mapping: Mapping
    data: Array
    ends: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        return self.data.shape[0] if self.ends is None else len(self.ends)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Row ranges that end where chunks do, or divide one that the chunk cache holds."""
        chunk = (self.data.chunk_rows if self.ends is None else None) or 1
        step = max(BLOCK_ROWS // chunk * chunk, min(BLOCK_ROWS, chunk))
        for start in range(0, self.n_rows, step):
            yield start, min(start + step, self.n_rows)

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """(raw (n, channels, record_samples), true lengths int32 (n,)) of the rows [start, stop)."""
        where = f"{self.store.path.name}: data set '{self.data.name}'"
        if self.ends is not None:
            return self._jagged(start, stop, where)
        raw = rows.samples(self.store.read(self.data, slice(start, stop)), self.mapping, where)
        if raw.ndim == 2:
            raw = raw[:, None]
        elif self.mapping.pmt_axis == "last":
            raw = raw.transpose(0, 2, 1)
        if self.mapping.channels > 1:
            raw = raw[:, self.mapping.pmts[: self.mapping.channels]]
        return raw, np.full(len(raw), self.mapping.record_samples, np.int32)

    def _jagged(self, start: int, stop: int, where: str) -> tuple[np.ndarray, np.ndarray]:
        assert self.ends is not None
        edges = np.concatenate([self.ends[start - 1 : start] if start else [0], self.ends[start:stop]]).astype(np.int64)
        flat = rows.samples(self.store.read(self.data, slice(int(edges[0]), int(edges[-1]))), self.mapping, where)
        raw = np.zeros((stop - start, 1, self.mapping.record_samples), flat.dtype)
        for row, (a, b) in enumerate(zip(edges[:-1] - edges[0], edges[1:] - edges[0], strict=True)):
            record = flat[a:b][: self.mapping.record_samples]
            raw[row, 0, : len(record)] = record
        return raw, np.diff(edges).astype(np.int32)


def waveforms(store: Store, mapping: Mapping) -> Waveforms:
    """Find the waveforms that the mapping names, and refuse those that do not fit it."""
    name = mapping.waveforms[0]
    data = store.find(name)
    if data is None and store.find(f"{name}/flattened_data") is not None:
        return _jagged(store, mapping, name)
    if data is None and (store.find(f"{name}/encoded_data/flattened_data") or store.find(f"{name}/encoded_data")):
        raise DarkroomError(
            f"{store.path.name}: '{name}' is packed by a codec of LH5 (`encoded_data`), which is not known here: unpack it, "
            "for example with legend-pydataobj, and write `values`."
        )
    data = store.need(name) if data is None else data
    where, n, c = f"{store.path.name}: data set '{name}'", mapping.record_samples, mapping.channels
    if data.kind not in "iuf":
        raise DarkroomError(f"{where} holds {data.type}: expected whole ADC counts.")
    wanted = (n, c) if mapping.pmt_axis == "last" else (c, n)
    if not ((len(data.shape) == 3 and data.shape[1:] == wanted) or (c == 1 and data.shape[1:] == (n,))):
        shown = f"(events, {n})" if c == 1 else f"(events, {wanted[0]}, {wanted[1]})"
        raise DarkroomError(
            f"{where} has shape {data.shape}: expected {shown}; correct 'pmt_axis', 'channels' or 'record_samples' in the "
            "mapping."
        )
    _check_sampling(store, mapping, data.shape[0])
    return Waveforms(store, mapping, data)


def _jagged(store: Store, mapping: Mapping, name: str) -> Waveforms:
    data, lengths = store.need(f"{name}/flattened_data"), store.need(f"{name}/cumulative_length")
    where = f"{store.path.name}: '{name}'"
    if mapping.channels != 1 or len(data.shape) != 1 or len(lengths.shape) != 1 or lengths.kind not in "iu":
        raise DarkroomError(
            f"{where} holds jagged records: expected 'channels' 1 and one list of samples for each record."
        )
    ends = store.read(lengths).astype(np.int64)
    if (np.diff(ends, prepend=0) < 0).any() or ends.max(initial=0) > data.shape[0]:
        raise DarkroomError(
            f"{where}: 'cumulative_length' ends at {ends.max(initial=0)} of {data.shape[0]} samples or falls: expected rising numbers. The "
            "file is incomplete: write it again."
        )
    _check_sampling(store, mapping, len(ends))
    return Waveforms(store, mapping, data, ends)


def _check_sampling(store: Store, mapping: Mapping, n: int) -> None:
    """Refuse records whose own sampling period is not the mapping's."""
    if not mapping.sampling_branch:
        return
    data = store.need(mapping.sampling_branch)
    unit = store.unit(data)
    if data.shape != (n,) or data.kind not in "iuf" or unit not in NS:
        raise DarkroomError(
            f"{store.path.name}: data set '{data.name}' has shape {data.shape}, type {data.type} and unit '{unit}': expected one "
            "period in ns for each waveform."
        )
    periods_ns = store.read(data).astype(np.float64) * NS[unit]
    if not np.allclose(periods_ns, mapping.sampling_ns, rtol=1e-6):
        other = periods_ns[np.argmax(np.abs(periods_ns - mapping.sampling_ns))]
        raise DarkroomError(
            f"{store.path.name}: data set '{data.name}' says {other:g} ns per sample, the mapping {mapping.sampling_ns:g}: correct "
            "'sampling_ns', or prepare records of one period only."
        )
