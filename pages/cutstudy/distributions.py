"""The features of a cut study, by class, in which the cut is dragged."""

from functools import partial

import streamlit as st

from core.data.table import Column
from core.figures import touched
from core.figures.touched import Handle
from core.judge.cutsample import CutStudy
from core.judge.cutstudy import ABOVE
from core.selection import events, moving
from core.selection.selection import Selected
from core.statistics.moving import Moving
from pages.widgets import cached, choose, layout, opening
from pages.widgets.touch.histogram import histogram

HEIGHT_PX = 320
LED = (
    "scores",
    "from",
    "label",
    *choose.CHANGES,
)  # what the address says of the events' selection, here and on page Inspect


def draw(selected: Selected, study: CutStudy, columns: dict[str, Column]) -> None:
    """Each feature with its cut."""
    for i, (place, axis, at) in enumerate(zip(st.columns(len(study.at)), study.moved.scan.axes, study.at, strict=True)):
        with place:
            _feature(selected, columns[axis.column], axis.direction == ABOVE, float(at), f"at{i + 1}")


def _feature(selected: Selected, column: Column, keeps_above: bool, at: float, key: str) -> None:
    counts = _counts(selected, column, keeps_above, at)
    note = f"{column.help or column.label}; all rows inside the selection, by label; pale: what the cut takes away."
    picture = touched.picture(
        counts, column.label, column.unit, [Handle(f"cut on {column.label}", at)], opens="all", note=note,
        rest=events.class_names(selected)[-1],
    )  # fmt: skip
    histograms = {name: of.histogram for name, of in counts.counts.items()}
    opened = histogram(
        picture, f"cutstudy-{column.name}", HEIGHT_PX, lambda: layout.histogram_columns(histograms), partial(_move, key)
    )  # fmt: skip
    if opened is not None:
        address = {name: values for name in LED if (values := _in_address(name))}
        opening.open_events(
            data=selected.dataset.name, **address, by=column.title, low=opened.low, high=opened.high
        )  # fmt: skip


def _in_address(name: str) -> str | tuple[str, ...]:
    values = tuple(st.query_params.get_all(name))
    return values if name in choose.CHANGES else next(iter(values), "")


def _move(key: str, values: tuple[float | None, ...]) -> None:
    (st.session_state[key],) = values


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=cached.KEYS)
def _counts(selected: Selected, column: Column, keeps_above: bool, at: float) -> Moving:
    rest = events.class_names(selected)[-1]
    return moving.threshold(selected, column, keeps_above=keeps_above, typed=(at,), rest=rest)
