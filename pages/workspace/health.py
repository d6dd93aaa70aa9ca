"""Whether the workspace is whole, and what is rubbish in it."""

import streamlit as st

from core.disk import size_text
from core.housekeeping import rubbish
from core.housekeeping.doctor import examine
from pages.widgets import layout

ICONS = {"damage": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
MAX_SHOWN = 100


def section() -> None:
    """What the doctor finds, each with what helps; below it what may be removed."""
    with layout.refusals(), st.spinner("Examining the workspace ..."):
        problems, pieces = examine(), rubbish.listing()
    if not problems:
        st.success("The workspace is whole.", icon=":material/check_circle:")
    rows = [
        {"": problem.severity, "what": problem.what, "what helps": problem.remedy, "where": problem.where}
        for problem in problems[:MAX_SHOWN]
    ]
    if rows:
        st.dataframe(rows, hide_index=True, alt="problems of the workspace", height=min(38 + 35 * len(rows), 320))
    more = f" The first {MAX_SHOWN} of {len(problems):,} are shown." if len(problems) > MAX_SHOWN else ""
    st.caption(
        "Files are there, begin and end as they should, and seals of settings hold; `python -m core doctor --deep` reads every byte."
        + more
    )
    total = size_text(sum(piece.n_bytes for piece in pieces))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"remove rubbish ({total})", key="gc", icon=":material/mop:", disabled=not pieces, on_click=_remove,
            help="; ".join(sorted({layout.plain(piece.why) for piece in pieces})[:8]) or None,
        )  # fmt: skip
        st.caption("Leftovers of killed writers, inputs that are made again when needed, what is past its time in the bin.")


def _remove() -> None:
    freed = rubbish.remove(rubbish.listing())
    st.toast(f"{size_text(freed)} removed.", icon=":material/mop:")
