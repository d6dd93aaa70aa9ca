"""The histograms of page Select, in which the cuts are drawn and moved and whose bins open their rows."""

from functools import partial
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.data.table import Column
from core.figures import touched
from core.figures.touched import Handle
from core.selection import events
from core.selection import panels as cut_panels
from core.selection.selecting import Panel
from core.selection.selection import Selected, Selection
from pages.select import limits
from pages.widgets import cached, choose, form, layout, opening
from pages.widgets.touch.histogram import Opened, histogram

CUTS = "cut"  # what the keys of the cuts' form begin with
IN_A_ROW = 2
HEIGHT_PX = 290


def draw(selected: Selected) -> None:
    """The histograms that are wanted, side by side."""
    drawn = _choose(selected)
    for start in range(0, len(drawn), IN_A_ROW):
        for column, shown in zip(st.columns(IN_A_ROW), drawn[start : start + IN_A_ROW], strict=False):
            with column:
                _panel(selected, shown)


def _choose(selected: Selected) -> list[Panel]:
    """Those of the experiment's histograms that stand beside each other."""
    drawn = {
        p.column: p
        for p in cached.experiment_of(selected.dataset).selecting.panels
        if selected.dataset.defines(p.column)
    }
    if len(drawn) <= IN_A_ROW:
        return list(drawn.values())
    titles = {c.name: c.label for c in cached.experiment_of(selected.dataset).table.columns}
    first = list(drawn)[:IN_A_ROW]
    chosen = st.pills(
        "histograms", list(drawn), selection_mode="multi", default=first, key=f"panels-{selected.dataset.experiment}",
        format_func=lambda name: titles[name], label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return [drawn[name] for name in chosen or first]


def _panel(selected: Selected, panel: Panel) -> None:
    """A histogram of the rows that pass all other cuts, with the ends of its own."""
    data, selection = selected.dataset, selected.selection
    column = next(c for c in cached.experiment_of(data).table.columns if c.name == panel.column)
    moving = cached.moved_counts(selected, panel, column)
    picture = touched.picture(
        moving, column.label, column.unit, _handles(selection.cuts, panel, column), rest=_rest(selected),
        is_log=st.session_state.get("log", True), opens="all",
        note=f"{column.help or column.label}; rows that pass all other cuts, by label; pale: what this one cuts away.",
    )  # fmt: skip
    histograms = {name: counts.histogram for name, counts in moving.counts.items()}
    opened = histogram(
        picture, f"select-{column.name}", HEIGHT_PX, lambda: layout.histogram_columns(histograms),
        partial(_move, data, selection.cuts, panel),
    )  # fmt: skip
    if opened is not None:
        _open(data, selection, panel, column, opened)


def _rest(selected: Selected) -> str:
    return events.class_names(selected)[-1]


def _handles(cuts: Any, panel: Panel, column: Column) -> list[Handle]:
    """The ends of the cut by the names of their fields."""
    handles = []
    for end in cut_panels.ends_of(panel, cuts):
        if end.spec is None:
            handles.append(Handle(f"{column.label}, {end.name}", end.value, True, column.low, column.high))
        else:
            low, high = end.spec.low, end.spec.high
            handles.append(Handle(form.label(end.spec), end.value, end.is_optional, low, high))
    return handles


def _move(data: Dataset, cuts: Any, panel: Panel, values: tuple[float | None, ...]) -> None:
    """Put what was dragged into the sliders, from which the page goes on."""
    moved = cut_panels.with_ends(panel, cuts, values)
    if panel.fields:
        form.fill(f"{CUTS}-{choose.owner(data)}", moved, panel.fields)
    else:
        limits.fill(data, moved)


def _open(data: Dataset, selection: Selection, panel: Panel, column: Column, opened: Opened) -> None:
    """The rows of a bin as they are drawn: those that pass all other cuts, in the window of the bin."""
    experiment, start = cached.experiment_of(data), st.session_state["start"]
    base = choose.starting_points(data)[start]
    changes = {
        "cut": parameters.as_assignments(cut_panels.cleared(panel, selection.cuts), base.cuts),
        "tags": parameters.as_assignments(selection.tags, base.tags),
    }
    wanted = {"data": data.name, "from": start, "by": column.title, "low": opened.low, "high": opened.high}
    wanted |= {name: tuple(texts) for name, texts in changes.items() if texts}
    wanted |= {"label": selection.labels, "labelled": selection.labels} if experiment.labels else {}
    opening.open_events(**wanted)
