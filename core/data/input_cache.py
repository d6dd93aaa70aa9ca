"""Network inputs that are dear to make, kept on disk: images made of hits, the output of a frozen base.

<folder>/<key>.npy: one entry per set of rows and way of making their inputs. The folder is bounded; what was used longest ago
goes first, and who still reads it keeps the file open.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core import disk, workspace
from core.errors import DarkroomError

LIMIT_BYTES = 20_000_000_000


def key_of(dataset_id: str, rows: np.ndarray, recipe: Mapping[str, Any]) -> str:
    """The name of an entry: which rows int64 (n,), in this order, of which state of a data set, and everything that their
    inputs are made with, as plain values (of a frozen base also the digest of its weights).
    """
    digest = hashlib.sha256(json.dumps([dataset_id, recipe], sort_keys=True, allow_nan=False).encode())
    digest.update(np.ascontiguousarray(rows, np.int64).tobytes())
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class InputCache:
    """A folder of inputs with at most `limit_bytes` in it. Any number of processes may use it at once: two that lack the same
    entry both make it, and either file serves.
    """

    folder: Path
    limit_bytes: int = LIMIT_BYTES

    def get(
        self,
        key: str,
        n_rows: int,
        make: Callable[[], Iterable[np.ndarray]],
        dtype: Literal["float16", "float32"] = "float32",
    ) -> np.ndarray:
        """The inputs (n_rows, ...) of a key, mapped into memory read-only. Where they are not there, `make()` gives them in
        pieces (k, ...), which are rounded to `dtype`; nothing is kept of it if that fails or is stopped.
        """
        entry = self.folder / f"{key}-{dtype}.npy"
        values = _opened(entry, n_rows)
        if values is None:
            self._write(entry, n_rows, make(), np.dtype(dtype))
            values = _opened(entry, n_rows)
        if values is None:
            raise DarkroomError(f"{entry} was removed or damaged as soon as it was written: try again.")
        return values

    def _write(self, entry: Path, n_rows: int, pieces: Iterable[np.ndarray], dtype: np.dtype[Any]) -> None:
        workspace.make_folder(self.folder)
        disk.sweep(self.folder)
        with workspace.replacing(entry) as temporary, temporary.open("r+b") as file:
            n = 0
            for piece in pieces:
                if n == 0:
                    shape = (n_rows, *piece.shape[1:])
                    self._make_room(entry, int(np.prod(shape)) * dtype.itemsize)
                    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_2_0(file, header)
                file.write(np.ascontiguousarray(piece, dtype).tobytes())
                n += len(piece)
            if n != n_rows:
                raise ValueError(f"inputs of {n} rows were made, expected {n_rows}")

    def _make_room(self, entry: Path, n_bytes: int) -> None:
        """Remove what was used longest ago until the new entry fits."""
        if n_bytes > self.limit_bytes:
            raise DarkroomError(
                f"The inputs of these rows take {disk.size_text(n_bytes)}, the cache {self.folder} holds "
                f"{disk.size_text(self.limit_bytes)}: choose fewer rows or smaller inputs."
            )
        workspace.need_free(self.folder, n_bytes)
        sizes: dict[Path, int] = {}
        for path in sorted(self.folder.glob("[!.]*.npy"), key=_used_at):
            with contextlib.suppress(FileNotFoundError):
                sizes[path] = path.stat().st_size
        total = sum(sizes.values())
        for path, size in sizes.items():
            if total + n_bytes <= self.limit_bytes:
                break
            if path != entry:
                path.unlink(missing_ok=True)
                total -= size


def _opened(entry: Path, n_rows: int) -> np.ndarray | None:
    """An entry that is whole, and marked as just used; None where there is none."""
    try:
        values: np.ndarray = np.load(entry, mmap_mode="r", allow_pickle=False)
        os.utime(entry)
    except (OSError, ValueError):
        return None
    return values if len(values) == n_rows else None


def _used_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
