"""The tab of page Select that shows any two features against each other, and in which a region is drawn."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.table import Column, columns_of
from core.figures import planes
from core.selection.histograms import classes_drawn, rows_by_class, usual_range
from core.selection.plane import Plane, PlaneAxis, plane_of, range_of
from core.selection.region import Region
from core.selection.selection import Selected
from pages.widgets import cached, choose, layout, opening, region_chosen
from pages.widgets.touch import plane as touched

HEIGHT_PX = 430
ALL = "all inside the cuts"
NOTE = (
    "Rows in cells of both quantities. Drag for a lasso, Shift and drag for a rectangle, click a cell for its rows; keys: arrows, "
    "R, Enter, Escape. Surprising: an island, or a sharp edge where nothing cuts."
)


def draw(selected: Selected) -> None:
    """Controls left, the plane, and beside it what the region holds."""
    left, middle, right = st.columns([20, 60, 20], gap="small")
    with left:
        axes, of, colouring = _choose(selected)
    region = region_chosen.from_address()
    with layout.refusals():
        plane = _counted(selected, axes, of)
    if region is not None and not plane.fits(region):
        region_chosen.clear()
        region = None
    with middle:
        picture = planes.picture(plane, colouring=colouring, note=NOTE, region=region)
        clicked = touched.draw(plane, picture, f"select-{axes[0].name}-{axes[1].name}", HEIGHT_PX, region_chosen.put)
    with right:
        if region is None:
            st.caption(
                f"No region is drawn: {plane.n:,} rows, of which {plane.n_outside:,} lie outside of the axes or are undefined."
            )
        else:
            _chosen(selected, plane, region, of)
    if clicked is not None:
        opening.open_events(**_where(selected, of), region=str(clicked))


def _choose(selected: Selected) -> tuple[tuple[PlaneAxis, PlaneAxis], str, str]:
    """(both axes, the class that is drawn or `ALL`, what the colours mean)."""
    columns = {c.name: c for c in columns_of(cached.experiment_of(selected.dataset).table, selected.dataset)}
    names, owner = list(columns), choose.owner(selected.dataset)
    x = choose.one_of("x", names, "x2", of=owner, format_func=lambda n: columns[n].title)
    y = choose.one_of("y", names, "y2", first=names[1], of=owner, format_func=lambda n: columns[n].title)
    logs = st.pills("logarithmic", ["x", "y"], selection_mode="multi", key="log2", **choose.STAY)
    of = choose.one_of("of", [ALL, *selected.classes], "of2", of=owner)
    options = planes.COLOURINGS[:2] if selected.classes else planes.COLOURINGS[:1]
    colouring = choose.one_of("colours", options, "colours2", of=owner)
    return (_axis(selected, columns[x], "x" in logs), _axis(selected, columns[y], "y" in logs)), of, colouring


def _axis(selected: Selected, column: Column, is_log: bool) -> PlaneAxis:
    low, high = usual_range(selected, column)
    if is_log and low <= 0.0:
        low, above = range_of(selected.dataset.column(column.name)[selected.preselected], True)
        high = high if high > low else above
    return PlaneAxis(column.name, column.label, column.unit, low, high, is_log)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _counted(selected: Selected, axes: tuple[PlaneAxis, PlaneAxis], of: str) -> Plane:
    labels, names = classes_drawn(selected, None if of == ALL else of)
    x, y = (selected.dataset.column(axis.name) for axis in axes)
    return plane_of(axes, x, y, labels, names)


def _chosen(selected: Selected, plane: Plane, region: Region, of: str) -> None:
    with layout.refusals():
        is_in = region_chosen.rows_of(selected.dataset, region)
    rows, by_class = rows_by_class(is_in, *classes_drawn(selected, None if of == ALL else of))
    region_chosen.panel(selected, rows, f"{plane.n:,}", by_class, region, _where(selected, of))


def _where(selected: Selected, of: str) -> dict[str, Any]:
    """What opens these events: the cuts, tags and labels as they are now."""
    data, selection, start = selected.dataset, selected.selection, st.session_state["start"]
    base = choose.starting_points(data)[start]
    changes = {
        "cut": parameters.as_assignments(selection.cuts, base.cuts),
        "tags": parameters.as_assignments(selection.tags, base.tags),
    }
    wanted: dict[str, Any] = {"data": data.name, "from": start}
    wanted |= {name: tuple(texts) for name, texts in changes.items() if texts}
    wanted |= {"class": of} if of != ALL else {}
    return wanted | ({"label": selection.labels, "labelled": selection.labels} if selection.labels else {})
