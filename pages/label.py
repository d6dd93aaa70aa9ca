"""Labels by hand: one event, one key, the next event; then how far the labellers agree, and labels in and out."""

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.judge.scored import Scored
from core.labels import desk as desks
from core.labels import log
from core.labels.queue import QueueParameters
from core.labels.record import LINEAR, LOG, Look
from pages.parts import agreeing, asked, cached, choose, form, frame, labelling

POOL = "pool"
ASK = "label", "agreement", "in and out"


def choose_labeller(data: Dataset) -> str:
    """The name under which labels are kept: typed once, then in the address; empty until it is a name."""
    known = ", ".join(log.labellers(data.experiment)) or "nobody yet"
    name = st.text_input(
        "labeller", key="labeller", max_chars=64, placeholder="your name", **choose.STAY,
        help=f"letters, digits, '.', '_' or '-'; labels are kept under it. There are labels of: {frame.plain(known)}",
    ).strip()  # fmt: skip
    if name:
        with frame.refusals():
            log.path_of(data.experiment, name)
    return name


def choose_look() -> tuple[Look, bool]:
    """(how the event is shown, whether prediction and labels of others are hidden)."""
    blind = st.toggle("blind", True, key="blind", help="hide the run's prediction and what others said", **choose.STAY)
    scale = st.segmented_control("colours", [LOG, LINEAR], default=LOG, key="colours", required=True, **choose.STAY)
    fixed = st.toggle("same scale for all", key="fixed", help="fixed colour limits", **choose.STAY)
    return Look(scale or LOG, fixed), blind


def choose_pool(data: Dataset) -> tuple[str, object]:
    """(key, rows) of the events that may be shown: those inside the cuts of a selection."""
    starts = choose.starting_points(data)
    names = list(starts)
    first = "everything" if "everything" in names else choose.default_start(data, starts)
    if st.session_state.get(POOL) not in (None, *names):
        del st.session_state[POOL]
    name = st.selectbox("events of selection", names, index=names.index(first), key=POOL, **choose.STAY)
    with frame.refusals():
        selected = cached.select(data, starts[name or first])
    return cached.selection_key(selected.selection), selected.preselected


def choose_mix() -> QueueParameters:
    with st.popover("mix of the queue", icon=":material/tune:"):
        values = form.draw_from("queue", QueueParameters, QueueParameters())
    with frame.refusals():
        return parameters.build(QueueParameters, values)


def choose_task(data: Dataset, labeller: str, look: Look, blind: bool, found: Scored | None) -> labelling.Task:
    pool_key, pool = choose_pool(data)
    mix = choose_mix()
    key = "|".join((data.rows_id, labeller, pool_key, found.run.id if found else "", parameters.digest(mix)))
    classes = desks.classes_of(cached.experiment_of(data), data)
    return labelling.Task(data, classes, labeller, look, blind, pool, found, mix, key)


def page() -> None:
    frame.heading("Label", "What does a person call this event, and do others agree?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        if experiment.labelling is None:
            frame.nothing_yet(
                f"{experiment.title} has no labels by hand: choose a data set of another experiment.",
                "pages/data.py", "Go to Data",
            )  # fmt: skip
        labeller = choose_labeller(data)
        look, blind = choose_look()
        found = asked.choose_scores(data)
        with frame.refusals():
            task = choose_task(data, labeller, look, blind, found)
    by_key, agreement, exchange = st.tabs(list(ASK), key="task", bind="query-params")
    command = f"python -m core labels show {data.name}"
    if by_key.open:
        with by_key:
            if labeller:
                labelling.keyboard(task)
            else:
                st.info("Type your name in the sidebar: every label says whose it is.", icon=":material/badge:")
        command = f"python -m core labels next {data.name} --labeller {labeller or 'NAME'}"
        command += f" --run {found.run.id}" if found else ""
    if agreement.open:
        with agreement:
            agreeing.agreement(data, labeller)
    if exchange.open:
        with exchange:
            agreeing.exchange(data)
        command = f"python -m core labels export {data.name} labels.csv"
    frame.foot(f"{choose.describe(data)}. {experiment.labelling.explanation}", command)


frame.show(page)
