"""A cut that moves while all others stay: which rows of each class it would keep, wherever its ends are put.

What moves follows from the experiment's own functions: the ends are put at values that nobody cuts at, and where these turn up
in its cuts, there is what moves. So nothing is declared twice.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.data import histograms
from core.data.cuts import Cut, cut_table
from core.data.table import Column
from core.parameters import Spec
from core.selection import panels
from core.selection.selecting import Panel
from core.selection.selection import Selected
from core.statistics.moving import (
    MOST_POSITIONS,
    Counts,
    Moving,
    Side,
    bin_edges,
    count,
    histogram_of,
    positions_between,
    round_step,
)

PROBES = (1_234_567_891, 1_234_567_897)


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


def step_of(spec: Spec | None, low: float, high: float) -> float:
    """The distance between neighbouring positions from low to high: the slider's, 1 of whole numbers, else a round one."""
    if spec is not None and spec.slider is not None:
        step = float(spec.slider[2])
    elif spec is not None and spec.kind is int:
        step = 1.0
    else:
        step = round_step(low, high)
    return step if (high - low) / step <= MOST_POSITIONS else round_step(low, high, MOST_POSITIONS)


def moving(
    selected: Selected, panel: Panel, column: Column, typed: tuple[float, ...] = (), rest: str = "all"
) -> Moving:
    """Everything about a panel's cut on `column` that does not depend on where its ends are; `typed` are values to be known
    besides those on the steps, `rest` the name of rows without a class.
    """
    ends = panels.ends_of(panel, selected.selection.cuts)
    spec = ends[0].spec if ends else None
    return _counts(others(selected, panel), column, spec, typed, rest, is_limit=not panel.fields)


def threshold(
    selected: Selected, column: Column, *, keeps_above: bool, typed: tuple[float, ...] = (), rest: str = "all"
) -> Moving:
    """The same of one more cut, which a selection does not have: rows at or above a threshold are kept, or those below it."""
    side = Side(low=0) if keeps_above else Side(high=0)
    masks = {name: selected.cutting.labels == i for i, name in enumerate(selected.classes)}
    values = selected.dataset.column(column.name)
    rows = Others(values, selected.cutting.preselected, masks, dict.fromkeys(["", *masks], side))
    return _counts(rows, column, None, typed, rest)


def _counts(
    rows: Others, column: Column, spec: Spec | None, typed: tuple[float, ...], rest: str, *, is_limit: bool = False
) -> Moving:
    """The counts of all kinds of rows; the range is that of `usual_range` of those that pass all other cuts."""
    common = rows.values[rows.common]
    low, high = histograms.usual_range(common, (column.low, column.high))
    edges, step = bin_edges(low, high, column.n_bins), step_of(spec, low, high)
    positions = positions_between(low, high, step, typed)

    def along(values: np.ndarray, side: Side) -> Counts:
        ordered = np.sort(values)
        return count(ordered, histogram_of(ordered, edges), positions, side, is_limit=is_limit)

    kinds = {**rows.of_class, rest: rows.rest}
    counts = {
        name: along(rows.values[mask], rows.sides.get(name, rows.sides[""]))
        for name, mask in kinds.items()
        if mask.any()
    }
    return Moving(positions, step, counts, along(common, rows.sides[""]))
