"""Labels in and out: all lines as CSV, JSON lines or Parquet, and events as PNG images with a table of votes."""

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from core import workspace
from core.data.uid import Uid
from core.errors import DarkroomError
from core.judge.report_files import csv_text
from core.labels import log
from core.labels.label_session import HandLabels
from core.labels.log import Entry, from_values
from core.labels.record import Labelling, Scale, as_grey

FORMATS = (".csv", ".jsonl", ".parquet")
MAX_BYTES = 100_000_000
MAX_IMAGES = 20_000
TABLE = "votes.csv"
_NUMBERS = ("uid", "source", "time_ms", "spent_ms")
_FLAGS = ("is_difficult", "is_blind")


def records(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Lines as flat records: `time` is added for people, `look` becomes JSON text."""
    rows = []
    for entry in entries:
        values = asdict(entry)
        values["look"] = json.dumps(values["look"], sort_keys=True)
        values["time"] = datetime.fromtimestamp(entry.time_ms / 1000.0, UTC).isoformat(timespec="milliseconds")
        rows.append(values)
    return rows


def export(entries: Sequence[Entry], ending: str) -> bytes:
    """All lines, also those taken back, as a file: .csv, .jsonl or .parquet."""
    if ending == ".csv":
        return csv_text(records(entries)).encode()
    if ending == ".jsonl":
        return "".join(json.dumps(asdict(entry)) + "\n" for entry in entries).encode()
    if ending == ".parquet":
        out = io.BytesIO()
        table = records(entries)
        names = list(table[0]) if table else []
        pq.write_table(pa.table({name: [record[name] for record in table] for name in names}), out, compression="zstd")
        return out.getvalue()
    raise DarkroomError(f"Labels cannot be written as '{ending}': expected one of {', '.join(FORMATS)}.")


def read_labels(name: str, data: bytes) -> list[Entry]:
    """The lines of an exported file; one that is none is named."""
    ending = Path(name).suffix
    if len(data) > MAX_BYTES:
        raise DarkroomError(f"{name}: {len(data) / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} are read: divide it.")
    if ending not in FORMATS:
        raise DarkroomError(f"{name}: the ending is '{ending}', expected one of {', '.join(FORMATS)}.")
    try:
        lines = list(_plain(ending, data))
    except (ValueError, RecursionError, csv.Error, pa.ArrowException, OSError) as error:
        raise DarkroomError(f"{name}: cannot be read ({error}): expected a file as the export of labels writes it.") from None  # fmt: skip
    entries = []
    for number, values in enumerate(lines, 1):
        entry = from_values(values)
        if entry is None:
            raise DarkroomError(f"{name}: line {number} is no label: expected the columns of an export, with numbers as numbers.")  # fmt: skip
        entries.append(dataclasses.replace(entry, labeller=workspace.checked_name(entry.labeller, "labeller")))
    return entries


def _plain(ending: str, data: bytes) -> Iterator[Any]:
    if ending == ".jsonl":
        yield from (json.loads(line) for line in data.splitlines() if line.strip())
        return
    if ending == ".parquet":
        for record in pq.read_table(io.BytesIO(data)).to_pylist():
            yield _typed(record)
        return
    for record in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        yield _typed({key: _unquoted(value) for key, value in record.items()})


def _unquoted(value: Any) -> Any:
    """A text that was quoted against spreadsheets, as it was."""
    return value[1:] if isinstance(value, str) and value[:1] == "'" and value[1:2] in "=+-@\t\r" else value


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers, flags and the look from their texts; what does not fit stays and is refused later."""
    values = {name: value for name, value in record.items() if name != "time"}
    for name in _NUMBERS:
        if isinstance(values.get(name), str) and values[name].removeprefix("-").isdecimal():
            values[name] = int(values[name])
    for name in _FLAGS:
        values[name] = {"True": True, "False": False}.get(values.get(name), values.get(name))  # type: ignore[arg-type]
    if isinstance(values.get("look"), str):
        values["look"] = json.loads(values["look"])
    return values


def take_in(experiment_key: str, entries: Sequence[Entry]) -> tuple[int, int]:
    """Add lines to the logs of their labellers: (number added, number that was there already)."""
    known = {entry.id for entry in log.read_all(experiment_key)[0]}
    fresh = list({entry.id: entry for entry in entries if entry.id not in known}.values())
    log.append(experiment_key, fresh)
    return len(fresh), len(entries) - len(fresh)


def images(labelling: Labelling, uid: Uid, hand_labels: HandLabels) -> Iterator[tuple[str, bytes]]:
    """(file name, content): one PNG per labelled row on the fixed logarithmic scale, and last the table of votes.

    The table has the image's name and one column per class with its part of the votes: the mapping `votes` reads it.
    """
    votes, dataset, pixels = hand_labels.votes, hand_labels.dataset, labelling.pixels
    if pixels is None:
        raise DarkroomError(
            f"The rows of data set '{dataset.name}' are no pictures of pixels: export their labels as a table."
        )
    if len(votes.rows) > MAX_IMAGES:
        raise DarkroomError(f"{len(votes.rows):,} images, at most {MAX_IMAGES:,} are written at once: export the table instead.")  # fmt: skip
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    shares, uids, scale = votes.shares, dataset.column("uid"), pixels.scale(dataset)
    for at, row in enumerate(votes.rows.tolist()):
        name = f"{uid.text(int(uids[row]))}.png"
        yield f"images/{name}", png(as_grey(pixels.crop(dataset, row), scale))
        parts = {title: float(f"{shares[at, i]:.6g}") for i, title in enumerate(votes.classes)}
        lines.append({"image": f"images/{name}", **parts})
        events.append({"image": f"images/{name}", "uid": int(uids[row]), "n_votes": int(votes.n_votes[at])})
    yield "events.csv", csv_text(events).encode()
    yield "README.txt", _explained(scale, hand_labels).encode()
    yield TABLE, csv_text(lines).encode()


def _explained(scale: Scale, hand_labels: HandLabels) -> str:
    low, high = scale.low, scale.high
    kind = "simulated" if hand_labels.dataset.simulated else "measured"
    return (
        f"{len(hand_labels.votes.rows)} labelled rows of data set {hand_labels.dataset.name} ({hand_labels.dataset.id}), {kind}.\n"
        f"Grey value: 255 (ln(1+x) - ln(1+{low:g})) / (ln(1+{high:g}) - ln(1+{low:g})), x in {scale.unit}, cut at both ends.\n"
        f"{TABLE}: parts of the votes of {', '.join(hand_labels.labellers)}.\n"
    )


def png(grey: np.ndarray) -> bytes:
    """uint8 (height, width) as a PNG file."""
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    return out.getvalue()


def as_zip(files: Iterator[tuple[str, bytes]]) -> bytes:
    """Files in one archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def into_folder(files: Iterator[tuple[str, bytes]], folder: Path) -> int:
    """Write files below a folder; returns how many."""
    n = 0
    try:
        for name, data in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with workspace.replacing(path) as temporary:
                temporary.write_bytes(data)
            n += 1
    except OSError as error:
        raise DarkroomError(f"{folder} cannot be written ({error.strerror}): choose another folder.") from None
    return n


def table_of_folders(folder: Path) -> tuple[str, int]:
    """(CSV text, images): one line per PNG in the subfolders of `folder`, labelled with the subfolder's name."""
    if not folder.is_dir():
        raise DarkroomError(f"{folder} is no folder: expected one with a subfolder of PNG images per class.")
    paths = sorted(p for p in folder.glob("*/*.png") if p.is_file() and p.resolve().is_relative_to(folder.resolve()))
    rows = [{"image": f"{p.parent.name}/{p.name}", "label": p.parent.name} for p in paths]
    if len({row["label"] for row in rows}) < 2:
        raise DarkroomError(f"{folder}: PNG images lie in {len({row['label'] for row in rows})} subfolders, expected one per class, at least two.")  # fmt: skip
    return csv_text(rows), len(rows)
