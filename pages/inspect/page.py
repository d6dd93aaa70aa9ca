"""Page Inspect: one event at a time, by a filter or its number, with its waveforms and facts."""

from typing import Any

import streamlit as st

from core import figures, parameters
from core.data.dataset import Dataset
from core.data.splits import SPLITS
from core.data.table import columns_of
from core.errors import DarkroomError
from core.figures.looking import View
from core.judge.classified_report import NONE
from core.judge.score_table import ScoreTable
from core.selection import events
from core.selection.events import EventFilter
from core.selection.selection import Selected, Selection
from pages.inspect import attribution
from pages.widgets import cached, choose, detector_image, form, keys, layout, opening, run_picker
from pages.widgets import scores as judged
from pages.widgets.keys import Key
from pages.widgets.opening import ANY, REST

NO_FLAG = "no flag"
UID = "uid"
N_LISTED, N_QUANTITIES = 2000, 5
HEIGHT = 370
KEYS = (
    ("ArrowLeft", "Left", "the event before"), ("ArrowRight", "Right", "the next event"), ("k", "K", "the event before"),
    ("j", "J", "the next event"),
)  # fmt: skip
FACT_PX = 135  # for the longest name of a fact


def ask(data: Dataset, scored: ScoreTable | None, selection: Selection) -> tuple[str, EventFilter]:
    """The filter: (column of the window, what is asked)."""
    experiment = cached.experiment_of(data)
    with layout.refusals():
        selected = cached.select(data, selection)
    classes, names = selected.classes, events.class_names(selected)
    options = [ANY, *names.values(), *([REST] if len(classes) > 2 else [])]
    owner, label, signal = choose.owner(data), ANY, scored.signal if scored is not None else ""
    if classes:
        label = choose.one_of("class", options, "class", of=owner, draw=st.segmented_control, required=True)
        signal = signal or classes[selected.signal]
    titles = {column.title: column.name for column in columns_of(experiment.table, data)}
    title = choose.one_of("window of", list(titles), "by", of=owner)
    choose.apart(owner, low=None, high=None, score=(0.0, 1.0))
    left, right = st.columns(2, gap="small")
    low = left.number_input("from", value=None, key="low", format="%g", placeholder="any", **choose.STAY)
    high = right.number_input("to (exclusive)", value=None, key="high", format="%g", placeholder="any", **choose.STAY)
    flag = choose.one_of("flag", [ANY, NO_FLAG, *experiment.table.flags], "flag", of=owner)
    common = {
        "label": next((index for index, n in names.items() if n == label), None),
        "without": classes.index(signal) if label == REST and signal in classes else None,
        "low": low,
        "high": high,
        "flag": None if flag == ANY else -1 if flag == NO_FLAG else experiment.table.flags.index(flag),
    }
    return titles[title], EventFilter(**common, **(ask_scores(scored, classes) if scored is not None else {}))


def ask_scores(scored: ScoreTable, classes: tuple[str, ...]) -> dict[str, Any]:
    """What is asked of the run's scores, for a selection with these classes."""
    predicted, reject_below = ANY, 0.0
    if scored.is_multiclass:
        left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
        with left:
            predicted = choose.one_of("called", [ANY, *scored.classes, NONE], "called", of=scored.run.id)
        with right:
            reject_below = run_picker.choose_reject()
    score_low, score_high = st.slider(
        "score",
        0.0,
        1.0,
        (0.0, 1.0),
        0.01,
        key="score",
        help="from (inclusive) to (exclusive; 1 is inside)",
        **choose.STAY,
    )
    split = st.segmented_control(
        "split of the run", [ANY, *SPLITS], default=ANY, key="of", required=True, **choose.STAY
    )
    left, right = st.columns([2, 1], vertical_alignment="center")
    wrong = left.toggle("misclassified at", key="wrong", help="labelled otherwise than the score says", **choose.STAY)
    threshold = right.number_input(
        "threshold", 0.0, 1.0, 0.5, 0.01, key="at", label_visibility="collapsed", disabled=not wrong, **choose.STAY
    )
    return {
        "score_low": score_low,
        "score_high": score_high,
        "split": None if split == ANY else SPLITS.index(split),
        "misclassified_at": threshold if wrong else None,
        "signal": classes.index(scored.signal) if scored.signal in classes else -1,
        "predicted": {name: i for i, name in enumerate(scored.classes)}.get(
            predicted, -1 if predicted == NONE else None
        ),
        "reject_below": reject_below,
    }


