"""A prepared data set: open it, read its table by column and its arrays by row.

<name>/dataset.json        what it was made from, n_rows, id
<name>/sources.parquet     one line per raw file: run, sub-run, live time, hash, rows, and why it was refused
<name>/<column>-*.parquet  one column that was derived from the rows and a selection of them (`core.workflows.derive`)
<name>/parts/*.parquet     one line per row (see the experiment's columns), a file per raw file that gave any
<name>/parts/*.h5          the named arrays of the rows (`core.data.stored_arrays`); `frames/*`: the images that the rows lie in
                           (`core.data.detector_images`); `geometry/*`: what holds for all rows (`core.data.geometry`)

Parts carry what they hold in their names and are never written over: who has opened a data set goes on reading the same
rows while it grows, which adds parts and writes dataset.json anew. Earlier versions joined the tables to one, table-<id>.parquet.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq

from core import bin, workspace
from core.data import geometry, stored_arrays
from core.data.ragged import Ragged
from core.data.tablefile import TableFiles, column_names, columns_without_value, read_columns
from core.errors import DarkroomError

Reader = Callable[[TableFiles, Sequence[str]], Sequence[np.ndarray]]

FORMAT = 3  # raised when the meaning of what is stored changes


@dataclass(frozen=True)
class Part:
    """One array file: `n_rows` rows of the table, beginning at `offset`."""

    file: str
    n_rows: int
    offset: int


@dataclass(frozen=True)
class Dataset:
    """An opened data set. Nothing but dataset.json is in memory until a column is asked for."""

    path: Path
    meta: dict[str, Any] = field(repr=False)
    read_columns: Reader = field(repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def id(self) -> str:
        """Changes whenever the content changes: the cache key of everything computed from the data set."""
        return str(self.meta["id"])

    @property
    def rows_id(self) -> str:
        """Changes whenever the rows change, and not when something is derived from them."""
        return str(self.meta.get("rows_id", self.id))

    @property
    def derived(self) -> dict[str, Any]:
        """Columns that were made from the rows and a selection of them: name -> file and how it was made."""
        columns: dict[str, Any] = self.meta.get("derived", {})
        return columns

    @property
    def experiment(self) -> str:
        return str(self.meta["experiment"])

    @property
    def version(self) -> int:
        """The version of the features, which every part was made by."""
        return int(self.meta["version"])

    @property
    def refused(self) -> list[dict[str, str]]:
        """Files that were to be part of it and could not be taken: `file` and `reason`."""
        problems: list[dict[str, str]] = self.meta["refused"]
        return problems

    @property
    def n_rows(self) -> int:
        return int(self.meta["n_rows"])

    @property
    def simulated(self) -> bool:
        return bool(self.meta["simulated"])

    @property
    def images(self) -> list[dict[str, Any]]:
        """What is known of each image that rows lie in, with `part` and `index` (in its part); empty without images."""
        images: list[dict[str, Any]] = self.meta.get("frames", [])
        return images

    @cached_property
    def geometry(self) -> dict[str, np.ndarray]:
        """What holds for all rows, such as where sensors stand: arrays by name, read-only; {} where the files tell none."""
        with open_part(self, next(part for part in self.parts if part.n_rows)) as file:
            return geometry.read(file)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        offsets = np.concatenate([[0], np.cumsum([p["n_rows"] for p in self.meta["parts"]])])
        return tuple(
            Part(p["file"], int(p["n_rows"]), int(o)) for p, o in zip(self.meta["parts"], offsets, strict=False)
        )

    def column(self, name: str) -> np.ndarray:
        """One column, read-only, shape (n_rows,)."""
        return self.columns([name])[name]

    def columns(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Some columns, each read-only (n_rows,): those of the table in one pass over its files."""
        columns: dict[str, np.ndarray] = {}
        of_table = []
        for name in dict.fromkeys(names):
            self._refuse_dropped(name)
            if name in self.derived:
                (columns[name],) = self.read_columns(self.derived_table(name), [name])
            else:
                of_table.append(name)
        return columns | dict(zip(of_table, self.read_columns(self.table, of_table) if of_table else (), strict=True))

    def _refuse_dropped(self, name: str) -> None:
        if name in self.meta.get("dropped", ()):
            raise DarkroomError(
                f"Column '{name}' of data set '{self.name}' belonged to the rows before the data set grew: make it again with "
                f"`python -m core derive {self.name} {name}` or on the page Data."
            )

    @cached_property
    def table(self) -> TableFiles:
        """The tables of its parts, or the one to which an earlier version joined them."""
        joined = self.meta.get("table")
        names = [joined] if joined else [table_of(p["file"]) for p in self.meta["parts"] if p["n_rows"]]
        return TableFiles(self.path, self.rows_id, tuple(names))

    def derived_table(self, name: str) -> TableFiles:
        """The file of a column that was derived, and of those that are kept with it."""
        file = str(self.derived[name]["file"])
        return TableFiles(self.path, file, (file,))

    @cached_property
    def column_names(self) -> list[str]:
        """The columns that were prepared, in their order."""
        return column_names(self.table)

    def has(self, name: str) -> bool:
        """Whether there is a column: a table of an earlier version lacks what was added since."""
        return name in self.derived or name in self.column_names

    @cached_property
    def _without_value(self) -> frozenset[str]:
        return columns_without_value(self.table)

    def defines(self, name: str) -> bool:
        """Whether there is a column and any row has a value in it: small pictures have no energy, say. Told by the
        table's own statistics, without reading the column.
        """
        return self.has(name) and (name in self.derived or name not in self._without_value)

    def source_of(self, rows: np.ndarray) -> np.ndarray:
        """int64 (n,): which file content each row comes from (start of its SHA-256). With the uid it tells an event."""
        keys = np.array([int(str(p["sha256"])[:15], 16) for p in self.meta["parts"]], np.int64)
        ends = np.cumsum([p["n_rows"] for p in self.meta["parts"]])
        return keys[np.searchsorted(ends, rows, side="right")]

    def origin_of(self, rows: np.ndarray) -> np.ndarray:
        """int64 (n,): which file content each row comes from and how it was read, by which mapping and version of the features.

        With the uid it tells a row as it is now: what was computed of the same event in another version has another number.
        """
        how = json.dumps([self.experiment, self.version, self.meta["mapping"]], sort_keys=True)
        mixed = int(hashlib.sha256(how.encode()).hexdigest()[:15], 16)
        return self.source_of(rows) ^ np.int64(mixed)


