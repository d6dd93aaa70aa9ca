"""Tags and notes of a data set as a file: one line for each, with event, raw file, person and time."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.uid import Uid
from core.errors import DarkroomError
from core.judge.report_files import csv_of_columns
from core.labels.tags import Tags

FORMATS = (".csv", ".parquet")


def columns(tags: Tags, uid: Uid) -> dict[str, list[Any]]:
    """The tags and notes as they are now, by row: a tag's line has no note, a note's no tag."""
    noted = [(row, note) for row in sorted(tags.notes) for note in tags.notes_of(row)]
    rows = np.concatenate([tags.rows, np.array([row for row, _ in noted], np.int64)])
    order = np.argsort(rows, kind="stable")
    lines = {
        "tag": [tags.names[i] for i in tags.tag.tolist()] + [""] * len(noted),
        "note": [""] * len(tags.rows) + [note.text for _, note in noted],
        "labeller": [tags.people[i] for i in tags.person.tolist()] + [note.labeller for _, note in noted],
        "time": [time_text(ms) for ms in (*tags.time_ms.tolist(), *(note.time_ms for _, note in noted))],
    }
    dataset, uids = tags.dataset, tags.dataset.column("uid")[rows[order]].tolist()
    files = np.repeat(
        [Path(part["path"]).name for part in dataset.meta["parts"]], [p["n_rows"] for p in dataset.meta["parts"]]
    )
    return {
        "event": [uid.text(number) for number in uids],
        **{name: [values[i] for i in order.tolist()] for name, values in lines.items()},
        "data set": [dataset.name] * len(rows),
        "raw file": files[rows[order]].tolist(),
        "uid": uids,
    }


def time_text(ms: int) -> str:
    """A unix time as it is written in files."""
    return datetime.fromtimestamp(ms / 1000.0, UTC).isoformat(timespec="milliseconds")


def export(tags: Tags, uid: Uid, ending: str) -> bytes:
    """The same as a file: .csv (safe for spreadsheets) or .parquet."""
    if ending not in FORMATS:
        raise DarkroomError(f"Tags cannot be written as '{ending}': expected one of {', '.join(FORMATS)}.")
    table = columns(tags, uid)
    if ending == ".csv":
        return csv_of_columns(table).encode()
    out = io.BytesIO()
    texts = {name: pa.array(values, pa.int64() if name == "uid" else pa.string()) for name, values in table.items()}
    pq.write_table(pa.table(texts), out, compression="zstd")
    return out.getvalue()
