"""What has been made of raw files: one part per content, whatever the file is called and wherever it lies.

parts/<file>-<sha256>.json               the record, written last: what the part holds, of which content, by which version
parts/<file>-<sha256>-v<version>.h5      arrays and images; -v<version>.parquet: the table, if there is any row
"""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import pyarrow.parquet as pq

from core import workspace
from core.data import stored_arrays
from core.errors import DarkroomError

Record = dict[str, Any]

_NAME_BYTES = 120  # of a raw file's name in that of its part: file systems end at 255
_DIGITS = 12  # of the SHA-256


@dataclass
class Sorted:
    """Raw files by what is to be done with them.

    `todo`: no part of this content and version yet; `present`: records of the contents that have one, by SHA-256;
    `repeated`: files that hold the same bytes as another, and where that lies; `given`: by SHA-256, where it had to be known.
    """

    todo: list[Path] = field(default_factory=list)
    present: dict[str, Record] = field(default_factory=dict)
    repeated: list[tuple[Path, str]] = field(default_factory=list)
    given: dict[str, Path] = field(default_factory=dict)


def stem(path: Path, sha256: str) -> str:
    """How the files of a part begin."""
    name = os.fsencode(path.name)[:_NAME_BYTES].decode(errors="ignore")
    return f"{name}-{sha256[:_DIGITS]}"


def table_of(folder: Path, record: Record) -> Path:
    """The table of a part that holds rows."""
    return (folder / record["file"]).with_suffix(".parquet")


def read_records(folder: Path) -> dict[str, Record]:
    """The records of whole parts in a data set's folder `parts`, by SHA-256 of the raw file; of one content the latest."""
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    records = [workspace.read_sealed(path, "delete it and prepare its file again") for path in paths]
    records.sort(key=lambda record: record["version"])
    return {record["sha256"]: record for record in records if _is_whole(folder, record)}


def _is_whole(folder: Path, record: Record) -> bool:
    """Whether the files of a part are there and hold its rows: what is not is read again."""
    try:
        with h5py.File(folder / record["file"], "r") as file:
            is_whole = stored_arrays.n_rows(file) == record["n_rows"]
        return is_whole and (
            not record["n_rows"] or pq.read_metadata(table_of(folder, record)).num_rows == record["n_rows"]
        )
    except (OSError, ValueError):
        return False


def sort(paths: Sequence[Path], records: Mapping[str, Record], version: int) -> Sorted:
    """Tell files whose content has a part from those that are to be read. Only files of equal size are compared."""
    result = Sorted()
    sizes = Counter([*(path.stat().st_size for path in paths), *(record["size"] for record in records.values())])
    unchanged = {(r["path"], r["size"], r["mtime_ns"]): sha256 for sha256, r in records.items()}
    for path in paths:
        sha256 = unchanged.get((str(path), *fingerprint(path)))
        if sha256 is None and sizes[path.stat().st_size] > 1:
            sha256 = file_sha256(path)
        if sha256 is None:
            result.todo.append(path)
        elif sha256 in result.given:
            result.repeated.append((path, str(result.given[sha256])))
        else:
            result.given[sha256] = path
            _place(path, records.get(sha256), version, result)
    return result


def _place(path: Path, record: Record | None, version: int, result: Sorted) -> None:
    """Put a file, the first of its content, where it belongs: a part made of the same content under a name that it no longer
    has is made anew, for names tell runs.
    """
    if record is None or record["version"] != version:
        result.todo.append(path)
    elif record["path"] == str(path):
        result.present[record["sha256"]] = record
    elif is_still(record):
        result.present[record["sha256"]] = record
        result.repeated.append((path, record["path"]))
    else:
        result.todo.append(path)


def is_still(record: Record) -> bool:
    """Whether the file that a part was made of still lies in its place, unchanged."""
    path = Path(record["path"])
    if not path.is_file():
        return False
    return fingerprint(path) == (record["size"], record["mtime_ns"]) or file_sha256(path) == record["sha256"]


def outdated(
    folder: Path, before: Sequence[Record], records: dict[str, Record], given: dict[str, Path], version: int
) -> list[Path]:  # fmt: skip
    """The raw files of the data set's parts that another version of the features made, or that are damaged: to be read again.

    A content that is among those given, by SHA-256, may lie anywhere.
    """
    paths = []
    for part in before:
        record = records.get(part["sha256"])
        if record is not None and record["version"] == version:
            continue
        path = given.get(part["sha256"], Path(part["path"]))
        if not path.is_file() or file_sha256(path) != part["sha256"]:
            why = (
                f"of version {record['version']} of the features, this is version {version}"
                if record
                else "that are damaged"
            )
            raise DarkroomError(
                f"Data set '{folder.name}' holds {part['n_rows']:,} rows {why}, and {path}, from which they came, is gone or has "
                "changed: bring it back, or prepare the files that there are under another name (`python -m core datasets "
                f"delete {folder.name}` removes this one)."
            )
        paths.append(path)
    return paths


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DarkroomError(f"{path.name} vanished while it was read ({error.strerror}): copy it again.") from None


def fingerprint(path: Path) -> tuple[int, int]:
    """Size in bytes and time of change [ns] of a file: whether it was written to meanwhile."""
    try:
        stat = path.stat()
    except OSError:
        raise DarkroomError(f"{path.name} vanished while it was read: copy it again.") from None
    return stat.st_size, stat.st_mtime_ns