def choose_picture(data: Dataset, look: str) -> tuple[View | None, Any]:
    """How the event is drawn; no view where the whole image is looked at."""
    view = cached.experiment_of(data).looking.views.get(look)
    if view is None:
        return None, detector_image.choose_display(data)
    with st.popover("picture", icon=":material/tune:", help="what is drawn, and around what"):
        values = form.draw(f"view-{choose.owner(data)}/{look}", view.parameters)
    with layout.refusals():
        return view, parameters.build(view.parameters, values)


def which_event(selected: Selected, rows: Any, filter_key: str) -> int:
    """The row that is shown: the one in the address, or the first one where there is none or the filter has moved on.

    The address is written here and not by a bound widget, which cannot give way to a filter that was opened by a link.
    """
    text, last = st.query_params.get(UID, ""), st.session_state.get("inspect-last", ("", ""))
    if not text and last[0] == filter_key:
        text = last[1]
    row, problem = _row_of(selected, text)
    moved = last[0] not in ("", filter_key) and (row is None or events.place(rows, row) is None)
    if len(rows) and (not text or moved):
        row, problem = int(rows[0]), ""
    if row is not None:
        text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
        if st.query_params.get(UID) != text:
            st.query_params[UID] = text
    st.session_state["inspect-last"] = (filter_key, text)
    st.session_state["typed-event"] = text
    st.text_input(
        "event", key="typed-event", on_change=_typed, width=180, label_visibility="collapsed",
        placeholder="event", help="jump to an event: type what stands here of another one, or its number",
    )  # fmt: skip
    if row is None:
        st.error(
            layout.plain(problem) or "No event passes the filter: widen it in the sidebar.", icon=":material/error:"
        )
        st.stop()
    return row


def _row_of(selected: Selected, text: str) -> tuple[int | None, str]:
    """(row, what is wrong with the text that names it)."""
    if not text:
        return None, ""
    try:
        return events.row_of(selected.dataset, cached.experiment_of(selected.dataset).table.uid.parse(text)), ""
    except DarkroomError as error:
        return None, str(error)


def steps(selected: Selected, rows: Any, row: int) -> None:
    """Buttons to the neighbours in the filtered list, each with its key."""
    place = events.place(rows, row)
    for label, by, key, icon, is_end in (
        ("previous", -1, "Left", "chevron_left", place == 1),
        ("next", 1, "Right", "chevron_right", place == len(rows)),
        ("", -1, "K", "keyboard_arrow_up", place == 1),
        ("", 1, "J", "keyboard_arrow_down", place == len(rows)),
    ):
        to = events.step(rows, row, by) if len(rows) else row
        st.button(
            label, key=f"go-{key}", shortcut=key, icon=f":material/{icon}:", disabled=is_end or not len(rows),
            on_click=_go, args=(events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, to),),
            help=("next" if by > 0 else "previous") + " event of the filter; ? lists the keys",
        )  # fmt: skip
    where = f"{place:,} of {len(rows):,}" if place else f"not among {len(rows):,}"
    st.markdown(f":small[{where}]", width="content")
    text = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    keys.listen([Key(key, f"go-{button}", does, holds=True) for key, button, does in KEYS], text)


def _go(text: str) -> None:
    st.query_params[UID] = text


def _typed() -> None:
    _go(st.session_state["typed-event"])


