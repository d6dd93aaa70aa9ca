"""Labelling by keyboard: the line of events, what a key does, and what stands beside the picture."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures import labelled
from core.judge.scored import Scored
from core.labels import desk as desks
from core.labels import log, queue
from core.labels.desk import Desk
from core.labels.log import ADJUDICATION, LABEL, SKIP, Entry
from core.labels.queue import Item, QueueParameters
from core.labels.record import Look
from core.labels.surroundings import surroundings
from pages.parts import cached, frame

N_AHEAD = 30
FACTS_HEIGHT = 350


@dataclass
class Line:
    """The events of a tab in the order in which they are shown; `said` what was written at each place."""

    key: str
    items: list[Item]
    counts: dict[str, int]
    place: int = 0
    since_ms: int = 0
    is_difficult: bool = False
    said: dict[int, Entry] = field(default_factory=dict)
    undone: str = ""


@dataclass(frozen=True)
class Task:
    """Who labels what, how it is shown, and where the events come from."""

    data: Dataset
    classes: tuple[str, ...]
    labeller: str
    look: Look
    is_blind: bool
    pool: Any
    found: Scored | None
    mix: QueueParameters
    key: str


@st.cache_resource(max_entries=64, show_spinner=False)
def _log(experiment_key: str, labeller: str, root: str, version: str) -> tuple[list[Entry], int]:
    del root, version
    return log.read(experiment_key, labeller)


def _read(experiment_key: str, labeller: str) -> tuple[list[Entry], int]:
    """A labeller's log, read again only if it has grown."""
    version = log.version(experiment_key, [labeller])
    return _log(experiment_key, labeller, str(log.folder(experiment_key)), version)


def open_desk(data: Dataset) -> Desk:
    """The labels of a data set as they are now."""
    return desks.open_desk(cached.experiment_of(data), data, _read)


def line_of(task: Task) -> Line:
    """The line of this tab; begun anew if something that decides about it has changed."""
    line: Line | None = st.session_state.get("label-line")
    if line is None or line.key != task.key:
        line = Line(task.key, [], {}, since_ms=log.now_ms())
        st.session_state["label-line"] = line
    if line.place >= len(line.items):
        _extend(task, line)
    return line


def _extend(task: Task, line: Line) -> None:
    """Plan further events, with all labels that there are by now."""
    desk = open_desk(task.data)
    line.items += desks.plan(desk, task.labeller, N_AHEAD, task.pool, task.found, task.mix)
    line.counts = desk.counts(task.labeller)


def _write(task: Task, line: Line, kind: str, label: str) -> None:
    """Put a line on the disk and go on to the next event."""
    item = line.items[line.place]
    entry = desks.line(
        task.data, item.row, kind, label, task.labeller, spent_ms=log.now_ms() - line.since_ms,
        is_difficult=line.is_difficult, why=queue.BROWSED if line.place in line.said else item.why,
        is_blind=task.is_blind, look=task.look,
    )  # fmt: skip
    try:
        desks.write(task.data, entry, task.classes)
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)
        return
    before = line.said.get(line.place)
    _count(line, before, -1)
    _count(line, entry, 1)
    line.said[line.place] = entry
    line.undone = ""
    _move(line, 1)


def _count(line: Line, entry: Entry | None, by: int) -> None:
    if entry is not None and entry.kind == LABEL:
        line.counts[entry.label] = line.counts.get(entry.label, 0) + by


def _move(line: Line, by: int) -> None:
    line.place = max(line.place + by, 0)
    line.since_ms, line.is_difficult = log.now_ms(), False


def _step(line: Line, by: int) -> None:
    line.undone = ""
    _move(line, by)


def _difficult(line: Line) -> None:
    line.is_difficult = not line.is_difficult


def _undo(task: Task, line: Line) -> None:
    """Take back what was said last, in this tab or before, and show that event again."""
    try:
        place = max((p for p, entry in line.said.items()), key=lambda p: line.said[p].time_ms, default=None)
        last = desks.take_back(task.data, task.labeller, line.said[place] if place is not None else None)
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)
        return
    if last is None:
        line.undone = "Nothing to take back."
        return
    line.counts = open_desk(task.data).counts(task.labeller)  # an older label of the event may count again
    line.undone = f"Taken back: {last.label or last.kind}."
    if place is not None:
        del line.said[place]
        _move(line, place - line.place)
        return
    rows = log.rows_of(task.data, [last])
    line.items.insert(line.place, Item(int(rows[0]), last.queue))
    _move(line, 0)


