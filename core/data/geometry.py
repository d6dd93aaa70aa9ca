"""What holds for all rows of a data set, such as where the sensors stand: named arrays, kept in each part and alike in all.

In a part's HDF5, group `geometry`: one data set per name. A part without the group has no geometry.
"""

import hashlib
from collections.abc import Mapping

import h5py
import numpy as np

GROUP = "geometry"


def write(file: h5py.File, arrays: Mapping[str, np.ndarray]) -> None:
    """Store the geometry in an open part; of no array nothing is stored."""
    for name, values in arrays.items():
        file.create_dataset(f"{GROUP}/{name}", data=values)


def read(file: h5py.File) -> dict[str, np.ndarray]:
    """Its arrays by name, read-only; {} where a part has none."""
    arrays = {name: np.asarray(stored[()]) for name, stored in file[GROUP].items()} if GROUP in file else {}
    for values in arrays.values():
        values.flags.writeable = False
    return arrays


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of names, types, shapes and values; '' of none."""
    if not arrays:
        return ""
    content = hashlib.sha256()
    for name, values in sorted(arrays.items()):
        content.update(f"{name} {values.dtype.str} {values.shape} ".encode())
        content.update(np.ascontiguousarray(values).tobytes())
    return content.hexdigest()


def difference(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> str:
    """In words, in what two geometries differ."""
    names = sorted({*first, *second})
    return "; ".join(
        _apart(name, first.get(name), second.get(name)) for name in names if not _equal(name, first, second)
    )


def _equal(name: str, first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> bool:
    return name in first and name in second and digest({name: first[name]}) == digest({name: second[name]})


def _apart(name: str, first: np.ndarray | None, second: np.ndarray | None) -> str:
    if first is None or second is None:
        return f"only the {'second' if first is None else 'first'} has '{name}'"
    if first.shape != second.shape:
        return f"'{name}' has {first.size:,} and {second.size:,} values"
    return f"'{name}' has other values"
