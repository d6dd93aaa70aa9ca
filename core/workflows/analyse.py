"""An analysis from the names of its inputs: what is newest where nothing is named, opened; a long one as a job.

The report of a job is kept as workspace/analyses/<key>.json under a key that changes with everything it rests on.
"""

import contextlib
import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly import io as plotly_io

from core import parameters, runs, workspace
from core.analysis.analysis import Analysis, Inputs, Need, analysis_of
from core.analysis.pressure import Pressure, read_pressure
from core.data.dataset import Dataset, list_datasets, open_dataset, readable
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import ACTIVE, Job
from core.judge import score_table
from core.judge.output_table import OutputTable, open_outputs
from core.judge.report import Figure, KeyNumber, Report, Table
from core.judge.score_table import ScoreTable
from core.learn.layers import describe_networks
from core.learn.plan import task_of_run
from core.runs import Run
from core.selection.selection import select
from core.workflows import cross_training as studies
from core.workflows import run_admin, run_results
from core.workflows.cross_training import Study
from core.workflows.scored import open_scored
from core.workflows.study_scores import open_matrix

KIND = "analysis"
NONE = "none"
Opener = Callable[[str], Dataset]
Scorer = Callable[[Run, Dataset], ScoreTable]


@dataclass(frozen=True)
class Names:
    """What is chosen for an analysis: ids and names, paths of files; '' where nothing is, 'none' where nothing shall be.

    `settings` are assignments to fields of the mapping.
    """

    dataset: str = ""
    run: str = ""
    study: str = ""
    calibration: str = ""
    pressure: str = ""
    files: tuple[str, ...] = ()
    mapping: str = ""
    settings: tuple[str, ...] = ()

    def of(self, kind: str) -> Any:
        """The name under a kind of need, '' for none."""
        name = getattr(self, kind, "")
        return "" if name == NONE else name


def with_newest(experiment: Experiment, analysis: Analysis, names: Names) -> Names:
    """The names with the newest there is for those needs that ask for it; refused where a needed one is missing."""
    needs = analysis.needs
    if "dataset" in needs and not names.dataset:
        names = dataclasses.replace(names, dataset=_dataset_beside(experiment, needs["dataset"], names))
    dataset = open_dataset(names.of("dataset")) if names.of("dataset") else None
    if dataset is not None and dataset.experiment != experiment.key:
        raise DarkroomError(f"Data set '{dataset.name}' belongs to {dataset.experiment}, not to {experiment.key}.")
    if dataset is not None and "study" in needs and names.study != NONE:
        study = study_for(dataset, names.study or None)
        names = dataclasses.replace(names, study=study.id if study else "")
    if dataset is not None and "run" in needs and needs["run"].is_newest and not names.run:
        run = run_for(experiment, dataset, needs["run"].network, needs["run"].task)
        names = dataclasses.replace(names, run=run.id if run else "")
    if dataset is not None and "calibration" in needs and names.of("run") and not names.calibration:
        first = next(iter(calibrations(runs.open_run(names.run), dataset.name)), "")
        names = dataclasses.replace(names, calibration=first)
    for kind, need in needs.items():
        if need.is_required and not names.of(kind):
            raise DarkroomError(f"{analysis.title} needs {need.title}: give {_option(kind)}.")
    return names


def _option(kind: str) -> str:
    return "at least one file" if kind == "files" else f"--{'data' if kind == 'dataset' else kind}"


def _dataset_beside(experiment: Experiment, need: Need, names: Names) -> str:
    """The data set of the study or run that is named, else the newest where that is wanted."""
    if names.of("study"):
        return studies.open_study(names.study).dataset
    if names.of("run") and not need.is_newest:
        return runs.open_run(names.run).dataset
    return (default_dataset(experiment) or "") if need.is_newest else ""


def default_dataset(experiment: Experiment) -> str | None:
    """The data set of the newest study, else of the newest run, else the largest there is."""
    of_experiment = {name: data for name, data in readable()[0].items() if data.experiment == experiment.key}
    newest = [study.dataset for study in studies.list_studies()]
    newest += [run.dataset for run in runs.list_runs() if run.state in ("finished", "stopped")]
    largest = sorted(of_experiment, key=lambda name: of_experiment[name].n_rows, reverse=True)
    return next((name for name in (*newest, *largest) if name in of_experiment), None)


