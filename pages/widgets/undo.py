"""What was deleted just now, with the button that brings it back."""

from collections.abc import Callable, Sequence

import streamlit as st

from core import bin
from core.errors import DarkroomError
from core.workflows import discarding
from pages.widgets import layout

DELETED, REFUSED = "deleted just now", "not deleted"


def offer(entry_ids: list[str], refused: list[str] | None = None) -> None:
    """Remember what a callback moved into the bin, and what was refused, for `line`."""
    st.session_state[DELETED], st.session_state[REFUSED] = entry_ids, refused or []


def line() -> None:
    """Below the heading: what was deleted by the last click and can be brought back, and what was refused."""
    for sentence in st.session_state.pop(REFUSED, ()):
        st.error(layout.plain(sentence), icon=":material/error:")
    entries = [entry for entry in map(_entry, st.session_state.get(DELETED, ())) if entry is not None]
    if not entries:
        st.session_state.pop(DELETED, None)
        return
    what = layout.plain(entries[0].what if len(entries) == 1 else f"{len(entries)} things")
    with st.container(horizontal=True, vertical_alignment="center", key="undo-line"):
        st.markdown(f":material/delete: {what} {'is' if len(entries) == 1 else 'are'} in the bin.", width="content")
        st.button("undo", key="undo", icon=":material/undo:", on_click=restore, args=([e.id for e in entries],))
        st.page_link("pages/workspace/page.py", label="open the bin", query_params={"order": "bin"})
        st.button("close", key="undo-close", icon=":material/close:", type="tertiary", on_click=offer, args=([],))


def _entry(entry_id: str) -> bin.Entry | None:
    """The entry, unless somebody brought it back or emptied the bin meanwhile."""
    try:
        return bin.get(entry_id)
    except DarkroomError:
        return None


def restore(entry_ids: list[str]) -> None:
    """The callback of a button that brings things back from the bin."""
    refused, left = [], []
    for entry_id in entry_ids:
        try:
            entry = discarding.restore(entry_id)
            st.toast(f"The {layout.plain(entry.what)} is back.", icon=":material/undo:")
        except DarkroomError as error:
            refused.append(str(error))
            left.append(entry_id)
    offer(left, refused)


def delete(move: Callable[[str], str], names: Sequence[str]) -> None:
    """The callback of a button that deletes: `move` puts the thing of a name into the bin and returns the id of its entry."""
    entry_ids, refused = [], []
    for name in names:
        try:
            entry_ids.append(move(name))
        except DarkroomError as error:
            refused.append(str(error))
    offer(entry_ids, refused)
