"""The command on labels by hand: label, take back, agree, decide, freeze, and labels in and out."""

from pathlib import Path
from typing import Any

import numpy as np

from core import workspace
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.text import table
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.report import in_words
from core.labels import exchange, label_session
from core.labels.label_session import HandLabels
from core.labels.log import ADJUDICATION, LABEL, SKIP
from core.runs import open_run
from core.selection import events
from core.workflows import derive
from core.workflows.scored import open_scored


def labels(options: declarations.Labels) -> Result:
    if options.action == "table":
        return _table(Path(options.dataset))
    experiment, dataset = find_dataset(options.dataset)
    hand_labels = label_session.open_hand_labels(label_session.labelling_of(experiment), dataset)
    actions = {
        "show": _show, "next": _next, "set": _say, "skip": _say, "decide": _say, "undo": _undo, "freeze": _freeze,
        "export": _export, "import": _import, "images": _images,
    }  # fmt: skip
    result, text = actions[options.action](options, experiment, dataset, hand_labels)
    return {"dataset": dataset.name, "action": options.action, **result}, text


def _show(_options: declarations.Labels, _experiment: Experiment, dataset: Dataset, hand_labels: HandLabels) -> Result:
    agreement = hand_labels.agreement
    result = {"progress": hand_labels.progress(), "agreement": agreement.to_dict(), "n_damaged": hand_labels.n_damaged}
    kappa = agreement.kappa
    line = (
        f"{agreement.name}: {in_words(kappa, '', digits=3)}" if kappa.n else
        "no event has labels of two people yet"
    )  # fmt: skip
    disputes = (
        f"{len(agreement.disputes)} events with different labels, {sum(not d.decided for d in agreement.disputes)} open"
    )
    classes = ", ".join(f"{n} {name}" for name, n in zip(hand_labels.classes, _majorities(hand_labels), strict=True))
    text = [f"labels of {dataset.name}: {len(hand_labels.votes.rows)} events ({classes})", table(hand_labels.progress()), line, disputes]  # fmt: skip
    return {**result, "n_events": len(hand_labels.votes.rows)}, "\n".join(text)


def _majorities(hand_labels: HandLabels) -> list[int]:
    return [int((hand_labels.votes.majority == i).sum()) for i in range(len(hand_labels.classes))]


def _next(options: declarations.Labels, experiment: Experiment, dataset: Dataset, hand_labels: HandLabels) -> Result:
    scored = open_scored(open_run(options.run), experiment, dataset) if options.run else None
    if options.events < 1:
        raise DarkroomError(f"--events is {options.events}: expected at least 1.")
    items = label_session.plan(hand_labels, _labeller(options), options.events, np.arange(dataset.n_rows), scored)
    rows = [{"event": events.uid_text(experiment.table, dataset, item.row), "why": item.why} for item in items]
    return {"events": rows}, table(rows) or "nothing is left to label"


def _say(options: declarations.Labels, experiment: Experiment, dataset: Dataset, hand_labels: HandLabels) -> Result:
    kind = {"set": LABEL, "skip": SKIP, "decide": ADJUDICATION}[options.action]
    wanted = "UID" if kind == SKIP else "UID CLASS"
    if len(options.what) != len(wanted.split()):
        raise DarkroomError(f"`labels {options.action} {dataset.name}` got {len(options.what)} further words: expected {wanted}.")  # fmt: skip
    row = events.row_of(dataset, experiment.table.uid.parse(options.what[0]))
    label = "" if kind == SKIP else options.what[1]
    entry = label_session.line(label_session.labelling_of(experiment),
        dataset, row, kind, label, _labeller(options), is_difficult=options.difficult, why="command line"
    )  # fmt: skip
    label_session.write(dataset, entry, hand_labels.classes)
    return {"id": entry.id, "event": options.what[0], "label": label}, f"{options.what[0]}: {label or kind}"


def _undo(options: declarations.Labels, experiment: Experiment, dataset: Dataset, _hand_labels: HandLabels) -> Result:
    last = label_session.take_back(label_session.labelling_of(experiment), dataset, _labeller(options))
    if last is None:
        return {"id": None, "event": None}, "nothing to take back"
    event = experiment.table.uid.text(last.uid)
    return {"id": last.id, "event": event, "label": last.label}, f"taken back: {event} {last.label or last.kind}"


def _freeze(
    _options: declarations.Labels, experiment: Experiment, dataset: Dataset, _hand_labels: HandLabels
) -> Result:
    column = label_session.labelling_of(experiment).column
    frozen = derive.derive(experiment, dataset, column).derived[column]
    counts = ", ".join(f"{n} {name}" for name, n in frozen["n"].items())
    return {"column": column, **frozen}, f"'{column}' of {frozen['n_defined']:,} of {frozen['n_events']:,} labelled events: {counts}"  # fmt: skip


def _export(
    options: declarations.Labels, _experiment: Experiment, _dataset: Dataset, hand_labels: HandLabels
) -> Result:
    path = _path(options)
    data = exchange.export(hand_labels.here, path.suffix)
    if not path.parent.is_dir():
        raise DarkroomError(f"{path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_bytes(data)
    return {"file": str(path), "n_lines": len(hand_labels.here)}, f"{len(hand_labels.here):,} lines in {path}"


def _import(
    options: declarations.Labels, experiment: Experiment, _dataset: Dataset, _hand_labels: HandLabels
) -> Result:
    path = _path(options)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DarkroomError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    added, repeated = exchange.take_in(experiment.key, exchange.read_labels(path.name, data))
    return {"n_added": added, "n_known": repeated}, f"{added:,} lines added, {repeated:,} were there already"


def _images(options: declarations.Labels, experiment: Experiment, _dataset: Dataset, hand_labels: HandLabels) -> Result:
    folder = _path(options)
    n = exchange.into_folder(
        exchange.images(label_session.labelling_of(experiment), experiment.table.uid, hand_labels), folder
    )
    text = f"{len(hand_labels.votes.rows):,} images and {exchange.TABLE} below {folder}"
    return {"folder": str(folder), "n_images": len(hand_labels.votes.rows), "n_files": n}, text


def _table(folder: Path) -> Result:
    text, n = exchange.table_of_folders(folder)
    path = folder / exchange.TABLE
    with workspace.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    result: dict[str, Any] = {"file": str(path), "n_images": n}
    return result, f"{n:,} images in {path}: prepare it with --mapping votes --set votes_label=label"


def _labeller(options: declarations.Labels) -> str:
    if not options.labeller:
        raise DarkroomError("Whose label is it? Add --labeller NAME.")
    return workspace.checked_name(options.labeller, "labeller")


def _path(options: declarations.Labels) -> Path:
    if len(options.what) != 1:
        raise DarkroomError(f"`labels {options.action}` got {len(options.what)} further words: expected one path.")
    return Path(options.what[0])
