"""The command on tags and notes of events."""

from pathlib import Path

import numpy as np

from core import workspace
from core.commands import tag_options
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import table
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.labels import tag_files
from core.labels import tags as tagging
from core.selection.events import row_of
from core.selection.region import parse
from core.selection.selection import select
from core.workflows.quantities import rows_inside


def tags(options: tag_options.Tags) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    action = options.action or "list"
    actions = {"list": _list, "add": _tag, "remove": _tag, "note": _note, "export": _export}
    result, text = actions[action](options, experiment, dataset)
    return {"dataset": dataset.name, "action": action, **result}, text


def _list(options: tag_options.Tags, experiment: Experiment, dataset: Dataset) -> Result:
    known = tagging.open_tags(dataset, experiment.reading.mapping)
    if options.what:
        return _of_event(known, experiment, _only(options, "one UID"))
    counts = [{"tag": name, "rows": n} for name, n in known.counts.items()]
    n_notes = sum(map(len, known.notes.values()))
    result = {"tags": known.counts, "n_notes": n_notes, "labellers": list(known.people), "n_damaged": known.n_damaged}
    damaged = f"; {known.n_damaged} damaged lines passed over" if known.n_damaged else ""
    return result, f"{table(counts) or 'no row has a tag'}\n{n_notes:,} notes{damaged}"


def _of_event(known: tagging.Tags, experiment: Experiment, text: str) -> Result:
    row = row_of(known.dataset, experiment.table.uid.parse(text))
    lines = [
        {"what": what, "text": mark.text, "labeller": mark.labeller, "time": tag_files.time_text(mark.time_ms)}
        for what, marks in (("tag", known.of_row(row)), ("note", known.notes_of(row)))
        for mark in marks
    ]
    return {"event": text, "row": row, "marks": lines}, table(lines) or "nothing is said of it"


def _tag(options: tag_options.Tags, experiment: Experiment, dataset: Dataset) -> Result:
    if not options.what:
        raise DarkroomError(f"`tags {dataset.name} {options.action}` names no tag: expected TAG UID ..., or TAG --all.")
    tag, *texts = options.what
    if options.region and not options.all:
        raise DarkroomError(f"--region says which of many rows get or lose the tag '{tag}': add --all to it.")
    if bool(texts) == options.all:
        raise DarkroomError(
            f"Which rows get or lose the tag '{tag}'? Name UIDs, or add --all for every row of the selection."
        )
    rows = np.array([row_of(dataset, experiment.table.uid.parse(text)) for text in texts], np.int64)
    if options.all:
        selection = find_selection(experiment, dataset, options)
        rows = select(experiment.selecting, experiment.labels, dataset, selection).preselected
        if options.region:
            rows = rows[rows_inside(experiment, dataset, parse(options.region))[rows]]
    do = tagging.add if options.action == "add" else tagging.remove
    name = do(dataset, experiment.reading.mapping, rows, tag, _labeller(options))
    words = "tagged" if options.action == "add" else "no longer tagged"
    return {"tag": name, "n_rows": len(np.unique(rows))}, f"{len(np.unique(rows)):,} rows {words} '{name}'"


def _note(options: tag_options.Tags, experiment: Experiment, dataset: Dataset) -> Result:
    if len(options.what) != 2:
        raise DarkroomError(
            f"`tags {dataset.name} note` got {len(options.what)} further words: expected UID and one TEXT."
        )
    uid, text = options.what
    row = row_of(dataset, experiment.table.uid.parse(uid))
    note = tagging.note(dataset, experiment.reading.mapping, row, text, _labeller(options))
    return {"event": uid, "row": row, "note": note}, f"noted of {uid}" if note else f"the note of {uid} is taken back"


def _export(options: tag_options.Tags, experiment: Experiment, dataset: Dataset) -> Result:
    path = Path(_only(options, "one FILE"))
    known = tagging.open_tags(dataset, experiment.reading.mapping)
    data = tag_files.export(known, experiment.table.uid, path.suffix)
    if not path.parent.is_dir():
        raise DarkroomError(f"{path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_bytes(data)
    n = len(known.rows) + sum(map(len, known.notes.values()))
    return {"file": str(path), "n_lines": n}, f"{n:,} tags and notes in {path}"


def _only(options: tag_options.Tags, what: str) -> str:
    if len(options.what) != 1:
        raise DarkroomError(
            f"`tags {options.dataset} {options.action}` got {len(options.what)} further words: expected {what}."
        )
    return options.what[0]


def _labeller(options: tag_options.Tags) -> str:
    if not options.labeller:
        raise DarkroomError("Whose tag or note is it? Add --labeller NAME.")
    return options.labeller
