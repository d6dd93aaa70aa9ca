"""Cut studies: what one cut, or two together, keep and reject as they move, and where they are best.

Plain arrays in, frozen records out. A value that is NaN never passes a cut, whichever side is kept. The best cut is
looked for on a grid of thresholds; its uncertainty is that of the choice itself: the events are drawn again with
replacement (Efron 1979), here as multinomial counts per cell of the grid, which is the same, and chosen on again.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.statistics.efficiency import OperatingPoint, at_threshold, passes, threshold_for
from core.statistics.intervals import LEVEL, Interval

ABOVE, BELOW = "above", "below"
DIRECTIONS = (ABOVE, BELOW)
PUNZI_SIGMA = 3.0
N_BOOTSTRAP = 300
BOOTSTRAP = "bootstrap percentiles"
SPEARMAN = "Fisher z with variance 1.06/(n - 3) (Fieller, Hartley & Pearson 1957)"


@dataclass(frozen=True)
class Merit:
    """A figure of merit: `of(signal efficiency, leakage, signal expected, background expected)`, all arrays."""

    title: str
    formula: str
    explanation: str
    of: Callable[[np.ndarray, np.ndarray, float, float], np.ndarray]


def _harmonic(efficiency: np.ndarray, leaked: np.ndarray, n_signal: float, n_background: float) -> np.ndarray:
    del n_signal, n_background
    rejected = 1.0 - leaked
    total = efficiency + rejected
    return np.divide(2.0 * efficiency * rejected, total, out=np.zeros_like(total), where=total != 0)


def _significance(efficiency: np.ndarray, leaked: np.ndarray, n_signal: float, n_background: float) -> np.ndarray:
    signal, total = efficiency * n_signal, efficiency * n_signal + leaked * n_background
    return np.divide(signal, np.sqrt(total), out=np.zeros_like(total), where=total != 0)


def _punzi(efficiency: np.ndarray, leaked: np.ndarray, n_signal: float, n_background: float) -> np.ndarray:
    del n_signal
    return efficiency / (PUNZI_SIGMA / 2.0 + np.sqrt(leaked * n_background))


MERITS: Mapping[str, Merit] = {
    "harmonic": Merit(
        "harmonic efficiency", "2 / (1/e_s + 1/e_b)", "signal kept and background rejected count alike, whatever their numbers",
        _harmonic,
    ),
    "significance": Merit(
        "S/sqrt(S+B)", "S / sqrt(S + B)", "statistical error of a rate that is known to be there; needs the numbers expected",
        _significance,
    ),
    "punzi": Merit(
        "Punzi", "e_s / (3/2 + sqrt(B))", "smallest signal found at 3 sigma, whatever its rate (G. Punzi, physics/0308063); "
        "needs the background expected", _punzi,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """One cut that moves: the quantity, which side of the threshold is kept, and the thresholds (m,) tried."""

    column: str
    direction: str
    thresholds: np.ndarray

    def passes(self, values: np.ndarray, threshold: float) -> np.ndarray:
        """Bool (n,): at or above the threshold, or below it; NaN False."""
        edge = _in_precision_of(values, threshold)
        passed: np.ndarray = values >= edge if self.direction == ABOVE else values < edge
        return passed

    def in_words(self, threshold: float) -> str:
        return f"{self.column} {'>=' if self.direction == ABOVE else '<'} {threshold:.4g}"


@dataclass(frozen=True)
class Scan:
    """What every position of the cuts keeps. `cells`: counts per class of the grid's cells, (m + 2,) per axis: below
    the first threshold, between them, above the last, NaN."""

    axes: tuple[Axis, ...]
    cells: Mapping[str, np.ndarray]

    def n_of(self, name: str) -> int:
        return int(self.cells[name].sum())

    def kept(self, name: str) -> np.ndarray:
        """Events of a class that pass, (m,) or (m_1, m_2)."""
        return _kept(self.cells[name], self.axes)

    def efficiency(self, name: str) -> np.ndarray:
        """Part of a class that passes, NaN for an empty class."""
        n = self.n_of(name)
        return self.kept(name) / n if n else np.full([len(a.thresholds) for a in self.axes], np.nan)


@dataclass(frozen=True)
class Optimum:
    """The best position on the grid: per axis the threshold with its 68 % bootstrap interval, and the merit there.

    The merit at its own optimum is a maximum of noisy numbers and a little too good: quote it on other events.
    """

    at: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    merit: Interval

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "at": list(self.at), "low": list(self.low), "high": list(self.high), "merit": self.merit.to_dict(),
            "method": BOOTSTRAP,
        }  # fmt: skip


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of a column with the score; NaN below four defined pairs or without spread."""

    column: str
    class_name: str
    rho: Interval


