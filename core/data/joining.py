"""Prepared parts -> one data set: dataset.json, which names them, and what is removed later.

`rows_id` names what the rows are; `id` also what was derived from them since (`core.workflows.derive`), and is the key of
everything that is computed from the data set.
"""

import fcntl
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core import workspace
from core.data.compatible import compatible
from core.data.dataset import table_of
from core.data.parts import Record, read_records
from core.data.reading import Reading
from core.data.table import Table
from core.data.tablefile import TableFiles, read_columns
from core.errors import DarkroomError

SWEEP_AFTER_S = 86_400.0  # what a killed preparation or a changed file left behind is removed after a day


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the data set against a second writer; refused while there is one, and where the data set is gone."""
    if not folder.is_dir():
        raise DarkroomError(f"Data set '{folder.name}' was deleted meanwhile: prepare it again.")
    try:
        opened = (folder / ".lock").open("w")
    except OSError as error:
        raise DarkroomError(
            f"Data set '{folder.name}' cannot be written ({error.strerror}): ask who owns {folder}."
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DarkroomError(
                f"Data set '{folder.name}' is being prepared by another job: wait until it ends."
            ) from None
        yield


def members(folder: Path) -> list[Record]:
    """What is known of the parts of a data set, in its order; empty before it is finished."""
    return list(_old(folder).get("parts", ()))


def join(
    reading: Reading, columns: Table, folder: Path, head: dict[str, Any], mapping: Any, taken: Sequence[str],
    refused: list[dict[str, str]], given: set[str],
) -> dict[str, Any]:  # fmt: skip
    """Join the parts of the data set and those taken (SHA-256) by writing dataset.json: readers see the old set or the new, and
    no row is copied.

    Parts come in the order of their right to stay: one that does not fit those before it is added to `refused`. `given` are
    the paths that this call was about: what was said of them before is forgotten.
    """
    old, records = _old(folder), read_records(folder / "parts")
    contents = dict.fromkeys([*(part["sha256"] for part in members(folder)), *taken])
    chosen = compatible(columns.uid, folder / "parts", [records[sha256] for sha256 in contents])
    refused = [*refused, *chosen.refused]
    _need_rows(reading.no_rows, chosen.parts, refused, set(taken))
    joined = sorted(chosen.parts, key=lambda p: (p["run"], p["subrun"], p["file"]))
    named = [(p["file"], p["sha256"], p["n_rows"], *filter(None, [p.get("geometry")])) for p in joined]
    content = json.dumps([head, named], sort_keys=True)
    rows_id = hashlib.sha256(content.encode()).hexdigest()[:16]
    table = TableFiles(folder, rows_id, tuple(table_of(p["file"]) for p in joined if p["n_rows"]))
    is_simulated = bool(columns.truth and (read_columns(table, [columns.truth])[0] >= 0).any())
    settled = given | {p["path"] for p in joined}
    earlier = [r for r in old.get("refused", ()) if r["file"] not in settled]
    problems = {r["file"]: r["reason"] for r in [*earlier, *refused]}
    _write_sources(folder, joined, problems)
    meta = {
        **head,
        "id": rows_id,
        "rows_id": rows_id,
        "n_rows": sum(p["n_rows"] for p in joined),
        "simulated": is_simulated,
        "mapping_title": mapping.title,
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": {p: version(p) for p in ("numpy", "uproot", "h5py", "numba")},
        "parts": [{k: p[k] for k in ("file", "n_rows", "path", "sha256", "run", "subrun", "live_s")} for p in joined],
        "frames": [
            {"part": i, "index": j, **facts} for i, p in enumerate(joined) for j, facts in enumerate(p["frames"])
        ],
        "refused": [{"file": file, "reason": reason} for file, reason in problems.items()],
        "undefined": columns.undefined(lambda name: read_columns(table, [name])[0], mapping) if columns.undefined else [],
        "derived": {},
        "dropped": [],
    }  # fmt: skip
    derived = old.get("derived", {})
    if old.get("rows_id") == rows_id:
        meta = with_derived({**meta, "dropped": old["dropped"]}, derived)
    else:  # other rows: what was derived from those before does not fit them
        meta["dropped"] = sorted({*derived, *old.get("dropped", ())})
    workspace.write_sealed(folder / "dataset.json", meta)
    files = {p["file"] for p in joined} | {path.name for path in table.paths}
    _sweep(folder, {"sources.parquet", *(d["file"] for d in meta["derived"].values()), *files})
    return {**meta, "refused": refused, "replaced": chosen.replaced}


def _need_rows(no_rows: str, parts: list[Record], refused: list[dict[str, str]], taken: set[str]) -> None:
    """Refuse to make a data set without a row, and a call of which nothing is left."""
    reasons = " ".join(r["reason"] for r in refused[:5])
    if refused and not any(part["sha256"] in taken for part in parts):
        others = f"None of {len(refused)} files was taken. " if len(refused) > 1 else ""
        raise DarkroomError(others + reasons)
    if not any(part["n_rows"] for part in parts):
        names = ", ".join(Path(part["path"]).name for part in parts[:3])
        raise DarkroomError(f"{names}: {no_rows}" + f" Refused: {reasons}" * bool(reasons))


def _write_sources(folder: Path, members: list[Record], problems: Mapping[str, str]) -> None:
    """One line per raw file: also of those without a row, which count with their live time, and of those refused."""
    lines = [
        {**{k: v for k, v in p.items() if k not in ("frames", "geometry")}, "n_images": len(p["frames"]), "refused": ""}
        for p in members
    ]
    lines += [{"path": file, "n_rows": 0, "refused": reason} for file, reason in problems.items()]
    names = dict.fromkeys(name for line in lines for name in line)
    columns = {name: pa.array([line.get(name) for line in lines]) for name in names}
    columns["live_s"] = columns["live_s"].cast(pa.float64())  # no file may tell one
    with workspace.replacing(folder / "sources.parquet") as temporary:
        pq.write_table(pa.table(columns), temporary)


def with_derived(meta: dict[str, Any], derived: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with these derived columns, and the id that belongs to them."""
    files = sorted(str(entry["file"]) for entry in derived.values())
    names = json.dumps([meta["rows_id"], *files])
    identity = hashlib.sha256(names.encode()).hexdigest()[:16] if files else meta["rows_id"]
    dropped = [name for name in meta["dropped"] if name not in derived]
    return {**meta, "id": identity, "derived": dict(derived), "dropped": dropped}


