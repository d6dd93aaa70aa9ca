"""Back leads to the page or the event before, not through the steps in which an address was completed."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "darkroom_history", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def keep() -> None:
    """To be called once in every run of the app, before its page is drawn."""
    _component(key="history")
