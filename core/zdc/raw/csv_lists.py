"""Lists of cells or steps in a CSV table, one per row; the rows of a shower stand together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from core.data.raw import container
from core.data.raw.branches import short
from core.errors import DarkroomError
from core.zdc.mapping import Mapping
from core.zdc.raw import lists
from core.zdc.raw.lists import Rows
from core.zdc.raw.raw_showers import RawShowers, truth_names

BLOCK_BYTES = 8 << 20
N_PREVIEW = 5


def showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a table, in its order."""
    if not mapping.event_id:
        raise DarkroomError(
            "'event_id' is empty: a table of cells needs the column that tells showers apart. Correct the mapping."
        )
    there = names(path)
    truth = {ours: name for ours, name in truth_names(mapping).items() if name in there}
    wanted = {"event": mapping.event_id, **lists.entry_names(mapping), **truth}
    for name in wanted.values():
        if name not in there:
            raise DarkroomError(
                f"{path.name}: there is no column '{name[:80]}'; there are: {short(', '.join(there))}. Correct the mapping."
            )
    for some in lists.grouped(_pieces(path, wanted), tuple(truth), path):
        yield from lists.showers(some, mapping, path)


def names(path: Path) -> list[str]:
    """The columns of a table."""
    return list(_opened(path).schema.names)


def preview(path: Path) -> dict[str, Any]:
    """Columns of a table with their first values; how many rows it has is not looked at."""
    reader = _opened(path)
    first = _next(reader, path)
    lines = []
    for name in reader.schema.names:
        values = [] if first is None else first.column(name)[:N_PREVIEW].to_pylist()
        lines.append({"branch": short(name), "type": str(reader.schema.field(name).type), "first": short(values)})
    table = {
        "kind": "CSV table",
        "n_entries": 0 if first is None else first.num_rows,
        "n_branches": len(lines),
        "branches": lines,
    }
    return {"file": path.name, "objects": {line["branch"]: line["type"] for line in lines}, "trees": {"rows": table}}


def _pieces(path: Path, wanted: dict[str, str]) -> Iterator[Rows]:
    convert = pa.csv.ConvertOptions(include_columns=list(dict.fromkeys(wanted.values())), column_types=dict.fromkeys(wanted.values(), pa.float64()))  # fmt: skip
    reader = _opened(path, convert)
    while (batch := _next(reader, path)) is not None:
        columns = {name: batch.column(text).to_numpy(zero_copy_only=False) for name, text in wanted.items()}
        event = columns.pop("event")
        if not (np.isfinite(event) & (event == np.floor(event)) & (np.abs(event) < 2**53)).all():
            raise DarkroomError(
                f"{path.name}: '{wanted['event']}' holds values that are not whole numbers: correct 'event_id' in the mapping."
            )
        yield event.astype(np.int64), columns


def _opened(path: Path, convert: pa.csv.ConvertOptions | None = None) -> pa.csv.CSVStreamingReader:
    kind = container.kind_of(path)
    if kind != container.UNKNOWN:
        raise DarkroomError(
            f"{path.name} cannot be read as a CSV table (it is {kind}): set 'container' in the mapping, or choose another."
        )
    try:
        return pa.csv.open_csv(path, pa.csv.ReadOptions(block_size=BLOCK_BYTES), convert_options=convert)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _refusal(path, error) from None


def _next(reader: pa.csv.CSVStreamingReader, path: Path) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _refusal(path, error) from None


def _refusal(path: Path, error: Exception) -> DarkroomError:
    return DarkroomError(
        f"{path.name} cannot be read ({short(error)}): expected a CSV table (UTF-8) with a line of names and numbers below them."
    )
