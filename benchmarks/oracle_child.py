"""The part of the oracle that runs in the folder of the code under test: commands in one process, digests of data sets.

It is loaded by its path and imports nothing of this repository but `core`, which is then the code under test.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import io
import json
import runpy
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

CRASHES = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip

IMAGES_IN = ("core.data.detector_images", "core.data.frames")
"""Modules that read a part of a stored image, the newest first."""

UNNAMED_RAGGED = "crop"
"""What the ragged array of a row is called now that arrays have names."""


def run_here(order: str) -> None:
    """In a process whose folder is the code under test: run commands, write what each answered; order is a JSON file."""
    wanted = json.loads(Path(order).read_text(encoding="utf-8"))
    names, answers = dict(wanted["names"]), {}
    if wanted["migrate"] and importlib.util.find_spec("core.commands.migrate"):
        answers["migrate"] = answer(["migrate"])
    for key, command in wanted["commands"].items():
        began = time.process_time()
        answers[key] = answer(filled(command, names))
        names[key] = str(answers[key].get("run") or answers[key].get("study") or "")
        print(f"{time.process_time() - began:6.1f} s  {key}", file=sys.stderr)
    if wanted["digests"]:
        answers["data sets"] = {name: digests(name) for name in again(answers)}
    Path(wanted["out"]).write_text(json.dumps({"answers": answers, "names": names}), encoding="utf-8")


def again(answers: Mapping[str, Any]) -> list[str]:
    """The data sets that were prepared by these commands."""
    return sorted(
        {str(item["dataset"]) for item in answers.values() if str(item.get("dataset", "")).startswith("again-")}
    )


def filled(command: str, names: Mapping[str, str]) -> list[str]:
    """The words of a command, names in braces replaced, patterns of files expanded."""
    words = [word.format_map(names) for word in shlex.split(command)]
    return [text for word in words for text in (_files(word) if word.endswith("/*") else [word])]


def _files(pattern: str) -> list[str]:
    return sorted(str(path) for path in Path(pattern).parent.glob("*"))


def answer(words: list[str]) -> dict[str, Any]:
    """What `python -m core WORDS --json` prints, run in this process; refusals as their sentence."""
    output, errors = io.StringIO(), io.StringIO()
    sys.argv = ["core", *words, "--json"]
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            runpy.run_module("core", run_name="__main__", alter_sys=True)
        status: Any = 0
    except SystemExit as end:
        status = end.code or 0
    except CRASHES as error:  # an answer like any other: it is compared, and shown where it differs
        return {"crashed": f"{type(error).__name__}: {error}"}
    lines = output.getvalue().splitlines()
    printed: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    refusals = [line for line in errors.getvalue().splitlines() if line.startswith("darkroom:")]
    return {**printed, "status": status, **({"refusal": refusals} if refusals else {})}


def digests(name: str) -> dict[str, Any]:
    """Number of rows and a digest of every column, array and image of a data set, whatever its files are."""
    from core.data.dataset import open_dataset, open_part

    images = importlib.import_module(next(item for item in IMAGES_IN if importlib.util.find_spec(item)))
    dataset = open_dataset(name)
    columns = [*table_columns(dataset), *dataset.derived]
    result: dict[str, Any] = {"n_rows": dataset.n_rows}
    result["columns"] = {column: digest([dataset.column(column)]) for column in sorted(columns)}
    arrays: dict[str, list[Any]] = {}
    for part in dataset.parts:
        with open_part(dataset, part) as file:
            for key, array in stored(file):
                arrays.setdefault(key, []).append(array)
    result["arrays"] = {key: digest(blocks) for key, blocks in arrays.items()}
    n_images = len(dataset.images if hasattr(dataset, "images") else dataset.frames)  # what they were called before
    result["images"] = [
        {f"at most {n} px": digest([images.region(dataset, i, 0, 10**6, 0, 10**6, n)[0]]) for n in (10**6, 100)}
        for i in range(n_images)
    ]
    return result


def table_columns(dataset: Any) -> list[str]:
    """The names of the columns that were prepared; a data set was one table file before it was those of its parts."""
    if hasattr(dataset, "column_names"):
        return list(dataset.column_names)
    tablefile = importlib.import_module("core.data.tablefile")
    return list(tablefile.column_names(dataset.path / str(dataset.meta["table"])))


def stored(file: Any) -> Iterator[tuple[str, Any]]:
    """(name, array) of what an array file holds of its rows; of records of varying size the values and the lengths.

    Before arrays had names, a dense one lay at the top as `waveform` and a ragged one as `values` and `offsets`.
    """
    named = dict(file["arrays"].items()) if "arrays" in file else {}
    if "waveform" in file:
        named["waveform"] = file["waveform"]
    elif "values" in file:
        named[UNNAMED_RAGGED] = file
    for name, array in named.items():
        if hasattr(array, "keys"):
            yield f"{name}/values", array["values"][:]
            yield f"{name}/lengths", array["offsets"][1:] - array["offsets"][:-1]
        else:
            yield name, array[:]


def digest(blocks: Iterable[Any]) -> str:
    """The type, the number of values and a hash of the bytes of arrays that follow each other."""
    import numpy as np

    whole = hashlib.sha256()
    n, kinds = 0, set()
    for block in blocks:
        array = np.ascontiguousarray(block)
        n, kinds = n + array.size, kinds | {f"{array.dtype}{list(array.shape[1:])}"}
        whole.update(json.dumps(array.tolist()).encode() if array.dtype == object else array.tobytes())
    return f"{' '.join(sorted(kinds))} n={n} {whole.hexdigest()[:16]}"
