"""Outputs of a run's network for the rows of a data set, in files of the run's folder.

outputs/<dataset>/<some>.parquet       uid, source, split and by row what the network gave: score, with three classes or more
                                       p_0, p_1, ...; or what it regressed
outputs/<dataset>/<some>.<name>.npy    arrays by row, such as generated samples

They come in as many files as there were writers, each sealed by the run's manifest when it was written. Older runs keep them
below scores/, which is read as well.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from core import columnfile, manifest, workspace

SCORES, OUTPUTS = "scores", "outputs"


def write(
    path: Path, dataset_name: str, uid: np.ndarray, source: np.ndarray, split: np.ndarray, outputs: Mapping[str, np.ndarray]
) -> None:  # fmt: skip
    """Add outputs float32 (n, ...) by name of rows of a data set: uid, source int64 (n,), split int8 (n,) (3: not the run's own).

    `source` (`Dataset.origin_of`) says of which file content and how it was read: a file that was changed since has other
    events under the same uid, and other features give other outputs. Each call writes files of its own, so that two writers
    lose nothing.
    """
    stem = f"{OUTPUTS}/{workspace.checked_name(dataset_name, 'data set')}/{secrets.token_hex(8)}"
    workspace.make_folder((path / stem).parent)
    columns = {"uid": uid, "source": source, "split": split.astype(np.int8)}
    for name, values in outputs.items():
        if values.ndim == 1:
            columns[name] = values.astype(np.float32)
        else:
            with manifest.adding(path, f"{stem}.{name}.npy") as temporary, temporary.open("wb") as file:
                np.save(file, values.astype(np.float32))
    with manifest.adding(path, f"{stem}.parquet") as temporary:
        columnfile.write(temporary, columns)


def files(path: Path, dataset_name: str) -> list[str]:
    """The files of outputs of a data set that the run in this folder has, oldest first, by their paths in it."""
    begins = tuple(f"{kind}/{dataset_name}/" for kind in (SCORES, OUTPUTS))
    return [name for name in manifest.read(path) if name.startswith(begins) and name.endswith(".parquet")]


def datasets(path: Path) -> list[str]:
    """Names of the data sets that the run has outputs of."""
    parts = (PurePosixPath(name).parts for name in manifest.read(path))
    return sorted({part[1] for part in parts if part[0] in (SCORES, OUTPUTS) and len(part) == 3})


def read(path: Path, dataset_name: str, names: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """uid, source int64 (n,), split int8 (n,) and the outputs (n, ...) by name (or only the columns `names`).

    Of several outputs of one uid the latest count: another file content, or two jobs that worked on the same rows.
    """
    pieces = []
    for file in files(path, dataset_name):
        columns = columnfile.read(manifest.checked(path, file), names)
        for array in () if names else _arrays_of(path, file):
            name = PurePosixPath(array).suffixes[0].removeprefix(".")
            columns[name] = np.load(manifest.checked(path, array), mmap_mode="r", allow_pickle=False)
        pieces.append(columns)
    return columnfile.latest(pieces)


def _arrays_of(path: Path, file: str) -> list[str]:
    """The array files that belong to the columns in `file`."""
    begin = file.removesuffix("parquet")
    return [name for name in manifest.read(path) if name.startswith(begin) and name.endswith(".npy")]


def drop_damaged(path: Path, dataset_name: str) -> int:
    """Remove the files that are not as they were written, so that their rows can be worked on anew; how many."""
    together = [[file, *_arrays_of(path, file)] for file in files(path, dataset_name)]
    damaged = [names for names in together if manifest.problem(path, names)]
    if damaged:
        manifest.drop(path, [name for names in damaged for name in names])
    return len(damaged)
