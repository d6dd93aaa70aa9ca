"""Reading: how raw files become rows, as an experiment offers it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.mapping import load_mapping
from core.data.ragged import Ragged
from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.data.detector_images import StoredImage


@dataclass(frozen=True)
class Block:
    """Rows on their way into a prepared data set.

    `table`: column name -> (n,); `arrays`: by declared name what is stored per row, first axis n, or n records of varying
    size; `images`: those that these and maybe later rows lie in.
    """

    table: dict[str, np.ndarray]
    arrays: dict[str, np.ndarray | Ragged]
    images: "tuple[StoredImage, ...]" = ()

    def __len__(self) -> int:
        return len(self.table["uid"])


@dataclass(frozen=True)
class StoredArray:
    """An array that is kept of every row: dense, of one shape in a data set, or ragged, of any length per row.

    `dtypes` are the types that it may be stored in; which of them it is follows from what a file holds.
    """

    name: str
    unit: str
    dtypes: tuple[str, ...]
    is_ragged: bool = False
    help: str = ""

    def check(self, rows: np.ndarray | Ragged, n_rows: int) -> None:
        """Refuse what is not as declared: a fault of the reader, not of the file."""
        values = rows.values if isinstance(rows, Ragged) else rows
        if isinstance(rows, Ragged) != self.is_ragged or values.dtype.name not in self.dtypes or len(rows) != n_rows:
            kind = "ragged" if isinstance(rows, Ragged) else "dense"
            raise TypeError(
                f"array '{self.name}': {len(rows)} {kind} rows of {values.dtype.name}, expected {n_rows} "
                f"{'ragged' if self.is_ragged else 'dense'} rows of {' or '.join(self.dtypes)}"
            )


def nothing_known(_mapping: Any) -> dict[str, Any]:
    """Of stored arrays that need no explanation; a function of the module, as worker processes are given it."""
    return {}


@dataclass(frozen=True)
class Reading:
    """How an experiment's raw files become rows.

    `arrays` is what is stored of every row beside the table, one at least. `version` is that of the features: raised when the
    same file gives other rows than before. A mapping (its dataclass `mapping`, the shipped files `mappings` by name, that of
    the experiment's own format first) says how a file's branches become ours.
    `blocks(path, mapping)` yields the rows; `source(path, mapping)` tells run, subrun and live_s [s] of a file (None where
    it tells none); `record_meta(mapping)` what is kept with the data set; `preview(path)` what a file holds
    (`core.commands.data`); `trial(path, mapping)` whether a mapping gives a row, cheaper than a block; `notes(path, mapping)`
    what a user should know of a file as a mapping reads it, in sentences; `no_rows` is said of a file without any.
    `geometry(path, mapping)` gives what holds for all rows, such as where sensors stand (`Dataset.geometry`): it is kept in
    each part, and files with another one are no part of the data set. The functions stand in modules, so that worker
    processes can import them.
    """

    version: int
    arrays: tuple[StoredArray, ...]
    mapping: type
    mappings: Mapping[str, Path]
    blocks: Callable[[Path, Any], Iterator[Block]]
    source: Callable[[Path, Any], dict[str, Any]]
    preview: Callable[[Path], dict[str, Any]]
    file_patterns: tuple[str, ...]
    no_rows: str
    record_meta: Callable[[Any], dict[str, Any]] = nothing_known
    trial: Callable[[Path, Any], bool] | None = None
    notes: Callable[[Path, Any], list[str]] | None = None
    geometry: Callable[[Path, Any], dict[str, np.ndarray]] | None = None

    def load_mapping(self, path: Path) -> Any:
        """Read and check a mapping file."""
        return load_mapping(path, self.mapping)

    def mapping_named(self, name: str) -> Any:
        """A shipped mapping by its name, or one of the user's own by the path of its TOML file."""
        if name not in self.mappings and Path(name).suffix != ".toml":
            raise DarkroomError(f"Unknown mapping '{name}': expected {', '.join(self.mappings)} or a .toml file.")
        return self.load_mapping(self.mappings.get(name, Path(name)))
