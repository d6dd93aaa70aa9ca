"""A cut study as rows, columns and texts: what pages show and files keep."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.data.histograms import usual_range
from core.data.table import Column
from core.judge.cutsample import CutSample, CutStudy, Moved, decisions
from core.judge.cutstudy import MERITS, Correlation
from core.judge.report import DASH, KeyNumber, in_words, key_number
from core.statistics.axis import Axis
from core.statistics.efficiency import SCORE_EDGES, ClassTable, by_bins
from core.statistics.intervals import defined

N_ENERGY_BINS = 20


def number(value: float) -> str:
    """A figure of merit as text; undefined is a dash."""
    return DASH if math.isnan(value) else f"{value:.4g}"


def key_numbers(study: CutStudy) -> tuple[KeyNumber, ...]:
    """Where the cut is best, what it keeps and rejects where it is quoted, its figure of merit."""
    best, merit, cut = study.moved.best, MERITS[study.moved.merit], study.points["cut"]
    digits = 4 if len(best.at) == 1 else 3
    places = ", ".join(f"{at:.{digits}g}" for at in best.at)
    spread = ", ".join(f"{low:.{digits}g} to {high:.{digits}g}" for low, high in zip(best.low, best.high, strict=True))
    largest = f"largest {merit.title} of the {study.chosen_on} events; interval by bootstrap"
    quoted = f"of the {study.quoted_on} events, at the cut that is quoted"
    return (
        KeyNumber("best cut", places, f"68 %: {spread}", largest),
        key_number("signal kept", cut.signal, quoted),
        key_number("background rejected", cut.background, quoted),
        KeyNumber(merit.title, number(study.merits["cut"]), f"best: {best.merit.value:.4g}", merit.explanation),
    )


def combined_rows(study: CutStudy) -> list[dict[str, str]]:
    """Cut, network and both, one record each, as text."""
    return [
        {
            "": name,
            "signal kept": in_words(p.signal, with_unit=True),
            "background rejected": in_words(p.background, with_unit=True),
            "harmonic efficiency": in_words(p.harmonic, with_unit=True, with_n=False),
            "precision": in_words(p.precision, with_unit=True, with_n=False),
            MERITS[study.moved.merit].title + " (merit)": number(study.merits[name]),
        }
        for name, p in study.points.items()
    ]


def scan_columns(moved: Moved) -> dict[str, Sequence[Any]]:
    """Every position of the cuts as columns: thresholds, events kept of each class, merit (None where undefined)."""
    places = np.meshgrid(*(axis.thresholds for axis in moved.scan.axes), indexing="ij")
    columns: dict[str, Sequence[Any]] = {
        f"{axis.column} {axis.direction}": at.ravel().tolist() for axis, at in zip(moved.scan.axes, places, strict=True)
    }
    for name in moved.scan.cells:
        n_kept = moved.scan.kept(name).ravel()
        columns |= {f"{name} kept": n_kept.tolist(), f"n {name}": [moved.scan.n_of(name)] * len(n_kept)}
    return columns | {moved.merit: [defined(v) for v in moved.merits.ravel()]}


def correlation_columns(correlations: Sequence[Correlation]) -> dict[str, Sequence[Any]]:
    """Rank correlations as columns."""
    return {
        "feature": [c.column for c in correlations],
        "class": [c.class_name for c in correlations],
        "rho": [defined(c.rho.value) for c in correlations],
        "low": [defined(c.rho.low) for c in correlations],
        "high": [defined(c.rho.high) for c in correlations],
        "n": [c.rho.n for c in correlations],
    }


def by_quantity(events: CutSample, study: CutStudy, by: Column | None) -> tuple[Mapping[str, ClassTable], str]:
    """(the cut's efficiency per class in bins of energy or of the score, axis title) of the quoted events; by the score without a column."""
    passed = decisions(events, study.moved.scan.axes, study.at).astype(np.float32)
    labels = events.labels[events.quoted]
    if by is None:
        values, edges, title, unit = events.score[events.quoted], SCORE_EDGES, "score (probability of signal)", ""
    else:
        values, title, unit = events.column(by.name)[events.quoted], by.title, by.unit
        edges = np.linspace(*usual_range(values, (by.low, by.high)), N_ENERGY_BINS + 1)
    # The last bin is open at its upper edge, and a score of 1 belongs into it.
    inside = np.minimum(values, np.nextafter(np.float32(edges[-1]), np.float32(0.0))) if by is None else values
    name = by.name if by else "score"
    return by_bins(inside, passed, labels, 0.5, Axis(name, unit, edges, name=name)), title
