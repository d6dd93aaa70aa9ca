"""Labelling by keyboard: the line of events, the keys, and the facts beside the picture."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.judge.score_table import ScoreTable
from core.labels import label_session, log, queue
from core.labels.label_session import HandLabels
from core.labels.log import ADJUDICATION, LABEL, SKIP, Entry
from core.labels.queue import Item, QueueParameters
from core.labels.record import Labelling, Look
from pages.label import picture
from pages.widgets import cached, keys, layout
from pages.widgets.keys import Key

N_AHEAD = 30
FACTS_HEIGHT = 350
N_DRAWN_AHEAD = 2
OTHERS = (  # key, button, what it does
    ("ArrowLeft", "step-Left", "the event before"), ("ArrowRight", "step-Right", "the next event, without a label"),
    ("u", "undo", "take your last label back"), ("s", "skip", "not shown to you again"), ("d", "difficult", "mark the label given next"),
)  # fmt: skip


@dataclass
class Line:
    """The events of a tab in the order in which they are shown; `written` the last line at each place, `turn` counts answers."""

    key: str
    items: list[Item]
    counts: dict[str, int]
    place: int = 0
    since_ms: int = 0
    turn: int = 0
    is_difficult: bool = False
    written: dict[int, Entry] = field(default_factory=dict)
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
    scored: ScoreTable | None
    mix: QueueParameters
    key: str

    @property
    def labelling(self) -> Labelling:
        return label_session.labelling_of(cached.experiment_of(self.data))


@st.cache_resource(max_entries=64, show_spinner=False)
def _log(experiment_key: str, labeller: str, root: str, version: str) -> tuple[list[Entry], int]:
    del root, version
    return log.read(experiment_key, labeller)


def _read(experiment_key: str, labeller: str) -> tuple[list[Entry], int]:
    """A labeller's log, read again only if it has grown."""
    version = log.version(experiment_key, [labeller])
    return _log(experiment_key, labeller, str(log.folder(experiment_key)), version)


def open_hand_labels(data: Dataset) -> HandLabels:
    """The labels of a data set as they are now."""
    return label_session.open_hand_labels(label_session.labelling_of(cached.experiment_of(data)), data, _read)


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
    hand_labels = open_hand_labels(task.data)
    line.items += label_session.plan(hand_labels, task.labeller, N_AHEAD, task.pool, task.scored, task.mix)
    line.counts = hand_labels.counts(task.labeller)


def _is_shown(line: Line, row: int) -> bool:
    """Whether a button belongs to the event that is to be labelled now; another one was pressed before the page had changed."""
    line.turn += 1
    return line.place < len(line.items) and line.items[line.place].row == row


def _write(task: Task, line: Line, row: int, kind: str, label: str) -> None:
    """Put a line on the disk and go on to the next event."""
    if not _is_shown(line, row):
        return
    item = line.items[line.place]
    entry = label_session.line(task.labelling,
        task.data, item.row, kind, label, task.labeller, spent_ms=log.now_ms() - line.since_ms,
        is_difficult=line.is_difficult, why=queue.BROWSED if line.place in line.written else item.why,
        is_blind=task.is_blind, look=task.look,
    )  # fmt: skip
    try:
        label_session.write(task.data, entry, task.classes)
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)
        return
    before = line.written.get(line.place)
    _count(line, before, -1)
    _count(line, entry, 1)
    line.written[line.place] = entry
    line.undone = ""
    _move(line, 1)


def _count(line: Line, entry: Entry | None, by: int) -> None:
    if entry is not None and entry.kind == LABEL:
        line.counts[entry.label] = line.counts.get(entry.label, 0) + by


def _move(line: Line, by: int) -> None:
    line.place = max(line.place + by, 0)
    line.since_ms, line.is_difficult = log.now_ms(), False


def _step(line: Line, row: int, by: int) -> None:
    if not _is_shown(line, row):
        return
    line.undone = ""
    _move(line, by)


def _difficult(line: Line, row: int) -> None:
    if _is_shown(line, row):
        line.is_difficult = not line.is_difficult


def _undo(task: Task, line: Line, row: int) -> None:
    """Take back what was said last, in this tab or before, and show that event again."""
    if not _is_shown(line, row):
        return
    try:
        place = max((p for p, entry in line.written.items()), key=lambda p: line.written[p].time_ms, default=None)
        last = label_session.take_back(
            task.labelling, task.data, task.labeller, line.written[place] if place is not None else None
        )
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)
        return
    if last is None:
        line.undone = "Nothing to take back."
        return
    line.counts = open_hand_labels(task.data).counts(task.labeller)  # an older label of the event may count again
    line.undone = f"Taken back: {last.label or last.kind}."
    if place is not None:
        del line.written[place]
        _move(line, place - line.place)
        return
    rows = log.rows_of(task.data, [last], task.labelling.mapping)
    line.items.insert(line.place, Item(int(rows[0]), last.queue))
    _move(line, 0)


