"""The named arrays of rows in the HDF5 file of a part, bitshuffle-LZ4.

arrays/<name>            dense: (n, ...) in chunks of whole rows
arrays/<name>/values     ragged: n records one after the other; arrays/<name>/offsets: where each begins and the last ends

A part of an earlier version holds its only array without a name: `waveform`, or `values` and `offsets`, at the top.
"""

from collections.abc import Mapping, Sequence

import h5py
import hdf5plugin
import numpy as np

from core.data.ragged import Ragged, concatenate

CHUNK_ROWS = 32
CHUNK_VALUES = 16_384  # of records of varying size: some twenty typical tracks
CHUNK_BYTES = 65_536  # at least, of small dense rows: a chunk of a few bytes costs more than it holds
ARRAYS, VALUES, OFFSETS = "arrays", "values", "offsets"
_UNNAMED = "waveform"  # the dense array of an earlier version

Arrays = dict[str, np.ndarray | Ragged]
"""What is stored of rows, by name: dense (n, ...), or n records of varying size."""


def append(file: h5py.File, arrays: Mapping[str, np.ndarray | Ragged]) -> None:
    """Store the arrays of further rows behind those of the file."""
    for name, rows in arrays.items():
        where = f"{ARRAYS}/{name}"
        if isinstance(rows, np.ndarray):
            n_bytes = max(rows.dtype.itemsize * int(np.prod(rows.shape[1:])), 1)
            _extend(file, where, rows, CHUNK_ROWS * max(CHUNK_BYTES // (CHUNK_ROWS * n_bytes), 1))
            continue
        is_new = where not in file
        ends = rows.offsets[1:] + (0 if is_new else int(file[where][OFFSETS][-1]))
        _extend(file, f"{where}/{VALUES}", rows.values, CHUNK_VALUES)
        _extend(file, f"{where}/{OFFSETS}", np.concatenate([[0], ends]) if is_new else ends, CHUNK_VALUES)


def _extend(file: h5py.File, name: str, array: np.ndarray, n_chunk: int) -> None:
    if name not in file:
        shape = array.shape[1:]
        compression = hdf5plugin.Bitshuffle(cname="lz4")
        file.create_dataset(name, data=array, maxshape=(None, *shape), chunks=(n_chunk, *shape), **compression)
        return
    stored = file[name]
    n = stored.shape[0]
    stored.resize(n + len(array), axis=0)
    stored[n:] = array


def _stored(file: h5py.File, name: str) -> h5py.Dataset | h5py.Group:
    """The data set of a dense array, the group of a ragged one."""
    if ARRAYS in file:
        return file[ARRAYS][name]
    return file.get(_UNNAMED, file)


def has(file: h5py.File, name: str) -> bool:
    """Whether an array is kept under this name: a part of an earlier version lacks those that were declared since."""
    return ARRAYS in file and name in file[ARRAYS]


def _length(stored: h5py.Dataset | h5py.Group) -> int:
    return int(stored.shape[0]) if isinstance(stored, h5py.Dataset) else len(stored[OFFSETS]) - 1


def n_rows(file: h5py.File) -> int:
    """How many rows a file holds of each of its arrays; -1 where they differ."""
    if ARRAYS in file:
        lengths = {_length(stored) for stored in file[ARRAYS].values()}
    else:
        lengths = {_length(_stored(file, ""))} if {_UNNAMED, OFFSETS} & set(file) else {0}
    return lengths.pop() if len(lengths) == 1 else -1


def read(file: h5py.File, name: str, start: int, stop: int) -> np.ndarray | Ragged:
    """What a file holds of its rows start to stop under a name."""
    stored = _stored(file, name)
    if isinstance(stored, h5py.Dataset):
        dense: np.ndarray = stored[start:stop]
        return dense
    offsets = stored[OFFSETS][start : stop + 1]
    return Ragged(stored[VALUES][offsets[0] : offsets[-1]], offsets - offsets[0])


def row_bytes(file: h5py.File, name: str) -> int:
    """Bytes of a row in memory, the mean; 1 at least."""
    stored = _stored(file, name)
    values = stored if isinstance(stored, h5py.Dataset) else stored[VALUES]
    return max(int(values.nbytes) // max(_length(stored), 1), 1)


def joined(blocks: Sequence[np.ndarray | Ragged]) -> np.ndarray | Ragged:
    """Rows of one array one after the other; at least one block."""
    if isinstance(blocks[0], Ragged):
        return concatenate([block for block in blocks if isinstance(block, Ragged)])
    return np.concatenate([block for block in blocks if isinstance(block, np.ndarray)])