def study_for(dataset: Dataset, study_id: str | None = None) -> Study | None:
    """The study of that id, or the newest of the data set in which every training is there, else the newest."""
    if study_id is None:
        listed = studies.list_studies(dataset.name)
        whole = (study for study in listed if all(run or why for run, why in zip(study.runs, study.empty, strict=True)))
        return next(whole, next(iter(listed), None))
    study = studies.open_study(study_id)
    if study.dataset != dataset.name:
        raise DarkroomError(f"Study '{study.id}' is of data set '{study.dataset}', not of '{dataset.name}'.")
    return study


def run_for(experiment: Experiment, dataset: Dataset, network: str, task: str = "") -> Run | None:
    """The newest run with scores of the data set: of the network, else of any; one that has learned the task, where it is named.

    Runs of studies come last: each was trained on one region only.
    """
    usable = [
        run for run in runs.list_runs()
        if run.state in ("finished", "stopped") and run.experiment == experiment.key
        and task in ("", run.task) and runs.is_scored(run.id, dataset.name)
    ]  # fmt: skip
    of_studies = run_admin.members()
    usable.sort(key=lambda run: (run.id in of_studies, run.network != network))  # stable: the newest stay first
    chosen = next(iter(usable), None)
    return runs.open_run(chosen.id) if chosen else None


def calibrations(run: Run, without: str) -> list[str]:
    """Simulated data sets that the run has scored, but `without` the one that is counted."""
    there = list_datasets()
    names = [name for name in runs.scored_datasets(run) if name in there and name not in (without, run.dataset)]
    return [name for name in names if open_dataset(name).simulated]


def open_inputs(
    experiment: Experiment, analysis: Analysis, names: Names, layers: Mapping[str, Any] | None = None,
    pressure: Pressure | None = None, trained: Mapping[str, str] | None = None, opener: Opener = open_dataset,
    scorer: Scorer | None = None,
) -> Inputs:  # fmt: skip
    """Everything that is named, opened. `trained`: the run of each training. `opener` and `scorer` may keep what they opened."""
    score_classes = scorer or (lambda run, data: open_scored(run, experiment, data))

    def score(run: Run, data: Dataset) -> ScoreTable | OutputTable:
        return (
            score_classes(run, data) if run.classes else open_outputs(run, task_of_run(experiment.networks, run), data)
        )

    needs, dataset_name = analysis.needs, names.of("dataset")
    dataset = opener(dataset_name) if dataset_name else None
    run = runs.open_run(names.run) if names.of("run") else None
    scored, own, calibration = None, None, None
    if run is not None and dataset is not None:
        if needs["run"].is_scored or dataset.name in runs.scored_datasets(run):
            scored = score(run, dataset)
        if "calibration" in needs and run.dataset in list_datasets() and runs.is_scored(run.id, run.dataset):
            own = score(run, opener(run.dataset))
        if names.of("calibration"):
            calibration = score(run, opener(names.calibration))
    study = studies.open_study(names.study) if names.of("study") and dataset is not None else None
    return Inputs(
        dataset=dataset, run=run, home=opener(run.dataset) if run is not None and run.dataset in list_datasets() else None, scored=scored, own=own, calibration=calibration,
        pressure=pressure or (_pressure(Path(names.pressure)) if names.of("pressure") else None), study=study,
        matrix=open_matrix(study, experiment, dataset) if study is not None and dataset is not None else None,
        trained={name: score(runs.open_run(run), dataset) for name, run in (trained or {}).items()} if dataset is not None else {},
        files=tuple(map(Path, names.files)), mapping=_mapping(experiment, names) if "files" in needs else None, layers=layers,
        select=functools.partial(select, experiment.selecting, experiment.labels, dataset) if dataset is not None else None,
    )  # fmt: skip


def _pressure(path: Path) -> Pressure:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DarkroomError(f"{path}: cannot be read ({error}): give a CSV file.") from None
    return read_pressure(text, path.name)


def _mapping(experiment: Experiment, names: Names) -> Any:
    mapping = experiment.reading.mapping_named(names.mapping or experiment.key)
    return parameters.override(mapping, names.settings)


