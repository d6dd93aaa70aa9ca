"""The command that scans a cut and quotes its optimum."""

from typing import Any

from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import table
from core.data.dataset import Dataset
from core.data.table import columns_of
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import cutsample
from core.judge.cutsample import CutSample, CutStudy
from core.judge.cutstudy import MERITS
from core.judge.cutstudy_report import number
from core.judge.report import in_words
from core.judge.score_table import ScoreTable
from core.runs import open_run
from core.selection.selection import Selection, select
from core.workflows.scored import open_scored


def study_cut(options: declarations.StudyCut) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    features, directions = _features(options, experiment, dataset)
    scored = open_scored(open_run(options.run), experiment, dataset).of(options.of) if options.run else None
    selection = _selection(options, experiment, dataset, scored)
    events = cutsample.sample(select(experiment.selecting, experiment.labels, dataset, selection), scored, options.of)
    moved = cutsample.move(events, features, directions, options.merit, _expected(options))
    study = cutsample.quote(events, moved, options.at, options.threshold)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "run": options.run,
        "labels": selection.labels,
    }
    result |= study.to_dict()
    if scored is not None:
        names = [column.name for column in columns_of(experiment.table, dataset)]
        result["correlations"] = [
            {"feature": c.column, "class": c.class_name, **c.rho.to_dict()} for c in cutsample.correlations(events, names)
        ]  # fmt: skip
    return result, _text(study, events, result)


def _features(options: declarations.StudyCut, experiment: Experiment, dataset: Dataset) -> tuple[list[str], list[str]]:
    features = [options.feature, *([options.second] if options.second else [])]
    names = [column.name for column in columns_of(experiment.table, dataset)]
    for name in features:
        if name not in names:
            raise DarkroomError(
                f"Data set '{dataset.name}' has no feature '{name}': expected one of {', '.join(names)}."
            )
    return features, [options.direction, options.second_direction][: len(features)]


def _selection(
    options: declarations.StudyCut, experiment: Experiment, dataset: Dataset, scored: ScoreTable | None
) -> Selection:
    """The selection named in the options, else the run's own."""
    is_asked = options.preset or options.selection or options.labels or options.cut or options.split
    if scored is not None and not is_asked:
        return scored.selection
    return find_selection(experiment, dataset, options)


def _expected(options: declarations.StudyCut) -> tuple[float, float] | None:
    signal, background = options.expect_signal, options.expect_background
    if (signal is None) != (background is None):
        raise DarkroomError(
            "Give both --expect-signal and --expect-background, or neither (then these events' numbers count)."
        )
    return None if signal is None or background is None else (signal, background)


def _text(study: CutStudy, events: CutSample, result: dict[str, Any]) -> str:
    merit = MERITS[study.moved.merit]
    kind = "simulated" if events.dataset.simulated else "measured"
    lines = [
        f"{study.in_words} on {events.dataset.name} ({kind}), labels {result['labels']}; chosen on {study.chosen_on}, quoted on {study.quoted_on}",
        f"best by {merit.title} = {merit.formula}: {study.moved.best.merit.value:.4g} [{study.moved.best.merit.low:.4g}, {study.moved.best.merit.high:.4g}]",
    ]
    for axis, at, low, high in zip(
        study.moved.scan.axes, study.moved.best.at, study.moved.best.low, study.moved.best.high, strict=True
    ):
        lines.append(f"  {axis.in_words(at)}  (68 % of the bootstrap: {low:.4g} to {high:.4g})")
    lines.append("")
    rows = [
        {
            "": name, "signal efficiency": in_words(point.signal, with_unit=True),
            "background rejection": in_words(point.background, with_unit=True), merit.title: number(study.merits[name]),
        }
        for name, point in study.points.items()
    ]  # fmt: skip
    lines.append(table(rows))
    if "correlations" in result:
        lines += ["", "rank correlation with the score (all events):"]
        shown = [row for row in result["correlations"] if row["class"] == "all"]
        lines.append(table([{k: row[k] for k in ("feature", "value", "low", "high", "n")} for row in shown]))
    return "\n".join(lines)
