"""Images in data sets of an HDF5 file, slice by slice."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.data.raw.hdf5 import LIBRARY_ERRORS, Array, open_store, short
from core.errors import DarkroomError
from core.zdc.mapping import Mapping
from core.zdc.raw import images
from core.zdc.raw.raw_showers import RawShowers, rows_at_once, truth_names


def stored_shape(path: Path, mapping: Mapping) -> tuple[int, ...]:
    """The shape of the energies as they lie in a file, showers first."""
    with open_store(path, mapping.table) as store:
        energy = store.need(mapping.energy)
    return images.need_rows(energy.shape, energy.kind, mapping, path)


def image_shape(path: Path, mapping: Mapping) -> tuple[int, int]:
    """(n_y, n_x) of the images of a file."""
    return images.shape_of(stored_shape(path, mapping), mapping, path).image


def showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a file, in the order of its rows."""
    with open_store(path, mapping.table) as store:
        energy = store.need(mapping.energy)
        shape = images.shape_of(images.need_rows(energy.shape, energy.kind, mapping, path), mapping, path)
        n = energy.shape[0]
        truth = {name: _rows_of(store.find(text), n, path) for name, text in truth_names(mapping).items()}
        number = _rows_of(store.find(mapping.event_id), n, path) if mapping.event_id else None
        depth = _rows_of(store.find(mapping.depth), n, path) if mapping.depth else None
        step = rows_at_once(shape.n_values)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            yield images.raw_showers(
                number=np.arange(rows.start, rows.stop) if number is None else store.read(number, rows),
                values=store.read(energy, rows),
                depth=None if depth is None else store.read(depth, rows),
                truth={name: store.read(data, rows) for name, data in truth.items() if data is not None},
                shape=shape, mapping=mapping, path=path,
            )  # fmt: skip


def attribute(path: Path, name: str) -> float | None:
    """A number among the attributes of a file; None where it has none of this name."""
    with open_store(path) as store:
        try:
            value = np.asarray(store.file.attrs.get(name, ()))
        except LIBRARY_ERRORS as error:
            raise DarkroomError(
                f"{path.name}: attribute '{name}' cannot be read ({short(error)}): write the file again."
            ) from None
    return float(value.flat[0]) if value.size == 1 and value.dtype.kind in "iuf" else None


def _rows_of(data: Array | None, n: int, path: Path) -> Array | None:
    if data is not None and (not data.shape or data.shape[0] != n):
        raise DarkroomError(
            f"{path.name}: '{data.name}' has the shape {data.shape} beside {n:,} showers: expected one row for each. Write the file again."
        )
    return data