def key_of(
    experiment: Experiment, key: str, names: Names, values: Any, is_with_layers: bool = False,
    trained: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Changes with everything that a report rests on: inputs and their versions, parameters."""
    versions: list[Any] = [experiment.reading.version, is_with_layers]
    versions += [score_table.version(runs.open_run(run), names.dataset) for run in (trained or {}).values()]
    for name in filter(None, (names.of("dataset"), names.of("calibration"))):
        versions.append(open_dataset(name).id)
        versions += [score_table.version(runs.open_run(names.run), name)] if names.of("run") else []
    if names.of("run"):
        run = runs.open_run(names.run)
        versions.append(score_table.version(run, run.dataset))
    if names.of("study"):
        members = studies.open_study(names.study).runs
        versions += [score_table.version(runs.open_run(run), names.dataset) for run in members if run]
    for path in filter(None, (*names.files, names.of("pressure"))):
        stat = Path(path).stat() if Path(path).exists() else None
        versions.append((stat.st_size, stat.st_mtime_ns) if stat else None)
    record = [experiment.key, key, dataclasses.asdict(names), parameters.to_dict(values), versions]
    return hashlib.sha256(json.dumps(record, default=str).encode()).hexdigest()[:24]


def submit(
    experiment: Experiment, key: str, names: Names, values: Any, trained: Mapping[str, str] | None = None
) -> Job:  # fmt: skip
    """Queue an analysis, unless a job is at it. `trained`: the run of each training that there is."""
    file = key_of(experiment, key, names, values, trained=trained)
    busy = [job for job in control.list_jobs(states=("queued", *ACTIVE)) if job.arguments.get("report") == file]
    arguments = {
        "experiment": experiment.key, "analysis": key, "names": dataclasses.asdict(names),
        "parameters": parameters.to_dict(values), "report": file, "trained": dict(trained or {}),
    }  # fmt: skip
    analysis = analysis_of(experiment.analyses, key, experiment.title)
    return busy[0] if busy else control.submit(KIND, f"{analysis.title}, {experiment.key}", arguments)


def run_job(job: Any) -> None:
    """The job kind `analysis`: arguments experiment, analysis, names, parameters, report (the key it is kept under), trained (the run
    of each training that there is).
    """
    from core.registry import experiment_by_key

    experiment = experiment_by_key(job.arguments["experiment"])
    analysis = analysis_of(experiment.analyses, job.arguments["analysis"], experiment.title)
    chosen = job.arguments["names"]
    names = Names(**{**chosen, "files": tuple(chosen["files"]), "settings": tuple(chosen["settings"])})

    def progress(done: float, total: float, text: str) -> None:
        job.report(done, total, text)
        if job.stop_requested():
            raise DarkroomError("Stopped: start it again.")

    layers = describe_networks(experiment.networks) if "networks" in analysis.needs else None
    inputs = open_inputs(experiment, analysis, names, layers, trained=job.arguments.get("trained"))
    report = analysis.run(inputs, parameters.build(analysis.parameters, job.arguments["parameters"]), progress)
    store(job.arguments["report"], report)
    run_results.keep_quality(report.values)
    job.report(1, 1, f"{len(report.figures)} figures, {len(report.tables)} tables")


def store(key: str, report: Report) -> None:
    """Keep a report."""
    record = report.to_dict() | {"drawn": [json.loads(figure.figure.to_json()) for figure in report.figures]}
    record["groups"] = [[part.group for part in report.figures], [part.group for part in report.tables]]
    workspace.write_sealed(_path(key), record)


def stored(key: str) -> Report | None:
    """The report that a job kept, if it is there."""
    path = _path(key)
    if not path.exists():
        return None
    record = workspace.read_sealed(path, "delete it and ask for the analysis again")
    drawn, (figure_groups, table_groups) = record["drawn"], record["groups"]
    figures = [
        Figure(part["title"], _figure(figure), part["note"], part["columns"], group)
        for part, figure, group in zip(record["figures"], drawn, figure_groups, strict=True)
    ]
    tables = [Table(**part, group=group) for part, group in zip(record["tables"], table_groups, strict=True)]
    numbers = tuple(KeyNumber(**number) for number in record["numbers"])
    return Report(numbers, tuple(tables), tuple(figures), tuple(record["notes"]), record["values"])


def stored_values() -> list[dict[str, Any]]:
    """The plain values of all reports that jobs kept, newest first; damaged files are passed over."""
    values = []
    folder = workspace.folder("analyses")
    for path in sorted(folder.glob("[!.]*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        with contextlib.suppress(DarkroomError):
            values.append(dict(workspace.read_sealed(path, "delete it and ask for the analysis again")["values"]))
    return values


def _figure(drawn: dict[str, Any]) -> go.Figure:
    figure: go.Figure = plotly_io.from_json(json.dumps(drawn))
    return figure


def _path(key: str) -> Path:
    return workspace.folder("analyses") / f"{workspace.checked_name(key, 'report')}.json"
