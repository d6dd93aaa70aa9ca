"""Page Label: one event, one key, the next event; then the agreement of labellers, and labels in and out."""

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.judge.score_table import ScoreTable
from core.labels import label_session
from core.labels.queue import QueueParameters
from core.labels.record import Look
from pages.label import agreement as agreeing
from pages.label import picture, session
from pages.widgets import cached, choose, form, layout, run_picker

POOL = "pool"
ASK = "label", "agreement", "in and out"


def choose_pool(data: Dataset) -> tuple[str, object]:
    """(key, rows) of the events that may be shown: those inside the cuts of a selection."""
    starts = choose.starting_points(data)
    names = list(starts)
    first = "everything" if "everything" in names else choose.default_start(data, starts)
    name = choose.one_of("events of selection", names, POOL, first=first, of=choose.owner(data))
    with layout.refusals():
        selected = cached.select(data, starts[name])
    return cached.selection_key(selected.selection), selected.preselected


def choose_mix(data: Dataset) -> QueueParameters:
    with st.popover("mix of the queue", icon=":material/tune:"):
        values = form.draw_from(f"queue-{choose.owner(data)}", QueueParameters, QueueParameters())
    with layout.refusals():
        return parameters.build(QueueParameters, values)


def choose_task(data: Dataset, labeller: str, look: Look, blind: bool, scored: ScoreTable | None) -> session.Task:
    pool_key, pool = choose_pool(data)
    mix = choose_mix(data)
    key = "|".join((data.rows_id, labeller, pool_key, scored.run.id if scored else "", parameters.digest(mix)))
    classes = label_session.classes_of(label_session.labelling_of(cached.experiment_of(data)), data)
    return session.Task(data, classes, labeller, look, blind, pool, scored, mix, key)


def page() -> None:
    layout.heading("Label", "What does a person call this event, and do others agree?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        if experiment.by_hand is None:
            layout.nothing_yet(
                f"{experiment.title} has no labels by hand: choose a data set of another experiment.",
                "pages/data/page.py", "Go to Data",
            )  # fmt: skip
        labeller = choose.labeller(data)
        blind = st.toggle(
            "blind", True, key="blind", help="hide the run's prediction and what others said", **choose.STAY
        )
        look = picture.choose_look(data)
        scored = run_picker.choose_scores(data)
        with layout.refusals():
            task = choose_task(data, labeller, look, blind, scored)
    by_key, agreement, exchange = st.tabs(list(ASK), key="task", bind="query-params")
    command = f"python -m core labels show {data.name}"
    if by_key.open:
        with by_key:
            if labeller:
                session.keyboard(task)
            else:
                st.info("Type your name in the sidebar: every label says whose it is.", icon=":material/badge:")
        command = f"python -m core labels next {data.name} --labeller {labeller or 'NAME'}"
        command += f" --run {scored.run.id}" if scored else ""
    if agreement.open:
        with agreement:
            agreeing.agreement(data, labeller)
    if exchange.open:
        with exchange:
            agreeing.exchange(data)
        command = f"python -m core labels export {data.name} labels.csv"
    layout.foot(f"{choose.describe(data)}. {experiment.by_hand.explanation}", command, data=data)


layout.show(page)