@st.fragment
def keyboard(task: Task) -> None:
    """The event with its keys. Only this part of the page is drawn anew when a key is pressed."""
    with layout.refusals():
        line = line_of(task)
    if line.place >= len(line.items):
        st.success("Every event of the selection has the labels that are wanted: widen it, or go on to the agreement.")
        return
    item = line.items[line.place]
    listed = _class_keys(task, line, item.row)
    left, right = st.columns([70, 30], gap="small")
    with left, layout.refusals():
        _picture(task, item.row)
    with right:
        _beside(task, line, item)
    listed += _other_keys(task, line, item.row)
    if problem := st.session_state.pop("label-problem", ""):
        st.error(layout.plain(problem), icon=":material/error:")
    keys.listen(listed, _uid(task, item.row), line.turn)
    for ahead in line.items[line.place + 1 : line.place + 1 + N_DRAWN_AHEAD]:
        picture.figure(task.data, ahead.row, task.look)


def _uid(task: Task, row: int) -> str:
    return cached.experiment_of(task.data).table.uid.text(int(task.data.column("uid")[row]))


def _class_keys(task: Task, line: Line, row: int) -> list[Key]:
    """One button per class, each with its number as key; what was said here before is marked.

    A button carries the row in its key: what the browser says of it is about the row that stands there.
    """
    last = line.written.get(line.place)
    with st.container(horizontal=True, gap="xsmall", key="class-keys"):
        for number, name in enumerate(task.classes, 1):
            is_last = last is not None and last.label == name
            st.button(
                layout.plain(name), key=f"say-{number}-{row}", shortcut=str(number), on_click=_write,
                args=(task, line, row, LABEL, name),
                type="primary" if is_last else "secondary",
                help=f"key {number}: {layout.plain(name)}; so far you gave it to {line.counts.get(name, 0):,} events",
            )  # fmt: skip
    return [Key(str(number), f"say-{number}-{row}", name) for number, name in enumerate(task.classes, 1)]


def _other_keys(task: Task, line: Line, row: int) -> list[Key]:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="other-keys"):
        st.button("back", key=f"step-Left-{row}", shortcut="Left", icon=":material/chevron_left:", disabled=line.place == 0,
                  on_click=_step, args=(line, row, -1), help="the event before, to look or to label it again")  # fmt: skip
        st.button("forward", key=f"step-Right-{row}", shortcut="Right", icon=":material/chevron_right:",
                  on_click=_step, args=(line, row, 1), help="the next event, without a label")  # fmt: skip
        st.button("undo", key=f"undo-{row}", shortcut="U", icon=":material/undo:", on_click=_undo, args=(task, line, row),
                  help="take your last label back; the log keeps both lines")  # fmt: skip
        st.button("skip", key=f"skip-{row}", shortcut="S", icon=":material/skip_next:",
                  on_click=_write, args=(task, line, row, SKIP, ""), help="not shown to you again; no label")  # fmt: skip
        st.button("difficult", key=f"difficult-{row}", shortcut="D", icon=":material/flag:", on_click=_difficult, args=(line, row),
                  type="primary" if line.is_difficult else "secondary", help="marks the label that you give next")  # fmt: skip
        n = sum(line.counts.values())
        place = f"no. {line.place + 1}; {n:,} labelled by {task.labeller}"
        st.markdown(f":small[:gray[{layout.plain(place)}]] {keys.HINT}", width="content")
    return [Key(key, f"{button}-{row}", does) for key, button, does in OTHERS]


def _picture(task: Task, row: int) -> None:
    st.plotly_chart(
        picture.figure(task.data, row, task.look),
        key="labelled-row",
        config={"displayModeBar": False},
        alt="the event to be labelled",
    )


def _beside(task: Task, line: Line, item: Item) -> None:
    """Why the event is shown, what was measured; predictions and labels of others only where that was asked for."""
    experiment = cached.experiment_of(task.data)
    facts = dict(label_session.labelling_of(experiment).facts(task.data, item.row))
    if not task.is_blind:  # that an event was shown before would make the labeller look for what was said
        facts |= {"queue": item.why, **_not_blind(task, item.row)}
    last = line.written.get(line.place)
    if last is not None:
        facts["you said"] = last.label or last.kind
    facts["event"] = _uid(task, item.row)
    if line.undone:
        facts["undo"] = line.undone
    lines = [{"of this event": name, "": value} for name, value in facts.items()]
    st.dataframe(
        lines, hide_index=True, height=FACTS_HEIGHT, row_height=28, alt="what was measured of the event",
        column_config={"of this event": st.column_config.TextColumn(width=125), "": st.column_config.TextColumn(width=110)},
    )  # fmt: skip


def _not_blind(task: Task, row: int) -> dict[str, str]:
    """What the run says, and what others said."""
    facts = {}
    if task.scored is not None and (text := label_session.predicted(task.scored, row)):
        facts["the run says"] = text
    for name, label in open_hand_labels(task.data).labels_of_row(row).items():
        if name != task.labeller:
            facts["adjudicated" if name == ADJUDICATION else f"{name} says"] = label
    return facts