def outcome(name: str, meta: Mapping[str, Any]) -> list[str]:
    """What a preparation has come to, then all that a user must know of it."""
    n = len(meta["refused"])
    refused = f"; done, {n:,} file{'s' * (n != 1)} refused" if n else ""
    return [f"data set '{name}': {meta['n_rows']:,} rows{refused}", *notes(name, meta)]


def notes(name: str, meta: Mapping[str, Any]) -> list[str]:
    """Which files were refused, passed over, replaced or hold nothing, what is odd about images, and what must be made again
    because the rows are others now: sentences.
    """
    names = [Path(part["path"]).name for part in meta["parts"]]
    refused = [r["reason"] for r in meta["refused"]]
    n_there = meta.get("n_there", 0)
    there = [f"{n_there:,} of the files were in the data set already: they give no new rows."] if n_there else []
    repeated = [
        f"{file} holds the same bytes as {other}: it gives no new rows." for file, other in meta.get("repeated", ())
    ]
    empty = [
        f"{file} holds no row: it stays as a source" + (f", with its live time of {part['live_s']:,.0f} s." if part["live_s"] else ".")
        for file, part in zip(names, meta["parts"], strict=True) if not part["n_rows"]
    ]  # fmt: skip
    odd = [f"{names[f['part']]}: {note}." for f in meta["frames"] for note in f.get("notes", ())]
    dropped = [
        f"The column '{column}' belonged to the rows before and was dropped: make it again with `python -m core derive "
        f"{name} {column}` or on the page Data."
        for column in meta.get("dropped", ())
    ]
    undefined = meta.get("undefined", ())
    return [*refused, *there, *repeated, *meta.get("replaced", ()), *empty, *dict.fromkeys(odd), *undefined, *dropped]


def _old(folder: Path) -> dict[str, Any]:
    known = folder / "dataset.json"
    old: dict[str, Any] = (
        workspace.read_sealed(known, f"delete data set '{folder.name}' and prepare it again") if known.exists() else {}
    )
    return old


def _sweep(folder: Path, named: set[str]) -> None:
    """Remove parts, and tables of earlier versions, that the data set no longer names, once nobody can still be reading them."""
    patterns = ("*.parquet", ".*.part", "parts/*.h5", "parts/*.parquet", "parts/.*.part")
    for path in (p for pattern in patterns for p in folder.glob(pattern)):
        if path.name not in named and time.time() - path.stat().st_mtime > SWEEP_AFTER_S:
            path.unlink(missing_ok=True)
