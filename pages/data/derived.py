"""Columns that are made from a selection of a prepared data set: from which, their progress, what they were made with."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures import templates
from core.jobs import control
from core.selection import selection
from core.workflows import derive
from pages.widgets import cached, choose, layout, watch

JOB = "derive-job"


def section(names: list[str]) -> None:
    """One data set, one derived column: make it, and see its templates."""
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        name = st.selectbox("of data set", names, key="derive-data", persist_state="session")
    with layout.refusals():
        data = cached.open_dataset(name)
    experiment = cached.experiment_of(data)
    if not experiment.table.derived:
        st.caption(f"{experiment.title} has no column that is made after preparing.")
        return
    starts = choose.starting_points(data)
    first = list(starts).index(choose.default_start(data, starts))
    with middle:
        needed = any(derived.needs_selection for derived in experiment.table.derived.values())
        start = st.selectbox(
            "from the training part of selection",
            list(starts),
            index=first,
            key=f"derive-from-{choose.owner(data)}",
            disabled=not needed,
        )
    for column, derived in experiment.table.derived.items():
        label = f"make {column}" + " again" * (column in data.derived)
        if right.button(label, key=f"derive-{column}", icon=":material/play_arrow:", width="stretch"):
            with layout.refusals():
                wanted = starts[start] if derived.needs_selection else None
                st.session_state[JOB] = derive.submit(experiment, data, column, wanted).id
        if JOB in st.session_state:
            progress()
        if column in data.derived:
            show(experiment, data, column)
        else:
            st.caption(f"{derived.column.title} is not there yet. {derived.explanation}")
        options = choose.as_options(experiment, starts[start]) if derived.needs_selection else ""
        st.code(f"python -m core derive {data.name} {column}{options}", "bash")


@st.fragment(run_every=1.0)
def progress() -> None:
    """The job that was started here, until it is over; then the page shows what it made."""
    with layout.refusals():
        job = control.get(st.session_state[JOB])
    if watch.followed(job):
        st.session_state.pop(JOB)
        st.rerun()


def show(experiment: Experiment, data: Dataset, column: str) -> None:
    """What the column was made with, and when."""
    facts: dict[str, Any] = data.derived[column]
    if facts["selection"] is None:
        used = ", ".join(f"{n:,} {name}" for name, n in facts["n"].items())
        st.caption(layout.plain(f"{experiment.table.derived[column].explanation} Made {facts['made_at']}: {used}."))
        return
    with layout.refusals():
        options = choose.as_options(
            experiment, selection.from_dict(experiment.selecting, experiment.labels, facts["selection"])
        )
    kind = "simulated" if data.simulated else "measured"
    note = (
        f"Mean pulses of the {kind} training rows, logarithmic; every row is compared with both. A background line that "
        "follows the signal's would mean that the labels do not part the shapes."
    )
    left, right = st.columns([5, 2])
    with left:
        figure = templates.curves(facts["curves"], facts["n"])
        layout.show_figure(figure, f"derived-{column}", note, lambda: templates.columns(facts["curves"]))
    right.caption(experiment.table.derived[column].explanation)
    right.caption(
        f"Made from{options}, {facts['made_at']}: {facts['n_defined']:,} of {data.n_rows:,} rows have a value. It can be cut "
        "on under Select, limits of other features."
    )
