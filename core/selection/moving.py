"""A cut that moves while all others stay: which rows of each class it would keep, wherever its ends are put.

What moves follows from the experiment's own functions: the ends are put at values that nobody cuts at, and where these turn up
in its cuts, there is what moves. So nothing is declared twice.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from core.data import histograms
from core.data.cuts import Cut, cut_table
from core.data.table import Column
from core.parameters import Spec
from core.selection import panels
from core.selection.selecting import Panel
from core.selection.selection import Selected
from core.statistics.histogram import Histogram, poisson_errors

PROBES = (1_234_567_891, 1_234_567_897)
MOST_POSITIONS = 2000
STEPS_OF_A_LIMIT = 500


@dataclass(frozen=True)
class Side:
    """Which ends keep a class: indices of ends, None where no end does; `exclusive_low`: the value of the low end itself is
    not kept."""

    low: int | None = None
    high: int | None = None
    exclusive_low: bool = False


@dataclass(frozen=True)
class Others:
    """Rows that pass all cuts but the moving one.

    `common` bool (n_rows,): whatever their class; `of_class` the same of each class, by name; `sides` how the moving cut then
    keeps each of them, '' for all rows. `values` (n_rows,) is the column that it cuts.
    """

    values: np.ndarray
    common: np.ndarray
    of_class: Mapping[str, np.ndarray]
    sides: Mapping[str, Side]

    @cached_property
    def rest(self) -> np.ndarray:
        """Bool (n_rows,): of the common rows those that are of no class."""
        rest = self.common.copy()
        for rows in self.of_class.values():
            rest &= ~rows
        return rest


def others(selected: Selected, panel: Panel) -> Others:
    """The rows that pass all cuts of a selection but a panel's, wherever its ends are."""
    dataset, selection, labels, tags = selected.dataset, selected.selection, selected.labels_facet, selected.tagging
    ends = panels.ends_of(panel, selection.cuts)
    cuts = panels.with_ends(panel, selection.cuts, PROBES[: len(ends)])
    common, common_side = _without([*selected.selecting.cut_list(cuts), *tags.cuts], panel.column)
    per_class, sides = {}, {"": common_side}
    for name, group in (labels.cuts_of(cuts, selection.labels, dataset) if labels else {}).items():
        per_class[name], own = _without(group, panel.column)
        sides[name] = own if own != Side() else common_side
    names = [cut.column for cut in (*common, *(cut for group in per_class.values() for cut in group))]
    columns = {**dataset.columns({*names, panel.column} - set(tags.columns)), **tags.columns}
    if len(set(sides.values())) == 1:
        cutting = cut_table(columns, common, per_class)
        of_class = {name: cutting.labels == i for i, name in enumerate(per_class)}
        return Others(columns[panel.column], cutting.preselected, of_class, sides)
    # what parts the classes is left out, so that a row may stand in two of them: each is cut by itself
    each = {name: cut_table(columns, common, {name: group}).labels == 0 for name, group in per_class.items()}
    return Others(columns[panel.column], cut_table(columns, common, {}).preselected, each, sides)


def _without(cuts: Sequence[Cut], column: str) -> tuple[list[Cut], Side]:
    """(the cuts without their moving ends, the side that these keep)."""
    left, side = [], Side()
    for cut in cuts:
        low, high = (PROBES.index(end) if end in PROBES else None for end in (cut.low, cut.high))
        if cut.column != column or (low is None and high is None):
            left.append(cut)
            continue
        side = Side(low, high, low is not None and cut.exclusive_low)
        fixed = dataclasses.replace(
            cut, low=cut.low if low is None else -math.inf, high=cut.high if high is None else math.inf
        )
        left += [fixed] if math.isfinite(fixed.low) or math.isfinite(fixed.high) else []
    return left, side


@dataclass(frozen=True)
class Counts:
    """Rows of one kind along the moving cut.

    `below` int64 (k,): rows with a value below each position; `upto`: at or below it, where the low end itself is not kept,
    else None. `n_open` are those below the open low and the open high end, so that n_open[1] - n_open[0] pass a cut that is
    open at both; `n` is all of them, undefined values included.
    """

    histogram: Histogram
    below: np.ndarray
    upto: np.ndarray | None
    n_open: tuple[int, int]
    n: int
    side: Side


@dataclass(frozen=True)
class Moving:
    """All that is needed to move a cut without the rows: `positions` (k,) ascending, at which counts are known, `counts` of
    each class and of the rest, by name (those without a row are left out), and of `all` common rows. `step` is the distance
    of positions.
    """

    positions: np.ndarray
    step: float
    counts: Mapping[str, Counts]
    all: Counts


