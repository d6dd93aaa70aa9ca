"""The report on a compatibility matrix: a few numbers, one metric of every cell to read, all of them for a file."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.splits import SPLITS, TRAIN, VALIDATION
from core.judge.compatibility import METRICS, Cell, Matrix, Sample
from core.judge.report import DASH, PERCENT, Figure, KeyNumber, Number, Report, Table, n_of
from core.statistics.intervals import defined

At = tuple[int, int]
MISSING = "missing"


def report(
    matrix: Matrix, runs: Sequence[str | None], metric: str, facts: str = "", figures: tuple[Figure, ...] = ()
) -> Report:
    """One metric as it is read, every metric of every cell in a file. `runs`: ids in the order of the regions; `facts` say
    how the numbers came about.
    """
    shown, cells = METRICS[metric], numbers_of(matrix, metric)
    names = [region.name for region in matrix.regions]
    title = f"{shown.title[:1].upper()}{shown.title[1:]} at a score threshold of {matrix.threshold:g}"
    note = (
        f"Labels {matrix.scheme}, {100.0 * matrix.level:g} % intervals (statistical only). Only events outside the training's own "
        "training and validation samples"
    )
    rows = [
        {"trained on, tested on": trained, **{tested: cells.get((i, j), MISSING) for j, tested in enumerate(names)}}
        for i, trained in enumerate(names)
    ]
    table = Table(title, rows, note, unit=shown.unit, numbers=cell_records(matrix, runs))
    notes = tuple(filter(None, (facts, *matrix.notes)))
    values = {"cells": matrix.to_rows(), "notes": list(matrix.notes)}
    numbers = key_numbers(matrix, metric)
    return Report(numbers, (table,), figures, notes, values, title=f"Compatibility, {shown.title}")


def is_missing(cell: Cell | None) -> bool:
    """Whether there is nothing to show: no run, or a run that has scored none of the cell's events."""
    return cell is None or (cell.n_missing > 0 and n_of(cell.auc) == 0)


def numbers_of(matrix: Matrix, metric: str) -> dict[At, Number]:
    """A metric of every cell that is there, by (trained, tested); its value is NaN where undefined."""
    return {
        (i, j): METRICS[metric].of(cell)
        for i, row in enumerate(matrix.cells)
        for j, cell in enumerate(row)
        if cell is not None and not is_missing(cell)
    }


def split_of(sample: Sample, trained: int, tested: int) -> str | None:
    """Which of the run's splits the events of a cell are of; None where they are of several, or there are none."""
    run = sample.runs[trained]
    splits = set() if run is None else set(run.split[sample.members[tested]].tolist()) - {TRAIN, VALIDATION}
    return SPLITS[splits.pop()] if len(splits) == 1 else None


def cell_records(matrix: Matrix, runs: Sequence[str | None]) -> list[dict[str, Any]]:
    """One plain record per cell: trained, tested, run, counts, and of every metric value, low, high, k, n.

    A missing cell has its names only; undefined is None. `k` is None for what is no part of a count (harmonic efficiency,
    area), `n` then is that of both classes.
    """
    records = []
    for trained, run, row in zip(matrix.regions, runs, matrix.cells, strict=True):
        for tested, cell in zip(matrix.regions, row, strict=True):
            there = None if is_missing(cell) else cell
            record: dict[str, Any] = {"trained_on": trained.name, "tested_on": tested.name, "run": run or ""}
            record |= {"threshold": matrix.threshold, "labels": matrix.scheme, "level": matrix.level}
            record |= {
                "n_signal": there and there.point.signal.n,
                "n_background": there and there.point.background.n,
                "n_left_out": there and there.n_left_out,
            }
            for name, metric in METRICS.items():
                number = metric.of(there) if there else None
                record |= _record(name, number)
                if name == "background_efficiency":  # under the field's word too
                    record |= _record("background_rejection", number)
            records.append(record)
    return records


def _record(name: str, number: Number | None) -> dict[str, Any]:
    values: list[Any] = [None] * 5
    if number is not None:
        ends = map(defined, (number.value, number.low, number.high))
        values = [*ends, getattr(number, "k", None), n_of(number)]
    return dict(zip((name, *(f"{name}_{end}" for end in ("low", "high", "k", "n"))), values, strict=True))


