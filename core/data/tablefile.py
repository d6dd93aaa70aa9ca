"""The files of a data set's table, whose rows follow each other: read by column, and what they say of themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from core.errors import DarkroomError


@dataclass(frozen=True)
class TableFiles:
    """Parquet files of equal columns in the folder of a data set, by name; `id` names what they hold, and so is their key."""

    folder: Path
    id: str
    names: tuple[str, ...] = field(compare=False, repr=False)

    @property
    def paths(self) -> list[Path]:
        return [self.folder / name for name in self.names]


def read_columns(files: TableFiles, names: Sequence[str]) -> list[np.ndarray]:
    """Columns of all files as read-only arrays (n_rows,), in one pass over the files."""
    missing = [name for name in names if name not in column_names(files)]
    where = f"Column '{(missing or list(names))[0]}' of data set '{files.folder.name}' cannot be read"
    if missing:
        raise DarkroomError(
            f"{where}: there is none. A derived column is made with `python -m core derive {files.folder.name} {missing[0]}` or on "
            "the page Data; if it should be there, prepare the data set again."
        )
    try:
        table = _opened(files).to_table(columns=list(dict.fromkeys(names)))
        columns: list[np.ndarray] = [table[name].to_numpy() for name in names]
    except (OSError, KeyError, ValueError) as error:
        raise DarkroomError(f"{where} ({error}): prepare the data set again.") from None
    for values in columns:
        values.flags.writeable = False
    return columns


@lru_cache(maxsize=32)
def _opened(files: TableFiles) -> Any:
    """The files as one table of pyarrow, which keeps where their columns lie: they are never written over."""
    from pyarrow import dataset  # here, because it imports pandas

    return dataset.dataset(list(map(str, files.paths)), format="parquet")


def column_names(files: TableFiles) -> list[str]:
    """The columns of a table, in their order."""
    return list(_metadata(files, files.paths[:1])[0].schema.to_arrow_schema().names)


@lru_cache(maxsize=64)
def columns_without_value(files: TableFiles) -> frozenset[str]:
    """The columns that are NaN or empty in every row, by the statistics of the files: no column is read."""
    metadata = _metadata(files, files.paths)
    groups = [file.row_group(i) for file in metadata for i in range(file.num_row_groups)]
    chunks = [group.column(j) for group in groups for j in range(group.num_columns)]
    defined = {c.path_in_schema for c in chunks if c.statistics is None or c.statistics.has_min_max}
    return frozenset(c.path_in_schema for c in chunks) - defined


def _metadata(files: TableFiles, paths: Iterable[Path]) -> list[Any]:
    """pyarrow's FileMetaData of files, each read once as long as it is the same; one that cannot be read is named."""
    metadata = []
    for path in paths:
        try:
            state = path.stat()
            metadata.append(_of_file(path, state.st_mtime_ns, state.st_size))
        except (OSError, ValueError) as error:
            raise DarkroomError(
                f"{path} cannot be read ({error}): prepare data set '{files.folder.name}' again."
            ) from None
    return metadata


@lru_cache(maxsize=4096)
def _of_file(path: Path, mtime_ns: int, size: int) -> Any:
    del mtime_ns, size
    return pq.read_metadata(path)
