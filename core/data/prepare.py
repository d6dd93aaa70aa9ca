"""Raw files -> prepared data set: parallel over files, atomic, resumable, growing.

Each content becomes a part (`core.data.parts`). A run that is killed leaves finished parts behind, which the next run
takes over. One file that cannot be read costs no other its rows.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import parameters, workspace
from core.data import detector_images, geometry, joining, parts, stored_arrays
from core.data.dataset import FORMAT, datasets_folder
from core.data.reading import Block, Reading
from core.data.table import Table
from core.errors import DarkroomError, FullDiskError
from core.worker import end_with_parent

Progress = Callable[[int, int, str], None]
Refused = list[dict[str, str]]
"""Files that were not taken, each with `file` (its path) and `reason`, a sentence."""


def prepare(
    experiment: str,
    reading: Reading,
    table: Table,
    files: Sequence[Path],
    name: str,
    mapping: Any,
    n_jobs: int = 1,
    progress: Progress | None = None,
    admit: Callable[[Path], Path] = Path.resolve,
) -> dict[str, Any]:
    """Make or grow the data set `name` of the experiment with this key from raw files; returns its metadata with the seconds
    it took.

    What counts is the content of a file: the same again is passed over, wherever it lies (`repeated`: file, and where the
    other one lies). A file that cannot be taken is `refused` with a sentence and the others are finished; if none is left,
    that is an error. Parts that an earlier version of the features made are made anew. `admit` gives the path that may be
    read, or refuses it.
    """
    started = time.perf_counter()
    folder = datasets_folder() / workspace.checked_name(name, "data set")
    if not files:
        raise DarkroomError("No file was given: name at least one raw file.")
    paths, refused = _admitted(files, admit)
    workspace.make_folder(folder)
    with joining.only_writer(folder):
        head = _head(experiment, reading, mapping, folder)
        workspace.make_folder(folder / "parts")
        records = parts.read_records(folder / "parts")
        before = joining.members(folder)
        files_of = parts.sort(paths, records, reading.version)
        _need_geometry(reading, folder, mapping, files_of.present)
        outdated = parts.outdated(folder, before, records, files_of.given, reading.version)
        todo = list(dict.fromkeys([*files_of.todo, *outdated]))
        workspace.need_free(folder, 2.0 * sum(p.stat().st_size for p in todo) + 50e6)
        digests: dict[Path, str] = {}
        for n_done, (path, sha256, reason) in enumerate(_run(reading, todo, folder, mapping, n_jobs), 1):
            if sha256:
                digests[path] = sha256
            else:
                refused.append({"file": str(path), "reason": reason})
            if progress:
                progress(n_done, len(todo), f"{path.name} {'read' if sha256 else 'refused'}")
        _need_all(folder, outdated, refused)
        taken = [*files_of.present, *(digests[path] for path in todo if path in digests)]
        meta = joining.join(reading, table, folder, head, mapping, taken, refused, set(map(str, paths)))
    n_there = len(files_of.present.keys() & {part["sha256"] for part in before})
    counts = {"repeated": [(str(path), other) for path, other in files_of.repeated], "n_there": n_there}
    return {**meta, **counts, "seconds": time.perf_counter() - started}


def _admitted(files: Sequence[Path], admit: Callable[[Path], Path]) -> tuple[list[Path], Refused]:
    """The files that are there and may be read, sorted, and the others with the reason."""
    paths, refused = set(), []
    for file in files:
        try:
            path = admit(Path(file))
            str(path).encode()
            if not path.is_file():
                raise DarkroomError(f"{path} does not exist or is not a file: check the path.")
            path.open("rb").close()
            paths.add(path)
        except DarkroomError as error:
            refused.append({"file": str(file), "reason": str(error)})
        except UnicodeEncodeError:
            text = str(file).encode(errors="replace").decode()
            refused.append(
                {"file": text, "reason": f"{text}: the name holds bytes that are no text (UTF-8): rename the file."}
            )
        except OSError as error:
            reason = f"{Path(file).name[:100]} cannot be read ({error.strerror}): check the path and who may read it."
            refused.append({"file": str(file), "reason": reason})
    return sorted(paths), refused


def _head(experiment: str, reading: Reading, mapping: Any, folder: Path) -> dict[str, Any]:
    """What all parts must share. Growing with another experiment or mapping is refused."""
    head = {
        "format": FORMAT,
        "experiment": experiment,
        "version": reading.version,
        "mapping": parameters.to_dict(mapping),
        **reading.record_meta(mapping),
    }
    known = folder / "head.json"
    is_same = known.exists() and _but_version(
        workspace.read_sealed(known, f"delete data set '{folder.name}' and prepare it again")
    ) == _but_version(json.loads(json.dumps(head)))
    if (folder / "dataset.json").exists() and not is_same:
        raise DarkroomError(
            f"Data set '{folder.name}' was made with another experiment, mapping or format: choose another name, or delete it with `python -m core datasets delete {folder.name}`."
        )
    if not is_same:  # nothing to grow: an earlier try may have had another mapping
        shutil.rmtree(folder / "parts", ignore_errors=True)
    workspace.write_sealed(known, head)
    return head


def _but_version(head: Any) -> dict[str, Any]:
    return {key: value for key, value in head.items() if key != "version"}


def _need_geometry(reading: Reading, folder: Path, mapping: Any, present: dict[str, parts.Record]) -> None:
    """Refuse files that are there already and whose geometry, a table beside them maybe, is another by now. One stands for all."""
    record = next((r for r in present.values() if r["n_rows"] and Path(r["path"]).is_file()), None)
    if reading.geometry is None or record is None:
        return
    path = Path(record["path"])
    if geometry.digest(reading.geometry(path, mapping)) != record.get("geometry", ""):
        raise DarkroomError(
            f"{path.name} has another geometry than when data set '{folder.name}' was prepared, as a table beside it has changed: "
            f"prepare it under another name, or delete the data set with `python -m core datasets delete {folder.name}`."
        )


def _need_all(folder: Path, outdated: Sequence[Path], refused: Refused) -> None:
    """Rows that were there must not go because their file cannot be read any more."""
    lost = next((r for r in refused if Path(r["file"]) in outdated), None)
    if lost:
        raise DarkroomError(
            f"Data set '{folder.name}' stays as it is: its files had to be read again by this version of the features, and "
            f"one was refused. {lost['reason']}"
        )


Outcome = tuple[Path, str, str]
"""A raw file, the SHA-256 of the content that a part was made of ('' if it was refused), and why it was refused."""


def _run(reading: Reading, todo: list[Path], folder: Path, mapping: Any, n_jobs: int) -> Iterator[Outcome]:
    """Make the parts, yielding each file when it is finished or refused."""
    if n_jobs <= 1 or len(todo) <= 1:
        for path in todo:
            yield _part_or_reason(reading, path, folder, mapping)
        return
    broken = []
    with _pool(min(n_jobs, len(todo))) as pool:
        waiting = {pool.submit(_part_or_reason, reading, path, folder, mapping): path for path in todo}
        try:
            for future in as_completed(waiting):
                try:
                    yield future.result()
                except BrokenProcessPool:  # one worker died and took all with it
                    broken.append(waiting[future])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for path in broken:
        yield _alone(reading, path, folder, mapping)


def _alone(reading: Reading, path: Path, folder: Path, mapping: Any) -> Outcome:
    """Read a file in a process of its own, because it may be the one that ends it."""
    with _pool(1) as pool:
        try:
            return pool.submit(_part_or_reason, reading, path, folder, mapping).result()
        except BrokenProcessPool:
            reason = "its reader was ended by the system, out of memory or by a fault in a library: read it by itself, or leave it out."
            return path, "", f"{path.name}: {reason}"


def _pool(n_workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(n_workers, mp_context=get_context("spawn"), initializer=end_with_parent)


def _part_or_reason(reading: Reading, path: Path, folder: Path, mapping: Any) -> Outcome:
    try:
        return path, _make_part(reading, path, folder, mapping), ""
    except FullDiskError:  # not the file's fault
        raise
    except DarkroomError as error:
        return path, "", str(error)
    except MemoryError:
        return (
            path,
            "",
            f"{path.name}: reading it needs more memory than this process may have: split it, or leave it out.",
        )


def _make_part(reading: Reading, path: Path, folder: Path, mapping: Any) -> str:
    """Read a file into its part; returns the SHA-256 of its content. A file without rows is a part without a table."""
    tables: list[dict[str, np.ndarray]] = []
    before, sha256 = parts.fingerprint(path), parts.file_sha256(path)
    stem = folder / "parts" / parts.stem(path, sha256)
    h5 = stem.with_name(f"{stem.name}-v{reading.version}.h5")
    with workspace.replacing(h5) as temporary, h5py.File(temporary, "w") as out:
        n_rows = 0
        standing = reading.geometry(path, mapping) if reading.geometry else {}
        geometry.write(out, standing)
        facts: list[dict[str, Any]] = []
        for block in reading.blocks(path, mapping):
            _check_arrays(reading, block)
            stored_arrays.append(out, block.arrays)
            tables.append(block.table)
            n_rows += len(block)
            for image in block.images:
                detector_images.write(out, len(facts), image)
                facts.append({"name": image.name, **image.facts})
    if parts.fingerprint(path) != before:
        raise DarkroomError(f"{path.name} changed while it was read: wait until it is complete, then prepare again.")
    if n_rows:
        table = pa.table({k: np.concatenate([t[k] for t in tables]) for k in tables[0]})
        with workspace.replacing(h5.with_suffix(".parquet")) as temporary:
            pq.write_table(table, temporary, compression="lz4", use_dictionary=False)
    info = {
        "file": h5.name, "n_rows": n_rows, "path": str(path), "size": before[0], "mtime_ns": before[1],
        "sha256": sha256, "version": reading.version,
        **reading.source(path, mapping), "frames": facts, **({"geometry": geometry.digest(standing)} if standing else {}),
    }  # fmt: skip
    workspace.write_sealed(stem.with_name(stem.name + ".json"), info)
    return sha256


def _check_arrays(reading: Reading, block: Block) -> None:
    names = [array.name for array in reading.arrays]
    if sorted(block.arrays) != sorted(names):
        raise TypeError(f"a block has the arrays {', '.join(block.arrays)}: {', '.join(names)} are declared")
    for array in reading.arrays:
        array.check(block.arrays[array.name], len(block))


def default_jobs() -> int:
    """Processes for preparing: one per core, at most eight."""
    return min(len(os.sched_getaffinity(0)), 8)
