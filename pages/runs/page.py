"""Page Runs: all trained networks with their curves and differences; open and delete."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import figures, runs
from core.errors import DarkroomError
from core.figures.state_table import damaged_in_red
from core.learn import curves
from core.runs import Run, RunSummary
from core.workflows import cross_training as studies
from core.workflows import discarding, run_admin
from pages.widgets import choose, layout, resume, undo

WHOLE = ("finished", "stopped")
MAX_COMPARED = 20
COLUMNS = {
    "events/s": st.column_config.NumberColumn(format="%.0f"),
    "seconds": st.column_config.NumberColumn("time [s]", format="%.1f"),
    "validation loss": st.column_config.NumberColumn(format="%.4f"),
    "parameters": st.column_config.NumberColumn(format="localized"),
    "run": st.column_config.TextColumn("run", width="medium"),
}


def rows(listed: list[RunSummary], of_studies: Mapping[str, str]) -> list[dict[str, Any]]:
    """The list of runs as it is shown; a run whose job still works says so."""
    with layout.refusals():
        states = run_admin.states(listed)
    return [
        {
            "run": r.id, "state": states[r.id], "study": of_studies.get(r.id, ""),
            "network": r.network, "data set": r.dataset, "labels": r.labels, "epochs": r.n_epochs or None,
            "validation loss": r.validation_loss, "events/s": r.events_per_s, "device": r.device,
            "seconds": r.seconds or None, "when": r.started_at.replace("T", " ").removesuffix("Z"),
            "parameters": r.n_parameters or None, "problem": r.problem if states[r.id] == r.state else "",
        }
        for r in listed
    ]  # fmt: skip


def _take_over(ids: list[str], key: str) -> None:
    """The rows ticked in the table become the compared runs."""
    st.session_state["compared"] = [ids[i] for i in st.session_state[key]["selection"]["rows"] if i < len(ids)]


def _redraw_table() -> None:
    """The compared runs were changed elsewhere: a new table shows them ticked."""
    st.session_state["runs-table"] = st.session_state.get("runs-table", 0) + 1


def filters(listed: list[RunSummary], of_studies: Mapping[str, str]) -> list[RunSummary]:
    """The sidebar: which runs are listed; those that were trained for a study are folded away at first."""
    shown = listed
    if of_studies and not st.toggle(
        f"with {len(of_studies)} runs of studies", key="runs-studies", on_change=_redraw_table, **choose.STAY
    ):
        named = st.session_state.get("compared", st.query_params.get_all("compared"))
        shown = [run for run in listed if run.id not in of_studies or run.id in named]
    for label, name in (("network", "network"), ("data set", "dataset"), ("state", "state")):
        values = sorted({value for run in listed if (value := getattr(run, name))})
        wanted = st.multiselect(
            label, values, key=f"runs-{name}", placeholder="all", on_change=_redraw_table, **choose.STAY
        )
        shown = [run for run in shown if not wanted or getattr(run, name) in wanted]
    return shown


def run_table(listed: list[RunSummary], of_studies: Mapping[str, str]) -> None:
    """The list; what is ticked is compared below."""
    ids = [run.id for run in listed]
    ticked = [i for i, run_id in enumerate(ids) if run_id in st.session_state.get("compared", ())]
    key = f"runs-table-{st.session_state.get('runs-table', 0)}"
    st.dataframe(
        damaged_in_red(rows(listed, of_studies)), key=key, hide_index=True, height="content" if len(listed) < 5 else 214, selection_mode="multi-row", column_config=COLUMNS, placeholder="",
        on_select=lambda: _take_over(ids, key), selection_default={"selection": {"rows": ticked}}, alt="trained networks",
    )  # fmt: skip


@st.dialog("Move into the bin?", icon=":material/delete:")
def confirm_delete(ids: list[str]) -> None:
    """Name what will go, then move it into the bin."""
    for run_id in ids:
        st.write(f"- run **{layout.plain(run_id)}** with its network, curves and scores ({size(run_id)})")
    st.write("The data sets stay. From the bin a run can be brought back until the bin is emptied.")
    with st.container(horizontal=True):
        deleted = st.button(
            f"delete {_n(ids)}",
            type="primary",
            icon=":material/delete:",
            on_click=_delete,
            args=(ids,),
            key="delete-now",
        )
        if st.button("keep") or deleted:
            st.rerun()


def _delete(ids: list[str]) -> None:
    """Move the runs into the bin; what is refused is told on the page."""
    undo.delete(discarding.run, ids)
    _redraw_table()


def size(run_id: str) -> str:
    return f"{run_admin.size_bytes(run_id) / 1e6:.1f} MB"


def _n(ids: list[str]) -> str:
    return f"{len(ids)} run{'s' * (len(ids) != 1)}"


def evaluate_link(run: Run) -> None:
    st.page_link(
        "pages/evaluate/page.py",
        label=f"evaluate {run.id}",
        query_params={"run": run.id},
        icon=":material/table_chart:",
    )


def actions(ids: list[str], opened: list[Run]) -> None:
    """What can be done with the chosen runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for run in opened[:1]:
            evaluate_link(run)
        if st.button(
            f"delete {_n(ids)} ..." if ids else "delete ...",
            icon=":material/delete:",
            type="tertiary",
            disabled=not ids,
        ):
            confirm_delete(ids)
        for run_id in ids[:1]:
            resume.button(run_id, "resume-run")


