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
from core.data.table import Derived
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control, queue
from core.labels.labels import labels_of
from core.selection.selection import Selected, Selection, from_dict, need_both_classes, select
from core.workflows.demo import reporter

KIND = "derive"


def derivable(experiment: Experiment, name: str) -> Derived:
    """The derived column named `name`, or a refusal that lists those there are."""
    if name not in experiment.table.derived:
        names = ", ".join(experiment.table.derived) or "none"
        raise DarkroomError(f"{experiment.title} has no derived column '{name}': expected one of: {names}.")
    return experiment.table.derived[name]


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
    digest = hashlib.sha256(b"".join(values.tobytes() for values in columns.values())).hexdigest()[:16]
    target = dataset.path / f"{name}-{digest}.parquet"
    with joining.only_writer(dataset.path):
        meta = workspace.read_sealed(dataset.path / "dataset.json", f"prepare data set '{dataset.name}' again")
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
        workspace.write_sealed(dataset.path / "dataset.json", joining.with_derived(meta, derived))
    return open_dataset(dataset.name, dataset.read_columns)


def _checked(experiment: Experiment, dataset: Dataset, name: str, selection: Selection | None) -> Selected | None:
    """The rows of the selection, None where none is needed; refused if it lacks a class or depends on what is to be made."""
    if not derivable(experiment, name).needs_selection:
        return None
    if selection is None:
        raise DarkroomError(f"'{name}' is made from a selection: name one, such as a preset.")
    groups = labels_of(experiment).cuts_of(selection.cuts, selection.labels, dataset).values()
    cuts = [*experiment.selecting.cut_list(selection.cuts), *(cut for group in groups for cut in group)]
    if any(cut.column in experiment.table.derived for cut in cuts):
        raise DarkroomError(
            f"The selection cuts on a derived column: '{name}' needs a selection without, or it would depend on what was "
            "made before."
        )
    selected = select(experiment.selecting, experiment.labels, dataset, selection)
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
    values = job.arguments["selection"]
    selection = None if values is None else from_dict(experiment.selecting, experiment.labels, values)
    grown = derive(experiment, dataset, name, selection, reporter(job, "rows read"))
    job.report(1, 1, f"{name} of {grown.derived[name]['n_defined']:,} of {grown.n_rows:,} rows")
