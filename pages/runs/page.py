"""Page Runs: all trained networks by name, with results, curves and differences; name, compare and delete."""

from collections.abc import Callable, Mapping

import streamlit as st

from core import run_names, runs
from core.errors import DarkroomError
from core.judge.run_result import Result
from core.learn import curves
from core.runs import Run, RunSummary
from core.workflows import discarding, run_admin, run_results
from pages.runs import compared, listing, naming
from pages.runs.listing import COMPARED, redraw_table
from pages.widgets import choose, layout, resume, scores, undo

WHOLE = ("finished", "stopped")
MAX_COMPARED = 50
PARAMETERS = "parameters"
JUDGING_S = 0.4  # that a page may spend on results which no job has made


@st.dialog("Move into the bin?", icon=":material/delete:")
def confirm_delete(ids: list[str]) -> None:
    """Name what will go, then move it into the bin."""
    for run_id in ids:
        st.write(
            f"- run **{layout.plain(run_names.of(run_id).title)}** with its network, curves and scores ({size(run_id)})"
        )
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
    redraw_table()


def size(run_id: str) -> str:
    return f"{run_admin.size_bytes(run_id) / 1e6:.1f} MB"


def _n(ids: list[str]) -> str:
    return f"{len(ids)} run{'s' * (len(ids) != 1)}"


def actions(ids: list[str], opened: list[Run]) -> None:
    """What can be done with the chosen runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for run in opened[:1]:
            compared.evaluate_link(run)
        if st.button(
            f"delete {_n(ids)} ..." if ids else "delete ...",
            icon=":material/delete:",
            type="tertiary",
            disabled=not ids,
        ):
            confirm_delete(ids)
        for run_id in ids[:1]:
            resume.button(run_id, "resume-run")


def chosen_runs(listed: list[RunSummary]) -> list[str]:
    """Which runs are looked at: those ticked in the table or named in the address."""
    ids, linked = [run.id for run in listed], tuple(st.query_params.get_all(COMPARED))
    if linked and not choose.is_written(COMPARED, linked):
        with layout.refusals():
            st.session_state[COMPARED] = [run_names.resolve(text) for text in linked]
    ticked = [i for i in st.session_state.get(COMPARED, ()) if i in ids]
    if ticked != st.session_state.get(COMPARED, ticked):
        st.session_state[COMPARED] = ticked
    chosen = st.multiselect(
        "compared runs", ids, key=COMPARED, max_selections=MAX_COMPARED, placeholder="tick them in the table",
        on_change=redraw_table, format_func=lambda run_id: run_names.of(run_id).name, persist_state="session",
    )  # fmt: skip
    if st.query_params.get_all(COMPARED) != chosen:  # by id: a bound widget would write names, which may change
        st.query_params[COMPARED] = chosen
    choose.mark_written(COMPARED, tuple(chosen), "")
    return chosen


def opened(ids: list[str]) -> list[Run]:
    """Those of the runs that can be opened; why another cannot is told."""
    able = []
    for run_id in ids:
        try:
            able.append(runs.open_run(run_id))
        except DarkroomError as error:
            st.warning(layout.plain(str(error)), icon=":material/warning:")
    return able


def show(looked_at: list[Run], shown: list[RunSummary], results: Mapping[str, Result], axis: str) -> None:
    """What is asked about the chosen runs; only the open tab is drawn."""
    chosen = [run.id for run in looked_at]
    draw: dict[str, Callable[[], None]] = {
        "curves": lambda: compared.comparison(looked_at, axis),
        "results": lambda: compared.results_figure(looked_at, results),
        PARAMETERS: lambda: compared.parameters_against_result(shown, results, chosen),
        "what differs": lambda: compared.differing(looked_at),
        "name and note": lambda: naming.section(looked_at[0]),
        "details": lambda: compared.all_details(looked_at, results),
    }
    for tab, of_tab in zip(
        st.tabs(list(draw), key="runs-show", on_change="rerun", bind="query-params"), draw.values(), strict=True
    ):
        if tab.open:
            with tab:
                of_tab()


def controls(
    listed: list[RunSummary], of_studies: Mapping[str, str]
) -> tuple[list[RunSummary], list[str], str, str, bool]:
    """The sidebar: (runs that are listed, those compared, axis of curves, order of the list, whether all columns are wanted)."""
    with st.sidebar:
        shown = listing.filters(listed, of_studies, run_names.everyone())
        chosen = chosen_runs(listed)
        order = st.selectbox("order", listing.ORDERS, key="runs-order", on_change=redraw_table, **choose.STAY)
        axis = st.segmented_control(
            "curves over", curves.AXES, key="runs-axis", default="epochs", required=True, **choose.STAY
        )
        everything = st.toggle("all columns", key="runs-columns", **choose.STAY)
    return shown, chosen, axis or "epochs", order or listing.NEWEST, everything


def judged(shown: list[RunSummary]) -> Mapping[str, Result]:
    """The results that are there; those that no job has made are made bit by bit, or all at once by a button."""
    results = run_results.complete(shown, within_s=JUDGING_S)
    missing = [run for run in shown if run.is_usable and run.id not in results]
    if missing and st.sidebar.button(
        f"judge {len(missing)} more runs", icon=":material/balance:", help="from stored scores; no network runs"
    ):
        with st.spinner("Judging ..."):
            results = run_results.complete(shown)
    return results


def page() -> None:
    layout.heading("Runs", "Which network learned what, from what, and how well?")
    undo.line()
    listed = runs.list_runs()
    if not listed:
        layout.nothing_yet("There is no run yet: a training makes one.", "pages/train/page.py", "Go to Train")
    of_studies = scores.of_studies()
    shown, chosen, axis, order, everything = controls(listed, of_studies)
    results = judged(shown)
    shown = listing.ordered(shown, results, order)
    brushed = st.session_state.get(compared.BRUSHED) if st.session_state.get("runs-show") == PARAMETERS else None
    in_table = shown if brushed is None else [run for run in shown if run.id in brushed]
    listing.run_table(in_table, of_studies, results, everything)
    newest = [run.id for run in shown if run.state in WHOLE and run.id not in of_studies][:1]
    looked_at = opened(chosen or newest)
    actions(chosen, looked_at)
    if looked_at:
        show(looked_at, shown, results, axis)
    layout.foot(
        f"{len(in_table)} of {len(listed)} runs in {runs.runs_folder()}.",
        "python -m core runs",
        run=looked_at[0] if looked_at else None,
    )


layout.show(page)
