"""A prepared data set: open it, read its table by column and its arrays by row.

<name>/dataset.json        what it was made from, n_rows, sampling, id
<name>/table-<id>.parquet  one line per row (see the experiment's columns)
<name>/sources.parquet     one line per raw file: run, sub-run, hash, rows
<name>/<column>-*.parquet  one column that was derived from the rows and a selection of them (`core.data.derive`)
<name>/parts/*.h5          bitshuffle-LZ4: `waveform` (n, ...) in chunks of CHUNK_ROWS rows, or records of varying size as
                           `values` and `offsets`; `frames/*`: the images that the rows lie in (`core.data.frames`)

Table and parts carry what they hold in their names and are never written over: who has opened a data set goes on
reading the same rows while it grows.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers the bitshuffle filter)
import numpy as np
import pyarrow.parquet as pq

from core import workspace
from core.data.ragged import Ragged, concatenate
from core.errors import DarkroomError

FORMAT = 2  # raised when the meaning of what is stored changes
CHUNK_ROWS = 32
ARRAY, VALUES, OFFSETS = "waveform", "values", "offsets"


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
    read_column: Callable[[Path, str], np.ndarray] = field(repr=False)

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
        found: dict[str, Any] = self.meta.get("derived", {})
        return found

    @property
    def experiment(self) -> str:
        return str(self.meta["experiment"])

    @property
    def n_rows(self) -> int:
        return int(self.meta["n_rows"])

    @property
    def sampling_ns(self) -> float:
        return float(self.meta["sampling_ns"])

    @property
    def record_samples(self) -> int:
        return int(self.meta["record_samples"])

    @property
    def pretrigger_samples(self) -> int:
        return int(self.meta["pretrigger_samples"])

    @property
    def simulated(self) -> bool:
        return bool(self.meta["simulated"])

    @property
    def frames(self) -> list[dict[str, Any]]:
        """What is known of each image that rows lie in, with `part` and `index` (in its part); empty without images."""
        found: list[dict[str, Any]] = self.meta.get("frames", [])
        return found

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        offsets = np.concatenate([[0], np.cumsum([p["n_rows"] for p in self.meta["parts"]])])
        return tuple(
            Part(p["file"], int(p["n_rows"]), int(o)) for p, o in zip(self.meta["parts"], offsets, strict=False)
        )

    def column(self, name: str) -> np.ndarray:
        """One column, read-only, shape (n_rows,)."""
        if name in self.meta.get("dropped", ()):
            raise DarkroomError(
                f"Column '{name}' of data set '{self.name}' belonged to the rows before the data set grew: make it again with "
                f"`python -m core derive {self.name} {name}` or on the page Data."
            )
        file = self.derived[name]["file"] if name in self.derived else self.meta["table"]
        return self.read_column(self.path / str(file), name)

    def has(self, name: str) -> bool:
        """Whether there is a column: a table of an earlier version lacks what was added since."""
        return name in self.derived or name in pq.read_schema(self.path / str(self.meta["table"])).names

    def source_of(self, rows: np.ndarray) -> np.ndarray:
        """int64 (n,): which file content each row comes from (start of its SHA-256). With the uid it tells an event."""
        keys = np.array([int(str(p["sha256"])[:15], 16) for p in self.meta["parts"]], np.int64)
        ends = np.cumsum([p["n_rows"] for p in self.meta["parts"]])
        return keys[np.searchsorted(ends, rows, side="right")]

    def columns(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        return {name: self.column(name) for name in dict.fromkeys(names)}


def read_column(table: Path, name: str) -> np.ndarray:
    """Read one column of a data set's table file as a read-only array."""
    where = f"Column '{name}' of data set '{table.parent.name}'"
    try:
        if name not in pq.read_schema(table).names:
            raise DarkroomError(
                f"{where} cannot be read: there is none. A derived column is made with `python -m core derive "
                f"{table.parent.name} {name}` or on the page Data; if it should be there, prepare the data set again."
            )
        values = pq.read_table(table, columns=[name])[name].to_numpy()
    except (OSError, KeyError, ValueError) as error:
        raise DarkroomError(f"{where} cannot be read ({error}): prepare the data set again.") from None
    values.flags.writeable = False
    return values


def datasets_folder() -> Path:
    return workspace.folder("datasets")


