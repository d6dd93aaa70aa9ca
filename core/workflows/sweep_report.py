"""The report on a sweep: its members with their losses and results, the best with its caution, and where all of it came from."""

import dataclasses
from typing import Any

from core import runs
from core.data.dataset import open_dataset
from core.figures.curves import training_curves
from core.judge.report import DASH, Figure, KeyNumber, Report, Table
from core.learn import curves
from core.registry import experiment_by_key
from core.selection.selection import from_dict
from core.workflows import report_parts, sweep_table, sweeps
from core.workflows.sweep_table import Line
from core.workflows.sweeps import ENDED

CURVES_NOTE = "Validation alone, one line for each member and class. Lines that end early were given up."
ORDER_NOTE = (
    "Ordered by the validation loss, on which the best was chosen; test results have 95 % intervals and chose nothing."
)


def of_sweep(sweep_id: str) -> Report:
    """Everything that has come of a sweep."""
    sweep = sweeps.open_sweep(sweep_id)
    experiment, dataset = experiment_by_key(sweep.experiment), open_dataset(sweep.dataset)
    lines = sweep_table.lines(sweep)
    best = sweep_table.best_of(lines)
    ended = sum(line.member.state in ENDED for line in lines)
    numbers = [KeyNumber("members there", f"{ended} of {len(lines)}", "", "that were trained, or given up early")]
    if best is not None:
        numbers.append(KeyNumber("best member", str(best.number), best.name, "of the least validation loss"))
        numbers.append(
            KeyNumber("validation loss", f"{best.loss:.4g}", "chosen on", "of the best epoch of the best member")
        )
        numbers += [
            KeyNumber(f"test: {q.name}", q.text, "", "of the best member, on rows that chose nothing")
            for q in best.result.numbers[:2]
        ]
    members = Report(
        tuple(numbers), (Table("members", _rows(lines), ORDER_NOTE),), _curves(lines), tuple(filter(None, [sweep_table.caution(lines)])),
        title="Members",
    )  # fmt: skip
    selection = from_dict(experiment.selecting, experiment.labels, sweep.selection)
    parts = (
        members,
        report_parts.selection_of(experiment, dataset, selection),
        report_parts.origin_of_dataset(dataset),
    )
    facts = f"{experiment.title}. Sweep {sweep.title} of {sweep.network} on {dataset.name} ({report_parts.kind_of(dataset)}): {', '.join(sweep.vary)}."
    title = f"Sweep {sweep.id} on {dataset.name} ({report_parts.kind_of(dataset)})"
    return Report(parts=parts, notes=(facts,), values=sweep_table.to_dict(sweep, lines), title=title)


def _rows(lines: list[Line]) -> list[dict[str, Any]]:
    order = sorted(lines, key=lambda line: (line.loss is None, line.loss or 0.0, line.number))
    return [
        {
            "member": line.number, "": "best" if line.is_best else "",
            **{name: str(value) for name, value in line.member.values.items()}, "state": line.state,
            "validation loss": DASH if line.loss is None else f"{line.loss:.4f}",
            "test result": line.result.text or line.result.why or DASH, "epochs": line.n_epochs or DASH, "run": line.member.run or DASH,
        }
        for line in order
    ]  # fmt: skip


def _curves(lines: list[Line]) -> tuple[Figure, ...]:
    there = [line for line in lines if line.member.run and line.member.state in ENDED and line.loss is not None]
    if not there:
        return ()
    of_runs = [curves.of_run(runs.open_run(str(line.member.run)), "epochs") for line in there]
    shown = [
        dataclasses.replace(curve, run=f"{line.number}: {line.name}")
        for line, of_run in zip(there, of_runs, strict=True)
        for curve in of_run.curves
        if curve.is_validation
    ]
    figure = training_curves(shown, "epochs", beside=True).update_traces(mode="lines", line_width=1)
    return (Figure("validation of all members", figure, CURVES_NOTE, curves.columns(of_runs, "epochs")),)
