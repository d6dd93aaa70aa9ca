"""Raw files -> prepared data set: parallel over files, atomic, resumable, growing.

Each file becomes a part (`parts/<file>.h5`, `.parquet`, `.json`, the JSON last). A run that is killed leaves finished
parts behind, which the next run takes over if the file's hash still fits.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import parameters, workspace
from core.data import frames, joining
from core.data.dataset import ARRAY, CHUNK_ROWS, FORMAT, OFFSETS, VALUES, datasets_folder
from core.data.files import below_roots
from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.experiment import Experiment

CHUNK_VALUES = 16_384  # of records of varying size: some twenty typical ones

Progress = Callable[[int, int, str], None]


def prepare(
    experiment: Experiment,
    files: Sequence[Path],
    name: str,
    mapping: Any,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make or grow the data set `name` from raw files; returns its metadata with the seconds it took.

    Files already in the data set are passed over if their hash is unchanged and made again if it is not.
    """
    started = time.perf_counter()
    folder = datasets_folder() / workspace.checked_name(name, "data set")
    paths = _checked_files(files)
    folder.mkdir(exist_ok=True)
    with joining.only_writer(folder):
        meta = _head(experiment, mapping, folder)
        (folder / "parts").mkdir(exist_ok=True)
        todo = [p for p in paths if _finished(folder, p) is None]
        workspace.need_free(folder, 2.0 * sum(p.stat().st_size for p in todo) + 50e6)
        for done, file in enumerate(_run(experiment, todo, folder, meta["mapping"], n_jobs)):
            if progress:
                progress(done + 1, len(todo), file)
        made = joining.join(experiment, folder, meta, mapping, paths)
    return {**made, "seconds": time.perf_counter() - started}


def _checked_files(files: Sequence[Path]) -> list[Path]:
    paths = sorted({Path(f).resolve() for f in files})
    if not paths:
        raise DarkroomError("No file was given: name at least one raw file.")
    for path in paths:
        if not path.is_file():
            raise DarkroomError(f"{path} does not exist or is not a file: check the path.")
    names = [p.name for p in paths]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise DarkroomError(f"Two of the files are called {twice}: a data set needs distinct file names. Rename one.")
    return paths


def _head(experiment: Experiment, mapping: Any, folder: Path) -> dict[str, Any]:
    """What all parts must share. Growing with another experiment or mapping is refused."""
    head = {
        "format": FORMAT,
        "experiment": experiment.key,
        "mapping": parameters.to_dict(mapping),
        **experiment.record_meta(mapping),
    }
    known = folder / "head.json"
    if not (folder / "dataset.json").exists():  # nothing to grow: an earlier try may have had another mapping
        if known.exists() and workspace.read_json(known) != json.loads(json.dumps(head)):
            shutil.rmtree(folder / "parts", ignore_errors=True)
        workspace.write_json(known, head)
    elif workspace.read_json(known) != json.loads(json.dumps(head)):
        raise DarkroomError(
            f"Data set '{folder.name}' was made with another experiment, mapping or version: choose another name, or delete it with `python -m core datasets delete {folder.name}`."
        )
    return head


