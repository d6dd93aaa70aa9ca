"""A compatibility matrix in a few numbers, and what of it is not there."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.splits import SPLITS, TRAIN, VALIDATION
from core.judge.compatibility import METRICS, Cell, Matrix
from core.judge.export import csv_text
from core.judge.intervals import Interval, PairInterval
from core.judge.sample import Sample

UNITLESS = ("auc",)
FALLING = ("leakage",)  # lower is better

Found = Interval | PairInterval
At = tuple[int, int]


def is_missing(cell: Cell | None) -> bool:
    """Whether there is nothing to show: no run, or a run that has scored none of the cell's events."""
    return cell is None or (cell.n_missing > 0 and n_of(cell.auc) == 0)


def found_in(matrix: Matrix, metric: str) -> dict[At, Found]:
    """A metric of every cell that is there, by (trained, tested); its value is NaN where undefined."""
    of, indices = METRICS[metric].of, range(len(matrix.regions))
    cells = {(i, j): matrix.cells[i][j] for i in indices for j in indices}
    return {at: of(cell) for at, cell in cells.items() if cell is not None and not is_missing(cell)}


def split_of(sample: Sample, trained: int, tested: int) -> str | None:
    """Which of the run's splits the events of a cell are of; None where they are of several, or there are none."""
    run = sample.runs[trained]
    found = set() if run is None else set(run.split[sample.members[tested]].tolist()) - {TRAIN, VALIDATION}
    return SPLITS[found.pop()] if len(found) == 1 else None


def n_of(found: Found) -> int:
    """Events that a number was counted from, of both classes where it needs both."""
    return found.n if isinstance(found, Interval) else found.n_signal + found.n_background


def number(metric: str, value: float, short: bool = False) -> str:
    """A metric's value as text: percent with two decimals (`short`: one), an area with four; a leakage below 1 % with two
    digits, as it may be very small.
    """
    if math.isnan(value):
        return "undefined"
    if metric in UNITLESS:
        return f"{value:.{3 if short else 4}f}"
    if metric in FALLING and value < 0.01:
        return f"{100.0 * value:.2g}"
    return f"{100.0 * value:.{1 if short else 2}f}"


def interval(metric: str, found: Found, short: bool = False) -> str:
    """The interval as text; a limit that is not known (the area of one event) is a dash."""
    low, high = ("–" if math.isnan(v) else number(metric, v, short) for v in (found.low, found.high))
    return f"[{low}, {high}]"


def key_rows(matrix: Matrix, metric: str) -> list[dict[str, str]]:
    """Label, value and what stands below it: the mean over the tests on the own region and elsewhere (every cell counts
    alike, so it has no interval), the worst cell elsewhere, and how many cells there are.

    Undefined where no cell is defined.
    """
    found = {at: one for at, one in found_in(matrix, metric).items() if not math.isnan(one.value)}
    own = {at: one for at, one in found.items() if at[0] == at[1]}
    other = {at: one for at, one in found.items() if at[0] != at[1]}
    n_cells, n_there = len(matrix.regions) ** 2, len(found_in(matrix, metric))
    told = f"{n_cells - n_there} missing, {n_there - len(found)} undefined"
    return [
        {
            "label": "own region, mean",
            "value": _mean(metric, own),
            "told": f"of {len(own)}{_lowest(matrix, metric, own)}",
        },
        {"label": "elsewhere, mean", "value": _mean(metric, other), "told": f"of {len(other)} cells"},
        {"label": "elsewhere, worst", **_worst(matrix, metric, other)},
        {"label": "cells", "value": f"{len(found)} of {n_cells}", "told": told},
    ]


def _mean(metric: str, found: Mapping[At, Found]) -> str:
    return _with_unit(metric, sum(one.value for one in found.values()) / len(found) if found else math.nan)


def _lowest(matrix: Matrix, metric: str, found: Mapping[At, Found]) -> str:
    if not found:
        return " cells"
    at = _worst_of(metric, found)
    return f", worst {number(metric, found[at].value)}: {matrix.regions[at[0]].name}"


def _worst(matrix: Matrix, metric: str, found: Mapping[At, Found]) -> dict[str, str]:
    if not found:
        return {"value": "undefined", "told": "of 0 cells"}
    at = _worst_of(metric, found)
    one, where = found[at], f"{matrix.regions[at[0]].name} on {matrix.regions[at[1]].name}"
    return {"value": _with_unit(metric, one.value), "told": f"{interval(metric, one)} n={n_of(one):,}; {where}"}


def _worst_of(metric: str, found: Mapping[At, Found]) -> At:
    pick = max if metric in FALLING else min
    return pick(found, key=lambda at: found[at].value)


def _with_unit(metric: str, value: float) -> str:
    return number(metric, value) + ("" if metric in UNITLESS or math.isnan(value) else " %")


def cell_rows(cell: Cell) -> list[dict[str, str]]:
    """Every metric of a cell as text; last what of the signal is kept at the threshold of the leakage."""
    found = [(metric.title, name, metric.of(cell)) for name, metric in METRICS.items()]
    return [
        {
            "": title,
            "value": _with_unit(name, one.value),
            "95 % interval": interval(name, one) if not math.isnan(one.value) else "",
            "n": f"{n_of(one):,}",
        }
        for title, name, one in (*found, ("signal kept at that leakage", "signal_efficiency", cell.leakage.signal))
    ]


def pair_rows(pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Published pairs (`Experiment.published_pairs`) as a table for reading, percent; '–' where ours is not there."""
    return [
        {
            "trained on": pair["trained"],
            "tested on": pair["tested"],
            "quantity": METRICS[pair["metric"]].title,
            "published [%]": _in_words(pair, "published"),
            "ours [%]": _in_words(pair, "ours"),
            "difference [sigma]": pair["difference_sigma"],
        }
        for pair in pairs
    ]


def _in_words(pair: Mapping[str, Any], name: str) -> str:
    if pair[name] is None:
        return "–"
    value, low, high = (f"{100.0 * pair[key]:.2f}" for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value} [{low}, {high}] n = {pair[f'{name}_n']:,}"


def pairs_csv(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Published pairs as CSV, parts of 1; undefined is empty."""
    return csv_text([{key: value for key, value in pair.items() if key != "at"} for pair in pairs])
