"""Opening an HDF5 file that may come from anywhere: only data that lie in the file itself are ever touched.

A path is followed link by link, and only hard links are; storage outside of the file, virtual data sets and filters
that are not on the list are refused by name. What a file declares must be possible for what it stores: every chunk
there, no more bytes stored than the file has, and no more declared than the best compression makes of them.
"""

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers the filters)
import numpy as np

from core.data.raw import container
from core.errors import DarkroomError

# 1032 is the most that deflate can reach, on constant bytes; records with 1 ADC of noise stay below 10.
MAX_RATIO = 1100
MAX_CHUNK_BYTES = 64 << 20  # a chunk is decompressed whole, so it bounds the memory
MAX_LISTED, MAX_DEPTH = 200, 4
FILTERS = {
    1: "gzip", 2: "shuffle", 3: "fletcher32", 5: "n-bit", 6: "scale-offset",
    32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32015: "Zstandard",
}  # fmt: skip
TYPES = {
    h5py.h5t.TIME: "time", h5py.h5t.BITFIELD: "bit-field", h5py.h5t.OPAQUE: "opaque", h5py.h5t.REFERENCE: "reference",
    h5py.h5t.VLEN: "variable-length", h5py.h5t.COMPOUND: "compound", h5py.h5t.ARRAY: "array",
}  # fmt: skip
LIBRARY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)  # what h5py raises on damaged bytes


