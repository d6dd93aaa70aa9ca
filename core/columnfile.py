"""Columns of a run in a Parquet file: written, read with the names that are needed, several files joined."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DarkroomError


def write(file: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write columns of one length (n,)."""
    pq.write_table(pa.table(dict(columns)), file, compression="zstd")


def read(file: Path, names: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The columns `names` (default: all) of a file, each (n,)."""
    try:
        table = pq.read_table(file, columns=list(names) or None)
    except (OSError, ValueError) as error:
        raise DarkroomError(f"{file} cannot be read ({error}): train or predict again.") from None
    missing = sorted(set(names) - set(table.column_names))
    if missing:
        raise DarkroomError(f"{file} has no column {', '.join(missing)}: train or predict again.")
    return {name: table[name].to_numpy() for name in table.column_names}


def latest(pieces: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Columns of several files, oldest first, one after the other; of a `uid` that comes twice the last row stays."""
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    n = len(columns["uid"])
    _, from_the_end = np.unique(columns["uid"][::-1], return_index=True)
    if len(from_the_end) == n:
        return columns
    last = np.sort(n - 1 - from_the_end)
    return {name: values[last] for name, values in columns.items()}