def scan(axes: Sequence[Axis], values: Sequence[np.ndarray], labels: np.ndarray) -> Scan:
    """Count `values` (one array (n,) per axis, one or two) of labelled events, labels 1 or 0, others left out."""
    shape = tuple(len(axis.thresholds) + 2 for axis in axes)
    place = np.zeros(len(labels), np.int64)
    for axis, quantity, size in zip(axes, values, shape, strict=True):
        place = place * size + _cell(axis, quantity)
    counts = {
        name: np.bincount(place[labels == label], minlength=math.prod(shape)).reshape(shape)
        for name, label in (("signal", 1), ("background", 0))
    }
    return Scan(tuple(axes), counts)


def _cell(axis: Axis, values: np.ndarray) -> np.ndarray:
    thresholds = _in_precision_of(values, axis.thresholds)
    cell = np.searchsorted(thresholds, values, side="right")
    cell[np.isnan(values)] = len(thresholds) + 1
    return cell


def _in_precision_of(values: np.ndarray, thresholds: Any) -> np.ndarray:
    """Thresholds as precise as values: 0.12 stored as float32 is the edge 0.12. Whole numbers keep edges between them."""
    return np.asarray(thresholds, values.dtype if np.issubdtype(values.dtype, np.floating) else np.float64)


def _kept(cells: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """Counts that pass at every threshold: the last `len(axes)` dimensions of `cells` are the axes."""
    for i, axis in enumerate(axes):
        cells = np.moveaxis(cells, i - len(axes), -1)[..., :-1]  # NaN passes nothing
        if axis.direction == ABOVE:
            cells = np.cumsum(cells[..., ::-1], axis=-1)[..., -2::-1]
        else:
            cells = np.cumsum(cells, axis=-1)[..., :-1]
        cells = np.moveaxis(cells, -1, i - len(axes))
    return cells


def merit_of(moved: Scan, name: str, expected: tuple[float, float] | None = None) -> np.ndarray:
    """The figure of merit at every position; NaN with an empty class. `expected` signal and background before the cut
    (default: the counts of these events)."""
    counts = expected or (float(moved.n_of("signal")), float(moved.n_of("background")))
    return checked_merit(name).of(moved.efficiency("signal"), moved.efficiency("background"), *counts)


def checked_merit(name: str) -> Merit:
    if name not in MERITS:
        raise DarkroomError(f"Unknown figure of merit '{name}': expected one of {', '.join(MERITS)}.")
    return MERITS[name]


def optimum(
    moved: Scan, name: str, expected: tuple[float, float] | None = None, n_bootstrap: int = N_BOOTSTRAP, seed: int = 1
) -> Optimum:
    """The position of the largest merit (of several equal ones the middle one) and how surely it is known."""
    n = {c: moved.n_of(c) for c in ("signal", "background")}
    if not all(n.values()):
        empty = next(c for c, m in n.items() if not m)
        raise DarkroomError(
            f"There is no {empty} among the {sum(n.values())} events that the cut is chosen on: no cut is better than another. "
            "Widen the selection or choose other labels."
        )
    counts = expected or (float(n["signal"]), float(n["background"]))
    rng, merit = np.random.default_rng(seed), checked_merit(name)
    drawn = {c: _drawn_again(rng, moved.cells[c], n_bootstrap) for c in n}
    efficiency, leaked = (_kept(drawn[c], moved.axes) / n[c] for c in ("signal", "background"))
    merits = merit.of(efficiency, leaked, *counts).reshape(n_bootstrap, -1)
    central = merit_of(moved, name, expected)
    best = _best(central.reshape(1, -1))[0]
    chosen = np.array(np.unravel_index(_best(merits), central.shape))
    position = np.unravel_index(best, central.shape)
    low, high = (_quantile(moved.axes, chosen, q) for q in (0.16, 0.84))
    span = np.quantile(merits[:, best], ((1 - LEVEL) / 2, (1 + LEVEL) / 2))  # of the merit at the chosen position
    at = tuple(float(a.thresholds[i]) for a, i in zip(moved.axes, position, strict=True))
    value = Interval(
        float(central.flat[best]), float(span[0]), float(span[1]), sum(n.values()), LEVEL, method=BOOTSTRAP
    )
    return Optimum(at, low, high, value)


def _quantile(axes: Sequence[Axis], chosen: np.ndarray, q: float) -> tuple[float, ...]:
    """Quantile of the thresholds that were `chosen`, indices (axis, n)."""
    return tuple(float(np.quantile(a.thresholds[i], q, method="nearest")) for a, i in zip(axes, chosen, strict=True))


def _drawn_again(rng: np.random.Generator, cells: np.ndarray, n_times: int) -> np.ndarray:
    n = int(cells.sum())
    return rng.multinomial(n, cells.ravel() / n, size=n_times).reshape(n_times, *cells.shape)


def _best(merits: np.ndarray) -> np.ndarray:
    """Index (n,) of the largest merit of each row (n, m); of several equal ones the middle one."""
    is_best = merits >= merits.max(axis=1, keepdims=True)
    rank = np.cumsum(is_best, axis=1)
    middle = (rank[:, -1:] + 1) // 2
    index: np.ndarray = np.argmax(is_best & (rank == middle), axis=1)
    return index


def better_direction(values: np.ndarray, labels: np.ndarray) -> str:
    """The side on which signal lies: above if the signal's median is the higher one (NaN left out; undefined: above)."""
    defined_values = ~np.isnan(values)
    signal, background = (values[defined_values & (labels == label)] for label in (1, 0))
    if not (len(signal) and len(background)):
        return ABOVE
    return ABOVE if np.median(signal) >= np.median(background) else BELOW


def combine(passed: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, OperatingPoint]:
    """Cut and network on the same events: each alone, both together, and the network alone at a threshold that keeps as
    much signal as both. If that leaks no more than both together, the cut adds nothing to the network.
    """
    network = passes(scores, threshold)
    both = at_threshold(passed & network, labels, 0.5)
    points = {
        "cut": at_threshold(passed, labels, 0.5),
        "network": at_threshold(network, labels, 0.5),
        "cut and network": both,
    }
    if both.signal.k:
        tighter = threshold_for(scores, labels, both.signal.value)
        points["network, as much signal"] = at_threshold(scores, labels, tighter)
    return points


def correlations(columns: Mapping[str, np.ndarray], scores: np.ndarray, labels: np.ndarray) -> list[Correlation]:
    """Spearman's rho of every column (n,) with the score, for all events and within each class."""
    from scipy import special, stats  # here: it takes more than a second to import

    correlated = []
    for class_name, chosen in (("all", labels >= 0), ("signal", labels == 1), ("background", labels == 0)):
        for name, values in columns.items():
            used = chosen & np.isfinite(values) & np.isfinite(scores)
            n = int(used.sum())
            x, y = values[used], scores[used]
            if n < 4 or x.min() == x.max() or y.min() == y.max():
                rho = Interval(math.nan, math.nan, math.nan, n, method=SPEARMAN)
            else:
                value = float(stats.spearmanr(x, y).statistic)
                reach = float(special.ndtri((1 + LEVEL) / 2)) * math.sqrt(1.06 / (n - 3))
                z = math.atanh(min(max(value, -1 + 1e-12), 1 - 1e-12))
                rho = Interval(value, math.tanh(z - reach), math.tanh(z + reach), n, method=SPEARMAN)
            correlated.append(Correlation(name, class_name, rho))
    return correlated