def _run(experiment: Experiment, todo: list[Path], folder: Path, mapping: dict[str, Any], n_jobs: int) -> Iterator[str]:
    """Make the parts, yielding the name of each finished file."""
    if n_jobs <= 1 or len(todo) <= 1:
        for path in todo:
            _make_part(experiment.key, path, folder, mapping)
            yield path.name
        return
    with ProcessPoolExecutor(min(n_jobs, len(todo)), mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[None], str] = {
            pool.submit(_make_part, experiment.key, path, folder, mapping): path.name for path in todo
        }
        try:
            for future in as_completed(waiting):
                future.result()
                yield waiting[future]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _make_part(key: str, path: Path, folder: Path, mapping: dict[str, Any]) -> None:
    from core.registry import experiment_by_key  # the record holds functions, so a worker looks it up by key

    experiment = experiment_by_key(key)
    made_mapping: Any = parameters.build(experiment.mapping, mapping)
    tables: list[dict[str, np.ndarray]] = []
    before, sha256 = _fingerprint(path), file_sha256(path)
    stem = folder / "parts" / f"{path.name}-{sha256[:8]}"
    h5 = stem.with_name(stem.name + ".h5")
    with workspace.replacing(h5) as temporary, h5py.File(temporary, "w") as out:
        n_rows = 0
        facts: list[dict[str, Any]] = []
        for block in experiment.blocks(path, made_mapping):
            _append(out, block.array)
            tables.append(block.table)
            n_rows += len(block.array)
            for frame in block.frames:
                frames.write(out, len(facts), frame)
                facts.append({"name": frame.name, **frame.facts})
        if not n_rows:
            raise DarkroomError(f"{path.name}: {experiment.nothing_found}")
    if _fingerprint(path) != before:
        raise DarkroomError(f"{path.name} changed while it was read: wait until it is complete, then prepare again.")
    table = pa.table({k: np.concatenate([t[k] for t in tables]) for k in tables[0]})
    with workspace.replacing(stem.with_name(stem.name + ".parquet")) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    info = {
        "file": h5.name, "n_rows": n_rows, "path": str(path), **before, "sha256": sha256,
        **experiment.source(path, made_mapping), "frames": facts,
    }  # fmt: skip
    workspace.write_json(folder / "parts" / f"{path.name}.json", info)


def _append(out: h5py.File, array: np.ndarray | Ragged) -> None:
    if isinstance(array, np.ndarray):
        _extend(out, ARRAY, array, CHUNK_ROWS)
        return
    before = int(out[OFFSETS][-1]) if OFFSETS in out else 0
    ends = array.offsets[1:] + before
    _extend(out, VALUES, array.values, CHUNK_VALUES)
    _extend(out, OFFSETS, ends if OFFSETS in out else np.concatenate([[0], ends]), CHUNK_VALUES)


def _extend(out: h5py.File, name: str, array: np.ndarray, n_chunk: int) -> None:
    if name not in out:
        out.create_dataset(
            name, data=array, maxshape=(None, *array.shape[1:]), chunks=(n_chunk, *array.shape[1:]),
            **hdf5plugin.Bitshuffle(cname="lz4"),
        )  # fmt: skip
        return
    stored = out[name]
    n = stored.shape[0]
    stored.resize(n + len(array), axis=0)
    stored[n:] = array


def _fingerprint(path: Path) -> dict[str, int]:
    try:
        stat = path.stat()
    except OSError:
        raise DarkroomError(f"{path.name} vanished while it was read: copy it again.") from None
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DarkroomError(f"{path.name} vanished while it was read ({error.strerror}): copy it again.") from None


def _finished(folder: Path, path: Path) -> dict[str, Any] | None:
    """The record of a finished part, if it belongs to the file as it is now."""
    record = folder / "parts" / f"{path.name}.json"
    if not record.exists():
        return None
    info: dict[str, Any] = workspace.read_json(record)
    same = info["size"] == path.stat().st_size and (
        info["mtime_ns"] == path.stat().st_mtime_ns or info["sha256"] == file_sha256(path)
    )
    return info if same else None


def default_jobs() -> int:
    """Processes for preparing: one per core, at most eight."""
    return min(len(os.sched_getaffinity(0)), 8)


def run_job(job: Any) -> None:
    """The job kind `prepare`: arguments experiment, files, name, mapping (plain values)."""
    from core.registry import experiment_by_key

    experiment = experiment_by_key(job.arguments["experiment"])
    mapping: Any = parameters.build(experiment.mapping, job.arguments["mapping"])
    files = [Path(f) for f in job.arguments["files"]]
    if job.arguments.get("is_bounded"):  # asked for by a page: a link may have been put in the way since
        files = [below_roots(f) for f in files]

    def progress(done: int, total: int, file: str) -> None:
        job.report(done, total, f"{file} read")
        if job.stop_requested():
            raise DarkroomError(f"Stopped after {done} of {total} files: prepare the same files again to go on.")

    meta = prepare(experiment, files, job.arguments["name"], mapping, default_jobs(), progress)
    told = [f"data set '{job.arguments['name']}': {meta['n_rows']:,} rows", *joining.notes(job.arguments["name"], meta)]
    job.report(len(files), len(files), ". ".join(told))
