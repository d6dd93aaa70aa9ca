"""The cut on tags in the sidebar of page Select."""

import streamlit as st

from core.data.dataset import Dataset
from core.selection.tag_cut import TagCut, tag_cut
from pages.widgets import cached, choose, layout

SIDES = (("keep", "with a tag", "only rows with one of these tags"), ("drop", "without a tag", "no row with one of these tags"))  # fmt: skip


def fill(data: Dataset, cut: TagCut) -> None:
    """Put the cut of a preset or stored selection into the widgets."""
    for side, _, _ in SIDES:
        st.session_state[_key(data, side)] = list(getattr(cut, side))


def choose_tags(data: Dataset) -> TagCut:
    """The tags that rows must have and must not have: of those that there are, and those that the selection names."""
    known = list(cached.open_tags(data).counts)
    named = [name for side, _, _ in SIDES for name in st.session_state.get(_key(data, side), ())]
    options = list(dict.fromkeys([*known, *named]))
    if not options:
        return TagCut()
    chosen = {}
    with st.expander("tags", expanded=bool(named)):
        for side, label, help in SIDES:
            chosen[side] = st.multiselect(label, options, key=_key(data, side), help=help, persist_state="session")
    with layout.refusals():
        return tag_cut(chosen["keep"], chosen["drop"])


def _key(data: Dataset, side: str) -> str:
    return f"tags-{side}-{choose.owner(data)}"
