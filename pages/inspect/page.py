"""Page Inspect: one event at a time, by a filter or its number, with its waveforms and facts."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.figures.looking import View
from core.selection import events
from pages.inspect import below, filtering, marking, stepping
from pages.widgets import cached, choose, detector_image, form, layout, opening, run_picker
from pages.widgets import scores as judged

HEIGHT = below.HEIGHT
FACT_PX = 135  # for the longest name of a fact


def choose_picture(data: Dataset, look: str) -> tuple[View | None, Any]:
    """How the event is drawn; no view where the whole image is looked at."""
    view = cached.experiment_of(data).looking.views.get(look)
    if view is None:
        return None, detector_image.choose_display(data)
    with st.popover("picture", icon=":material/tune:", help="what is drawn, and around what"):
        values = form.draw(f"view-{choose.owner(data)}/{look}", view.parameters)
    with layout.refusals():
        return view, parameters.build(view.parameters, values)


def page() -> None:
    head = layout.heading("Inspect", "What does one event look like, and why is it where it is?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        scored = run_picker.choose_scores(data)
        selection = run_picker.choose_selection(data, scored)
        column, wanted = filtering.ask(data, scored, selection)
    with head:
        opening.way_back()
        look = detector_image.choose_look(data)
    with layout.refusals():
        selected = cached.select(data, selection)
        rows = judged.find_events(selected, scored, column, wanted)
    key = "|".join((data.id, cached.selected_key(selected), scored.run.id if scored else "", column, repr(wanted)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row = stepping.which_event(selected, rows, key)
        stepping.steps(selected, rows, row)
        view, how = choose_picture(data, look)
    left, right = st.columns([67, 33] if view is None else [62, 38], gap="small")
    with left, layout.refusals():
        if view is None:
            detector_image.panel(selected, scored, rows, row, how)
        else:
            with head:
                detector_image.button(data, row)
            figure = view.draw(data, row, how).update_layout(
                height=HEIGHT, meta=events.uid_text(experiment.table, data, row)
            )
            layout.show_figure(figure, "event", view.explanation)
    with right:
        scores = judged.row_scores(scored) if scored else None
        facts = events.facts(experiment.table, selected, row, scores)
        lines = [{"of this event": name, "": value} for name, value in facts.items()]
        st.dataframe(
            lines, hide_index=True, height=HEIGHT, row_height=28, alt="features and flags of the event",
            column_config={"of this event": st.column_config.TextColumn(width=FACT_PX)},
        )  # fmt: skip
    marking.line(selected, rows, row, wanted.tag)
    below.below(selected, scored, rows, row, how, key)
    kind = "; what is called simulated is the simulation's truth" if data.simulated else ""
    layout.foot(
        f"{choose.describe(data)}{choose.labelled(selection)}{kind}.",
        f"python -m core event {data.name} {events.uid_text(experiment.table, data, row)}"
        + choose.as_options(experiment, selection)
        + (f" --run {scored.run.id}" if scored else ""),
        data=data,
        run=scored.run if scored else None,
    )


layout.show(page)
