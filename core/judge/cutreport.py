"""A cut study as rows, columns and texts: what pages show and files keep."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.data.histograms import usual_range
from core.judge.cutsample import CutSample, CutStudy, Moved, decisions
from core.judge.cutstudy import MERITS, Correlation
from core.judge.efficiency import SCORE_EDGES, ClassTable, by_bins
from core.judge.intervals import Interval, PairInterval, defined

N_ENERGY_BINS = 20


def percent(found: Interval | PairInterval) -> str:
    """A value as text; undefined said."""
    return "undefined" if np.isnan(found.value) else f"{100 * found.value:.2f} %"


def bounds(found: Interval | PairInterval) -> str:
    return "" if np.isnan(found.value) else f"[{100 * found.low:.2f}, {100 * found.high:.2f}]"


def number(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.4g}"


def combined_rows(found: CutStudy) -> list[dict[str, str]]:
    """Cut, network and both, one record each, as text."""
    return [
        {
            "": name,
            "signal kept": f"{percent(p.signal)} {bounds(p.signal)} n = {p.signal.n:,}",
            "background rejected": f"{percent(p.background)} {bounds(p.background)} n = {p.background.n:,}",
            "harmonic efficiency": f"{percent(p.harmonic)} {bounds(p.harmonic)}",
            "precision": f"{percent(p.precision)} {bounds(p.precision)}",
            MERITS[found.moved.merit].title + " (merit)": number(found.merits[name]),
        }
        for name, p in found.points.items()
    ]


def scan_columns(moved: Moved) -> dict[str, Sequence[Any]]:
    """Every position of the cuts as columns: thresholds, events kept of each class, merit (None where undefined)."""
    places = np.meshgrid(*(axis.thresholds for axis in moved.scan.axes), indexing="ij")
    columns: dict[str, Sequence[Any]] = {
        f"{axis.column} {axis.direction}": at.ravel().tolist() for axis, at in zip(moved.scan.axes, places, strict=True)
    }
    for name in moved.scan.cells:
        kept = moved.scan.kept(name).ravel()
        columns |= {f"{name} kept": kept.tolist(), f"n {name}": [moved.scan.n_of(name)] * len(kept)}
    return columns | {moved.merit: [defined(v) for v in moved.merits.ravel()]}


def correlation_columns(found: Sequence[Correlation]) -> dict[str, Sequence[Any]]:
    """Rank correlations as columns."""
    return {
        "feature": [c.column for c in found],
        "class": [c.class_name for c in found],
        "rho": [defined(c.rho.value) for c in found],
        "low": [defined(c.rho.low) for c in found],
        "high": [defined(c.rho.high) for c in found],
        "n": [c.rho.n for c in found],
    }


def by_quantity(events: CutSample, found: CutStudy, by: str) -> tuple[Mapping[str, ClassTable], str, str]:
    """(the cut's efficiency per class in bins of energy or of the score, axis title, unit) of the quoted events."""
    passed = decisions(events, found.moved.scan.axes, found.at).astype(np.float32)
    labels = events.labels[events.quoted]
    if by == "score":
        values, edges, title, unit = events.score[events.quoted], SCORE_EDGES, "score (probability of signal)", ""
    else:
        name = events.experiment.judge_columns[0]
        column = next(c for c in events.experiment.columns if c.name == name)
        values, title, unit = events.column(name)[events.quoted], column.title, column.unit
        edges = np.linspace(*usual_range(values, (column.low, column.high)), N_ENERGY_BINS + 1)
    # The last bin is open at its upper edge, and a score of 1 belongs into it.
    inside = np.minimum(values, np.nextafter(np.float32(edges[-1]), np.float32(0.0))) if by == "score" else values
    return by_bins(inside, passed, labels, 0.5, energy_edges_kev=edges), title, unit
