"""The room of every page: its compact layout, a figure that fills the window by key, the projector mode, decimal commas.

The projector is in the address (`projector=1`), so that a link shows another room the same. Figures are drawn larger by the
server (`core.figures.style.for_projector`), the rest by the style sheet.
"""

from pathlib import Path

import streamlit as st

ADDRESS = "projector"
_FILE = Path(__file__)
_SCRIPTS = (_FILE.with_suffix(".js"), _FILE.with_name("commas.js"))

_component = st.components.v2.component(
    "darkroom_room",
    js="\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS),
    isolate_styles=False,
)


def is_projected() -> bool:
    """Whether the page is drawn for a projector."""
    return st.query_params.get(ADDRESS) == "1"


def furnish() -> None:
    """To be called once in every run of the app, before its page is drawn."""
    is_on = st.session_state.setdefault(ADDRESS, is_projected())
    if is_on and not is_projected():
        st.query_params[ADDRESS] = "1"  # the navigation leaves it out
    elif is_projected() and not is_on:
        del st.query_params[ADDRESS]
    st.html(_FILE.with_suffix(".css"))  # at once: what a component brings comes when the page has been seen already
    _component(data={"projector": is_on}, key="room", on_projector_change=_turn)


def _turn() -> None:
    """The menu or its key has asked for the other mode."""
    st.session_state[ADDRESS] = bool(st.session_state["room"]["projector"])