@st.fragment
def keyboard(task: Task) -> None:
    """The event with its keys. Only this part of the page is drawn anew when a key is pressed."""
    with frame.refusals():
        line = line_of(task)
    if line.place >= len(line.items):
        st.success("Every event of the selection has the labels that are wanted: widen it, or go on to the agreement.")
        return
    item = line.items[line.place]
    _class_keys(task, line)
    left, right = st.columns([70, 30], gap="small")
    with left, frame.refusals():
        _picture(task, item.row)
    with right:
        _beside(task, line, item)
    _other_keys(task, line)
    if problem := st.session_state.pop("label-problem", ""):
        st.error(frame.plain(problem), icon=":material/error:")


def _class_keys(task: Task, line: Line) -> None:
    """One button per class, each with its number as key; what was said here before is marked."""
    said = line.said.get(line.place)
    with st.container(horizontal=True, gap="xsmall", key="class-keys"):
        for number, name in enumerate(task.classes, 1):
            is_said = said is not None and said.label == name
            st.button(
                frame.plain(name), key=f"say-{number}", shortcut=str(number), on_click=_write, args=(task, line, LABEL, name),
                type="primary" if is_said else "secondary",
                help=f"key {number}: {frame.plain(name)}; so far you gave it to {line.counts.get(name, 0):,} events",
            )  # fmt: skip


def _other_keys(task: Task, line: Line) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="other-keys"):
        st.button("back", key="step-Left", shortcut="Left", icon=":material/chevron_left:", disabled=line.place == 0,
                  on_click=_step, args=(line, -1), help="the event before, to look or to label it again")  # fmt: skip
        st.button("forward", key="step-Right", shortcut="Right", icon=":material/chevron_right:",
                  on_click=_step, args=(line, 1), help="the next event, without a label")  # fmt: skip
        st.button("undo", key="undo", shortcut="U", icon=":material/undo:", on_click=_undo, args=(task, line),
                  help="take your last label back; the log keeps both lines")  # fmt: skip
        st.button("skip", key="skip", shortcut="S", icon=":material/skip_next:",
                  on_click=_write, args=(task, line, SKIP, ""), help="not shown to you again; no label")  # fmt: skip
        st.button("difficult", key="difficult", shortcut="D", icon=":material/flag:", on_click=_difficult, args=(line,),
                  type="primary" if line.is_difficult else "secondary", help="marks the label that you give next")  # fmt: skip
        n = sum(line.counts.values())
        told = f"no. {line.place + 1}; {n:,} labelled by {task.labeller}"
        st.markdown(f":small[:gray[{frame.plain(told)}]]", width="content")


def _picture(task: Task, row: int) -> None:
    experiment = cached.experiment_of(task.data)
    how = desks.labelling_of(experiment)
    crop = how.crop(task.data, row)
    around = surroundings(experiment, task.data, row, task.look.context)
    figure = labelled.row(crop, around, task.look, how.scale(task.data))
    st.plotly_chart(figure, key="labelled-row", config={"displayModeBar": False}, alt="the event to be labelled")


def _beside(task: Task, line: Line, item: Item) -> None:
    """Why the event is shown, what was measured; predictions and labels of others only where that was asked for."""
    experiment = cached.experiment_of(task.data)
    told = dict(desks.labelling_of(experiment).facts(task.data, item.row))
    if not task.is_blind:  # that an event was shown before would make the labeller look for what was said
        told |= {"queue": item.why, **_not_blind(task, item.row)}
    said = line.said.get(line.place)
    if said is not None:
        told["you said"] = said.label or said.kind
    told["event"] = experiment.uid_text(int(task.data.column("uid")[item.row]))
    if line.undone:
        told["undo"] = line.undone
    lines = [{"of this event": name, "": value} for name, value in told.items()]
    st.dataframe(
        lines, hide_index=True, height=FACTS_HEIGHT, row_height=28, alt="what was measured of the event",
        column_config={"of this event": st.column_config.TextColumn(width=125), "": st.column_config.TextColumn(width=110)},
    )  # fmt: skip


def _not_blind(task: Task, row: int) -> dict[str, str]:
    """What the run says, and what others said."""
    told = {}
    if task.found is not None and (text := desks.predicted(task.found, row)):
        told["the run says"] = text
    for name, label in open_desk(task.data).said_of(row).items():
        if name != task.labeller:
            told["adjudicated" if name == ADJUDICATION else f"{name} says"] = label
    return told
