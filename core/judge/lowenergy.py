"""Efficiency and score along the axis in the range that is judged, and how far down a wanted efficiency holds."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.judge.held_out import Events
from core.judge.report import DASH, KeyNumber, key_number
from core.statistics.axis import Axis
from core.statistics.efficiency import CLASSES, FEW, ClassTable, at_threshold, by_bins, checked_threshold, plain_parts
from core.statistics.intervals import Efficiency, defined

MOST_BINS, USUAL_BINS, FEWEST_BINS = 80, 40, 20
WANTED = 0.9
N_KEY_WINDOWS = 2
ONE_SIGMA = (0.16, 0.84)


@dataclass(frozen=True)
class ScoreBand:
    """Score against energy of one class, (m,) per bin, NaN where there is none.

    The median and the central 68 % of the events. The mean and its error would say nothing here: scores pile up at
    both ends, so a mean of 0.8 is where no event is, and its error tells how many events there were, not how they lie.
    """

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class Reach:
    """The lowest energy above which the signal efficiency stays at the wanted value, NaN where it never does.

    Bins of fewer than 20 signal events decide nothing and are passed over. `value`: lower edge of the lowest bin
    from which on, upwards, every deciding bin holds the wanted efficiency. `low`: the same, asking only that no bin
    excludes it (upper limit of its 95 % interval); it is the lowest energy that the data leave open. `high`: lower
    edge of the first bin from `value` on that by itself shows it (lower limit), NaN if none has events enough.
    `is_end_of_data`: no bin below `value` decides, so it may reach further down.
    """

    wanted: float
    value: float
    low: float
    high: float
    is_end_of_data: bool

    def to_dict(self, axis: Axis) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        named = {f"{name}{axis.suffix}": defined(getattr(self, name)) for name in ("value", "low", "high")}
        return {"wanted": self.wanted, **named, "is_end_of_data": self.is_end_of_data}


@dataclass(frozen=True)
class LowEnergy:
    """One run under one label scheme: `tables`, `bands` per class; `windows` has, per window, each class's
    efficiency.
    """

    scheme: str
    threshold: float
    axis: Axis
    tables: dict[str, ClassTable]
    bands: dict[str, ScoreBand]
    windows: dict[tuple[float, float], dict[str, Efficiency]]
    reach: Reach

    @property
    def n(self) -> dict[str, int]:
        """Events of each class in the bins."""
        return {name: table.total.n for name, table in self.tables.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "labels": self.scheme,
            "threshold": self.threshold,
            "n": self.n,
            "reach": self.reach.to_dict(self.axis),
            "windows": [
                {f"window{self.axis.suffix}": list(window), **plain_parts(classes)}
                for window, classes in self.windows.items()
            ],
            "bins": bin_rows(self),
        }


def width_unit(axis: Axis) -> str:
    """What widths of bins are in: the unit of the axis, or decades of it."""
    return "decades" if axis.spans_decades else axis.unit


def span_of(axis: Axis) -> float:
    """How wide the range is, in `width_unit`."""
    low, high = axis.range
    return math.log10(high / low) if axis.spans_decades else high - low


def bin_widths(axis: Axis) -> tuple[float, float, float]:
    """The bin widths that are offered: 80, 40 and 20 bins."""
    span = span_of(axis)
    return span / MOST_BINS, span / USUAL_BINS, span / FEWEST_BINS


def binned(axis: Axis, width: float) -> Axis:
    """The axis in bins of one `width`, in `width_unit`, which has to divide its range into 20 to 80 bins."""
    low, high = axis.range
    span, unit, (finest, usual, widest) = span_of(axis), width_unit(axis), bin_widths(axis)
    n_bins = round(span / width) if width > 0 else 0
    slack = 1e-5 if axis.spans_decades else 1e-9  # no round number divides decades
    if not finest * (1.0 - slack) <= width <= widest * (1.0 + slack) or abs(n_bins * width - span) > slack * span:
        raise DarkroomError(
            f"Parameter 'bin' is {width:g}: expected a width from {finest:g} to {widest:g} {unit} that divides "
            f"{span:g} {unit}, such as {usual:g}."
        )
    return axis.with_edges((np.geomspace if axis.spans_decades else np.linspace)(low, high, n_bins + 1))


def judge(events: Events, threshold: float, axis: Axis, scheme: str = "") -> LowEnergy:  # fmt: skip
    """Judge events that were held out (see `core.judge.held_out`) at one threshold, in bins and in the first windows, which are quoted.

    No events: every number is NaN. Events of which none has the quantity of the axis are refused.
    """
    threshold = checked_threshold(threshold)
    if len(events.axis_values) and not np.isfinite(events.axis_values).any():
        raise DarkroomError(
            f"None of the {len(events.axis_values):,} events has an {axis.name}, as small pictures have none: judge the run as a whole "
            "(page Evaluate, `python -m core evaluate`)."
        )
    tables = by_bins(events.axis_values, events.score, events.labels, threshold, axis)
    windows = {}
    for low, high in axis.windows[:N_KEY_WINDOWS]:
        inside = events.where((events.axis_values >= low) & (events.axis_values < high))
        point = at_threshold(inside.score, inside.labels, threshold)
        windows[low, high] = {"signal": point.signal, "background": point.background}
    bands = {
        name: score_band(events.axis_values[members], events.score[members], axis.edges)
        for name, label in CLASSES.items()
        for members in [events.labels == label]
    }
    return LowEnergy(scheme, threshold, axis, tables, bands, windows, reach_of(tables["signal"]))


def score_band(values: np.ndarray, score: np.ndarray, edges: np.ndarray) -> ScoreBand:
    """Median and central 68 % of scores (n,) per bin; a bin without events is NaN."""
    m = len(edges) - 1
    row = np.searchsorted(edges, values, side="right") - 1
    order = np.argsort(row, kind="stable")
    parts = np.split(score[order], np.searchsorted(row[order], np.arange(m + 1)))[1:-1]
    nothing = np.full(3, np.nan)
    low, median, high = np.array(
        [np.quantile(part, (ONE_SIGMA[0], 0.5, ONE_SIGMA[1])) if len(part) else nothing for part in parts]
    ).T
    return ScoreBand(median, low, high, np.array([len(part) for part in parts]))


def reach_of(signal: ClassTable, wanted: float = WANTED) -> Reach:
    """How far down the signal efficiency of a table stays at the wanted value."""
    deciding = [(low, row) for low, row in zip(signal.axis.edges, signal.rows, strict=False) if row.n >= FEW]
    value = _lowest([(low, row.value >= wanted) for low, row in deciding])
    shown = [low for low, row in deciding if low >= value and row.low >= wanted]
    return Reach(
        wanted,
        value,
        _lowest([(low, row.high >= wanted) for low, row in deciding]),
        float(shown[0]) if shown else math.nan,
        bool(deciding and value == deciding[0][0]),
    )


def _lowest(bins: list[tuple[float, bool]]) -> float:
    """Lower edge of the lowest of those bins that hold without a break down from the highest."""
    held = list(itertools.takewhile(lambda bin: bin[1], reversed(bins)))
    return float(held[-1][0]) if held else math.nan


def gaps(unscored: np.ndarray, low_energy: LowEnergy) -> list[tuple[float, float]]:
    """Windows without a scored event in which rows wait for a score: where the picture is empty for that reason."""
    edges = low_energy.axis.edges
    n_unscored = np.histogram(unscored, edges)[0]
    n_scored = np.sum([table.counts.sum(axis=1) for table in low_energy.tables.values()], axis=0)
    windows = []
    for empty, group in itertools.groupby(range(len(n_scored)), lambda i: n_scored[i] == 0):
        waiting = [i for i in group if n_unscored[i]]
        if empty and waiting:
            windows.append((float(edges[waiting[0]]), float(edges[waiting[-1] + 1])))
    return windows


def key_numbers(low_energy: LowEnergy) -> tuple[KeyNumber, ...]:
    """How far down the signal efficiency holds, and what is kept and rejected in the lowest windows."""
    reach, unit = low_energy.reach, low_energy.axis.unit
    help = (
        f"Lower edge of the lowest bin from which on upwards every bin of at least {FEW} signal events keeps "
        f"{100 * reach.wanted:g} %. Brackets: from the lowest energy above which no bin's interval excludes it, to the first "
        "bin that shows it by itself; – where no bin has events enough. Of events that triggered: others are in no file."
    )
    open_below = " ≤: no bin below has events enough." if reach.is_end_of_data else ""
    low, high = (f"{v:g}" if math.isfinite(v) else "–" for v in (reach.low, reach.high))
    value = (
        DASH
        if math.isnan(reach.value)
        else f"{'≤ ' * (reach.is_end_of_data and reach.value > 0)}{reach.value:g} {unit}"
    )
    numbers = [
        KeyNumber(f"signal ≥ {100 * reach.wanted:g} % from", value, f"[{low}, {high}] {unit}", help + open_below)
    ]
    for (a, b), classes in low_energy.windows.items():
        for name, part in classes.items():
            verb = "kept" if CLASSES[name] else "rejected"
            meaning = f"{name} {verb} at the threshold from {a:g} to {b:g} {unit}, 95 % interval; – where there is none"
            numbers.append(key_number(f"{verb} {low_energy.axis.text(a, b)}", part, meaning, digits=1))
    return tuple(numbers)


def bin_rows(low_energy: LowEnergy) -> list[dict[str, Any]]:
    """One plain record per class and bin: how the network called its events, efficiency, scores."""
    rows = []
    for name, table in low_energy.tables.items():
        band = low_energy.bands[name]
        for i, record in enumerate(table.to_rows()):
            del record["counts"]
            right = record.pop("k")
            called = (right, record["n"] - right)
            rows.append(
                {
                    **record,
                    "called_signal": called[CLASSES[name] == 0],
                    "called_background": called[CLASSES[name] == 1],
                    "score_median": defined(band.median[i]),
                    "score_low": defined(band.low[i]),
                    "score_high": defined(band.high[i]),
                }
            )
    return rows


def bin_columns(by_scheme: Mapping[str, LowEnergy]) -> dict[str, list[Any]]:
    """The bins of several label schemes as columns for a file."""
    rows = [{"labels": scheme, **row} for scheme, low_energy in by_scheme.items() for row in bin_rows(low_energy)]
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
