"""The command on the rows of a selection or region."""

from pathlib import Path
from typing import Any

import numpy as np

from core import columnfile, workspace
from core.commands import region_options
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import table
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.report_files import csv_of_columns
from core.selection import events
from core.selection.region import parse
from core.selection.selection import Selected, select
from core.workflows.quantities import rows_inside

N_QUANTITIES = 5
FORMATS = ".csv", ".parquet"


def rows(options: region_options.Rows) -> Result:
    """How many rows there are, by class, and the first of them."""
    experiment, dataset = find_dataset(options.dataset)
    selected = select(experiment.selecting, experiment.labels, dataset, find_selection(experiment, dataset, options))
    region = parse(options.region) if options.region else None
    keep = selected.cutting.preselected if region is None else rows_inside(experiment, dataset, region)
    chosen = np.flatnonzero(keep & selected.cutting.preselected)
    if options.out:
        _write(options.out, experiment, selected, chosen)
    listed = events.event_table(experiment.table, selected, chosen[: max(options.events, 0)], None, N_QUANTITIES)
    lines = [dict(zip(listed, line, strict=True)) for line in zip(*map(_plain, listed.values()), strict=True)]
    by_class = {name: len(part) for name, part in events.by_class(selected, chosen).items()}
    result: dict[str, Any] = {
        "dataset": dataset.name, "simulated": dataset.simulated, "n_rows": len(chosen), "n_selected": len(selected.preselected),
        "by_class": by_class, "region": str(region) if region else None, "events": [line["event"] for line in lines],
    }  # fmt: skip
    words = f"{len(chosen):,} of {len(selected.preselected):,} selected rows" + (" are in the region" if region else "")
    counts = ", ".join(f"{n:,} {name}" for name, n in by_class.items())
    written = f"\nall of them in {options.out}" if options.out else ""
    return result, f"{words}{f': {counts}' if counts else ''}{written}\n\n{table(lines)}"


def _plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _write(file: Path, experiment: Experiment, selected: Selected, chosen: np.ndarray) -> None:
    """Identity, number and label of rows (k,)."""
    if file.suffix not in FORMATS:
        raise DarkroomError(
            f"--out {file}: its ending is {file.suffix or 'missing'!r}, expected {' or '.join(FORMATS)}."
        )
    if not file.parent.is_dir():
        raise DarkroomError(f"--out {file}: there is no folder {file.parent}.")
    names, uid = events.class_names(selected), selected.dataset.column("uid")[chosen]
    labels = [names[i] for i in selected.cutting.labels[chosen].tolist()]
    columns = {
        "event": [experiment.table.uid.text(u) for u in uid.tolist()],
        "uid": uid,
        "row": chosen,
        "label": labels,
    }
    with workspace.replacing(file) as temporary:
        if file.suffix == ".csv":
            temporary.write_text(csv_of_columns(columns), encoding="utf-8")
        else:
            columnfile.write(temporary, {name: np.asarray(values) for name, values in columns.items()})
