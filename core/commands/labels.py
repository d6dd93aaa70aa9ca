"""The command on labels by hand: label, take back, agree, decide, freeze, and labels in and out."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import workspace
from core.commands.data import find_dataset
from core.commands.text import Command, Result, table
from core.data import derive, events
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.scored import open_scored
from core.labels import desk as desks
from core.labels import exchange
from core.labels.desk import Desk
from core.labels.log import ADJUDICATION, LABEL, SKIP
from core.runs import open_run

ACTIONS = ("show", "next", "set", "skip", "decide", "undo", "freeze", "export", "import", "images", "table")


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add("labels", labels, "labels by hand: who labelled what, what comes next, agreement, in and out")
    p.add_argument(
        "action", choices=ACTIONS,
        help="show: counts and kappa; next: the queue; set, skip, decide: one event; undo: the newest line; freeze: the "
        "column for a training; export, import: a file; images: PNGs with votes; table: votes of a folder per class",
    )  # fmt: skip
    p.add_argument("dataset", metavar="NAME", help="data set (of 'table': the folder)")
    p.add_argument("what", nargs="*", help="set, decide: UID CLASS; skip: UID; export, import: FILE; images: FOLDER")
    p.add_argument("--labeller", default="", help="whose label it is")
    p.add_argument("--difficult", action="store_true", help="with set: it was difficult")
    p.add_argument("--run", help="with next: the run whose doubts come first")
    p.add_argument("--events", type=int, default=10, metavar="N", help="with next: how many (default: 10)")


def labels(options: argparse.Namespace) -> Result:
    if options.action == "table":
        return _table(Path(options.dataset))
    experiment, dataset = find_dataset(options.dataset)
    desk = desks.open_desk(experiment, dataset)
    actions = {
        "show": _show, "next": _next, "set": _say, "skip": _say, "decide": _say, "undo": _undo, "freeze": _freeze,
        "export": _export, "import": _import, "images": _images,
    }  # fmt: skip
    result, text = actions[options.action](options, experiment, dataset, desk)
    return {"dataset": dataset.name, "action": options.action, **result}, text


def _show(_options: argparse.Namespace, _experiment: Experiment, dataset: Dataset, desk: Desk) -> Result:
    found = desk.agreement
    told = {"progress": desk.progress(), "agreement": found.to_dict(), "n_damaged": desk.n_damaged}
    kappa = found.kappa
    line = (
        f"{found.name}: {kappa.value:.3f} [{kappa.low:.3f}, {kappa.high:.3f}] n = {kappa.n}" if kappa.n else
        "no event has labels of two people yet"
    )  # fmt: skip
    disputes = f"{len(found.disputes)} events with different labels, {sum(not d.decided for d in found.disputes)} open"
    classes = ", ".join(f"{n} {name}" for name, n in zip(desk.classes, _majorities(desk), strict=True))
    text = [f"labels of {dataset.name}: {len(desk.votes.rows)} events ({classes})", table(desk.progress()), line, disputes]  # fmt: skip
    return {**told, "n_events": len(desk.votes.rows)}, "\n".join(text)


def _majorities(desk: Desk) -> list[int]:
    return [int((desk.votes.majority == i).sum()) for i in range(len(desk.classes))]


def _next(options: argparse.Namespace, experiment: Experiment, dataset: Dataset, desk: Desk) -> Result:
    scored = open_scored(open_run(options.run), experiment, dataset) if options.run else None
    if options.events < 1:
        raise DarkroomError(f"--events is {options.events}: expected at least 1.")
    items = desks.plan(desk, _labeller(options), options.events, np.arange(dataset.n_rows), scored)
    rows = [{"event": events.uid_text(experiment, dataset, item.row), "why": item.why} for item in items]
    return {"events": rows}, table(rows) or "nothing is left to label"


def _say(options: argparse.Namespace, experiment: Experiment, dataset: Dataset, desk: Desk) -> Result:
    kind = {"set": LABEL, "skip": SKIP, "decide": ADJUDICATION}[options.action]
    wanted = "UID" if kind == SKIP else "UID CLASS"
    if len(options.what) != len(wanted.split()):
        raise DarkroomError(f"`labels {options.action} {dataset.name}` got {len(options.what)} further words: expected {wanted}.")  # fmt: skip
    row = events.row_of(dataset, experiment.parse_uid(options.what[0]))
    label = "" if kind == SKIP else options.what[1]
    entry = desks.line(
        dataset, row, kind, label, _labeller(options), is_difficult=options.difficult, why="command line"
    )  # fmt: skip
    desks.write(dataset, entry, desk.classes)
    return {"id": entry.id, "event": options.what[0], "label": label}, f"{options.what[0]}: {label or kind}"


def _undo(options: argparse.Namespace, experiment: Experiment, dataset: Dataset, _desk: Desk) -> Result:
    last = desks.take_back(dataset, _labeller(options))
    if last is None:
        return {"id": None, "event": None}, "nothing to take back"
    event = experiment.uid_text(last.uid)
    return {"id": last.id, "event": event, "label": last.label}, f"taken back: {event} {last.label or last.kind}"


def _freeze(_options: argparse.Namespace, experiment: Experiment, dataset: Dataset, _desk: Desk) -> Result:
    column = desks.labelling_of(experiment).column
    made = derive.derive(experiment, dataset, column).derived[column]
    told = ", ".join(f"{n} {name}" for name, n in made["n"].items())
    return {"column": column, **made}, f"'{column}' of {made['n_defined']:,} of {made['n_events']:,} labelled events: {told}"  # fmt: skip


def _export(options: argparse.Namespace, _experiment: Experiment, _dataset: Dataset, desk: Desk) -> Result:
    path = _path(options)
    data = exchange.export(desk.here, path.suffix)
    if not path.parent.is_dir():
        raise DarkroomError(f"{path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_bytes(data)
    return {"file": str(path), "n_lines": len(desk.here)}, f"{len(desk.here):,} lines in {path}"


def _import(options: argparse.Namespace, experiment: Experiment, _dataset: Dataset, _desk: Desk) -> Result:
    path = _path(options)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DarkroomError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    added, known = exchange.take_in(experiment, exchange.read_labels(path.name, data))
    return {"n_added": added, "n_known": known}, f"{added:,} lines added, {known:,} were there already"


def _images(options: argparse.Namespace, experiment: Experiment, _dataset: Dataset, desk: Desk) -> Result:
    folder = _path(options)
    n = exchange.into_folder(exchange.images(experiment, desk), folder)
    told = f"{len(desk.votes.rows):,} images and {exchange.TABLE} below {folder}"
    return {"folder": str(folder), "n_images": len(desk.votes.rows), "n_files": n}, told


def _table(folder: Path) -> Result:
    text, n = exchange.table_of_folders(folder)
    path = folder / exchange.TABLE
    with workspace.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    result: dict[str, Any] = {"file": str(path), "n_images": n}
    return result, f"{n:,} images in {path}: prepare it with --mapping votes --set votes_label=label"


def _labeller(options: argparse.Namespace) -> str:
    if not options.labeller:
        raise DarkroomError("Whose label is it? Add --labeller NAME.")
    return workspace.checked_name(options.labeller, "labeller")


def _path(options: argparse.Namespace) -> Path:
    if len(options.what) != 1:
        raise DarkroomError(f"`labels {options.action}` got {len(options.what)} further words: expected one path.")
    return Path(options.what[0])
