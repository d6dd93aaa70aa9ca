"""What every report on a run ends with: how it was trained, which rows it rests on, and where all of it came from."""

import time
from collections.abc import Mapping
from typing import Any

from core import manifest
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.figures.curves import training_curves
from core.jobs import queue
from core.judge.report import Figure, Report, Table
from core.learn import curves
from core.runs import Run
from core.selection.selection import Selection, from_dict, select
from core.workflows import as_command, run_admin

CURVES_NOTE = (
    "Thin: training, mean of the epoch; with markers: validation. A validation loss that rises while the training's falls would be "
    "overtraining."
)
FLOW_NOTE = "'alone': rows that pass this cut; 'cumulative': this one and all before. A cut that loses most of the rows would ask for a look."


def training_of(run: Run) -> Report:
    """The curves of the training and everything that it was asked for."""
    drawn = curves.of_run(run, "epochs")
    figure = training_curves(drawn.curves, "epochs", "mean of the epoch", beside=True, least=curves.least_of(run))
    settings = Table("settings", run_admin.as_rows({**run.params, "recipe": run.recipe}))
    counts = Table(
        "rows of the training", [{"sample": name, **_plain(n)} for name, n in run.provenance["counts"].items()]
    )
    return Report(
        tables=(counts, settings), figures=(Figure("training curves", figure, CURVES_NOTE, curves.columns([drawn], "epochs")),),
        title="Training",
    )  # fmt: skip


def _plain(counts: Any) -> dict[str, Any]:
    return dict(counts) if isinstance(counts, Mapping) else {"rows": counts}


def selection_of(experiment: Experiment, dataset: Dataset, selection: Selection) -> Report:
    """The cut flow of a selection on a data set, and its cuts."""
    flow = select(experiment.selecting, experiment.labels, dataset, selection).cutting.flow
    rows = [
        {"cut": row.cut, "for class": row.class_name, "alone": f"{row.alone:,}", "cumulative": f"{row.cumulative:,}"}
        for row in flow
    ]
    warnings = experiment.selecting.warnings(selection.cuts, selection.labels, dataset)
    settings = Table("cuts, labels and split", run_admin.as_rows(selection.to_dict()))
    return Report(tables=(Table("cut flow", rows, FLOW_NOTE), settings), notes=tuple(warnings), title="Selection")


def of_run_selection(experiment: Experiment, dataset: Dataset, run: Run) -> Report:
    """The same of the run's own selection."""
    return selection_of(experiment, dataset, from_dict(experiment.selecting, experiment.labels, run.selection))


def origin_of_run(run: Run, dataset: Dataset) -> Report:
    """Where a run's numbers came from: who wrote this and when, the run, its data set with the SHA-256 of every raw file."""
    known = {name: value for name, value in run.provenance.items() if name not in ("counts", "dataset", "warnings")}
    trained = {name: value for name, value in run.provenance["dataset"].items() if name not in ("files", "mapping")}
    sealed = Table("files of the run", _sealed(run), "SHA-256, against which every file is held before it is read")
    tables = [
        Table("run", run_admin.as_rows({"id": run.id, **known})),
        Table("data set of the training", run_admin.as_rows(trained)),
        *_of_dataset(dataset),
    ]
    notes = (written(), *map(str, run.provenance.get("warnings", ())))
    return Report(tables=(*tables, sealed), notes=notes, title="Provenance")


def origin_of_dataset(dataset: Dataset) -> Report:
    """The same of a data set alone."""
    return Report(tables=tuple(_of_dataset(dataset)), notes=(written(),), title="Provenance")


def _sealed(run: Run) -> list[dict[str, str]]:
    return [{"file": name, "sha256": digest} for name, digest in manifest.read(run.path).items()]


def _of_dataset(dataset: Dataset) -> list[Table]:
    facts: dict[str, Any] = {name: dataset.meta[name] for name in ("id", "experiment", "n_rows", "made_at", "versions", "mapping") if name in dataset.meta}  # fmt: skip
    facts |= {"data": kind_of(dataset), "features version": dataset.version}
    files = [{"file": str(part["file"]), "rows": part["n_rows"], "sha256": part["sha256"]} for part in dataset.meta["parts"]]  # fmt: skip
    return [
        Table(f"data set {dataset.name}", run_admin.as_rows(facts)),
        Table("raw files", files, "SHA-256 of the raw file that each part was made of"),
    ]


def kind_of(dataset: Dataset) -> str:
    """Whether the rows were simulated or measured, in a word."""
    return "simulated" if dataset.simulated else "measured"


def written() -> str:
    """Who wrote a report, and when."""
    return f"Written by {queue.this_user()} at {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC."


def commands_of_run(experiment: Experiment, run: Run, dataset: Dataset, home: Dataset | None) -> list[str]:
    """What makes the run's data set and the run again, as far as they are there."""
    lines = [as_command.prepare(experiment, home)] if home is not None else []
    try:
        lines.append(as_command.train(experiment, run))
    except DarkroomError as error:
        lines.append(f"# the training cannot be asked for again: {error}")
    if dataset.name != run.dataset:
        lines += [
            as_command.prepare(experiment, dataset),
            f"{as_command.PYTHON} predict {run.id} {dataset.name} --wait",
        ]
    return lines