def list_datasets() -> list[str]:
    """Names of the finished data sets in the workspace."""
    return sorted(p.parent.name for p in datasets_folder().glob("[!.]*/dataset.json"))


def open_dataset(name: str, read: Callable[[Path, str], np.ndarray] = read_column) -> Dataset:
    """Open a data set by name. `read` lets a caller put a cache in front of the table."""
    path = datasets_folder() / workspace.checked_name(name, "data set")
    if not (path / "dataset.json").exists():
        known = ", ".join(list_datasets()) or "none yet"
        raise DarkroomError(f"There is no data set '{name}' (there are: {known}): prepare it first.")
    meta = workspace.read_json(path / "dataset.json")
    found = meta.get("format") if isinstance(meta, dict) else type(meta).__name__
    if found != FORMAT:
        raise DarkroomError(
            f"Data set '{name}' has format {found}, expected {FORMAT}: delete it with `python -m core datasets delete "
            f"{name}` and prepare it again."
        )
    return Dataset(path, meta, read)


def readable(opener: Callable[[str], Dataset] = open_dataset) -> tuple[dict[str, Dataset], list[str]]:
    """The data sets that can be opened, by name, and of each other one a sentence that says why not."""
    found, problems = {}, []
    for name in list_datasets():
        try:
            found[name] = opener(name)
        except DarkroomError as error:
            problems.append(str(error))
    return found, problems


def open_part(dataset: Dataset, part: Part) -> h5py.File:
    """Open one array file for reading; a missing or damaged one is named."""
    path = dataset.path / "parts" / part.file
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _damaged(dataset, path, str(error)) from None
    n_rows = file[ARRAY].shape[0] if ARRAY in file else len(file[OFFSETS]) - 1 if OFFSETS in file else 0
    if n_rows != part.n_rows:
        file.close()
        raise _damaged(dataset, path, f"{n_rows} rows, expected {part.n_rows}")
    return file


def _damaged(dataset: Dataset, path: Path, found: str) -> DarkroomError:
    return DarkroomError(f"{path} is damaged ({found}): prepare data set '{dataset.name}' again.")


def read_rows(file: h5py.File, start: int, stop: int) -> np.ndarray | Ragged:
    """What an array file holds of its rows start to stop."""
    if ARRAY in file:
        dense: np.ndarray = file[ARRAY][start:stop]
        return dense
    offsets = file[OFFSETS][start : stop + 1]
    return Ragged(file[VALUES][offsets[0] : offsets[-1]], offsets - offsets[0])


def read_arrays(dataset: Dataset, rows: Iterable[int]) -> Any:
    """What is stored of a few rows, in the order asked for: an array (n, ...), or n records of varying size (`Ragged`).

    For single events and small galleries; training reads whole chunks (`core.data.loader`).
    """
    wanted = np.asarray(list(rows), dtype=np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= dataset.n_rows):
        raise DarkroomError(f"Data set '{dataset.name}' has rows 0 to {dataset.n_rows - 1}, asked for {wanted.max()}.")
    found: dict[int, np.ndarray | Ragged] = {}
    for part in dataset.parts:
        here = wanted[(wanted >= part.offset) & (wanted < part.offset + part.n_rows)]
        if here.size:
            with open_part(dataset, part) as file:
                found |= {int(i): read_rows(file, i - part.offset, i - part.offset + 1) for i in here}
    if not found:
        with open_part(dataset, dataset.parts[0]) as file:
            return read_rows(file, 0, 0)
    inner = [found[int(i)] for i in wanted]
    return joined(inner)


def joined(blocks: Sequence[np.ndarray | Ragged]) -> np.ndarray | Ragged:
    """Rows one after the other; all of one kind, at least one block."""
    if isinstance(blocks[0], Ragged):
        return concatenate([block for block in blocks if isinstance(block, Ragged)])
    return np.concatenate([block for block in blocks if isinstance(block, np.ndarray)])


def delete_dataset(name: str) -> None:
    """Delete a data set for good; runs that were trained on it stay."""
    path = datasets_folder() / workspace.checked_name(name, "data set")
    if not path.is_dir():
        raise DarkroomError(f"There is no data set '{name}' (there are: {', '.join(list_datasets()) or 'none yet'}).")
    hidden = path.with_name(f".deleted-{path.name}")
    shutil.rmtree(hidden, ignore_errors=True)
    path.rename(hidden)  # it leaves the list in one step, however long the deleting takes
    shutil.rmtree(hidden)