def comparison(opened: list[Run], axis: str) -> None:
    """Loss and efficiencies of the chosen runs in one figure."""
    of_runs = []
    for run in opened:
        try:
            of_runs.append(curves.of_run(run, axis))
        except DarkroomError as error:
            st.warning(layout.plain(str(error)), icon=":material/warning:")
    every = max((of_run.every for of_run in of_runs), default=1)
    thinned = f"; long curves are thinned, up to every {every}. of their points is drawn" if every > 1 else ""
    training = "mean of the latest 30 batches" if axis == "batches" else "mean of the epoch"
    names = {curve.class_name for of_run in of_runs for curve in of_run.curves} - {""}
    of_two = names <= {"signal", "background"}
    classes = "; signal solid, background dashed" if of_two else "; each class in its own line style"
    note = (
        f"Thin: training, {training}; with markers: validation{classes if names else ''}{thinned}. "
        "A validation loss that rises while the training's falls: overtrained."
    )
    drawn = [curve for of_run in of_runs for curve in of_run.curves]
    least = curves.least_of(opened[0]) if len(opened) == 1 else {}
    figure = figures.training_curves(drawn, axis, training, beside=True, least=least).update_layout(height=260)
    layout.show_figure(figure, "runs", note, lambda: curves.columns(of_runs, axis))


def differing(opened: list[Run]) -> None:
    """The parameters in which the chosen runs differ."""
    if differs := run_admin.differences(opened):
        config = {"parameter": st.column_config.TextColumn(width="medium")}
        st.dataframe(differs, hide_index=True, column_config=config, alt="what was asked for differently")
    else:
        st.caption("Tick two or more runs: the parameters in which they differ stand here.")


def details(run: Run) -> None:
    """Everything that a run's result depends on."""
    provenance = run.provenance
    with st.expander(f"{run.id}", icon=":material/info:"):
        for warning in provenance.get("warnings", ()):
            st.caption(f":material/warning: {layout.plain(str(warning))}")
        left, middle, right = st.columns(3)
        left.dataframe(run_admin.as_rows({**run.params, "recipe": run.recipe}), hide_index=True, alt="parameters")
        middle.dataframe(
            [{"sample": sample, **n} for sample, n in provenance.get("counts", {}).items()],
            hide_index=True,
            alt="counts",
        )
        middle.dataframe(run_admin.as_rows(run.selection), hide_index=True, alt="selection")
        facts = {k: v for k, v in provenance.items() if k not in ("warnings", "counts")}
        right.dataframe(run_admin.as_rows(facts), hide_index=True, alt="provenance")
        if summary := runs.read_summary(run):
            middle.dataframe(run_admin.as_rows(summary), hide_index=True, alt="numbers on the test sample")
        with st.container(horizontal=True):
            evaluate_link(run)
            for name in ("params", "provenance", "selection"):
                text = json.dumps(getattr(run, name), indent=1)
                st.download_button(
                    f"{name}.json", text, f"{run.id}-{name}.json", "application/json", key=f"{name}-{run.id}",
                    on_click="ignore", type="tertiary", icon=":material/download:",
                )  # fmt: skip


def compared(listed: list[RunSummary]) -> list[str]:
    """Which runs are looked at: those ticked in the table or named in the address."""
    ids = [run.id for run in listed]
    ticked = [i for i in st.session_state.get("compared", ()) if i in ids]
    if ticked != st.session_state.get("compared", ticked):
        st.session_state["compared"] = ticked
    return st.multiselect(
        "compared runs", ids, key="compared", max_selections=MAX_COMPARED, placeholder="tick them in the table",
        on_change=_redraw_table, **choose.STAY,
    )  # fmt: skip


def opened(ids: list[str]) -> list[Run]:
    """Those of the runs that can be opened; why another cannot is told."""
    able = []
    for run_id in ids:
        try:
            able.append(runs.open_run(run_id))
        except DarkroomError as error:
            st.warning(layout.plain(str(error)), icon=":material/warning:")
    return able


def show(looked_at: list[Run], axis: str) -> None:
    """What is asked about the chosen runs; only the open tab is drawn."""
    curves_tab, differences_tab, details_tab = st.tabs(
        ["curves", "what differs", "details"], key="runs-show", on_change="rerun", bind="query-params"
    )
    if curves_tab.open:
        with curves_tab:
            comparison(looked_at, axis)
    if differences_tab.open:
        with differences_tab:
            differing(looked_at)
    if details_tab.open:
        with details_tab:
            for run in looked_at:
                details(run)


def page() -> None:
    layout.heading("Runs", "Which network learned what, and from what?")
    undo.line()
    listed = runs.list_runs()
    if not listed:
        layout.nothing_yet("There is no run yet: a training makes one.", "pages/train/page.py", "Go to Train")
    with st.sidebar:
        of_studies = studies.members()
        shown = filters(listed, of_studies)
        chosen = compared(listed)
        axis = st.segmented_control(
            "curves over", curves.AXES, key="runs-axis", default="epochs", required=True, **choose.STAY
        )
    run_table(shown, of_studies)
    newest = [run.id for run in shown if run.state in WHOLE and run.id not in of_studies][:1]
    looked_at = opened(chosen or newest)
    actions(chosen, looked_at)
    if looked_at:
        show(looked_at, axis or "epochs")
    layout.foot(f"{len(shown)} of {len(listed)} runs in {runs.runs_folder()}.", "python -m core runs")


layout.show(page)
