"""Images in arrays of a NumPy archive (.npz). Each array is unpacked whole, so its size is bounded."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.data.raw import container
from core.data.raw.hdf5 import MAX_RATIO, short, size
from core.errors import DarkroomError
from core.zdc.mapping import Mapping
from core.zdc.raw import images
from core.zdc.raw.raw_showers import RawShowers, rows_at_once, truth_names

ARCHIVE = "a ZIP or NumPy .npz archive"
MAX_BYTES = 1 << 30  # of one array
MAX_ARRAYS = 200
DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
)


def stored_shape(path: Path, mapping: Mapping) -> tuple[int, ...]:
    """The shape of the energies as they lie in a file, showers first."""
    with _opened(path) as archive:
        stored, dtype = _header(archive, _need(archive, mapping.energy, path), path)
    return images.need_rows(stored, dtype.kind, mapping, path)


def image_shape(path: Path, mapping: Mapping) -> tuple[int, int]:
    """(n_y, n_x) of the images of a file."""
    return images.shape_of(stored_shape(path, mapping), mapping, path).image


def showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a file, in its order."""
    with _opened(path) as archive:
        _need(archive, mapping.energy, path)
        there = {name.removesuffix(".npy") for name in archive.namelist()}
        energy = _read(archive, mapping.energy, path)
        shape = images.shape_of(images.need_rows(energy.shape, energy.dtype.kind, mapping, path), mapping, path)
        n = len(energy)
        optional = {"number": mapping.event_id, "depth": mapping.depth, **truth_names(mapping)}
        beside = {ours: _read(archive, name, path) for ours, name in optional.items() if name in there}
    for name, values in beside.items():
        if values.ndim == 0 or len(values) != n:
            raise DarkroomError(
                f"{path.name}: '{optional[name]}' has the shape {values.shape} beside {n:,} showers: expected one row for each. Write the file "
                "again."
            )
    number, depth = beside.pop("number", np.arange(n)), beside.pop("depth", None)
    step = rows_at_once(shape.n_values)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        yield images.raw_showers(
            number=number[rows], values=energy[rows], depth=None if depth is None else depth[rows],
            truth={name: values[rows] for name, values in beside.items()}, shape=shape, mapping=mapping, path=path,
        )  # fmt: skip


def preview(path: Path) -> dict[str, Any]:
    """Arrays of an archive with shapes and types."""
    lines, n_rows = [], 0
    with _opened(path) as archive:
        for member in archive.namelist()[:MAX_ARRAYS]:
            line = {"branch": short(member.removesuffix(".npy")), "type": "", "first": ""}
            try:
                shape, dtype = _header(archive, member, path)
                line |= {"type": f"{dtype} {shape}"}
                n_rows = max(n_rows, *shape[:1], 0)
            except DarkroomError as error:
                line |= {"type": "refused", "first": str(error)}
            lines.append(line)
    tree = {"kind": "NumPy archive", "n_entries": n_rows, "n_branches": len(lines), "branches": lines}
    return {"file": path.name, "objects": {line["branch"]: line["type"] for line in lines}, "trees": {"/": tree}}


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    if (kind := container.kind_of(path)) != ARCHIVE:
        raise DarkroomError(
            f"{path.name} cannot be opened as a NumPy archive (it is {kind}): set 'container' in the mapping, or choose another."
        )
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE as error:
        raise DarkroomError(
            f"{path.name} cannot be opened ({short(error)}): the archive is damaged or cut off. Copy it again."
        ) from None
    with archive:
        yield archive


def _need(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    member = f"{name}.npy"
    if member not in archive.namelist():
        there = ", ".join(n.removesuffix(".npy") for n in archive.namelist()[:12]) or "nothing"
        raise DarkroomError(
            f"{path.name}: there is no array '{name[:80]}'; there are: {short(there)}. Correct the mapping."
        )
    return member


def _header(archive: zipfile.ZipFile, member: str, path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array; one that cannot be what it says, or is too large, is refused before anything is unpacked."""
    info = archive.getinfo(member)
    try:
        with archive.open(member) as file:
            major, _ = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
    except DAMAGE as error:
        raise DarkroomError(
            f"{path.name}: '{short(member)}' is no whole NumPy array ({short(error)}): write the file again."
        ) from None
    declared = int(np.prod([float(n) for n in shape])) * dtype.itemsize
    if dtype.hasobject:
        raise DarkroomError(
            f"{path.name}: '{short(member)}' holds Python objects, which are never read: write numbers."
        )
    if declared > info.file_size or info.file_size > MAX_RATIO * max(info.compress_size, 1) or declared > MAX_BYTES:
        raise DarkroomError(
            f"{path.name}: '{short(member)}' declares {size(declared)}, of which {size(info.compress_size)} are stored: expected at most "
            f"{size(MAX_BYTES)} and {MAX_RATIO} times what is stored. Write it again, large ones as HDF5."
        )
    return shape, dtype


def _read(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    _header(archive, f"{name}.npy", path)
    try:
        with archive.open(f"{name}.npy") as file:
            values = np.lib.format.read_array(file, allow_pickle=False)
    except DAMAGE as error:
        raise DarkroomError(
            f"{path.name}: array '{name}' cannot be read ({short(error)}): the archive is damaged. Copy it again."
        ) from None
    return np.asarray(values).astype(values.dtype.newbyteorder("="), copy=False)
