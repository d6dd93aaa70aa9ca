"""A histogram that the browser draws itself and in which a cut is moved: plain numbers, styles and titles of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.figures.histograms import per_bin
from core.figures.style import class_styles
from core.statistics.moving import Counts, Moving, digits_of

DASH_PX = {
    "solid": "",
    "dash": "7 4",
    "dot": "2 3",
    "dashdot": "7 3 2 3",
    "longdash": "11 4",
    "longdashdot": "11 4 2 4",
}


@dataclass(frozen=True)
class Handle:
    """An end of a cut as a handle: what it is called, where it is (None: it does not cut), and what it may be."""

    name: str
    value: float | None
    is_optional: bool = False
    low: float | None = None
    high: float | None = None


def picture(
    moving: Moving, quantity: str, unit: str, handles: Sequence[Handle], *, rows: str = "rows", rest: str = "",
    is_log: bool = True, is_closed: bool = False, opens: str = "", note: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Everything that the browser needs, as plain values for JSON: alike as long as the numbers are.

    `is_closed`: the last bin holds its upper edge too. `rest` is the name of the rows of no class among the counts. `opens` is what a click opens: "all" rows of a bin, those of one "class", or
    '' nothing. `note` is the sentence that stands for the picture where it cannot be seen.
    """
    histograms = {name: counts.histogram for name, counts in moving.counts.items()}
    styles = class_styles(list(histograms))
    title = f"{quantity} [{unit}]" if unit else quantity
    return {
        "title": title, "unit": unit, "rows": rows, "perBin": per_bin(rows, histograms or {"": moving.all.histogram}, unit),
        "log": is_log, "opens": opens, "note": note, "rest": rest, "closed": is_closed,
        "edges": moving.all.histogram.edges.tolist(),
        "grid": _grid(moving),
        "handles": [
            {"name": h.name, "value": h.value, "optional": h.is_optional, "low": h.low, "high": h.high} for h in handles
        ],
        "classes": [
            {"name": name, "colour": styles[name][0], "dash": DASH_PX[styles[name][1]], **_bins(counts), **_along(counts)}
            for name, counts in moving.counts.items()
        ],
        "all": {**_along(moving.all), "counts": moving.all.histogram.counts.tolist()},
    }  # fmt: skip


def _grid(moving: Moving) -> dict[str, Any]:
    """The positions as multiples of the step, and those that are none: `counts.js` makes the same values of it."""
    digits = digits_of(moving.step)
    multiple = np.rint(moving.positions / moving.step)
    is_typed = np.round(multiple * moving.step, digits) != moving.positions
    stepped = multiple[~is_typed]
    # a typed value may be a multiple far outside the range
    runs = np.split(stepped, np.flatnonzero(np.diff(stepped) != 1.0) + 1) if len(stepped) else [stepped]
    longest = max(runs, key=len)
    first, n = (int(longest[0]), len(longest)) if len(longest) else (0, 0)
    inside = np.isin(multiple, longest) & ~is_typed
    return {"first": first, "n": n, "step": moving.step, "digits": digits, "typed": moving.positions[~inside].tolist()}


def _bins(counts: Counts) -> dict[str, Any]:
    """Counts per bin with errors of three digits, and what lies in none."""
    histogram = counts.histogram
    return {
        "counts": histogram.counts.tolist(),
        "low": [_short(error) for error in histogram.error_low],
        "high": [_short(error) for error in histogram.error_high],
        "outside": [histogram.n_under, histogram.n_over, histogram.n_missing],
    }


def _short(error: float) -> float:
    return float(f"{error:.3g}") if math.isfinite(error) else 0.0


def _along(counts: Counts) -> dict[str, Any]:
    """Rows below each position as what comes to it from the one before: small numbers, most of them zero."""
    side: Mapping[str, Any] = {"lowEnd": counts.side.low, "highEnd": counts.side.high}
    upto = None if counts.upto is None else _steps(counts.upto)
    return {"n": counts.n, "open": list(counts.n_open), "below": _steps(counts.below), "upto": upto, **side}


def _steps(below: np.ndarray) -> list[int]:
    return np.diff(below, prepend=0).tolist()
