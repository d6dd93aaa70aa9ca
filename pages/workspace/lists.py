"""Views, stored selections and jobs: listed, given another name, moved into the bin."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core import views
from core.clock import utc_text
from core.data.dataset import list_datasets
from core.jobs import control, tidying, watching
from core.selection import selection as selecting
from pages.widgets import job_again, layout, undo


def views_section() -> None:
    """Addresses under names: open, rename, delete."""
    listed, problems = views.readable()
    for problem in problems:
        st.warning(layout.plain(problem), icon=":material/warning:")
    if not listed:
        st.info("No view yet: the bookmark beside the name of each page keeps its address under a name.", icon=":material/bookmark:")
        return
    rows = [
        {"view": v.name, "page": v.page, "of": ", ".join(v.query.get("data", [])), "kept by": v.user, "since": utc_text(v.since)}
        for v in listed
    ]  # fmt: skip
    chosen = _ticked("views", rows)
    names = [listed[i].name for i in chosen]
    for i in chosen[:1]:
        view = listed[i]
        st.page_link(
            f"pages/{view.page}/page.py", label=f"open {layout.plain(view.name)}", query_params=view.query,
            icon=":material/arrow_forward:",
        )  # fmt: skip
    _actions("views", names, views.rename, views.delete)


def selections_section() -> None:
    """Stored selections of all data sets."""
    pairs = [(name, stored) for name in selecting.datasets_with_stored() for stored in selecting.stored(name)]
    if not pairs:
        st.info("No stored selection yet: the page Select keeps one under a name.", icon=":material/bookmark:")
        return
    known = list_datasets()
    rows = [
        {"selection": stored, "data set": name, "data set is there": name in known} for name, stored in pairs
    ]  # fmt: skip
    chosen = [pairs[i] for i in _ticked("selections", rows)]
    by_label = {f"{name}/{stored}": (name, stored) for name, stored in chosen}
    _actions(
        "selections", list(by_label), lambda label, new: selecting.rename(*by_label[label], new),
        lambda label: selecting.delete(*by_label[label]),
    )  # fmt: skip


def jobs_section() -> None:
    """All jobs with their logs: another title, once more, into the bin."""
    with layout.refusals():
        jobs = control.list_jobs(limit=500)
    if not jobs:
        st.info("No job yet.", icon=":material/info:")
        return
    listed = sorted(jobs, key=lambda job: -job.id)
    rows = [
        {"job": job.id, "state": job.state, "what": job.title, "user": job.user, "ended": watching.clock(job.ended_at),
         "message": job.message}
        for job in listed
    ]  # fmt: skip
    chosen = [listed[i] for i in _ticked("jobs", rows)]
    if len(chosen) == 1:
        job_again.button(chosen[0], "workspace")
        with st.expander(f"log of job {chosen[0].id}", icon=":material/subject:", key="workspace-log", on_change="rerun") as folded:
            if folded.open:
                st.code(control.log_tail(chosen[0].id) or "Nothing was written.", language=None, height=200, wrap_lines=True)
    _actions(
        "jobs", [str(job.id) for job in chosen], lambda number, title: tidying.rename(int(number), title),
        lambda number: tidying.delete(int(number)),
    )  # fmt: skip


def _ticked(kind: str, rows: list[dict[str, Any]]) -> list[int]:
    """The table of a kind; the rows that are ticked in it. After each change a new table, without ticks."""
    key = f"{kind}-table-{st.session_state.get(f'{kind}-changes', 0)}"
    event = st.dataframe(
        rows, key=key, on_select="rerun", selection_mode="multi-row", hide_index=True, alt=kind,
        height=min(38 + 35 * len(rows), 250),
    )  # fmt: skip
    return [i for i in event["selection"]["rows"] if i < len(rows)]


def _actions(kind: str, names: Sequence[str], rename: Callable[[str, str], Any], delete: Callable[[str], str]) -> None:
    """Rename the one that is ticked; move all that are into the bin."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(names) == 1:
            with st.form(f"{kind}-rename", border=False):
                with st.container(horizontal=True, vertical_alignment="bottom"):
                    new = st.text_input("new name", key=f"{kind}-new", width=260)
                    is_wanted = st.form_submit_button("rename", icon=":material/edit:")
            if is_wanted:
                _renamed(kind, rename, names[0], new)
        n = f"{len(names)} " if len(names) != 1 else ""
        st.button(
            f"move {n}into the bin", key=f"{kind}-delete", icon=":material/delete:", disabled=not names,
            on_click=_delete, args=(kind, delete, list(names)),
        )  # fmt: skip


def _renamed(kind: str, rename: Callable[[str, str], Any], name: str, new: str) -> None:
    with layout.refusals():
        rename(name, new)
    _redraw(kind)
    st.rerun()


def _delete(kind: str, delete: Callable[[str], str], names: list[str]) -> None:
    undo.delete(delete, names)
    _redraw(kind)


def _redraw(kind: str) -> None:
    st.session_state[f"{kind}-changes"] = st.session_state.get(f"{kind}-changes", 0) + 1
