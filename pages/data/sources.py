"""Prepared data sets, and the raw files of one: rows, live time, and the reason of a refusal."""

from collections.abc import Mapping

import streamlit as st

from core.data.dataset import Dataset, read_sources
from core.workflows import discarding, run_admin
from pages.widgets import layout, undo

MAX_SHOWN = 1000


def section(prepared: Mapping[str, Dataset]) -> None:
    """A table of the data sets, and below it, folded, the files of one."""
    st.markdown("**Prepared data sets**")
    rows = [
        {"name": d.name, "rows": d.n_rows, "files": len(d.parts), "refused": len(d.refused), "mapping": d.meta["mapping_title"],
         "derived": ", ".join(d.derived) or "–",
         "data": "simulated" if d.simulated else "measured", "made": d.meta["made_at"]}
        for d in prepared.values()
    ]  # fmt: skip
    st.dataframe(rows, hide_index=True, alt="prepared data sets")
    _deleting(list(prepared))
    n_refused = sum(len(d.refused) for d in prepared.values())
    label = "Files of a data set" + (f" ({n_refused:,} refused in all)" if n_refused else "")
    with st.expander(label, key="files-of", on_change="rerun", icon=":material/list:") as folded:
        if folded.open:
            _files(prepared)


def _deleting(names: list[str]) -> None:
    """Delete a data set, once it was read what rests on it."""
    with st.popover("delete a data set", icon=":material/delete:", type="tertiary"):
        name = st.selectbox("data set to delete", names, index=None, key="delete-name", placeholder="choose one")
        if name is None:
            return
        with layout.refusals():
            rests = run_admin.dependents(name)
        for line in rests or ["Nothing rests on it."]:
            st.write(f"- {layout.plain(line)}")
        st.write("Runs and studies stay, but cannot be judged on it any more. The raw files are not touched.")
        st.button(
            f"move {layout.plain(name)} into the bin", key="delete-dataset", type="primary", icon=":material/delete:",
            on_click=_delete, args=(name,),
        )  # fmt: skip


def _delete(name: str) -> None:
    """Move it into the bin; what is refused is told on the page."""
    undo.delete(discarding.dataset, [name])
    st.session_state["delete-name"] = None


def _files(prepared: Mapping[str, Dataset]) -> None:
    name = st.selectbox("data set", list(prepared), key="files-of-name", persist_state="session")
    dataset = prepared[name]
    for problem in dataset.refused[:5]:
        layout.warn(f"Refused: {problem['reason']}")
    with layout.refusals():
        lines = read_sources(dataset)
    lines.sort(key=lambda line: not line["refused"])
    names = {
        "path": "file",
        "run": "run",
        "subrun": "sub-run",
        "n_rows": "rows",
        "n_images": "images",
        "live_s": "live time [s]",
        "refused": "refused",
    }
    st.dataframe(
        [{title: line[column] for column, title in names.items()} for line in lines[:MAX_SHOWN]],
        hide_index=True, alt=f"files of {name}",
    )  # fmt: skip
    live_s = [line["live_s"] for line in lines if line["live_s"] is not None]
    sentence = f"{len(lines):,} files, {sum(1 for line in lines if line['refused']):,} of them refused"
    sentence += f"; the first {MAX_SHOWN:,} are shown" if len(lines) > MAX_SHOWN else ""
    sentence += (
        f"; live time of {len(live_s):,} files: {sum(live_s) / 3600.0:,.2f} h"
        if live_s
        else "; no file tells a live time"
    )
    st.caption(f"{sentence}. A file without rows counts with its live time.")
