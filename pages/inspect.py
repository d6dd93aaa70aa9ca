"""One event at a time: find it by a filter or its number, see its waveforms and all that is known of it."""

from typing import Any

import streamlit as st

from core import figures, parameters
from core.data import events
from core.data.dataset import Dataset
from core.data.derive import columns_of
from core.data.events import EventFilter
from core.data.selection import Selected, Selection
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.experiment import View
from core.judge.classified_export import NONE
from core.judge.scored import Scored
from pages.parts import asked, cached, choose, form, frame, imaging, judged, why
from pages.parts.opening import ANY, REST

NO_FLAG = "no flag"
UID = "uid"
N_LISTED, N_QUANTITIES = 2000, 5
HEIGHT = 370
FACT_PX = 135  # for the longest name of a fact


def ask(data: Dataset, found: Scored | None, selection: Selection) -> tuple[str, EventFilter]:
    """The filter: (column of the window, what is asked)."""
    experiment = cached.experiment_of(data)
    with frame.refusals():
        selected = cached.select(data, selection)
    classes, names = selected.classes, events.class_names(selected.classes)
    options = [ANY, *names.values(), *([REST] if len(classes) > 2 else [])]
    asked.only_known("class", tuple(options))
    label = st.segmented_control("class", options, default=ANY, key="class", required=True, **choose.STAY)
    signal = found.signal if found is not None else classes[selected.signal]
    titles = {column.title: column.name for column in columns_of(experiment, data)}
    title = st.selectbox("window of", list(titles), key="by", **choose.STAY)
    left, right = st.columns(2, gap="small")
    low = left.number_input("from", value=None, key="low", format="%g", placeholder="any", **choose.STAY)
    high = right.number_input("to (exclusive)", value=None, key="high", format="%g", placeholder="any", **choose.STAY)
    flag = st.selectbox("flag", [ANY, NO_FLAG, *experiment.flags], key="flag", **choose.STAY)
    common = {
        "label": next((index for index, n in names.items() if n == label), None),
        "without": classes.index(signal) if label == REST and signal in classes else None,
        "low": low,
        "high": high,
        "flag": None if flag == ANY else -1 if flag == NO_FLAG else experiment.flags.index(flag),
    }
    return titles[title], EventFilter(**common, **(ask_scores(found, classes) if found is not None else {}))


def ask_scores(found: Scored, classes: tuple[str, ...]) -> dict[str, Any]:
    """What is asked of the run's scores, for a selection with these classes."""
    predicted, reject_below = ANY, 0.0
    if found.is_multiclass:
        asked.only_known("called", (ANY, *found.classes, NONE))
        left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
        predicted = left.selectbox("called", [ANY, *found.classes, NONE], key="called", **choose.STAY)
        with right:
            reject_below = asked.choose_reject()
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
        "signal": classes.index(found.signal) if found.signal in classes else -1,
        "predicted": {name: i for i, name in enumerate(found.classes)}.get(
            predicted, -1 if predicted == NONE else None
        ),
        "reject_below": reject_below,
    }


def choose_picture(data: Dataset, look: str) -> tuple[View | None, Any]:
    """How the event is drawn; no view where the whole image is looked at."""
    view = cached.experiment_of(data).views.get(look)
    if view is None:
        return None, imaging.choose_display()
    with st.popover("picture", icon=":material/tune:", help="what is drawn, and around what"):
        values = form.draw(f"view-{look}", view.parameters)
    with frame.refusals():
        return view, parameters.build(view.parameters, values)


def which_event(selected: Selected, rows: Any, asked: str) -> int:
    """The row that is shown: the one in the address, or the first one where there is none or the filter has moved on.

    The address is written here and not by a bound widget, which cannot give way to a filter that was opened by a link.
    """
    text, last = st.query_params.get(UID, ""), st.session_state.get("inspect-last", ("", ""))
    if not text and last[0] == asked:
        text = last[1]
    row, problem = _row_of(selected, text)
    moved = last[0] not in ("", asked) and (row is None or events.place(rows, row) is None)
    if len(rows) and (not text or moved):
        row, problem = int(rows[0]), ""
    if row is not None:
        text = events.uid_text(selected.experiment, selected.dataset, row)
        if st.query_params.get(UID) != text:
            st.query_params[UID] = text
    st.session_state["inspect-last"] = (asked, text)
    st.session_state["typed-event"] = text
    st.text_input(
        "event", key="typed-event", on_change=_typed, width=180, label_visibility="collapsed",
        placeholder="event", help="jump to an event: type what stands here of another one, or its number",
    )  # fmt: skip
    if row is None:
        st.error(
            frame.plain(problem) or "No event passes the filter: widen it in the sidebar.", icon=":material/error:"
        )
        st.stop()
    return row


