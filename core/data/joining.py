"""Prepared parts -> one data set: the table, dataset.json, and what is removed later.

`rows_id` names what the rows are; `id` also what was derived from them since (`core.data.derive`), and is the key of
everything that is computed from the data set.
"""

import fcntl
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import workspace
from core.errors import DarkroomError
from core.experiment import Experiment

SWEEP_AFTER_S = 86_400.0  # what a killed preparation or a changed file left behind is removed after a day


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the data set against a second writer; refused while there is one, and where the data set is gone."""
    if not folder.is_dir():
        raise DarkroomError(f"Data set '{folder.name}' was deleted meanwhile: prepare it again.")
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DarkroomError(
                f"Data set '{folder.name}' is being prepared by another job: wait until it ends."
            ) from None
        yield


def join(experiment: Experiment, folder: Path, head: dict[str, Any], mapping: Any, paths: list[Path]) -> dict[str, Any]:
    """Join the parts into a new table, then write dataset.json: readers see the old set or the new."""
    old = _old(folder)
    listed = {p.name for p in paths} | {Path(p["path"]).name for p in old.get("parts", ())}
    parts = [workspace.read_json(folder / "parts" / f"{n}.json") for n in listed]
    parts.sort(key=lambda p: (p["run"], p["subrun"], p["file"]))
    stems = [p["file"].removesuffix(".h5") for p in parts]
    tables = [folder / "parts" / f"{stem}.parquet" for stem in stems]
    _refuse_other_columns(parts, tables)
    _refuse_same_rows(experiment, parts, tables)
    content = json.dumps([head, [(p["file"], p["sha256"], p["n_rows"]) for p in parts]], sort_keys=True)
    rows_id = hashlib.sha256(content.encode()).hexdigest()[:16]
    table = folder / f"table-{rows_id}.parquet"
    is_simulated = _write_table(experiment, tables, table)
    with workspace.replacing(folder / "sources.parquet") as temporary:
        pq.write_table(pa.Table.from_pylist([{k: v for k, v in p.items() if k != "frames"} for p in parts]), temporary)
    meta = {
        **head,
        "id": rows_id,
        "rows_id": rows_id,
        "table": table.name,
        "n_rows": sum(p["n_rows"] for p in parts),
        "simulated": is_simulated,
        "mapping_title": mapping.title,
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": {p: version(p) for p in ("numpy", "uproot", "h5py", "numba")},
        "parts": [{k: p[k] for k in ("file", "n_rows", "path", "sha256", "run", "subrun")} for p in parts],
        "frames": [
            {"part": i, "index": j, **facts} for i, p in enumerate(parts) for j, facts in enumerate(p.get("frames", ()))
        ],
        "derived": {},
        "dropped": [],
    }  # fmt: skip
    derived = old.get("derived", {})
    if old.get("rows_id") == rows_id:
        meta = with_derived({**meta, "dropped": old["dropped"]}, derived)
    else:  # other rows: what was derived from those before does not fit them
        meta["dropped"] = sorted({*derived, *old.get("dropped", ())})
    workspace.write_json(folder / "dataset.json", meta)
    files = (f"{s}{end}" for s in stems for end in (".h5", ".parquet"))
    _sweep(folder, {table.name, "sources.parquet", *(d["file"] for d in meta["derived"].values()), *files})
    return meta


def with_derived(meta: dict[str, Any], derived: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with these derived columns, and the id that belongs to them."""
    files = sorted(str(made["file"]) for made in derived.values())
    names = json.dumps([meta["rows_id"], *files])
    identity = hashlib.sha256(names.encode()).hexdigest()[:16] if files else meta["rows_id"]
    dropped = [name for name in meta["dropped"] if name not in derived]
    return {**meta, "id": identity, "derived": dict(derived), "dropped": dropped}


def notes(name: str, meta: Mapping[str, Any]) -> list[str]:
    """What is odd about the images that were read, and what must be made again because the rows are others now: sentences."""
    odd = [
        f"{Path(meta['parts'][f['part']]['path']).name}: {note}." for f in meta["frames"] for note in f.get("notes", ())
    ]
    return list(dict.fromkeys(odd)) + [
        f"The column '{column}' belonged to the rows before and was dropped: make it again with `python -m core derive "
        f"{name} {column}` or on the page Data."
        for column in meta.get("dropped", ())
    ]


def _old(folder: Path) -> dict[str, Any]:
    known = folder / "dataset.json"
    found: dict[str, Any] = workspace.read_json(known) if known.exists() else {}
    return found


def _refuse_other_columns(parts: list[dict[str, Any]], tables: list[Path]) -> None:
    """Refuse files whose rows have other columns, such as tables that name other classes, or the same in another order."""
    wanted, first = pq.read_schema(tables[0]), Path(parts[0]["path"]).name
    for part, table in zip(parts, tables, strict=True):
        found = pq.read_schema(table)
        if found.equals(wanted):
            continue
        second, only = Path(part["path"]).name, [set(wanted.names) - {*found.names}, set(found.names) - {*wanted.names}]
        told = "they stand in another order or are of another kind"
        if any(only):
            told = "; ".join(
                f"only {file} has {', '.join(repr(n) for n in own.names if n in names)}"
                for file, own, names in ((first, wanted, only[0]), (second, found, only[1]))
                if names
            )
        raise DarkroomError(
            f"{first} and {second} do not give the same columns ({told}): expected them alike in all files of a data set. "
            "Prepare them as data sets of their own."
        )


def _refuse_same_rows(experiment: Experiment, parts: list[dict[str, Any]], tables: list[Path]) -> None:
    """Refuse files that hold the same row, such as a sub-run under two names, and a file that was copied."""
    uids = [pq.read_table(table, columns=["uid"])["uid"].to_numpy() for table in tables]
    every, ends = np.concatenate(uids), np.cumsum([len(uid) for uid in uids])
    order = np.argsort(every, kind="stable")
    same = np.flatnonzero(np.diff(every[order]) == 0)
    if len(same):
        pair = order[same[0] : same[0] + 2]
        one, two = (Path(parts[i]["path"]).name for i in np.searchsorted(ends, pair, side="right"))
        raise DarkroomError(
            f"{one} and {two} both hold {experiment.row} {experiment.uid_text(int(every[pair[0]]))}: events would count twice. Leave one out."
        )
    by_content: dict[str, str] = {}
    for part in parts:
        one, two = by_content.setdefault(part["sha256"], part["path"]), part["path"]
        if one != two:
            raise DarkroomError(
                f"{Path(one).name} and {Path(two).name} both hold the same bytes: events would count twice. Leave one out."
            )


def _write_table(experiment: Experiment, tables: list[Path], target: Path) -> bool:
    """Write the tables one after the other; True if any row is simulated. One part at a time is in memory."""
    is_simulated = False
    schema = pq.read_schema(tables[0])
    with (
        workspace.replacing(target) as temporary,
        pq.ParquetWriter(temporary, schema, compression="lz4", use_dictionary=False) as writer,
    ):
        for path in tables:
            table = pq.read_table(path)
            is_simulated |= experiment.is_simulated(table)
            writer.write_table(table)
    return is_simulated


def _sweep(folder: Path, kept: set[str]) -> None:
    """Remove tables and parts that the data set no longer names, once nobody can still be reading them."""
    patterns = ("*.parquet", ".*.part", "parts/*.h5", "parts/*.parquet", "parts/.*.part")
    for path in (p for pattern in patterns for p in folder.glob(pattern)):
        if path.name not in kept and time.time() - path.stat().st_mtime > SWEEP_AFTER_S:
            path.unlink(missing_ok=True)
