"""Page Workspace: what takes the disk, the bin, views, selections and jobs by name, and whether everything is whole."""

import shutil
import time

import streamlit as st

from core import bin, workspace
from core.disk import size_text
from core.housekeeping.sizes import DiskUse
from pages.widgets import layout, undo
from pages.workspace import bin_section, health, lists

STEP_S, PERIOD_S = 0.15, 0.5  # a page counts for so long, and goes on after this
COLUMNS = {
    "of the workspace": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
    "files": st.column_config.NumberColumn(format="localized"),
    "MB": st.column_config.NumberColumn(format="%.1f"),
}


@st.cache_resource(show_spinner=False)
def count_of(_root: str) -> DiskUse:
    """The count of a workspace, which all sessions share."""
    return DiskUse()


def disk_use(root: str) -> None:
    """What takes how much, largest first; counted on while the page is looked at."""
    count = count_of(root)
    is_whole = count.update(STEP_S)
    uses = count.uses()
    if not uses and not is_whole:
        st.caption("Counting files ...")
        return
    total = sum(use.n_bytes for use in uses)
    rows = [
        {"what": use.kind, "name": use.name, "MB": use.n_bytes / 1e6, "files": use.n_files,
         "of the workspace": use.n_bytes / total if total else 0.0}
        for use in uses
    ]  # fmt: skip
    st.dataframe(rows, hide_index=True, height=min(36 + 35 * len(rows), 380), column_config=COLUMNS, alt="what takes the disk")
    st.caption(f"{sum(use.n_files for use in uses):,} files{'' if is_whole else '; counting on ...'}")


def watched_use(root: str) -> None:
    """The same, again by a timer until everything was counted once."""
    st.fragment(disk_use, run_every=None if count_of(root).uses() else PERIOD_S)(root)


def key_numbers(root: str) -> None:
    usage, entries = shutil.disk_usage(root), bin.list_entries()
    uses = count_of(root).uses()
    shown = [
        ("workspace", size_text(sum(use.n_bytes for use in uses)) if uses else "–"),
        ("free on its disk", size_text(usage.free)),
        ("things in the bin", f"{len(entries)}"),
        ("the bin holds", size_text(sum(entry.n_bytes for entry in entries))),
    ]
    for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value)


def page() -> None:
    layout.heading("Workspace", "What is kept here, what does it take, and is it whole?")
    undo.line()
    root = str(workspace.root().resolve())
    count_of(root).update(STEP_S)
    key_numbers(root)
    sections = {
        "disk": lambda: watched_use(root),
        "bin": bin_section.section,
        "views": lists.views_section,
        "selections": lists.selections_section,
        "jobs": lists.jobs_section,
        "health": health.section,
    }
    for tab, draw in zip(st.tabs(list(sections), key="order", bind="query-params"), sections.values(), strict=True):
        if tab.open:
            with tab:
                draw()
    at = time.strftime("%H:%M", time.gmtime())
    layout.foot(f"Workspace {root}, counted {at} UTC.", "python -m core disk; python -m core bin; python -m core doctor")


layout.show(page)