def _row_of(selected: Selected, text: str) -> tuple[int | None, str]:
    """(row, what is wrong with the text that names it)."""
    if not text:
        return None, ""
    try:
        return events.row_of(selected.dataset, selected.experiment.parse_uid(text)), ""
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
            on_click=_go, args=(events.uid_text(selected.experiment, selected.dataset, to),),
            help=("next" if by > 0 else "previous") + " event of the filter",
        )  # fmt: skip
    where = f"{place:,} of {len(rows):,}" if place else f"not among {len(rows):,}"
    st.markdown(f":small[{where}]", width="content")


def _go(text: str) -> None:
    st.query_params[UID] = text


def _typed() -> None:
    _go(st.session_state["typed-event"])


def event_list(selected: Selected, found: Scored | None, rows: Any, row: int) -> None:
    """The filtered events, or a stretch of them around the one shown; a click on a line shows that event."""
    data, experiment = selected.dataset, selected.experiment
    before, shown = events.stretch(rows, row, N_LISTED)
    scores = judged.row_scores(found) if found else None
    table = events.event_table(selected, shown, scores, N_QUANTITIES)
    place = events.place(shown, row)
    marked = [place - 1] if place else []
    st.session_state["events"] = {"selection": {"rows": marked}}
    config = {c.title: st.column_config.NumberColumn(format=f"%.{c.decimals}f") for c in columns_of(experiment, data)}
    st.dataframe(
        table, key="events", on_select=_picked, selection_mode="single-row", hide_index=True, height=260, row_height=28, placeholder="-",
        column_config=config | dict.fromkeys(("score", "probability"), st.column_config.NumberColumn(format="%.4f")), alt="events that pass the filter",
    )  # fmt: skip
    st.session_state["inspect-shown"] = table["event"]
    st.caption(
        f"Shown: {len(shown):,} of the {len(rows):,} events that pass the filter"
        + (f" (from number {before + 1:,})" if before else "")
        + f", of {len(selected.preselected):,} in the selection. Tick a line to see its event."
    )


def _picked() -> None:
    ticked = st.session_state["events"]["selection"]["rows"]
    if ticked:
        _go(st.session_state["inspect-shown"][ticked[0]])


def typical(selected: Selected, rows: Any, key: str) -> None:
    """The typical event of each class among those that pass the filter."""
    average = selected.experiment.average
    parts = events.by_class(selected, rows)
    if not parts:
        st.caption("No event passes the filter.")
        return
    with frame.refusals():
        means = judged.averages(selected.experiment, selected.dataset, parts, key)
    styles = figures.class_styles(list(events.class_names(selected.classes).values()))
    colours = {name: styles[name][0] for name in parts}
    frame.show_figure(average.draw(means, colours).update_layout(height=HEIGHT), "average", average.explanation)


def below(selected: Selected, found: Scored | None, rows: Any, row: int, how: Any, key: str) -> None:
    """The list of events, the typical one, and why a network decided so, where the experiment offers these."""
    experiment = selected.experiment
    drawn = {"events": lambda: event_list(selected, found, rows, row)}
    if experiment.average is not None:
        drawn[experiment.average.title] = lambda: typical(selected, rows, key)
    if experiment.attribution is not None:
        drawn[why.TITLE] = lambda: why.why(selected, found, rows, row, how, HEIGHT)
    for tab, draw in zip(st.tabs(list(drawn), key="below", bind="query-params"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def page() -> None:
    head = frame.heading("Inspect", "What does one event look like, and why is it where it is?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        found = asked.choose_scores(data)
        selection = asked.choose_selection(data, found)
        column, wanted = ask(data, found, selection)
    with head:
        look = imaging.choose_look(data)
    with frame.refusals():
        selected = cached.select(data, selection)
        rows = judged.find_events(selected, found, column, wanted)
    key = "|".join((data.id, cached.selection_key(selection), found.run.id if found else "", column, repr(wanted)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row = which_event(selected, rows, key)
        steps(selected, rows, row)
        view, how = choose_picture(data, look)
    left, right = st.columns([67, 33] if view is None else [62, 38], gap="small")
    with left, frame.refusals():
        if view is None:
            imaging.panel(selected, found, rows, row, how)
        else:
            with head:
                imaging.button(data, row)
            figure = view.draw(data, row, how)
            frame.show_figure(figure.update_layout(height=HEIGHT), "event", view.explanation)
    with right:
        scores = judged.row_scores(found) if found else None
        known = events.facts(selected, row, scores)
        lines = [{"of this event": name, "": value} for name, value in known.items()]
        st.dataframe(
            lines, hide_index=True, height=HEIGHT, row_height=28, alt="features and flags of the event",
            column_config={"of this event": st.column_config.TextColumn(width=FACT_PX)},
        )  # fmt: skip
    below(selected, found, rows, row, how, key)
    kind = "; what is called simulated is the simulation's truth" if data.simulated else ""
    frame.foot(
        f"{choose.describe(data)}; labels {selection.labels}{kind}.",
        f"python -m core event {data.name} {events.uid_text(experiment, data, row)}"
        + choose.as_options(experiment, selection)
        + (f" --run {found.run.id}" if found else ""),
    )


frame.show(page)
