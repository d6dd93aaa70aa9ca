"""Reports on what there is by its name: a run, a study or a data set, with everything that its numbers rest on.

The judgement is that of the commands; figures, cut flow, training, provenance and the commands that give the same again stand with it.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import run_names, runs, workspace
from core.data.dataset import Dataset, list_datasets, open_dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.figures import compatibility as of_matrix
from core.figures import judged as figures
from core.judge import (
    calibration,
    calibration_report,
    classified_report,
    compatibility_report,
    evaluation_report,
    stored,
)
from core.judge.classified import judge_classes
from core.judge.compatibility import METRICS
from core.judge.evaluation import Evaluation
from core.judge.held_out import events_of
from core.judge.judged_sample import judge_run
from core.judge.output_report import report_of
from core.judge.output_table import open_outputs
from core.judge.paired import compare_run
from core.judge.report import Figure, Report, Table
from core.judge.score_table import ScoreTable
from core.learn.plan import task_of_run
from core.registry import experiment_by_key
from core.runs import Run
from core.selection.selection import from_dict, preset
from core.workflows import as_command, cross_training, dataset_figures, report_parts, sweep_report, sweeps
from core.workflows.scored import open_scored
from core.workflows.study_scores import open_matrix

RUN, STUDY, SWEEP, DATASET = "run", "study", "sweep", "data set"


@dataclass(frozen=True)
class Question:
    """What a report is to be about, besides its name; '' is what the commands take where nothing is said."""

    data: str = ""
    threshold: float = 0.5
    split: str = ""
    labels: str = ""
    metric: str = next(iter(METRICS))


def called(name: str) -> str:
    """The id of the run that has this name or alias, unless a data set is called so; else the name itself."""
    return name if name in list_datasets() else run_names.resolve(name)


def kind_of(name: str) -> str:
    """Whether a name is that of a run, a study, a sweep or a data set, or a refusal."""
    if workspace.is_name(name) and (runs.runs_folder() / name).is_dir():
        return RUN
    if any(study.id == name for study in cross_training.list_studies()):
        return STUDY
    if any(sweep.id == name for sweep in sweeps.list_sweeps()):
        return SWEEP
    if name in list_datasets():
        return DATASET
    raise DarkroomError(
        f"'{name}' is no run, study, sweep or data set of this workspace: take a name from `python -m core runs`, `compatibility --list`, `sweep --list` or `datasets`."
    )


def report_on(name: str, question: Question = Question()) -> Report:
    """The whole report on what has this name."""
    kind = kind_of(name)
    if kind == SWEEP:
        report = sweep_report.of_sweep(name)
        commands = [f"{as_command.PYTHON} sweep --show {name}", f"{as_command.PYTHON} report {name} --out report.html"]
        return replace(report, parts=(*report.parts, _again(commands)))
    return of_run(name, question) if kind == RUN else of_study(name, question) if kind == STUDY else of_dataset(name)


def of_run(run_id: str, question: Question = Question()) -> Report:
    """Judgement, training, selection and provenance of a run on a data set that it has outputs of."""
    run = runs.open_run(run_id)
    experiment = experiment_by_key(run.experiment)
    dataset = open_dataset(question.data or run.dataset)
    split = question.split or ("test" if dataset.name == run.dataset else "other")
    asked_for = replace(question, split=split)
    judged = (_classes if run.task == runs.CLASSIFY else _outputs)(experiment, run, dataset, asked_for)
    home = open_dataset(run.dataset) if run.dataset in list_datasets() else None
    options = f" --split {split}" + (f" --data {shlex.quote(dataset.name)}" if dataset.name != run.dataset else "")
    whose = f" --threshold {question.threshold:g}" if run.classes else ""
    whose += f" --labels {shlex.quote(question.labels)}" if question.labels else ""
    commands = report_parts.commands_of_run(experiment, run, dataset, home)
    commands.append(f"{as_command.PYTHON} evaluate {run.id}{whose}{options}")
    commands += [f"{as_command.PYTHON} calibrate {run.id}"] if run.classes and dataset.name == run.dataset else []
    commands.append(f"{as_command.PYTHON} report {run.id}{whose}{options} --out report.html")
    parts = [*judged, report_parts.training_of(run)]
    parts += [report_parts.of_run_selection(experiment, home, run)] if home is not None else []
    kind = report_parts.kind_of(dataset)
    facts = f"{experiment.title}. Network {run.network}, trained on {run.dataset}; judged on {dataset.name} ({kind}), split {split}."
    return Report(
        parts=(*parts, report_parts.origin_of_run(run, dataset), _again(commands)), notes=(facts,), values=judged[0].values,
        title=f"Run {run.title} on {dataset.name} ({kind})",
    )  # fmt: skip


def _classes(experiment: Experiment, run: Run, dataset: Dataset, question: Question) -> list[Report]:
    scored = open_scored(run, experiment, dataset)
    labels = question.labels or None
    evaluation = judge_run(scored, question.threshold, question.split, labels)
    along = scored.judging.axis.name
    drawn = figures.of_evaluation(evaluation, along, has_axis=scored.has_axis)
    parts = [evaluation_report.report(evaluation, drawn)]
    if scored.is_multiclass:
        edges = evaluation.tables["signal"].axis.edges
        classified = judge_classes(scored, question.split, labels, edges=edges)
        of_all = classified_report.report(classified)
        pictures = figures.of_classes(classified, has_axis=scored.has_axis)
        parts.append(replace(of_all, title=f"All classes, split {question.split}", figures=pictures))
    parts.append(_rivals(scored, evaluation))
    return [*parts, *_reliability(scored, question)]


def _rivals(scored: ScoreTable, evaluation: Evaluation) -> Report:
    """The network beside cuts, trees and bound, on the same events."""
    point = evaluation.network.point
    compared = compare_run(scored, point.threshold, evaluation.which_split, evaluation.label_scheme)
    leaks = Table("leakage at 99 % signal efficiency", evaluation_report.leakage_rows(compared), f"thresholds from {compared.chosen_on}; p: McNemar against the network")  # fmt: skip
    parts = {"at the threshold": evaluation_report.threshold_rows(compared), "cost": evaluation_report.cost_rows(compared, stored.costs(scored.run))}  # fmt: skip
    others = (Table(name, rows) for name, rows in parts.items() if rows)
    drawn = (figures.of_comparison(compared),) if scored.has_axis else ()
    return Report(
        tables=(leaks, *others), figures=drawn, notes=tuple(compared.notes), title="Against cuts, trees and bound"
    )


def _reliability(scored: ScoreTable, question: Question) -> list[Report]:
    """The scores as probabilities at the mix of the training, where enough events are there; else nothing."""
    labels = question.labels or scored.selection.labels
    try:
        events = calibration.part_of(
            events_of(scored, labels), "test" if question.split == "test" else "test and other"
        )
        mix = calibration.mix_of(scored.run, events, calibration.BALANCED, None, scored.at)
        temperature = calibration.stored(scored.run, scored.of_class)
        judged = calibration.judge(events, mix, temperature, axis=scored.axis, labels=labels)
    except DarkroomError as error:
        return [Report(title="Calibration", notes=(str(error),))]
    notes = calibration_report.notes(judged, is_simulated=scored.dataset.simulated, meaning=scored.meaning(labels))
    report = calibration_report.report(judged, notes)
    return [replace(report, title="Calibration", figures=(figures.of_reliability(judged),))]


def _outputs(experiment: Experiment, run: Run, dataset: Dataset, question: Question) -> list[Report]:
    axis = experiment.judging.axis if experiment.judging else None
    table = open_outputs(run, task_of_run(experiment.networks, run), dataset)
    return [report_of(table, axis, question.split)]


def of_study(study_id: str, question: Question = Question()) -> Report:
    """The matrix of a study with the chosen metric, its runs, its selection and where all of it came from."""
    study = cross_training.open_study(study_id)
    experiment, dataset = experiment_by_key(study.experiment), open_dataset(study.dataset)
    matrix = open_matrix(study, experiment, dataset, question.threshold, question.labels or None)
    if question.metric not in METRICS:
        raise DarkroomError(f"Unknown metric '{question.metric}': expected one of {', '.join(METRICS)}.")
    drawn = [
        Figure(metric.title, of_matrix.heatmap(matrix, name), "Rows: trained on, columns: tested on; the diagonal is framed. A cell off the diagonal that is better than its own would be surprising.")
        for name, metric in METRICS.items()
    ]  # fmt: skip
    facts = f"{experiment.title}. Study {study.title} on {dataset.name} ({report_parts.kind_of(dataset)})."
    whole = compatibility_report.report(matrix, study.runs, question.metric, "", tuple(drawn))
    trained = [{"region": region.name, "run": run or "", "why missing": why} for region, run, why in zip(study.regions, study.runs, study.empty, strict=True)]  # fmt: skip
    selection = from_dict(experiment.selecting, experiment.labels, study.selection)
    parts = [whole, Report(tables=(Table("trainings", trained),), title="What was trained")]
    parts += [report_parts.selection_of(experiment, dataset, selection), report_parts.origin_of_dataset(dataset)]
    commands = [
        as_command.prepare(experiment, dataset),
        as_command.compatibility(experiment, study, question.threshold),
    ]
    commands.append(f"{as_command.PYTHON} report {study.id} --threshold {question.threshold:g} --out report.html")
    title = f"Study {study.id} on {dataset.name} ({report_parts.kind_of(dataset)})"
    return Report(parts=(*parts, _again(commands)), notes=(facts,), values=whole.values, title=title)


def of_dataset(name: str) -> Report:
    """What a data set holds: its histograms under the first preset, the cut flow and where it came from."""
    dataset = open_dataset(name)
    experiment = experiment_by_key(dataset.experiment)
    first = next(iter(experiment.selecting.presets))
    selection = dataset_figures.usable(experiment, dataset, preset(experiment.selecting, first))
    drawn = dataset_figures.panels(experiment, dataset, selection)
    pictures = Report(figures=drawn, title=f"Quantities under the preset '{first}'")
    parts = (
        pictures,
        report_parts.selection_of(experiment, dataset, selection),
        report_parts.origin_of_dataset(dataset),
    )
    facts = f"{experiment.title}. {dataset.n_rows:,} rows ({report_parts.kind_of(dataset)})."
    options = as_command.as_options(experiment, selection)
    commands = [as_command.prepare(experiment, dataset), f"{as_command.PYTHON} select {name}{options}"]
    commands.append(f"{as_command.PYTHON} report {name} --out report.html")
    values: dict[str, Any] = {"dataset": name, "n_rows": dataset.n_rows}
    return Report(parts=(*parts, _again(commands)), notes=(facts,), values=values, title=f"Data set {name} ({report_parts.kind_of(dataset)})")  # fmt: skip


def _again(commands: Sequence[str]) -> Report:
    """The commands that make everything in a report again."""
    return Report(commands=tuple(commands), title="The same again")


def with_origin(report: Report, dataset: str, run: str, command: str) -> Report:
    """An answer that a page shows, with where it came from and the command that gives it again."""
    opened = open_dataset(dataset) if dataset else None
    origin = []
    if opened is not None:
        origin = [
            report_parts.origin_of_run(runs.open_run(run), opened) if run else report_parts.origin_of_dataset(opened)
        ]
    return Report(parts=(report, *origin, _again([command])), title=report.title)


def figures_of(report: Report) -> dict[str, Figure]:
    """Every figure of a report by its name: the title in small letters with dashes; a second one of a name has a number."""
    named: dict[str, Figure] = {}
    for part in report.whole:
        for figure in part.figures:
            name = "-".join("".join(c if c.isalnum() else " " for c in figure.title.lower()).split()) or "figure"
            number = next(i for i in range(1, 1000) if (name if i == 1 else f"{name}-{i}") not in named)
            named[name if number == 1 else f"{name}-{number}"] = figure
    return named
