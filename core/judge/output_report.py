"""What is told of a run that tells no classes apart: the numbers of its task with intervals, and both along the axis."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from core.figures.summaries import points_by_axis
from core.judge.output_table import OutputTable
from core.judge.report import Figure, KeyNumber, Report, Table, key_number
from core.statistics.axis import Axis
from core.statistics.intervals import Interval

MEANINGS = {
    "bias": "median of regressed minus true: zero is right",
    "resolution": "half the width of the central 68.27 % of regressed minus true: the standard deviation of a Gaussian",
    "mean": "mean over rows",
    "deviation": "half the width of the central 68.27 % of the rows: the standard deviation of a Gaussian",
}
DIGITS = 3


def report_of(table: OutputTable, axis: Axis | None, which: str) -> Report:
    """The report of a run on a split of a data set; along the axis where there is one that the data set knows."""
    summary, n = table.summary(which), int(table.members(which).sum())
    numbers = [KeyNumber("rows", f"{n:,}", "", f"of split '{which}' that the network regressed or generated")]
    for name, interval in intervals_of(summary).items():
        numbers.append(key_number(name, interval, _meaning(name), "", digits=_digits(interval)))
    tables: list[Table] = []
    figures: list[Figure] = []
    if axis is not None and table.dataset.defines(axis.column):
        rows = [intervals_of(of_bin) for of_bin in table.by_axis(axis, which)]
        ends = [axis.plain(low, high) for low, high in pairwise(axis.edges.tolist())]
        group = f"by {axis.name}"
        by_bin = [{**end, **row} for end, row in zip(ends, rows, strict=True)]
        tables.append(Table(group, by_bin, "95 % intervals from resampling the rows", group, unit=""))
        figures = [_along(axis, name, [row[name] for row in rows], group) for name in rows[0]]
    notes = [f"{table.n_gone:,} rows are left out: the files that they came from have changed since."]
    values = {"split": which, "n": n, "summary": summary, "by_axis": [record for t in tables for record in t.records]}
    return Report(
        tuple(numbers), tuple(tables), tuple(figures), tuple(notes[: bool(table.n_gone)]), values,
        title=f"Run {table.run.title}, trained to {table.run.task}, split {which}",
    )  # fmt: skip


def intervals_of(summary: Mapping[str, Any]) -> dict[str, Interval]:
    """The numbers of a task's summary by name, with their unit."""
    return {
        f"{what} of {name}" + (f" [{quantities['unit']}]" if quantities["unit"] else ""): _interval(quantities[what])
        for name, quantities in summary.items()
        for what in quantities
        if what != "unit"
    }


def _interval(plain: Mapping[str, Any]) -> Interval:
    """An interval from its plain values; None is NaN again."""
    value, low, high = (math.nan if plain[end] is None else plain[end] for end in ("value", "low", "high"))
    return Interval(value, low, high, plain["n"], method=plain["method"])


def _digits(interval: Interval) -> int:
    """As many as show the interval's half width with two."""
    reach = 0.5 * (interval.high - interval.low)
    return min(max(1 - math.floor(math.log10(reach)), 0), 9) if reach > 0 else DIGITS


def _meaning(name: str) -> str:
    return MEANINGS[name.split(" ")[0]]


def _along(axis: Axis, name: str, intervals: list[Interval], group: str) -> Figure:
    columns: dict[str, list[Any]] = {"from": axis.edges[:-1].tolist(), "to": axis.edges[1:].tolist()}
    columns |= {end: [getattr(interval, end) for interval in intervals] for end in ("value", "low", "high", "n")}
    meaning = _meaning(name)
    note = f"{meaning[0].upper()}{meaning[1:]}. A bin that leaves its neighbours would ask for a look at its rows."
    return Figure(name, points_by_axis(axis, name, intervals), note, columns, group)
