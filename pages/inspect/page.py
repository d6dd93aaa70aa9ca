"""Page Inspect: one event at a time, by a filter or its number, with its waveforms and facts."""

import streamlit as st

from core.selection import events
from pages.inspect import below, detector, filtering, marking, playing, stage, stepping
from pages.widgets import cached, choose, detector_image, layout, opening, run_picker
from pages.widgets import scores as judged


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
    with layout.refusals():
        passing, rows = rows, detector.within(selected, rows, key)
    is_view, pictures = look in experiment.looking.views, ()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row = stepping.which_event(selected, rows, f"{key}|{detector.chosen(data)}")
        stepping.steps(selected, rows, row)
        if is_view:
            pictures = stage.choose_pictures(data, look)
        else:
            display = detector_image.choose_display(data)
    if is_view:
        with head:
            detector_image.button(data, row)
        stage.show(selected, scored, rows, row, pictures)
    else:
        stage.show_image(selected, scored, rows, row, display)
    if not playing.plays():  # what is written stands for the event on the screen
        marking.line(selected, rows, row, wanted.tag)
    on_map = None if detector.of(data) is None else lambda: detector.show(selected, passing, key)
    below.below(
        selected, scored, rows, row, stage.of_first_view(data, pictures), f"{key}|{detector.chosen(data)}", on_map
    )
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
