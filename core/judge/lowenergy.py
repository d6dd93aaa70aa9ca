"""Efficiency and score against energy in the range that is judged, and how far down a wanted efficiency holds."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.judge.efficiency import CLASSES, FEW, ClassTable, by_bins, checked_threshold, passes
from core.judge.intervals import LEVEL, Efficiency, defined, efficiency
from core.judge.keynumber import KeyNumber
from core.judge.unseen import Events

RANGE_KEV = (0.0, 20.0)  # of an experiment that names no other
MOST_BINS, USUAL_BINS, FEWEST_BINS = 80, 40, 20
WANTED = 0.9
KEY_WINDOWS_KEV = ((1.0, 2.0), (2.0, 3.0))
ONE_SIGMA = (0.16, 0.84)
Window = tuple[float, float]


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

    Bins of fewer than 20 signal events decide nothing and are passed over. `value_kev`: lower edge of the lowest bin
    from which on, upwards, every deciding bin holds the wanted efficiency. `low_kev`: the same, asking only that no bin
    excludes it (upper limit of its 95 % interval); it is the lowest energy that the data leave open. `high_kev`: lower
    edge of the first bin from `value_kev` on that by itself shows it (lower limit), NaN if none has events enough.
    `is_end_of_data`: no bin below `value_kev` decides, so it may reach further down.
    """

    wanted: float
    value_kev: float
    low_kev: float
    high_kev: float
    is_end_of_data: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        named = {name: defined(getattr(self, name)) for name in ("value_kev", "low_kev", "high_kev")}
        return {"wanted": self.wanted, **named, "is_end_of_data": self.is_end_of_data}


@dataclass(frozen=True)
class LowEnergy:
    """One run under one label scheme: `tables`, `bands` per class; `windows` has, per energy window, each class's
    efficiency.
    """

    scheme: str
    threshold: float
    edges_kev: np.ndarray
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
            "reach": self.reach.to_dict(),
            "windows": [
                {"window_kev": list(window), **{f"{name}_efficiency": one.to_dict() for name, one in found.items()}}
                for window, found in self.windows.items()
            ],
            "bins": bin_rows(self),
        }


def bin_widths(range_kev: Window = RANGE_KEV) -> tuple[float, float, float]:
    """The bin widths that are offered: 80, 40 and 20 bins."""
    span = range_kev[1] - range_kev[0]
    return span / MOST_BINS, span / USUAL_BINS, span / FEWEST_BINS


def energy_edges(bin_kev: float, range_kev: Window = RANGE_KEV) -> np.ndarray:
    """Edges of the range in steps of `bin_kev`, which has to divide it into 20 to 80 bins."""
    span, (finest, _, widest) = range_kev[1] - range_kev[0], bin_widths(range_kev)
    n_bins = round(span / bin_kev) if bin_kev > 0 else 0
    if not finest <= bin_kev <= widest or abs(n_bins * bin_kev - span) > 1e-9 * span:
        raise DarkroomError(
            f"Parameter 'bin_kev' is {bin_kev:g}: expected a width from {finest:g} to {widest:g} keV that divides "
            f"{span:g} keV, such as {bin_widths(range_kev)[1]:g}."
        )
    return np.linspace(*range_kev, n_bins + 1)


def judge(
    events: Events, threshold: float, edges_kev: np.ndarray, scheme: str = "",
    windows_kev: tuple[Window, ...] = KEY_WINDOWS_KEV, level: float = LEVEL,
) -> LowEnergy:  # fmt: skip
    """Judge unseen events (see `core.judge.unseen`) at one threshold, in bins and in a few windows that are quoted.

    No events: every number is NaN.
    """
    threshold = checked_threshold(threshold)
    tables = by_bins(events.energy_kev, events.score, events.labels, threshold, energy_edges_kev=edges_kev, level=level)
    windows = {}
    for low, high in windows_kev:
        inside = events.where((events.energy_kev >= low) & (events.energy_kev < high))
        kept = passes(inside.score, threshold)
        windows[low, high] = {
            name: efficiency(int((kept == bool(label))[inside.labels == label].sum()), inside.n_of(label), level)
            for name, label in CLASSES.items()
        }
    bands = {
        name: score_band(events.energy_kev[mine], events.score[mine], edges_kev)
        for name, label in CLASSES.items()
        for mine in [events.labels == label]
    }
    return LowEnergy(scheme, threshold, edges_kev, tables, bands, windows, reach_of(tables["signal"]))