def event_list(selected: Selected, scored: ScoreTable | None, rows: Any, row: int) -> None:
    """The filtered events, or a stretch of them around the one shown; a click on a line shows that event."""
    data, experiment = selected.dataset, cached.experiment_of(selected.dataset)
    before, shown = events.stretch(rows, row, N_LISTED)
    scores = judged.row_scores(scored) if scored else None
    table = events.event_table(experiment.table, selected, shown, scores, N_QUANTITIES)
    place = events.place(shown, row)
    marked = [place - 1] if place else []
    st.session_state["events"] = {"selection": {"rows": marked}}
    config = {
        c.title: st.column_config.NumberColumn(format=f"%.{c.decimals}f") for c in columns_of(experiment.table, data)
    }
    st.dataframe(
        table, key="events", on_select=_picked, selection_mode="single-row", hide_index=True, height=260, row_height=28, placeholder="-",
        column_config=config | dict.fromkeys(("score", "probability"), st.column_config.NumberColumn(format="%.4f")), alt="events that pass the filter",
    )  # fmt: skip
    st.session_state["inspect-shown"] = table["event"]
    st.caption(
        f"Shown: {len(shown):,} of the {len(rows):,} events that pass the filter"
        + (f" (from number {before + 1:,})" if before else "")
        + f", of {len(selected.preselected):,} in the selection. Tick a line to see its event; ? lists the keys."
    )


def _picked() -> None:
    ticked = st.session_state["events"]["selection"]["rows"]
    if ticked:
        _go(st.session_state["inspect-shown"][ticked[0]])


def typical(selected: Selected, rows: Any, key: str) -> None:
    """The typical event of each class among those that pass the filter."""
    average = cached.experiment_of(selected.dataset).looking.average
    parts = events.by_class(selected, rows)
    if not parts:
        st.caption("No event passes the filter.")
        return
    with layout.refusals():
        means = judged.averages(cached.experiment_of(selected.dataset), selected.dataset, parts, key)
    styles = figures.class_styles(list(events.class_names(selected).values()))
    colours = {name: styles[name][0] for name in parts}
    layout.show_figure(average.draw(means, colours).update_layout(height=HEIGHT), "average", average.explanation)


def below(selected: Selected, scored: ScoreTable | None, rows: Any, row: int, how: Any, key: str) -> None:
    """The list of events, the typical one, and why a network decided so, where the experiment offers these."""
    experiment = cached.experiment_of(selected.dataset)
    drawn = {"events": lambda: event_list(selected, scored, rows, row)}
    if experiment.looking.average is not None:
        drawn[experiment.looking.average.title] = lambda: typical(selected, rows, key)
    if experiment.looking.attribution is not None:
        drawn[attribution.TITLE] = lambda: attribution.why(selected, scored, rows, row, how, HEIGHT)
    for tab, draw in zip(st.tabs(list(drawn), key="below", bind="query-params"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def page() -> None:
    head = layout.heading("Inspect", "What does one event look like, and why is it where it is?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        scored = run_picker.choose_scores(data)
        selection = run_picker.choose_selection(data, scored)
        column, wanted = ask(data, scored, selection)
    with head:
        opening.way_back()
        look = detector_image.choose_look(data)
    with layout.refusals():
        selected = cached.select(data, selection)
        rows = judged.find_events(selected, scored, column, wanted)
    key = "|".join((data.id, cached.selection_key(selection), scored.run.id if scored else "", column, repr(wanted)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row = which_event(selected, rows, key)
        steps(selected, rows, row)
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
    below(selected, scored, rows, row, how, key)
    kind = "; what is called simulated is the simulation's truth" if data.simulated else ""
    layout.foot(
        f"{choose.describe(data)}{choose.labelled(selection)}{kind}.",
        f"python -m core event {data.name} {events.uid_text(experiment.table, data, row)}"
        + choose.as_options(experiment, selection)
        + (f" --run {scored.run.id}" if scored else ""),
    )


layout.show(page)
