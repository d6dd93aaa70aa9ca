"""What was deleted: brought back, removed for good, and how long it stays."""

import time

import streamlit as st

from core import bin
from core.clock import utc_text
from core.disk import size_text
from core.errors import DarkroomError
from pages.widgets import layout, undo


def section() -> None:
    """The entries as a table, what is ticked brought back or removed; below it how long things stay."""
    entries, now = bin.list_entries(), time.time()
    if not entries:
        st.info("The bin is empty. What is deleted comes here first.", icon=":material/delete:")
    else:
        rows = [
            {"kind": e.kind or "?", "name": e.name, "size": size_text(e.n_bytes), "deleted": utc_text(e.deleted_at), "by": e.user,
             "there for": bin.age_text(e, now), "problem": e.problem}
            for e in entries
        ]  # fmt: skip
        event = st.dataframe(
            rows, key="bin-table", on_select="rerun", selection_mode="multi-row", hide_index=True, alt="what was deleted",
            height=min(38 + 35 * len(rows), 320),
        )  # fmt: skip
        chosen = [entries[i] for i in event["selection"]["rows"] if i < len(entries)]
        with st.container(horizontal=True, vertical_alignment="center"):
            ids = [entry.id for entry in chosen]
            st.button(
                f"bring back {len(ids)}", key="restore", icon=":material/undo:", type="primary", disabled=not ids,
                on_click=undo.restore, args=(ids,),
            )  # fmt: skip
            if st.button("remove for good ...", key="bin-remove", icon=":material/delete_forever:", disabled=not ids):
                confirm(chosen)
            if st.button("empty the bin ...", key="bin-empty", icon=":material/delete_forever:", type="tertiary"):
                confirm(entries)
            st.caption("Tick what is to come back or to go.")
    _retention()


def _retention() -> None:
    days = st.number_input(
        "days until things are removed by themselves (0: never)", min_value=0, max_value=3650, value=bin.retention().days,
        key="bin-days", width=330,
    )  # fmt: skip
    if days != bin.retention().days:
        with layout.refusals():
            bin.set_retention(int(days))
        st.toast(f"Things in the bin now stay {days} days." if days else "Things in the bin now stay until they are removed.")


@st.dialog("Remove for good?", icon=":material/delete_forever:")
def confirm(entries: list[bin.Entry]) -> None:
    """Name what will go, then remove it."""
    for entry in entries[:20]:
        st.write(f"- {layout.plain(entry.what)} ({size_text(entry.n_bytes)})")
    if len(entries) > 20:
        st.write(f"- and {len(entries) - 20} more")
    st.write(f"{size_text(sum(entry.n_bytes for entry in entries))} in all. This cannot be undone.")
    with st.container(horizontal=True):
        removed = st.button(
            f"remove {len(entries)} for good", key="remove-now", type="primary", on_click=_remove,
            args=([entry.id for entry in entries],),
        )  # fmt: skip
        if st.button("keep") or removed:
            st.rerun()


def _remove(entry_ids: list[str]) -> None:
    try:
        bin.empty(entry_ids)
    except DarkroomError as error:
        undo.offer([], [str(error)])
