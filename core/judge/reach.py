"""Which bins and windows judgements are made in: an experiment's usual ones, or where the values of a data set lie."""

import dataclasses
import itertools
import math

import numpy as np

from core.data.histograms import usual_range
from core.statistics.axis import Axis, Window

N_BINS = 20
N_WINDOWS = 4


def fitted(axis: Axis, values: np.ndarray) -> Axis:
    """The axis as it is used for these values (n,): its bins and windows if they hold them, else others that do."""
    edges = edges_for(axis, values)
    return dataclasses.replace(axis, edges=edges, windows=windows_for(axis.windows, values, edges))


def edges_for(axis: Axis, values: np.ndarray) -> np.ndarray:
    """The usual bin edges if they hold at least half of the values (n,), else some 20 bins of a round width that hold them.

    NaN does not count; without any value the usual edges.
    """
    low, high = usual_range(values, axis.range)
    if (low, high) == axis.range:
        return axis.edges
    width = round_width((high - low) / N_BINS)
    first, last = math.floor(low / width), math.ceil(high / width + 1e-9)
    return width * np.arange(first, last + 1)


def windows_for(usual: tuple[Window, ...], values: np.ndarray, edges: np.ndarray) -> tuple[Window, ...]:
    """The usual windows if any of the values (n,) lies in one or none is known, else four that divide `edges`."""
    inside = any(((values >= low) & (values < high)).any() for low, high in usual)
    if inside or not len(usual) or not np.isfinite(values).any():
        return usual
    chosen = np.unique(np.linspace(0, len(edges) - 1, N_WINDOWS + 1).round().astype(int))
    return tuple(itertools.pairwise(edges[chosen].tolist()))


def round_width(width: float) -> float:
    """The next larger of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= width * (1.0 - 1e-9))
