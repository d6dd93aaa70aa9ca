"""What has come of a sweep: its job, its members with their losses and results, and the best with its caution."""

import dataclasses
from typing import Any

import streamlit as st

from core import figures, run_names, runs
from core.data.dataset import Dataset
from core.figures.parallel import parallel
from core.jobs import control
from core.judge.report import DASH, n_of
from core.learn import curves
from core.workflows import reporting, sweep_report, sweep_table, sweeps
from core.workflows.sweep_table import Line
from core.workflows.sweeps import ENDED, Sweep
from pages.widgets import cached, layout, report, undo, watch
from pages.widgets import parallel as drawing

LOSS, CHOSEN = "validation loss", "sweep-chosen"
COLUMNS = {
    LOSS: st.column_config.NumberColumn(
        LOSS, format="%.4f", width=88, help="the best epoch; the best member is chosen on it"
    ),
    "evaluate": st.column_config.LinkColumn("run", display_text=r"name=([^&]*)", width=60),
    "member": st.column_config.NumberColumn("member", width=58),
    "": st.column_config.TextColumn("", width=36),
}


def show(data: Dataset, sweep_id: str) -> None:
    """The sweep; drawn again by a timer while its job works."""
    watch.live(_show, data, sweep_id)


def _show(data: Dataset, sweep_id: str) -> None:
    with layout.refusals():
        sweep = sweeps.open_sweep(sweep_id)
        lines = sweep_table.lines(sweep)
    _state(sweep, data)
    _key_numbers(lines)
    table_tab, parallel_tab, curves_tab = st.tabs(
        ["members", "parameters", "curves"], key="sweep-show", on_change="rerun", bind="query-params"
    )
    if table_tab.open:
        with table_tab:
            _table(lines)
    if parallel_tab.open:
        with parallel_tab:
            _parallel(sweep, lines)
    if curves_tab.open:
        with curves_tab:
            _curves(lines)
    with st.container(horizontal=True):
        name = f"darkroom-{sweep.id}"
        report.downloads(lambda: sweep_report.of_sweep(sweep.id).parts[0], name, lambda: reporting.report_on(sweep.id))
    vary = ", ".join(sweep.vary)
    layout.foot(
        f"sweep {sweep.id} of {sweep.network} on data set {sweep.dataset}: {vary}; {sweep.how['method']}, rule {sweep.how['rule']} "
        f"after {sweep.how['min_epochs']} epochs at least.",
        f"python -m core sweep --show {sweep.id}",
    )


def _state(sweep: Sweep, data: Dataset) -> None:
    """The job at work, or the button that trains what is left, or forgets the sweep."""
    with layout.refusals():
        jobs = control.list_jobs()
    of_sweep = [job for job in jobs if job.kind == "sweep" and job.arguments.get("sweep") == sweep.id]
    working = next((job for job in of_sweep if not job.is_ended), None)
    if working is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            watch.title(working)
        watch.progress(working, jobs, [])
        return
    if of_sweep and of_sweep[0].state in ("failed", "lost"):
        watch.progress(of_sweep[0], jobs, [])
    n_left = len(sweep.members) - sweep.n_ended
    with st.container(horizontal=True, vertical_alignment="center"):
        if n_left and st.button(
            f"train the other {n_left}", type="primary", icon=":material/play_arrow:", key="sweep-resume"
        ):
            with layout.refusals():
                sweeps.submit(sweeps.with_plans(sweep, cached.experiment_of(data), data))
            st.rerun()
        with st.popover("forget this sweep", icon=":material/delete:"):
            st.write(f"The sweep leaves the list; its {sweep.n_ended} runs stay. It can be brought back from the bin.")
            if st.button("forget it", key="sweep-forget", type="primary"):
                undo.delete(sweeps.delete_sweep, [sweep.id])
                st.query_params.pop("sweep", None)
                st.rerun()


def _key_numbers(lines: list[Line]) -> None:
    """How many have ended, and the best."""
    best = sweep_table.best_of(lines)
    cells = st.columns([1, 1, 1, 2])
    ended = sum(line.member.state in ENDED for line in lines)
    given_up = sum(line.member.state == sweeps.GIVEN_UP for line in lines)
    cells[0].metric(
        "members there", f"{ended} of {len(lines)}", f"{given_up} given up early", delta_color="off", delta_arrow="off"
    )
    cells[1].metric(
        "best member", f"{best.number}" if best else DASH, best and best.name, delta_color="off", delta_arrow="off"
    )
    cells[2].metric(
        LOSS,
        f"{best.loss:.4g}" if best and best.loss is not None else DASH,
        "chosen on",
        delta_color="off",
        delta_arrow="off",
    )
    quantity = best.result.numbers[0] if best and best.result.numbers else None
    cells[3].metric(
        quantity.name if quantity else "test result", quantity.text.split(" [")[0] if quantity else DASH,
        quantity.text if quantity else None, delta_color="off", delta_arrow="off",
    )  # fmt: skip
    if sentence := sweep_table.caution(lines):
        st.caption(f":material/warning: {layout.plain(sentence)}")


