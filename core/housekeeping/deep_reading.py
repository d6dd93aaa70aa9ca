"""Reading files to their last byte in a process of its own: a damaged chunk can end its reader in the middle of a library."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import h5py
import pyarrow.parquet as pq

from core.data import stored_arrays as stored_arrays  # its import makes the compression known
from core.worker import end_with_parent

ROWS_AT_ONCE = 4096


def unreadable(paths: Sequence[Path]) -> list[str]:
    """Of each file why it cannot be read to its end, '' if it can. Other kinds than tables and arrays pass."""
    reasons: list[str] = []
    while len(reasons) < len(paths):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
            try:
                for path in paths[len(reasons) :]:
                    reasons.append(pool.submit(read_to_the_end, path).result())  # noqa: PERF401  what was read stays where one fails
            except BrokenProcessPool:
                reasons.append("ends the process that reads it")
    return reasons


def read_to_the_end(path: Path) -> str:
    """Why a file cannot be read to its end; '' if it can."""
    try:
        if path.suffix == ".parquet":
            pq.read_table(path)
        elif path.suffix == ".h5":
            with h5py.File(path, "r") as file:
                file.visititems(_read_all)
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        return f"cannot be read to its end ({str(error)[:200]})"
    return ""


def _read_all(_name: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset) and item.shape:
        for start in range(0, item.shape[0], ROWS_AT_ONCE):
            item[start : start + ROWS_AT_ONCE]
