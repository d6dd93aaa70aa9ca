"""The command that judges a run: one class against the rest, and all classes of a run with more than two."""

from pathlib import Path
from typing import Any

from core import runs as running
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.text import report_lines, table
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import classified_report, evaluation_report, report_files, stored
from core.judge.classified import judge_classes
from core.judge.evaluation import Evaluation
from core.judge.judged_sample import judge_run
from core.judge.output_report import report_of
from core.judge.output_table import open_outputs
from core.judge.paired import compare_run
from core.judge.score_table import ScoreTable
from core.learn.plan import task_of_run
from core.statistics.multiclass import checked_mix
from core.workflows.scored import open_scored

SHOWN = ("signal efficiency", "background rejection", "harmonic efficiency", evaluation_report.AUC)


def evaluate(options: declarations.Evaluate) -> Result:
    run = running.open_run(options.run)
    experiment, dataset = find_dataset(options.data or run.dataset)
    split = options.split or ("test" if dataset.name == run.dataset else "other")
    if run.task != running.CLASSIFY:
        return _outputs(run, experiment, dataset, split, options.export)
    scored = open_scored(run, experiment, dataset).of(options.of)
    evaluation = judge_run(scored, options.threshold, split, options.labels)
    compared = compare_run(scored, options.threshold, split, options.labels)
    if options.export:
        report_files.write(evaluation_report.report(evaluation), options.export)
    result = {"run": run.id, "dataset": dataset.name, "simulated": dataset.simulated, **evaluation.to_dict()}
    result |= {"comparisons": compared.to_dict(), "costs": stored.costs(run), "of": scored.signal}
    several, about_several = _several(scored, evaluation.tables["signal"].axis.edges, split, options)
    kind = "simulated" if dataset.simulated else "measured"
    lines = [
        f"run {run.title} on {dataset.name} ({kind}), split {split}, labels {evaluation.label_scheme}, threshold {options.threshold:g}",
        *about_several,
        "",
        *_judged_lines(evaluation),
        "",
        f"leakage at 99 % signal efficiency, thresholds from {compared.chosen_on}",
        table(evaluation_report.leakage_rows(compared)),
        "",
        table([{k: v for k, v in row.items() if k != "counts"} for row in result["energy_table"]]),
    ]
    return result | several, "\n".join(lines + [f"note: {note}" for note in evaluation.notes])


def _judged_lines(evaluation: Evaluation) -> list[str]:
    """Network and baselines under every label scheme, one line each."""
    lines = []
    for row in evaluation_report.scheme_table(evaluation).rows:
        labels = "" if row["labels"] == evaluation.label_scheme else f", labels {row['labels']}"
        lines.append(f"{row['classifier']}{labels}: " + "; ".join(f"{name} {row[name]}" for name in SHOWN))
    return lines


def _outputs(
    run: running.Run, experiment: Experiment, dataset: Dataset, split: str, export: Path | None
) -> Result:  # fmt: skip
    """Of a run that tells no classes apart: what its task sums up."""
    task = task_of_run(experiment.networks, run)
    axis = experiment.judging.axis if experiment.judging else None
    report = report_of(open_outputs(run, task, dataset), axis, split)
    if export:
        report_files.write(report, export)
    kind = "simulated" if dataset.simulated else "measured"
    result = {"run": run.id, "dataset": dataset.name, "simulated": dataset.simulated, "task": run.task}
    lines = [f"run {run.title} on {dataset.name} ({kind}), split {split}, trained to {run.task}", *report_lines(report)]
    return result | dict(report.values), "\n".join(lines)


def _several(
    scored: ScoreTable, edges: Any, split: str, options: declarations.Evaluate
) -> tuple[dict[str, Any], list[str]]:
    """All classes of a run with more than two, under the key `multiclass`, and as lines."""
    if not scored.is_multiclass:
        if options.mix or options.reject_below:
            raise DarkroomError(
                f"Run '{scored.run.id}' has two classes: --mix and --reject-below are for more than two."
            )
        return {}, []
    mix = checked_mix(options.mix, scored.classes) if options.mix else None
    classified = judge_classes(scored, split, options.labels, reject_below=options.reject_below, edges=edges, mix=mix)
    lines = ["", *report_lines(classified_report.report(classified)), "", f"{scored.signal} against the rest:"]
    return {"multiclass": classified.to_dict()}, lines
