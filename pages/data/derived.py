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


def section(experiment: Experiment, names: list[str]) -> None:
    """One data set of the experiment, its derived columns: make them, and see what they were made with."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        name = st.selectbox("of data set", names, key=f"derive-data-{experiment.key}", persist_state="session")
    with layout.refusals():
        data = cached.open_dataset(name)
    starts = choose.starting_points(data)
    start = choose.default_start(data, starts)
    if any(derived.needs_selection for derived in experiment.table.derived.values()):
        start = right.selectbox(
            "from the training part of selection",
            list(starts),
            index=list(starts).index(start),
            key=f"derive-from-{choose.owner(data)}",
        )
    for column, derived in experiment.table.derived.items():
        label = f"make {column}" + " again" * (column in data.derived)
        if st.button(label, key=f"derive-{column}", icon=":material/play_arrow:"):
            with layout.refusals():
                wanted = starts[start] if derived.needs_selection else None
                st.session_state[JOB] = column, derive.submit(experiment, data, column, wanted).id
        if st.session_state.get(JOB, ("", 0))[0] == column:
            progress()
        if column in data.derived:
            show(experiment, data, column)
        else:
            st.caption(f"{derived.column.title} is not there yet. {derived.explanation}")
        options = choose.as_options(experiment, starts[start]) if derived.needs_selection else ""
        layout.command_line(f"python -m core derive {data.name} {column}{options}")


@st.fragment(run_every=1.0)
def progress() -> None:
    """The job that was started here, until it is over; then the page shows what it made."""
    with layout.refusals():
        job = control.get(st.session_state[JOB][1])
    if watch.followed(job):
        st.session_state.pop(JOB)
        st.rerun()


def show(experiment: Experiment, data: Dataset, column: str) -> None:
    """What the column was made with, and when."""
    facts: dict[str, Any] = data.derived[column]
    if facts["selection"] is None:
        used = "".join(f", {n:,} {name}" for name, n in facts.get("n", {}).items())
        sentence = f"{facts['n_defined']:,} of {data.n_rows:,} rows have a value{used}; made {facts['made_at']}."
        st.caption(layout.plain(f"{experiment.table.derived[column].explanation} {sentence}"))
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
