"""An event that is held beside or under the ones that follow, in the address of page Inspect."""

import streamlit as st

from core.errors import DarkroomError
from core.selection import events
from core.selection.selection import Selected
from pages.inspect import playing
from pages.widgets import cached, choose, layout

HOLD = "hold"


def row_held(selected: Selected) -> int | None:
    """The row that is held; what an address names and is not in the data set is told and let go."""
    text = st.query_params.get(HOLD, "")
    if not text:
        return None
    table = cached.experiment_of(selected.dataset).table
    try:
        return events.row_of(selected.dataset, table.uid.parse(text))
    except DarkroomError as error:
        if not choose.was_written(HOLD, text):
            layout.warn(f"The event that the link holds is not here: {error}")
        _release()
        return None


def controls(selected: Selected, row: int) -> None:
    """The buttons that hold an event, let it go, and swap it with the one on the screen."""
    held = row_held(selected)
    st.button(
        "", key="go-Hold", icon=":material/keep_off:" if held is not None else ":material/keep:", on_click=_toggle,
        args=(selected, row), help="hold this event, to see the next ones over or beside it; again: let it go (h)",
    )  # fmt: skip
    st.button(
        "", key="go-Swap", icon=":material/swap_horiz:", on_click=_swap, args=(selected, row), disabled=held is None,
        help="swap the event with the one that is held: pressed again and again, the two blink (b)",
    )  # fmt: skip


def _toggle(selected: Selected, row: int) -> None:
    playing.take_turn()
    if st.query_params.get(HOLD):
        _release()
        return
    _hold(selected, playing.row_shown(row))


def _hold(selected: Selected, row: int) -> None:
    text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    st.query_params[HOLD] = text
    choose.mark_written(HOLD, text, choose.owner(selected.dataset))


def _release() -> None:
    st.query_params.pop(HOLD, None)
    choose.mark_written(HOLD, None, "")


def _swap(selected: Selected, row: int) -> None:
    held = row_held(selected)
    if held is None:
        return
    playing.take_turn()
    playing.arrive(selected)
    table, data = cached.experiment_of(selected.dataset).table, selected.dataset
    _hold(selected, playing.row_shown(row))
    st.query_params["uid"] = events.uid_text(table, data, held)
