"""Playback on page Inspect: space starts and stops, and events of the list follow each other."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.selection import events, playback
from core.selection.selection import Selected
from pages.widgets import cached, choose

PLAYS, ROW, TURN, ENDED = "playback-plays", "playback-row", "playback-turn", "playback-ended"
COMPONENT = "playback"
BUTTON = "go-Play"
SLOWEST, FASTEST, USUAL = 1, 10, 2  # events per second

_component = st.components.v2.component(
    "darkroom_playback", isolate_styles=False,
    js=(Path(__file__).parents[1] / "widgets" / "playback.js").read_text(encoding="utf-8"),
)  # fmt: skip


def plays() -> bool:
    return bool(st.session_state.get(PLAYS))


def turn() -> int:
    """Changes with every step of a playback and with every press that may leave the same event on the page."""
    return int(st.session_state.get(TURN, 0))


def take_turn() -> None:
    st.session_state[TURN] = turn() + 1


def stop() -> None:
    """End the playback; what is shown stays."""
    st.session_state[PLAYS] = False


def row_shown(row: int) -> int:
    """The row on the screen: the one that is played, else the one in the address."""
    return int(st.session_state[ROW]) if plays() and ROW in st.session_state else row


def keep_within(selected: Selected, rows: Any) -> None:
    """Where the page is run while events are played: the address says where they are; another list or data set ends it."""
    if int(st.session_state[ROW]) < selected.dataset.n_rows and events.place(rows, st.session_state[ROW]) is not None:
        table = cached.experiment_of(selected.dataset).table
        st.query_params["uid"] = events.uid_text(table, selected.dataset, st.session_state[ROW])
    else:
        stop()


def controls(selected: Selected, row: int) -> None:
    """The button that starts and stops, and how fast."""
    st.button(
        "", key=BUTTON, icon=":material/pause:" if plays() else ":material/play_arrow:", on_click=_toggle, args=(selected, row),
        help="play the events of the filter one after the other (space)",
    )  # fmt: skip
    with st.popover("", icon=":material/speed:", help="how fast, and what comes after the last"):
        st.slider("events per second", SLOWEST, FASTEST, USUAL, key="rate", **choose.STAY)
        st.toggle("begin again after the last", key="loop", **choose.STAY)


def _toggle(selected: Selected, row: int) -> None:
    if plays():
        arrive(selected)
    else:
        st.session_state[PLAYS], st.session_state[ROW] = True, row
    take_turn()


def arrive(selected: Selected) -> None:
    """End the playback where it is: the address says the row that was reached."""
    if plays():
        table, data = cached.experiment_of(selected.dataset).table, selected.dataset
        st.query_params["uid"] = events.uid_text(table, data, st.session_state[ROW])
    stop()


def listen(selected: Selected, rows: Any, row: int) -> None:
    """In the fragment that draws the event: let the browser ask for the next one when it has drawn this one."""
    data = selected.dataset
    shown = events.uid_text(cached.experiment_of(data).table, data, row)
    _component(
        data={"plays": plays(), "shown": shown, "turn": turn(), "rate": st.session_state.get("rate", USUAL)},
        key=COMPONENT, on_step_change=lambda: _step(selected, rows),
    )  # fmt: skip
    if st.session_state.pop(ENDED, False):
        st.rerun()


def _step(selected: Selected, rows: Any) -> None:
    """The next row, once for each picture; an answer to another picture comes too late."""
    if not plays() or st.session_state[COMPONENT].get("step") != turn():
        return
    following = playback.after(rows, st.session_state[ROW], bool(st.session_state.get("loop")))
    if following is None:
        arrive(selected)
        st.session_state[ENDED] = True
    else:
        st.session_state[ROW] = following
        take_turn()
