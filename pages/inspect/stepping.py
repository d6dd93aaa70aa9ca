"""Which event page Inspect shows, and the ways from it to others: its number, its neighbours, keys."""

from typing import Any

import streamlit as st

from core.errors import DarkroomError
from core.selection import events
from core.selection import jump as jumping
from core.selection.selection import Selected
from pages.inspect import holding, marking, playing
from pages.widgets import cached, keys, layout
from pages.widgets.keys import Key

UID, LANDED = "uid", "landed"
KEYS = (
    ("ArrowLeft", "Left", "the event before"), ("ArrowRight", "Right", "the next event"), ("k", "Left", "the event before"),
    ("j", "Right", "the next event"), (" ", "Play", "play events, or stop"), ("h", "Hold", "hold this event under the next, or let go"),
    ("b", "Swap", "blink: swap the event with the one that is held"),
)  # fmt: skip
TAG_KEY = Key("t", marking.FIELD, "tag this event", types=True)
ONCE = ("Play", "Hold")  # however long the key is pressed


def which_event(selected: Selected, rows: Any, filter_key: str) -> int:
    """The row that is shown: the one in the address, or the first one where there is none or the filter has moved on.

    The address is written here and not by a bound widget, which cannot give way to a filter that was opened by a link.
    """
    if playing.plays():
        playing.keep_within(selected, rows)
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
    """Buttons to the neighbours in the filtered list, and those that play and hold events."""
    place = events.place(rows, row)
    for label, by, key, icon, is_end in (
        ("previous", -1, "Left", "chevron_left", place == 1),
        ("next", 1, "Right", "chevron_right", place == len(rows)),
    ):
        st.button(
            label, key=f"go-{key}", shortcut=key, icon=f":material/{icon}:", disabled=(is_end and not playing.plays()) or not len(rows),
            on_click=_step, args=(selected, rows, row, by),
            help=("next" if by > 0 else "previous") + " event of the filter; ? lists the keys",
        )  # fmt: skip
    playing.controls(selected, row)
    holding.controls(selected, row)


def place_in(rows: Any, row: int) -> str:
    """Where an event stands in the list, in words."""
    place = events.place(rows, row)
    return f"{place:,} of {len(rows):,}" if place else f"not among {len(rows):,}"


def listen(selected: Selected, row: int) -> None:
    """Let keys act on the picture of a row."""
    text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    listed = [Key(key, f"go-{button}", does, holds=button not in ONCE) for key, button, does in KEYS]
    keys.listen([*listed, TAG_KEY], text, playing.turn())


def _step(selected: Selected, rows: Any, row: int, by: int) -> None:
    """To the neighbour of what is on the screen, where a playback ends."""
    to = events.step(rows, playing.row_shown(row), by)
    playing.stop()
    go(events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, to))


def go(text: str) -> None:
    playing.stop()
    st.query_params[UID] = text


def _typed(selected: Selected, rows: Any) -> None:
    """What was typed leads to an event, and it is said to which; what leads to none is said where the page is drawn."""
    text, table = st.session_state["typed-event"], cached.experiment_of(selected.dataset).table
    if text == st.query_params.get(UID):
        return
    try:
        landing = jumping.jump(table, selected.dataset, rows, text)
    except DarkroomError:
        go(text)
        return
    st.session_state[LANDED] = landing.words
    go(events.uid_text(table, selected.dataset, landing.row))
