"""Columns that depend on a selection of the data set itself: made after preparing, kept beside the table."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import workspace
from core.data import joining
from core.data.dataset import Dataset, open_dataset
from core.data.demo import reporter
from core.data.selection import Selected, Selection, from_dict, need_both_classes, select
from core.errors import DarkroomError
from core.experiment import Column, Derived, Experiment
from core.jobs import control, queue

KIND = "derive"


def derivable(experiment: Experiment, name: str) -> Derived:
    """What makes the column called `name`, or a refusal that lists those there are."""
    if name not in experiment.derived:
        known = ", ".join(experiment.derived) or "none"
        raise DarkroomError(f"{experiment.title} has no derived column '{name}': expected one of: {known}.")
    return experiment.derived[name]


def columns_of(experiment: Experiment, dataset: Dataset) -> tuple[Column, ...]:
    """The columns of the experiment and those derived ones that the data set has."""
    return experiment.columns + tuple(
        made.column for name, made in experiment.derived.items() if name in dataset.derived
    )


def derive(
    experiment: Experiment,
    dataset: Dataset,
    name: str,
    selection: Selection | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Make a derived column, in place of an earlier one; returns the data set as it is then. A selection is needed where
    the column says so.

    Its id changes, its rows do not. Who has opened it goes on reading the earlier column.
    """
    selected = _checked(experiment, dataset, name, selection)
    tell = progress or (lambda _done, _total: None)
    values, facts = derivable(experiment, name).compute(dataset, selected, tell)
    columns = {name: values} if isinstance(values, np.ndarray) else dict(values)
    digest = hashlib.sha256(b"".join(one.tobytes() for one in columns.values())).hexdigest()[:16]
    target = dataset.path / f"{name}-{digest}.parquet"
    with joining.only_writer(dataset.path):
        meta = workspace.read_json(dataset.path / "dataset.json")
        if meta.get("rows_id", meta["id"]) != dataset.rows_id:
            raise DarkroomError(
                f"Data set '{dataset.name}' grew while '{name}' was made: make it again, then it fits all rows."
            )
        with workspace.replacing(target) as temporary:
            pq.write_table(pa.table(columns), temporary, compression="lz4", use_dictionary=False)
        entry = {
            "file": target.name,
            "selection": selection.to_dict() if selection and selected else None,
            "n_defined": int(np.isfinite(columns[name]).sum()),
            "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **facts,
        }
        meta = {"rows_id": meta["id"], "dropped": [], **meta}  # an earlier version wrote neither
        derived = {**meta.get("derived", {}), name: entry}
        workspace.write_json(dataset.path / "dataset.json", joining.with_derived(meta, derived))
    return open_dataset(dataset.name, dataset.read_column)


def _checked(experiment: Experiment, dataset: Dataset, name: str, selection: Selection | None) -> Selected | None:
    """The rows of the selection, None where none is needed; refused if it lacks a class or depends on what is to be made."""
    if not derivable(experiment, name).needs_selection:
        return None
    if selection is None:
        raise DarkroomError(f"'{name}' is made from a selection: name one, such as a preset.")
    groups = experiment.label_cuts(selection.cuts, selection.labels, dataset).values()
    cuts = [*experiment.cut_list(selection.cuts), *(cut for group in groups for cut in group)]
    if any(cut.column in experiment.derived for cut in cuts):
        raise DarkroomError(
            f"The selection cuts on a derived column: '{name}' needs a selection without, or it would depend on what was "
            "made before."
        )
    selected = select(experiment, dataset, selection)
    need_both_classes(selected)
    return selected


def submit(experiment: Experiment, dataset: Dataset, name: str, selection: Selection | None = None) -> queue.Job:
    """Queue the making of a derived column, after checking that it can be made."""
    _checked(experiment, dataset, name, selection)
    arguments = {"dataset": dataset.name, "column": name, "selection": selection.to_dict() if selection else None}
    return control.submit(KIND, f"{name} of {dataset.name}", arguments)


def run_job(job: Any) -> None:
    """The job kind `derive`: arguments dataset, column and selection (plain values)."""
    from core.registry import experiment_by_key

    dataset = open_dataset(job.arguments["dataset"])
    experiment = experiment_by_key(dataset.experiment)
    name = job.arguments["column"]
    asked = job.arguments["selection"]
    selection = None if asked is None else from_dict(experiment, asked)
    made = derive(experiment, dataset, name, selection, reporter(job, "rows read"))
    job.report(1, 1, f"{name} of {made.derived[name]['n_defined']:,} of {made.n_rows:,} rows")
