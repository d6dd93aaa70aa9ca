"""Columns that are made from a selection of a prepared data set: from which, their progress, what they were made with."""

from typing import Any

import streamlit as st

from core.data import derive, selection
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures import templates
from core.jobs import control
from pages.parts import cached, choose, frame

JOB = "derive-job"


def section(names: list[str]) -> None:
    """One data set, one derived column: make it, and see its templates."""
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        name = st.selectbox("of data set", names, key="derive-data", persist_state="session")
    with frame.refusals():
        data = cached.open_dataset(name)
    experiment = cached.experiment_of(data)
    if not experiment.derived:
        st.caption(f"{experiment.title} has no column that is made after preparing.")
        return
    starts = choose.starting_points(data)
    first = list(starts).index(choose.default_start(data, starts))
    with middle:
        needed = any(made.needs_selection for made in experiment.derived.values())
        start = st.selectbox(
            "from the training part of selection", list(starts), index=first, key="derive-from", disabled=not needed
        )
    for column, made in experiment.derived.items():
        label = f"make {column}" + " again" * (column in data.derived)
        if right.button(label, key=f"derive-{column}", icon=":material/play_arrow:", width="stretch"):
            with frame.refusals():
                wanted = starts[start] if made.needs_selection else None
                st.session_state[JOB] = derive.submit(experiment, data, column, wanted).id
        if JOB in st.session_state:
            progress()
        if column in data.derived:
            show(experiment, data, column)
        else:
            st.caption(f"{made.column.title} is not there yet. {made.explanation}")
        options = choose.as_options(experiment, starts[start]) if made.needs_selection else ""
        st.code(f"python -m core derive {data.name} {column}{options}", "bash")


@st.fragment(run_every=1.0)
def progress() -> None:
    """The job that was started here, until it is over; then the page shows what it made."""
    with frame.refusals():
        job = control.get(st.session_state[JOB])
    if job.state == "finished":
        st.session_state.pop(JOB)
        st.rerun()
    elif job.is_ended:
        st.error(frame.plain(f"{job.title} {job.state}: {job.message}"), icon=":material/error:")
    else:
        done = (job.progress_done or 0) / (job.progress_total or 1)
        st.progress(min(done, 1.0), text=f"{job.state}: {job.progress_text or 'waiting for its turn'}")


def show(experiment: Experiment, data: Dataset, column: str) -> None:
    """What the column was made with, and when."""
    made: dict[str, Any] = data.derived[column]
    if made["selection"] is None:
        used = ", ".join(f"{n:,} {name}" for name, n in made["n"].items())
        st.caption(frame.plain(f"{experiment.derived[column].explanation} Made {made['made_at']}: {used}."))
        return
    with frame.refusals():
        options = choose.as_options(experiment, selection.from_dict(experiment, made["selection"]))
    kind = "simulated" if data.simulated else "measured"
    note = (
        f"Mean pulses of the {kind} training rows, logarithmic; every row is compared with both. A background line that "
        "follows the signal's would mean that the labels do not part the shapes."
    )
    left, right = st.columns([5, 2])
    with left:
        figure = templates.curves(made["curves"], made["n"])
        frame.show_figure(figure, f"derived-{column}", note, lambda: templates.columns(made["curves"]))
    right.caption(experiment.derived[column].explanation)
    right.caption(
        f"Made from{options}, {made['made_at']}: {made['n_defined']:,} of {data.n_rows:,} rows have a value. It can be cut "
        "on under Select, limits of other features."
    )