@dataclass(frozen=True)
class Array:
    """A data set and what it declares, read once: `dtype` is None where NumPy has no such type, `type` names it."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    type: str
    chunk_rows: int | None
    handle: h5py.Dataset

    @property
    def kind(self) -> str:
        """The letter of its NumPy kind; `-` where NumPy has no such type."""
        return self.dtype.kind if self.dtype is not None else "-"


@dataclass(frozen=True)
class Store:
    """An opened HDF5 file of `size` bytes; names are looked up in the group `group`, which ends in / where there is one."""

    path: Path
    size: int
    file: h5py.File
    group: str = ""

    def find(self, name: str) -> Array | None:
        """The data set called `name`, where `a.b`, `a/b` and `a_b` are the same; None if there is none."""
        for spelled in dict.fromkeys((name, *(name.replace(".", "/").replace("/", sep) for sep in "./_"))):
            with _library(self.path):
                data = self._follow(self.group + spelled)
                if data is not None:
                    self._check_storage(data, name)
                    return _declared(data, name)
        return None

    def need(self, name: str) -> Array:
        data = self.find(name)
        if data is None:
            names = ", ".join(key for key, _ in self.walk()[:12]) or "nothing"
            raise DarkroomError(
                f"{self.path.name}: the data set '{self.group}{name}' is missing; there are: {names}. Correct the mapping."
            )
        return data

    def read(self, data: Array, *where: Any) -> np.ndarray:
        """Values of a data set in this machine's byte order; damage is a sentence."""
        try:
            values = np.asarray(data.handle[where] if where else data.handle[()])
        except LIBRARY_ERRORS as error:
            raise DarkroomError(
                f"{self.path.name}: data set '{data.name}' cannot be read ({type(error).__name__}: {short(error)}); "
                "its bytes are damaged or the file vanished. Copy it again."
            ) from None
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def within(self, pattern: str) -> "Store":
        """The same file, its names looked up in the one group that fits `pattern`, in which * stands for any name."""
        if not pattern:
            return self
        parts = pattern.strip("/").split("/")
        with _library(self.path):
            fitting = [""]
            for part in parts:
                inside = [(above, name) for above in fitting for name in self._groups(above) if fnmatchcase(name, part)]
                fitting = [f"{above}{name}/" for above, name in inside]
        if len(fitting) != 1:
            names = ", ".join(name.rstrip("/") for name in fitting[:12]) or "none"
            raise DarkroomError(
                f"{self.path.name}: {len(fitting)} groups fit '{pattern}' ({names}): expected one; write its name as 'group' in "
                "the mapping."
            )
        return replace(self, group=fitting[0])

    def _groups(self, above: str) -> list[str]:
        group = self.file["/" + above]
        names = itertools.islice(group, MAX_LISTED)
        return [
            n
            for n in names
            if isinstance(n, str)
            and _link(group, n) == h5py.h5l.TYPE_HARD
            and group.get(n, getclass=True) is h5py.Group
        ]

    def unit(self, data: Array) -> str:
        """The attribute `units` of a data set, as LH5 has it; empty where there is none."""
        with _library(self.path):
            unit = data.handle.attrs.get("units", "")
        return unit.decode(errors="replace") if isinstance(unit, bytes) else str(unit)

    def walk(self) -> list[tuple[str, int]]:
        """(path, type of the link) of what is in the file, breadth first and bounded; no link but hard ones is followed."""
        listed: list[tuple[str, int]] = []
        with _library(self.path):
            waiting, n = [("", self.file["/"], 0)], 0
            while waiting:
                above, group, depth = waiting.pop(0)
                for part in itertools.islice(group, MAX_LISTED - n):
                    kind, n = _link(group, part), n + 1
                    if kind == h5py.h5l.TYPE_HARD and group.get(part, getclass=True) is h5py.Group:
                        if depth < MAX_DEPTH:  # hard links may lead back up
                            waiting.append((f"{above}{part}/", group[part], depth + 1))
                    else:
                        listed.append((f"{above}{part}", kind))
        return listed

    def _follow(self, name: str) -> h5py.Dataset | None:
        at: Any = self.file["/"]
        for part in filter(None, name.split("/")):
            if not isinstance(at, h5py.Group) or not at.id.links.exists(part.encode()):
                return None
            if _link(at, part) != h5py.h5l.TYPE_HARD:
                self._refuse(name, f"is {_link_name(_link(at, part))}")
            at = at[part]
        return at if isinstance(at, h5py.Dataset) else None

    def _check_storage(self, data: h5py.Dataset, name: str) -> None:
        """Refuse what does not lie in this file or cannot be what it says. Nothing is read, not even the shape of a
        virtual data set, for which its sources would be opened."""
        creation = data.id.get_create_plist()
        layout = creation.get_layout()
        if layout == h5py.h5d.VIRTUAL:
            self._refuse(name, "is a virtual data set (its values lie in other files)")
        if creation.get_external_count():
            self._refuse(name, "is kept in external raw storage (another file)")
        for i in range(creation.get_nfilters()):
            code = creation.get_filter(i)[0]
            if code not in FILTERS or not h5py.h5z.filter_avail(code):
                raise DarkroomError(
                    f"{self.path.name}: data set '{name}' is packed with filter {code}, which is not known here: "
                    f"expected {', '.join(FILTERS.values())}. Repack the file."
                )
        self._check_size(data, name, layout)

    def _check_size(self, data: h5py.Dataset, name: str, layout: int) -> None:
        item = data.id.get_type().get_size()
        declared = math.prod(data.shape or ()) * item
        stored = data.id.get_storage_size()
        if stored > self.size or declared > MAX_RATIO * stored:
            raise DarkroomError(
                f"{self.path.name}: data set '{name}' declares {size(declared)}, of which {size(stored)} are stored in a "
                f"file of {size(self.size)}: expected at most {MAX_RATIO} times as many, what the best compression gives. "
                "The file is incomplete or crafted: write it again."
            )
        if layout != h5py.h5d.CHUNKED:
            return
        chunk = math.prod(data.chunks) * item
        if chunk > MAX_CHUNK_BYTES:
            raise DarkroomError(
                f"{self.path.name}: data set '{name}' has chunks of {chunk / 1e6:,.0f} MB: expected at most "
                f"{MAX_CHUNK_BYTES / 1e6:.0f} MB, so that it can be read piece by piece. Repack it with smaller chunks."
            )
        n_chunks = math.prod(-(-n // c) for n, c in zip(data.shape, data.chunks, strict=True))
        if data.id.get_num_chunks() != n_chunks:
            raise DarkroomError(
                f"{self.path.name}: of data set '{name}' {data.id.get_num_chunks():,} of {n_chunks:,} chunks are stored: "
                "the file is incomplete. Write it again."
            )

    def _refuse(self, name: str, what: str) -> None:
        raise DarkroomError(
            f"{self.path.name}: data set '{name}' {what}: only data that lie in the file itself are read. "
            "Copy them into the file."
        )


def _declared(data: h5py.Dataset, name: str) -> Array:
    kind = data.id.get_type()
    try:
        dtype: np.dtype[Any] | None = kind.dtype
    except TypeError:  # h5py's word for a type without a NumPy one
        dtype = None
    dtype_name = (
        str(dtype)
        if dtype is not None
        else f"{TYPES.get(kind.get_class(), 'unknown')} values of {kind.get_size()} bytes"
    )
    return Array(name, data.shape or (), dtype, dtype_name, data.chunks[0] if data.chunks else None, data)


def _link(group: h5py.Group, part: str | bytes) -> int:
    """The type of a link; h5py gives a name that is no text as bytes."""
    return int(group.id.links.get_info(part if isinstance(part, bytes) else part.encode()).type)


def _link_name(kind: int) -> str:
    return {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "an external link"}.get(kind, "an unknown link")


@contextmanager
def _library(path: Path) -> Iterator[None]:
    """What h5py raises on damaged metadata becomes a sentence. Only calls of h5py belong below it: a fault of our own
    must not be blamed on the file."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        raise DarkroomError(
            f"{path.name} cannot be read ({type(error).__name__}: {short(error)}): its table of contents is damaged. "
            "Copy it again."
        ) from None


@contextmanager
def open_store(path: Path, group: str = "") -> Iterator[Store]:
    """Open an HDF5 file for reading, with the group that fits the pattern `group`; every failure is a sentence."""
    container.need(path, "hdf5")
    try:
        file = h5py.File(path, "r", rdcc_nbytes=MAX_CHUNK_BYTES)
    except LIBRARY_ERRORS as error:
        raise DarkroomError(
            f"{path.name} cannot be opened as an HDF5 file ({type(error).__name__}: {short(error)}): "
            "expected an intact HDF5 file. Copy it again or choose another."
        ) from None
    with file:
        yield Store(path, path.stat().st_size, file).within(group)


def preview(path: Path, n_entries: int = 5) -> dict[str, Any]:
    """Data sets of an HDF5 file with shapes, types and first values, as plain values for the page and `--json`."""
    listed, n_rows = [], 0
    with open_store(path) as store:
        for name, kind in store.walk():
            line = {"branch": name, "type": "", "first": ""}
            try:
                data = store.find(name)
            except DarkroomError as error:
                listed.append({**line, "type": "refused", "first": str(error)})
                continue
            if data is None:
                listed.append({**line, "type": "no data set", "first": "" if kind else "not read"})
                continue
            n_rows = max(n_rows, *data.shape[:1], 0)
            listed.append({**line, "type": f"{data.type} {data.shape}", "first": _first(store, data, n_entries)})
    tree = {"kind": "HDF5 file", "n_entries": n_rows, "n_branches": len(listed), "branches": listed}
    return {"file": path.name, "objects": {line["branch"]: line["type"] for line in listed}, "trees": {"/": tree}}


def _first(store: Store, data: Array, n_entries: int) -> str:
    if data.kind not in "iufb" or data.handle.shape is None:
        return "no numbers"
    where = tuple(slice(0, n_entries if axis == 0 else 6) for axis in range(len(data.shape)))
    try:
        return short(store.read(data, *where).tolist())
    except DarkroomError as error:
        return str(error)


def size(n_bytes: float) -> str:
    """A number of bytes as a person reads it."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.3g} TB"


def short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."
