"""A plane of two quantities that the browser draws itself and in which regions are drawn: plain numbers, styles and titles of it."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from plotly.colors import get_colorscale

from core.figures.style import SEQUENCE, class_styles
from core.selection.plane import Plane, PlaneAxis
from core.selection.region import Region

COLOURINGS = N_ROWS, BY_CLASS, BY_VALUE = "number of rows", "class", "mean score"
LEVELS = 254  # of a mean from 0 to 1; 255 stands for an empty cell


def picture(
    plane: Plane, *, colouring: str = N_ROWS, rows: str = "rows", note: str = "", region: Region | None = None, value: str = ""
) -> dict[str, Any]:  # fmt: skip
    """Everything that the browser needs, as plain values for JSON: alike as long as the numbers are.

    Cells go row by row from below. `value` names the mean (of what goes from 0 to 1) that `BY_VALUE` colours by.
    """
    styles = class_styles(list(plane.counts))
    mean = None if plane.mean is None else np.where(np.isnan(plane.mean), 255, np.rint(plane.mean * LEVELS))
    return {
        "x": _axis(plane.x, plane.x_edges), "y": _axis(plane.y, plane.y_edges), "rows": rows, "note": note, "colouring": colouring,
        "classes": [
            {"name": name, "colour": styles[name][0], "symbol": styles[name][2], "n": int(counts.sum()), "cells": packed(counts.T)}
            for name, counts in plane.counts.items()
        ],
        "mean": None if mean is None else {"name": value, "cells": packed(mean.T)},
        "points": None if plane.points is None else _points(plane.points),
        "outside": plane.n_outside, "n": plane.n, "scale": _colours(),
        "region": [list(vertex) for vertex in region.vertices] if region is not None and plane.fits(region) else None,
    }  # fmt: skip


def packed(values: np.ndarray) -> dict[str, Any]:
    """Whole numbers from 0 as the bytes of the least type that holds them, in base 64."""
    highest = int(values.max(initial=0))
    n_bytes = 1 if highest < 2**8 else 2 if highest < 2**16 else 4
    return {"bytes": n_bytes, "text": _base64(values.astype(f"<u{n_bytes}"))}


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def _points(points: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Mapping[str, Any]:
    x, y, of_class = points
    return {"x": _base64(x.astype("<f4")), "y": _base64(y.astype("<f4")), "class": _base64(of_class.astype("u1"))}


def _axis(axis: PlaneAxis, edges: np.ndarray) -> dict[str, Any]:
    """The edges are sent as they are: a cell that is clicked is asked for by these very numbers."""
    return {"title": axis.title, "unit": axis.unit, "log": axis.is_log, "edges": edges.tolist()}


def _colours() -> list[list[Any]]:
    """[place from 0 to 1, colour] of the sequence that all figures share."""
    return [[float(at), str(colour)] for at, colour in get_colorscale(SEQUENCE)]
