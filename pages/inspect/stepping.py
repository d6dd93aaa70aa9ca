"""Which event page Inspect shows, and the ways from it to others: its number, its neighbours, keys."""

from typing import Any

import streamlit as st

from core.errors import DarkroomError
from core.selection import events
from core.selection import jump as jumping
from core.selection.selection import Selected
from pages.inspect import marking
from pages.widgets import cached, keys, layout
from pages.widgets.keys import Key

UID, LANDED = "uid", "landed"
KEYS = (
    ("ArrowLeft", "Left", "the event before"), ("ArrowRight", "Right", "the next event"), ("k", "K", "the event before"),
    ("j", "J", "the next event"),
)  # fmt: skip
TAG_KEY = Key("t", marking.FIELD, "tag this event", types=True)


def which_event(selected: Selected, rows: Any, filter_key: str) -> int:
    """The row that is shown: the one in the address, or the first one where there is none or the filter has moved on.

    The address is written here and not by a bound widget, which cannot give way to a filter that was opened by a link.
    """
    text, last = st.query_params.get(UID, ""), st.session_state.get("inspect-last", ("", ""))
    if not text and last[0] == filter_key:
        text = last[1]
    row, problem = _row_of(selected, rows, text)
    moved = last[0] not in ("", filter_key) and (row is None or events.place(rows, row) is None)
    if len(rows) and (not text or moved):
        row, problem = int(rows[0]), ""
    if row is not None:
        text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
        if st.query_params.get(UID) != text:
            st.query_params[UID] = text
    st.session_state["inspect-last"] = (filter_key, text)
    st.session_state["typed-event"] = text
    st.text_input(
        "event", key="typed-event", on_change=_typed, args=(selected, rows), width=180, label_visibility="collapsed",
        placeholder="event", max_chars=jumping.LONGEST, help=f"jump to an event: {jumping.FORMS}",
    )  # fmt: skip
    if landed := st.session_state.pop(LANDED, ""):
        st.toast(layout.plain(landed), icon=":material/my_location:")
    if row is None:
        st.error(
            layout.plain(problem) or "No event passes the filter: widen it in the sidebar.", icon=":material/error:"
        )
        st.stop()
    return row


def _row_of(selected: Selected, rows: Any, text: str) -> tuple[int | None, str]:
    """(row, what is wrong with the text that names it)."""
    if not text:
        return None, ""
    try:
        return jumping.jump(cached.experiment_of(selected.dataset).table, selected.dataset, rows, text).row, ""
    except DarkroomError as error:
        return None, str(error)


def steps(selected: Selected, rows: Any, row: int) -> None:
    """Buttons to the neighbours in the filtered list, each with its key."""
    place = events.place(rows, row)
    for label, by, key, icon, is_end in (
        ("previous", -1, "Left", "chevron_left", place == 1),
        ("next", 1, "Right", "chevron_right", place == len(rows)),
        ("", -1, "K", "keyboard_arrow_up", place == 1),
        ("", 1, "J", "keyboard_arrow_down", place == len(rows)),
    ):
        to = events.step(rows, row, by) if len(rows) else row
        st.button(
            label, key=f"go-{key}", shortcut=key, icon=f":material/{icon}:", disabled=is_end or not len(rows),
            on_click=go, args=(events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, to),),
            help=("next" if by > 0 else "previous") + " event of the filter; ? lists the keys",
        )  # fmt: skip
    where = f"{place:,} of {len(rows):,}" if place else f"not among {len(rows):,}"
    st.markdown(f":small[{where}]", width="content")
    text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    keys.listen([Key(key, f"go-{button}", does, holds=True) for key, button, does in KEYS] + [TAG_KEY], text)


def go(text: str) -> None:
    st.query_params[UID] = text


def _typed(selected: Selected, rows: Any) -> None:
    """What was typed leads to an event, and it is said to which; what leads to none is said where the page is drawn."""
    text, table = st.session_state["typed-event"], cached.experiment_of(selected.dataset).table
    try:
        landing = jumping.jump(table, selected.dataset, rows, text)
    except DarkroomError:
        go(text)
        return
    st.session_state[LANDED] = landing.words
    go(events.uid_text(table, selected.dataset, landing.row))