def table_of(part_file: str) -> str:
    """Where the table of a part lies in the folder of its data set, by the part's array file."""
    return f"parts/{Path(part_file).with_suffix('.parquet')}"


def read_sources(dataset: Dataset) -> list[dict[str, Any]]:
    """One line per raw file, also of those without rows and those refused; see `core.data.joining`."""
    path = dataset.path / "sources.parquet"
    try:
        lines: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise DarkroomError(f"{path} cannot be read ({error}): prepare data set '{dataset.name}' again.") from None
    return lines


def datasets_folder() -> Path:
    return workspace.folder("datasets")


def list_datasets() -> list[str]:
    """Names of the finished data sets in the workspace."""
    return sorted(p.parent.name for p in datasets_folder().glob("[!.]*/dataset.json"))


def open_dataset(name: str, read: Reader = read_columns) -> Dataset:
    """Open a data set by name. `read` lets a caller put a cache in front of the table."""
    path = datasets_folder() / workspace.checked_name(name, "data set")
    if not (path / "dataset.json").exists():
        known = ", ".join(list_datasets()) or "none yet"
        raise DarkroomError(f"There is no data set '{name}' (there are: {known}): prepare it first.")
    stamp = (path / "dataset.json").stat()
    return _opened(path, read, stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)


@lru_cache(maxsize=128)
def _opened(path: Path, read: Reader, *_stamp: int) -> Dataset:
    """The data set, the same object as long as its file is: a page asks for it several times in every run."""
    meta = workspace.read_sealed(path / "dataset.json", f"prepare data set '{path.name}' again")
    if (stored := meta.get("format")) != FORMAT:
        raise DarkroomError(
            f"Data set '{path.name}' has format {stored}, expected {FORMAT}: delete it with `python -m core datasets "
            f"delete {path.name}` and prepare it again."
        )
    return Dataset(path, meta, read)


def readable(opener: Callable[[str], Dataset] = open_dataset) -> tuple[dict[str, Dataset], list[str]]:
    """The data sets that can be opened, by name, and of each other one a sentence that says why not."""
    by_name, problems = {}, []
    for name in list_datasets():
        try:
            by_name[name] = opener(name)
        except DarkroomError as error:
            problems.append(str(error))
    return by_name, problems


def open_part(dataset: Dataset, part: Part) -> h5py.File:
    """Open one array file for reading; a missing or damaged one is named."""
    path = dataset.path / "parts" / part.file
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _damaged(dataset, path, str(error)) from None
    n_rows = stored_arrays.n_rows(file)
    if n_rows != part.n_rows:
        file.close()
        raise _damaged(dataset, path, f"{n_rows} rows, expected {part.n_rows}")
    return file


def _damaged(dataset: Dataset, path: Path, problem: str) -> DarkroomError:
    return DarkroomError(f"{path} is damaged ({problem}): prepare data set '{dataset.name}' again.")


def read_array(dataset: Dataset, name: str, rows: Iterable[int]) -> Any:
    """What is stored of a few rows under a name, in the order asked for: an array (n, ...), or n records of varying size
    (`Ragged`).

    For single events and small galleries; training reads whole chunks (`core.data.loader`).
    """
    wanted = np.asarray(list(rows), dtype=np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= dataset.n_rows):
        raise DarkroomError(f"Data set '{dataset.name}' has rows 0 to {dataset.n_rows - 1}, asked for {wanted.max()}.")
    by_row: dict[int, np.ndarray | Ragged] = {}
    for part in dataset.parts:
        here = wanted[(wanted >= part.offset) & (wanted < part.offset + part.n_rows)]
        if here.size:
            with open_part(dataset, part) as file:
                by_row |= {int(i): stored_arrays.read(file, name, i - part.offset, i - part.offset + 1) for i in here}
    if not by_row:
        with open_part(dataset, next(part for part in dataset.parts if part.n_rows)) as file:
            return stored_arrays.read(file, name, 0, 0)
    return stored_arrays.joined([by_row[int(i)] for i in wanted])


def delete_dataset(name: str, for_good: bool = False) -> str:
    """Move a data set into the bin and return the id of its entry, or delete it for good (''); runs that were trained on it stay."""
    path = datasets_folder() / workspace.checked_name(name, "data set")
    if not path.is_dir():
        raise DarkroomError(f"There is no data set '{name}' (there are: {', '.join(list_datasets()) or 'none yet'}).")
    return bin.discard("dataset", name, path, for_good)


def locate(
    dataset: Dataset, uid: np.ndarray, source: np.ndarray, source_of: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Row numbers int64 (n,) of events given by uid and source, and bool (n,) whether they are there.

    `source_of` is the data set's: of file content (`Dataset.source_of`), or also of how it was read (`Dataset.origin_of`).
    """
    own = dataset.column("uid")
    order = np.argsort(own, kind="stable")
    rows = order[np.searchsorted(own, uid, sorter=order).clip(max=len(own) - 1)]
    return rows, (own[rows] == uid) & (source_of(rows) == source)