def _table(lines: list[Line]) -> None:
    """Every member, the best first."""
    order = sorted(lines, key=lambda line: (line.loss is None, line.loss or 0.0, line.number))
    rows = [
        {
            "": "best" if line.is_best else "", "member": line.number, **_texts(line), "state": line.state, LOSS: line.loss,
            **_result(line), "epochs": line.n_epochs or None,
            "evaluate": (line.member.run and line.member.state in ENDED and f"evaluate?run={line.member.run}&name=open") or None,
        }
        for line in order
    ]  # fmt: skip
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) < 9 else 330,
        column_config=COLUMNS,
        placeholder="",
        alt="members",
    )
    st.caption(f"Ordered by the {LOSS}; test results have 95 % intervals.")
    if notes := [f"Member {line.number}: {line.member.note}." for line in order if line.member.note]:
        with st.expander(f"why {len(notes)} of them were given up or failed"):
            for note in notes:
                st.caption(layout.plain(note))


def _result(line: Line) -> dict[str, str]:
    """The first two numbers on test rows as cells, with how many rows they were counted on."""
    numbers = line.result.numbers[:2]
    if not numbers:
        return {}
    counts = dict.fromkeys(f"{n_of(quantity.number):,}" for quantity in numbers)
    return {f"test {quantity.title}": quantity.short for quantity in numbers} | {"n": " + ".join(counts)}


def _flat(line: Line) -> dict[str, Any]:
    """The values of a member as cells."""
    values = line.member.values
    return {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}


def _texts(line: Line) -> dict[str, str]:
    """The same to read: numbers with four figures."""
    return {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in _flat(line).items()}


def _parallel(sweep: Sweep, lines: list[Line]) -> None:
    """The values that vary against the loss; a click on a line tells which member it is."""
    there = [line for line in lines if line.member.run and line.loss is not None]
    if len(there) < 2:
        st.caption("Two or more members that have ended are needed.")
        return
    names = {str(line.member.run): line.name for line in there}
    values = {
        str(line.member.run): {
            **_flat(line), **{q.name: q.factor * q.number.value for q in line.result.numbers[:1]}, LOSS: line.loss,
        }
        for line in there
    }  # fmt: skip
    chosen = [run for run in [st.session_state.get(CHOSEN)] if run in names]
    picture = parallel(names, values, LOSS)
    drawing.draw(
        picture,
        "sweep-parallel",
        chosen,
        f"{len(there)} members of {sweep.title}",
        on_brush=lambda _ids: None,
        on_pick=_picked,
    )
    if chosen:
        st.page_link("pages/evaluate/page.py", label=f"evaluate {layout.plain(names[chosen[0]])}", query_params={"run": chosen[0]}, icon=":material/table_chart:")  # fmt: skip
    st.caption(f"Dark is a low {LOSS}, which is good. Lines that part by colour on an axis say that it matters.")


def _picked(run_id: str) -> None:
    st.session_state[CHOSEN] = run_id


def _curves(lines: list[Line]) -> None:
    """The validation of every member, in thin lines."""
    there = [line for line in lines if line.member.run and line.member.state in ENDED]
    if not there:
        st.caption("No member has ended yet.")
        return
    with layout.refusals():
        of_runs = [curves.of_run(runs.open_run(str(line.member.run)), "epochs") for line in there]
    shown = [
        dataclasses.replace(curve, run=f"{line.number}: {run_names.of(str(line.member.run)).name}")
        for line, of_run in zip(there, of_runs, strict=True)
        for curve in of_run.curves
        if curve.is_validation
    ]
    figure = figures.training_curves(shown, "epochs", beside=True).update_traces(mode="lines", line_width=1)
    note = "Validation alone, one line for each member and class. Lines that end early were given up."
    layout.show_figure(
        figure.update_layout(height=320), "sweep-curves", note, lambda: curves.columns(of_runs, "epochs")
    )
