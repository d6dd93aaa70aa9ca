"""The zoom of figures, kept in the address: a copied link shows the same part, and so does the next event on the same axes.

The browser tells the ranges when the hand rests; only the address is written then, nothing is drawn anew.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import DarkroomError
from core.figures import zoom
from pages.widgets import layout

COMPONENT, OF, RESETS, IS_RESET = "zoom-told", "zoom-of", "zoom-resets", "zoom-is-reset"
HEIGHT, LEAST_PX, MOST_PX = "figure-height", 300, 1600

_component = st.components.v2.component(
    "darkroom_zoom", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def ranges(name: str, of: str) -> zoom.Zoom:
    """The zoom of a figure that the address says (under its name), as long as it is `of` the same axes; {} without one.

    What is wrong in a link is told and left out.
    """
    belongs = st.session_state.setdefault(OF, {})
    if belongs.setdefault(name, of) != of:
        st.query_params.pop(name, None)
    belongs[name] = of
    try:
        return zoom.parse(st.query_params.get(name, ""))
    except DarkroomError as error:
        layout.warn(f"The link could not be followed: {error}")
        st.query_params.pop(name, None)
        return {}


def revision(of: str) -> str:
    """As `uirevision` of a figure: with another one the browser lets go of what was zoomed by hand."""
    return f"{of}|{st.session_state.get(RESETS, 0)}"


def height_px(usual: int) -> int:
    """How high a figure is that takes the free height of the window: as the browser has measured, first the usual height."""
    return int(st.session_state.get(HEIGHT) or usual)


def _measured() -> None:
    height = st.session_state[COMPONENT].get("height")
    if isinstance(height, int | float) and LEAST_PX <= height <= MOST_PX:
        st.session_state[HEIGHT] = int(height)
        st.session_state[IS_RESET] = True


def follow(figures: Mapping[str, str], moved: Callable[[zoom.Zoom], None] | None = None) -> None:
    """Let the address follow the figures: {key of the figure: its name in the address}.

    `moved` is called in place of writing the address, with the ranges of its only figure, {} for all of it.
    """
    texts = {key: "" if moved else st.query_params.get(name, "") for key, name in figures.items()}
    _component(
        data={"figures": texts, "height": st.session_state.get(HEIGHT)}, key=COMPONENT,
        on_zoom_change=lambda: _told(figures, moved), on_height_change=_measured,
    )  # fmt: skip
    if st.session_state.pop(IS_RESET, False):
        st.rerun()


def _told(figures: Mapping[str, str], moved: Callable[[zoom.Zoom], None] | None) -> None:
    """Write what the browser says of one figure; all of it shown again is drawn anew, with the figure's own ranges."""
    told_by = st.session_state[COMPONENT]
    heard: Any = told_by.get("zoom") or {}
    name = figures.get(str(heard.get("figure")))
    if name is None:
        return
    text = str(heard.get("text", ""))
    try:
        ranges = zoom.parse(text)
    except DarkroomError:
        return
    if moved is not None:
        moved(ranges)
    elif text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)
        st.session_state[RESETS] = st.session_state.get(RESETS, 0) + 1
        st.session_state[IS_RESET] = True


follow_alone: Callable[[Mapping[str, str]], None] = st.fragment(follow)
"""The same where nothing else has to follow: what the browser tells draws nothing anew."""