def text(metric: str, value: float, short: bool = False) -> str:
    """A metric's value: percent with two decimals (`short`: one), an area with four; a leakage below 1 % with two digits,
    as it may be very small.
    """
    if math.isnan(value):
        return DASH
    if METRICS[metric].unit != PERCENT:
        return f"{value:.{3 if short else 4}f}"
    if METRICS[metric].is_falling and value < 0.01:
        return f"{100.0 * value:.2g}"
    return f"{100.0 * value:.{1 if short else 2}f}"


def interval(metric: str, number: Number, short: bool = False) -> str:
    """The interval as text; a limit that is not known (the area of one event) is a dash."""
    return f"[{text(metric, number.low, short)}, {text(metric, number.high, short)}]"


def key_numbers(matrix: Matrix, metric: str) -> tuple[KeyNumber, ...]:
    """The mean over the tests on the own region and elsewhere (every cell counts alike, so it has no interval), the worst
    cell elsewhere, and how many cells there are.

    Undefined where no cell is defined.
    """
    there = numbers_of(matrix, metric)
    known = {at: number for at, number in there.items() if not math.isnan(number.value)}
    diagonal = {at: number for at, number in known.items() if at[0] == at[1]}
    other = {at: number for at, number in known.items() if at[0] != at[1]}
    names, alike = [region.name for region in matrix.regions], "each cell counts alike"
    lowest, worst = " cells", KeyNumber("", DASH, "of 0 cells", "")
    if diagonal:
        at = _worst_of(metric, diagonal)
        lowest = f", worst {text(metric, diagonal[at].value)}: {names[at[0]]}"
    if other:
        at = _worst_of(metric, other)
        detail = f"{interval(metric, other[at])} n={n_of(other[at]):,}; {names[at[0]]} on {names[at[1]]}"
        worst = KeyNumber("", _with_unit(metric, other[at].value), detail, "")
    n_cells = len(names) ** 2
    return (
        KeyNumber("own region, mean", _mean(metric, diagonal), f"of {len(diagonal)}{lowest}", alike),
        KeyNumber("elsewhere, mean", _mean(metric, other), f"of {len(other)} cells", alike),
        KeyNumber("elsewhere, worst", worst.value, worst.detail, "of the cells off the diagonal"),
        KeyNumber("cells", f"{len(known)} of {n_cells}", f"{n_cells - len(there)} missing, {len(there) - len(known)} undefined", ""),
    )  # fmt: skip


def _mean(metric: str, numbers: Mapping[At, Number]) -> str:
    values = [number.value for number in numbers.values()]
    return _with_unit(metric, sum(values) / len(values) if values else math.nan)


def _worst_of(metric: str, numbers: Mapping[At, Number]) -> At:
    pick = max if METRICS[metric].is_falling else min
    return pick(numbers, key=lambda at: numbers[at].value)


def _with_unit(metric: str, value: float) -> str:
    return text(metric, value) if math.isnan(value) else f"{text(metric, value)} {METRICS[metric].unit}".rstrip()


def cell_rows(cell: Cell) -> list[dict[str, str]]:
    """Every metric of a cell as text; last what of the signal is kept at the threshold of the leakage."""
    numbers = [(metric.title, name, metric.of(cell)) for name, metric in METRICS.items()]
    return [
        {
            "": title,
            "value": _with_unit(name, number.value),
            "95 % interval": interval(name, number) if not math.isnan(number.value) else "",
            "n": f"{n_of(number):,}",
        }
        for title, name, number in (*numbers, ("signal kept at that leakage", "signal_efficiency", cell.leakage.signal))
    ]


def pair_table(pairs: Sequence[Mapping[str, Any]]) -> Table:
    """Published pairs (`Grid.published_pairs`) beside ours, percent, – where ours is not there; parts of 1 in a file."""
    rows = [
        {
            "trained on": pair["trained"],
            "tested on": pair["tested"],
            "quantity": METRICS[pair["metric"]].title,
            "published [%]": _pair_text(pair, "published"),
            "ours [%]": _pair_text(pair, "ours"),
            "difference [sigma]": pair["difference_sigma"],
        }
        for pair in pairs
    ]
    records = [{name: value for name, value in pair.items() if name != "at"} for pair in pairs]
    return Table("published pairs beside ours", rows, numbers=records)


def _pair_text(pair: Mapping[str, Any], name: str) -> str:
    if pair[name] is None:
        return DASH
    value, low, high = (f"{100.0 * pair[key]:.2f}" for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value} [{low}, {high}] n = {pair[f'{name}_n']:,}"
