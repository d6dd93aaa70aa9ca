"""Below the event on page Inspect: the list that it is from, the typical event of each class, and why a network decided so."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import figures
from core.data.table import columns_of
from core.judge.score_table import ScoreTable
from core.selection import events
from core.selection.selection import Selected
from pages.inspect import attribution, stepping
from pages.widgets import cached, layout
from pages.widgets import scores as judged

N_LISTED, N_QUANTITIES = 2000, 5
HEIGHT = 370


def below(
    selected: Selected, scored: ScoreTable | None, rows: Any, row: int, how: Any, key: str, on_map: Callable[[], None] | None
) -> None:  # fmt: skip
    """The list of events, the detector as a map, the typical event, and why a network decided so, where there are these."""
    experiment = cached.experiment_of(selected.dataset)
    drawn = {"events": lambda: event_list(selected, scored, rows, row)}
    if on_map is not None:
        drawn[experiment.looking.detector.title] = on_map
    if experiment.looking.average is not None:
        drawn[experiment.looking.average.title] = lambda: typical(selected, rows, key)
    if experiment.looking.attribution is not None:
        drawn[attribution.TITLE] = lambda: attribution.why(selected, scored, rows, row, how, HEIGHT)
    for tab, draw in zip(st.tabs(list(drawn), key="below", bind="query-params"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def event_list(selected: Selected, scored: ScoreTable | None, rows: Any, row: int) -> None:
    """The filtered events, or a stretch of them around the one shown; a click on a line shows that event."""
    data, experiment = selected.dataset, cached.experiment_of(selected.dataset)
    before, shown = events.stretch(rows, row, N_LISTED)
    scores = judged.row_scores(scored) if scored else None
    table = events.event_table(experiment.table, selected, shown, scores, N_QUANTITIES)
    place = events.place(shown, row)
    marked = [place - 1] if place else []
    st.session_state["events"] = {"selection": {"rows": marked}}
    config = {
        c.title: st.column_config.NumberColumn(format=f"%.{c.decimals}f") for c in columns_of(experiment.table, data)
    }
    st.dataframe(
        table, key="events", on_select=_picked, selection_mode="single-row", hide_index=True, height=260, row_height=28, placeholder="-",
        column_config=config | dict.fromkeys(("score", "probability"), st.column_config.NumberColumn(format="%.4f")), alt="events that pass the filter",
    )  # fmt: skip
    st.session_state["inspect-shown"] = table["event"]
    st.caption(
        f"Shown: {len(shown):,} of the {len(rows):,} events that pass the filter"
        + (f" (from number {before + 1:,})" if before else "")
        + f", of {len(selected.preselected):,} in the selection. Tick a line to see its event; ? lists the keys."
    )


def _picked() -> None:
    ticked = st.session_state["events"]["selection"]["rows"]
    if ticked and (text := st.session_state["inspect-shown"][ticked[0]]) != st.query_params.get(stepping.UID):
        stepping.go(text)  # the browser tells of the line that the page has ticked itself, too


def typical(selected: Selected, rows: Any, key: str) -> None:
    """The typical event of each class among those that pass the filter."""
    average = cached.experiment_of(selected.dataset).looking.average
    parts = events.by_class(selected, rows)
    if not parts:
        st.caption("No event passes the filter.")
        return
    with layout.refusals():
        means = judged.averages(cached.experiment_of(selected.dataset), selected.dataset, parts, key)
    styles = figures.class_styles(list(events.class_names(selected).values()))
    colours = {name: styles[name][0] for name in parts}
    layout.show_figure(average.draw(means, colours).update_layout(height=HEIGHT), "average", average.explanation)