def count_between(values: np.ndarray, edges: np.ndarray, *, closed_high: bool = False) -> np.ndarray:
    """int64 (k + 1,): values below the first of `edges` (k,), from each to the next, and from the last on; without NaN.

    Intervals are [low, high), with `closed_high` (low, high]. Edges are compared in the column's own precision, as cuts do.
    """
    edges = edges.astype(values.dtype) if values.dtype.kind == "f" else edges
    defined = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    index = np.searchsorted(edges, defined, side="left" if closed_high else "right")
    return np.bincount(index, minlength=len(edges) + 1)


def histogram_of(values: np.ndarray, edges: np.ndarray) -> Histogram:
    """A histogram in bins [low, high), all of them: what a cut on the ends of a bin keeps is what the bin holds."""
    tally = count_between(values, edges)
    inside = tally[1:-1]
    low, high = poisson_errors(inside)
    n_missing = len(values) - int(tally.sum())
    return Histogram(edges, inside, low, high, int(tally[0]), int(tally[-1]), n_missing, len(values))


def count(
    values: np.ndarray, edges: np.ndarray, positions: np.ndarray, side: Side = Side(), *, is_limit: bool = False
) -> Counts:
    """The counts of some rows, `values` (m,), between bin `edges` and at `positions`; `is_limit`: open ends are those of a limit."""
    open_ends = np.array([-1e30, 1e30] if is_limit else [-math.inf, math.inf])
    below = count_between(values, positions)[:-1].cumsum()
    upto = count_between(values, positions, closed_high=True)[:-1].cumsum() if side.exclusive_low else None
    at_ends = count_between(values, open_ends)
    n_open = int(at_ends[0]), int(at_ends[:2].sum())
    return Counts(histogram_of(values, edges), below, upto, n_open, len(values), side)


def step_of(spec: Spec | None, low: float, high: float) -> float:
    """The distance between neighbouring positions from low to high: the slider's, 1 of whole numbers, else a round one."""
    if spec is not None and spec.slider is not None:
        step = float(spec.slider[2])
    elif spec is not None and spec.kind is int:
        step = 1.0
    else:
        step = _round_above((high - low) / STEPS_OF_A_LIMIT)
    return step if (high - low) / step <= MOST_POSITIONS else _round_above((high - low) / MOST_POSITIONS)


def _round_above(value: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below a positive value."""
    power = math.floor(math.log10(value))
    return next(float(f"{digit}e{power}") for digit in (1, 2, 5, 10) if float(f"{digit}e{power}") >= value * (1 - 1e-9))


def digits_of(step: float) -> int:
    """Digits behind the point that a step needs."""
    exponent = Decimal(repr(step)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def positions_between(low: float, high: float, step: float, typed: Sequence[float] = ()) -> np.ndarray:
    """Float64 (k,), ascending: the multiples of a step from low to high, and the `typed` values wherever they are."""
    multiples = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
    return np.unique(np.concatenate([np.round(multiples, digits_of(step)), np.asarray(typed, float)]))


def bin_edges(low: float, high: float, n_bins: int) -> np.ndarray:
    """Float64 (n_bins + 1,): edges of twelve digits, which an address can carry without another row falling between them."""
    return np.array([float(f"{edge:.12g}") for edge in np.linspace(low, high, n_bins + 1)])


def moving(
    selected: Selected, panel: Panel, column: Column, typed: tuple[float, ...] = (), rest: str = "all"
) -> Moving:  # fmt: skip
    """Everything about a panel's cut on `column` that does not depend on where its ends are; `typed` are values to be known
    besides those on the steps, `rest` the name of rows without a class.

    The range is that of `usual_range` of the rows that pass all other cuts.
    """
    rows = others(selected, panel)
    common = rows.values[rows.common]
    low, high = histograms.usual_range(common, (column.low, column.high))
    edges, ends = bin_edges(low, high, column.n_bins), panels.ends_of(panel, selected.selection.cuts)
    step = step_of(ends[0].spec if ends else None, low, high)
    positions = positions_between(low, high, step, typed)
    kinds = {**rows.of_class, rest: rows.rest}
    counts = {
        name: count(
            rows.values[mask], edges, positions, rows.sides.get(name, rows.sides[""]), is_limit=not panel.fields
        )
        for name, mask in kinds.items()
        if mask.any()
    }
    every = count(common, edges, positions, rows.sides[""], is_limit=not panel.fields)
    return Moving(positions, step, counts, every)