def score_band(energy_kev: np.ndarray, score: np.ndarray, edges_kev: np.ndarray) -> ScoreBand:
    """Median and central 68 % of scores (n,) per energy bin; a bin without events is NaN."""
    m = len(edges_kev) - 1
    row = np.searchsorted(edges_kev, energy_kev, side="right") - 1
    order = np.argsort(row, kind="stable")
    parts = np.split(score[order], np.searchsorted(row[order], np.arange(m + 1)))[1:-1]
    nothing = np.full(3, np.nan)
    low, median, high = np.array(
        [np.quantile(part, (ONE_SIGMA[0], 0.5, ONE_SIGMA[1])) if len(part) else nothing for part in parts]
    ).T
    return ScoreBand(median, low, high, np.array([len(part) for part in parts]))


def reach_of(signal: ClassTable, wanted: float = WANTED) -> Reach:
    """How far down the signal efficiency of a table stays at the wanted value."""
    deciding = [(low, row) for low, row in zip(signal.energy_edges_kev, signal.rows, strict=False) if row.n >= FEW]
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
    held = list(itertools.takewhile(lambda one: one[1], reversed(bins)))
    return float(held[-1][0]) if held else math.nan


def gaps(unscored_kev: np.ndarray, found: LowEnergy) -> list[tuple[float, float]]:
    """Energy windows without a scored event in which rows wait for a score: where the picture is empty for that reason."""
    edges = found.edges_kev
    n_unscored = np.histogram(unscored_kev, edges)[0]
    n_scored = np.sum([table.counts.sum(axis=1) for table in found.tables.values()], axis=0)
    windows = []
    for empty, group in itertools.groupby(range(len(n_scored)), lambda i: n_scored[i] == 0):
        waiting = [i for i in group if n_unscored[i]]
        if empty and waiting:
            windows.append((float(edges[waiting[0]]), float(edges[waiting[-1] + 1])))
    return windows


def key_numbers(found: LowEnergy) -> tuple[KeyNumber, ...]:
    """How far down the signal efficiency holds, and what is kept and rejected in the lowest windows."""
    reach = found.reach
    help = (
        f"Lower edge of the lowest bin from which on upwards every bin of at least {FEW} signal events keeps "
        f"{100 * reach.wanted:g} %. Brackets: from the lowest energy above which no bin's interval excludes it, to the first "
        "bin that shows it by itself; – where no bin has events enough. Of events that triggered: others are in no file."
    )
    open_below = " ≤: no bin below has events enough." if reach.is_end_of_data else ""
    low, high = (f"{v:g}" if math.isfinite(v) else "–" for v in (reach.low_kev, reach.high_kev))
    value = (
        "undefined"
        if math.isnan(reach.value_kev)
        else f"{'≤ ' * (reach.is_end_of_data and reach.value_kev > 0)}{reach.value_kev:g} keV"
    )
    numbers = [KeyNumber(f"signal ≥ {100 * reach.wanted:g} % from", value, f"[{low}, {high}] keV", help + open_below)]
    for (a, b), classes in found.windows.items():
        for name, one in classes.items():
            value = "–" if math.isnan(one.value) else f"{100 * one.value:.1f} %"
            told = f"[{100 * one.low:.1f}, {100 * one.high:.1f}] n={one.n}" if one.n else "n=0"
            verb = "kept" if CLASSES[name] else "rejected"
            meaning = f"{name} {verb} at the threshold from {a:g} to {b:g} keV, 95 % interval; – where there is none"
            numbers.append(KeyNumber(f"{verb} {a:g}-{b:g} keV", value, told, meaning))
    return tuple(numbers)


def bin_rows(found: LowEnergy) -> list[dict[str, Any]]:
    """One plain record per class and energy bin: how the network called its events, efficiency, scores."""
    rows = []
    for name, table in found.tables.items():
        band = found.bands[name]
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


def bin_columns(found: Mapping[str, LowEnergy]) -> dict[str, list[Any]]:
    """The bins of several label schemes as columns for a file."""
    rows = [{"labels": scheme, **row} for scheme, one in found.items() for row in bin_rows(one)]
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
