"""The command that moves a cut and says where it is best."""

import argparse
from typing import Any

from core.commands.data import find_dataset, find_selection
from core.commands.text import Result, interval, table
from core.data.dataset import Dataset
from core.data.derive import columns_of
from core.data.selection import Selection, select
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import cutsample
from core.judge.cutsample import CutSample, CutStudy
from core.judge.cutstudy import MERITS
from core.judge.scored import Scored, open_scored
from core.runs import open_run


def study_cut(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    features, directions = _features(options, experiment, dataset)
    scored = open_scored(open_run(options.run), experiment, dataset).of(options.of) if options.run else None
    selection = _selection(options, experiment, dataset, scored)
    events = cutsample.sample(select(experiment, dataset, selection), scored, options.of)
    moved = cutsample.move(events, features, directions, options.merit, _expected(options))
    found = cutsample.quote(events, moved, options.at, options.threshold)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "run": options.run,
        "labels": selection.labels,
    }
    result |= found.to_dict()
    if scored is not None:
        names = [column.name for column in columns_of(experiment, dataset)]
        result["correlations"] = [
            {"feature": c.column, "class": c.class_name, **c.rho.to_dict()} for c in cutsample.correlations(events, names)
        ]  # fmt: skip
    return result, _text(found, events, result)


def _features(options: argparse.Namespace, experiment: Experiment, dataset: Dataset) -> tuple[list[str], list[str]]:
    features = [options.feature, *([options.second] if options.second else [])]
    known = [column.name for column in columns_of(experiment, dataset)]
    for name in features:
        if name not in known:
            raise DarkroomError(
                f"Data set '{dataset.name}' has no feature '{name}': expected one of {', '.join(known)}."
            )
    return features, [options.direction, options.second_direction][: len(features)]


def _selection(
    options: argparse.Namespace, experiment: Experiment, dataset: Dataset, scored: Scored | None
) -> Selection:
    """As asked for; with a run and nothing asked, the run's own."""
    is_asked = options.preset or options.selection or options.labels or options.cut or options.division
    if scored is not None and not is_asked:
        return scored.selection
    return find_selection(experiment, dataset, options)


def _expected(options: argparse.Namespace) -> tuple[float, float] | None:
    given = options.expect_signal, options.expect_background
    if (given[0] is None) != (given[1] is None):
        raise DarkroomError(
            "Give both --expect-signal and --expect-background, or neither (then these events' numbers count)."
        )
    return None if given[0] is None else given


def _text(found: CutStudy, events: CutSample, result: dict[str, Any]) -> str:
    merit = MERITS[found.moved.merit]
    kind = "simulated" if events.dataset.simulated else "measured"
    lines = [
        f"{found.told} on {events.dataset.name} ({kind}), labels {result['labels']}; chosen on {found.chosen_on}, quoted on {found.quoted_on}",
        f"best by {merit.title} = {merit.formula}: {found.moved.best.merit.value:.4g} [{found.moved.best.merit.low:.4g}, {found.moved.best.merit.high:.4g}]",
    ]
    for axis, at, low, high in zip(
        found.moved.scan.axes, found.moved.best.at, found.moved.best.low, found.moved.best.high, strict=True
    ):
        lines.append(f"  {axis.told(at)}  (68 % of the bootstrap: {low:.4g} to {high:.4g})")
    lines.append("")
    rows = [
        {
            "": name, "signal efficiency": interval(quoted["signal_efficiency"]),
            "background efficiency": interval(quoted["background_efficiency"]), merit.title: quoted["merit"],
        }
        for name, quoted in result["quoted"].items()
    ]  # fmt: skip
    lines.append(table(rows))
    if "correlations" in result:
        lines += ["", "rank correlation with the score (all events):"]
        shown = [row for row in result["correlations"] if row["class"] == "all"]
        lines.append(table([{k: row[k] for k in ("feature", "value", "low", "high", "n")} for row in shown]))
    return "\n".join(lines)
