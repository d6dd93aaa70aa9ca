"""Whether data sets, stored selections and labels by hand are whole."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core import workspace
from core.data import parts
from core.data.dataset import Dataset, datasets_folder, list_datasets, open_dataset, table_of
from core.errors import DarkroomError
from core.housekeeping import deep_reading
from core.housekeeping.problem import DAMAGE, NOTE, WARNING, Problem, file_problem, split_sentence, where
from core.jobs import locks
from core.labels import log, tag_log
from core.registry import EXPERIMENTS
from core.selection import selection as selecting


def datasets(is_deep: bool) -> Iterator[Problem]:
    """Data sets that cannot be opened, lack files, or were made by another version of the features; deep: every byte is read."""
    for path in sorted(datasets_folder().glob("[!.]*")):
        if not path.is_dir() or _is_written(path):
            continue
        if not (path / "dataset.json").exists():
            yield Problem(
                f"Data set '{path.name}' is unfinished: its preparation was stopped or killed", where(path), WARNING,
                f"prepare the same files again, which goes on, or `python -m core datasets delete {path.name} --yes`",
            )  # fmt: skip
            continue
        try:
            dataset = open_dataset(path.name)
        except DarkroomError as error:
            what, remedy = split_sentence(error)
            yield Problem(what, where(path / "dataset.json"), DAMAGE, remedy)
            continue
        yield from _version(dataset)
        yield from _files(dataset, is_deep)


def _is_written(folder: Path) -> bool:
    """Whether a preparation is at it now: what it has not finished is no problem."""
    return (folder / ".lock").exists() and locks.is_taken(folder / ".lock")


def _version(dataset: Dataset) -> Iterator[Problem]:
    experiment = EXPERIMENTS.get(dataset.experiment)
    if experiment is None:
        yield Problem(
            f"Data set '{dataset.name}' is of experiment '{dataset.experiment}', which this Darkroom does not have",
            where(dataset.path), DAMAGE, "update Darkroom, or delete the data set",
        )  # fmt: skip
    elif dataset.version != experiment.reading.version:
        yield Problem(
            f"Data set '{dataset.name}' was made by version {dataset.version} of the features, this is version "
            f"{experiment.reading.version}",
            where(dataset.path), WARNING, "prepare its files again: parts of another version are made anew",
        )  # fmt: skip


def _files(dataset: Dataset, is_deep: bool) -> Iterator[Problem]:
    joined = dataset.meta.get("table")
    arrays = [f"parts/{part['file']}" for part in dataset.meta["parts"]]
    tables = [joined] if joined else [table_of(part["file"]) for part in dataset.meta["parts"] if part["n_rows"]]
    derived = [str(entry["file"]) for entry in dataset.derived.values()]
    names = [*arrays, *tables, *derived, "sources.parquet"]
    wrong = {name: file_problem(dataset.path / name) for name in names}
    if is_deep:
        readable = [name for name, why in wrong.items() if not why]
        wrong |= zip(readable, deep_reading.unreadable([dataset.path / name for name in readable]), strict=True)
    for name, why in wrong.items():
        if why:
            again = "derive the column again" if name in derived else "prepare its files again"
            yield Problem(
                f"Data set '{dataset.name}': {name} {why}", where(dataset.path / name), DAMAGE,
                f"{again}; if that is refused, delete the data set and prepare it anew",
            )  # fmt: skip
    if is_deep:
        yield from _records(dataset)


def _records(dataset: Dataset) -> Iterator[Problem]:
    """Parts whose record is gone or damaged, or that hold another number of rows than it says."""
    try:
        records = parts.read_records(dataset.path / "parts")
    except DarkroomError as error:
        what, remedy = split_sentence(error)
        yield Problem(what, where(dataset.path / "parts"), DAMAGE, remedy)
        return
    for part in dataset.meta["parts"]:
        record = records.get(part["sha256"])
        if record is None or record["n_rows"] != part["n_rows"]:
            yield Problem(
                f"Data set '{dataset.name}': the part {part['file']} does not hold the {part['n_rows']:,} rows that it is known to",
                where(dataset.path / "parts" / part["file"]), DAMAGE, "prepare its files again",
            )  # fmt: skip


def selections() -> Iterator[Problem]:
    """Stored selections that cannot be read, and those of data sets that are no more."""
    known = list_datasets()
    for folder in sorted(workspace.folder("selections").glob("[!.]*")):
        names = selecting.stored(folder.name) if folder.is_dir() and workspace.is_name(folder.name) else []
        if names and folder.name not in known:
            yield Problem(
                f"{len(names)} stored selection{'s' * (len(names) > 1)} of data set '{folder.name}', which is no more: "
                f"{', '.join(names[:5])}",
                where(folder), NOTE,
                f"bring the data set back (`python -m core bin`), or delete them (`python -m core selections delete {folder.name} NAME`)",
            )  # fmt: skip
        elif names:
            yield from _selections_of(folder, names)


def _selections_of(folder: Path, names: list[str]) -> Iterator[Problem]:
    try:
        experiment = EXPERIMENTS.get(open_dataset(folder.name).experiment)
    except DarkroomError:  # said of the data set
        return
    for name in names:
        try:
            if experiment is not None:
                selecting.load(experiment.selecting, experiment.labels, folder.name, name)
        except DarkroomError as error:
            yield Problem(
                f"Stored selection '{name}' of data set '{folder.name}' cannot be used: {str(error).removesuffix('.')}",
                where(folder / f"{name}.json"), DAMAGE,
                f"make it again on the page select, or `python -m core selections delete {folder.name} {name}`",
            )  # fmt: skip


def logs() -> Iterator[Problem]:
    """Logs of labels by hand, tags and notes with lines that are none."""
    for of_people, read in ((log.LOGS, log.read), (tag_log.LOGS, tag_log.read)):
        for key in EXPERIMENTS:
            if (workspace.root() / of_people.kind / key).is_dir():
                for person in of_people.people(key):
                    yield from _log(of_people.path_of(key, person), partial(read, key, person))


def _log(path: Path, read: Callable[[], tuple[object, int]]) -> Iterator[Problem]:
    try:
        _, n = read()
    except DarkroomError as error:
        what, remedy = split_sentence(error)
        yield Problem(what, where(path), DAMAGE, remedy)
        return
    if n:
        yield Problem(
            f"{n} line{'s' * (n > 1)} of the log {where(path)} cannot be read and are passed over", where(path), WARNING,
            "a crash may have left half a line; the others count",
        )  # fmt: skip
