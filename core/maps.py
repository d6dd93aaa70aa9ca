"""Maps of what the last layer of a run's network sees: two numbers for each row that the run has scored.

maps/<dataset>/<method>.parquet    uid, source, x1, x2 float32; its facts (layer, shares of the variance, n) in the file's own header

One file for each data set and method, sealed by the run's manifest; making a map again puts another in its place.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import columnfile, manifest, workspace
from core.errors import DarkroomError

PCA, UMAP = "pca", "umap"
METHODS = PCA, UMAP
FOLDER = "maps"
_FACTS = b"darkroom"


def checked_method(name: str) -> str:
    """The method of this name, or a refusal."""
    if name not in METHODS:
        raise DarkroomError(f"Unknown kind of map {name!r}: expected one of {', '.join(METHODS)}.")
    return name


def _file(dataset_name: str, method: str) -> str:
    return f"{FOLDER}/{workspace.checked_name(dataset_name, 'data set')}/{checked_method(method)}.parquet"


def files(path: Path, dataset_name: str) -> list[str]:
    """The maps of a data set that the run in this folder has, by their paths in it."""
    return [name for name in manifest.read(path) if name.startswith(f"{FOLDER}/{dataset_name}/")]


def is_there(path: Path, dataset_name: str, method: str) -> bool:
    return _file(dataset_name, method) in manifest.read(path)


def write(
    path: Path, dataset_name: str, method: str, uid: np.ndarray, source: np.ndarray, places: np.ndarray, facts: Mapping[str, Any]
) -> None:  # fmt: skip
    """Keep the places (n, 2) of rows with uid and source int64 (n,) (`Dataset.origin_of`), and plain `facts` of how they were made."""
    name = _file(dataset_name, method)
    workspace.make_folder((path / name).parent)
    columns = {"uid": uid, "source": source, **{f"x{k + 1}": places[:, k].astype(np.float32) for k in range(2)}}
    table = pa.table(columns).replace_schema_metadata({_FACTS: json.dumps(dict(facts)).encode()})
    with manifest.adding(path, name) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read(path: Path, dataset_name: str, method: str) -> dict[str, np.ndarray]:
    """uid, source int64 (n,), x1 and x2 float32 (n,) of the rows that are on the map."""
    return columnfile.read(_checked(path, dataset_name, method), ("uid", "source", "x1", "x2"))


def facts(path: Path, dataset_name: str, method: str) -> dict[str, Any]:
    """How a map was made: `layer`, `n_activations`, `n_rows`; of PCA `shares` of the variance along both axes; of UMAP `n_fitted` rows."""
    file = _checked(path, dataset_name, method)
    try:
        stored: dict[str, Any] = json.loads((pq.read_schema(file).metadata or {})[_FACTS])
    except (OSError, ValueError, KeyError) as error:
        raise DarkroomError(f"{file} tells not how it was made ({error}): make the map again.") from None
    return stored


def _checked(path: Path, dataset_name: str, method: str) -> Path:
    if not is_there(path, dataset_name, method):
        raise DarkroomError(
            f"Run '{path.name}' has no map '{method}' of data set '{dataset_name}': run `python -m core map {path.name} "
            f"{dataset_name} --method {method}`."
        )
    return manifest.checked(path, _file(dataset_name, method))
