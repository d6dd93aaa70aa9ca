"""Commands on the rows of a data set: the selected ones, and the facts of one."""

from pathlib import Path
from typing import Any

from core import workspace
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import table
from core.data.splits import SPLITS
from core.data.table import columns_of
from core.errors import DarkroomError
from core.experiment import Experiment
from core.runs import open_run
from core.selection import events
from core.selection import selection as selecting
from core.selection.histograms import class_histograms
from core.selection.jump import jump
from core.selection.selection import Selected
from core.statistics import uhi
from core.workflows.label_warnings import selection_warnings
from core.workflows.scored import open_scored


def select(options: declarations.Select) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selection = find_selection(experiment, dataset, options)
    selected = selecting.select(experiment.selecting, experiment.labels, dataset, selection)
    selecting.need_both_classes(selected)
    if options.save:
        selecting.store(dataset, options.save, selection)
    if options.hist:
        _write_histograms(options.hist, experiment, selected)
    result = selection_result(experiment, selected)
    by_class = ", ".join(f"{selected.n_of(i):,} {name}" for i, name in reversed(list(enumerate(selected.classes))))
    unlabelled = f"; {result['n_unlabelled']:,} {events.class_names(selected)[-1]}" if result["n_unlabelled"] else ""
    counts = f"{result['n_rows']:,} rows selected" + (f": {by_class}{unlabelled}" if selected.classes else "")
    text = [counts, "", table(result["cut_flow"]), "", table(result["statistics"])]
    return result, "\n".join(text + [f"note: {w}" for w in result["warnings"]])


def _write_histograms(file: Path, experiment: Experiment, selected: Selected) -> None:
    """Every histogram of the selection page of which the data set has the column."""
    if not file.parent.is_dir():
        raise DarkroomError(f"--hist {file}: there is no folder {file.parent}.")
    columns = {column.name: column for column in columns_of(experiment.table, selected.dataset)}
    shown = [columns[panel.column] for panel in experiment.selecting.panels if panel.column in columns]
    by_name = {
        column.name: uhi.hist_of(class_histograms(selected, column), column.name, column.title) for column in shown
    }
    with workspace.replacing(file) as temporary:
        temporary.write_text(uhi.json_text(by_name), encoding="utf-8")


def selection_result(experiment: Experiment, selected: Selected) -> dict[str, Any]:
    rows, _ = selected.rows()
    return {
        "dataset": selected.dataset.name,
        "n_rows": len(rows),
        "n_preselected": len(selected.preselected),
        "n_unlabelled": len(selected.preselected) - len(rows),
        **{f"n_{name.replace(' ', '_')}": selected.n_of(i) for i, name in enumerate(selected.classes)},
        "cut_flow": [row.to_dict() for row in selected.cutting.flow],
        "statistics": experiment.selecting.statistics(selected),
        "splits": {s: int((selected.split == i).sum()) for i, s in enumerate(SPLITS[:3])},
        "warnings": selection_warnings(experiment, selected),
        "selection": selected.selection.to_dict(),
    }


def event(options: declarations.Event) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selected = selecting.select(
        experiment.selecting, experiment.labels, dataset, find_selection(experiment, dataset, options)
    )
    row = jump(experiment.table, dataset, selected.preselected, options.uid).row
    scores = None
    if options.run:
        scored = open_scored(open_run(options.run), experiment, dataset)
        scores = events.spread(
            dataset.n_rows, scored.rows, scored.score, scored.split, scored.probabilities, scored.classes
        )
    facts = events.facts(experiment.table, selected, row, scores)
    result = {"dataset": dataset.name, "uid": int(dataset.column("uid")[row]), "row": row, "facts": facts}
    return result, table([{"of this event": name, "": value} for name, value in facts.items()])
