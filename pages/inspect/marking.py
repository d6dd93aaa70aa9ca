"""Tags and notes on page Inspect: those of the event that is shown, the same for all that are listed, and all of them as a file."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.labels import tag_files, tags
from core.labels.tag_log import MAX_NOTE
from core.labels.tags import RowMark
from core.selection.selection import Selected
from pages.widgets import cached, choose, layout

FIELD = "tag-field"
PROBLEM, DONE, TURN = "marking-problem", "marking-done", "marking-turn"
N_SUGGESTED, N_SHOWN = 200, 100  # tags in the field; characters of a note in the line


@st.fragment
def line(selected: Selected, rows: Any, row: int, filtered_by: str) -> None:
    """What was said of the event, fields to say more, and the same for all events of the filter.

    Only this line is drawn anew when something is added, unless tags decide which events are listed.
    """
    data = selected.dataset
    before = cached.open_tags(data)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="marks"):
        who = choose.labeller(data, label_visibility="collapsed", width=130)
        _pills(data, row, before, who)
        _field(data, row, before, who)
        _note(data, row, before, who)
        _for_all(selected, rows, before, who)
        _out(data, before)
        for note in before.notes_of(row):
            st.markdown(f":small[:gray[{layout.plain(_short(note))}]]", width="content")
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(layout.plain(problem), icon=":material/error:")
    if done := st.session_state.pop(DONE, ""):
        st.toast(layout.plain(done), icon=":material/sell:")
        if filtered_by or selected.selection.tags:
            st.rerun()


def _short(note: RowMark) -> str:
    text = " ".join(note.text.split())
    return f"{note.labeller}: {text[:N_SHOWN]}{'...' if len(text) > N_SHOWN else ''}"


def _when(mark: RowMark) -> str:
    return f"{mark.labeller}, {tag_files.time_text(mark.time_ms)[:16].replace('T', ' ')} UTC"


def _pills(data: Dataset, row: int, known: tags.Tags, who: str) -> None:
    """A button for each tag of the event, which takes back one's own."""
    by_tag: dict[str, list[RowMark]] = {}
    for mark in known.of_row(row):
        by_tag.setdefault(mark.text, []).append(mark)
    for tag, marks in by_tag.items():
        is_own = who in {mark.labeller for mark in marks}
        given = "; ".join(map(_when, marks))
        st.button(
            layout.plain(tag), key=f"untag-{tag}-{row}", icon=":material/close:" if is_own else ":material/sell:", disabled=not is_own,
            on_click=_do, args=(lambda tag=tag: f"'{_change(tags.remove, data, [row], tag, who)}' is taken back",),
            help=layout.plain(f"{given}. " + ("Click to take yours back." if is_own else "Only who gave it takes it back.")),
        )  # fmt: skip


def _field(data: Dataset, row: int, known: tags.Tags, who: str) -> None:
    """A field that suggests the tags there are and takes new ones. What is typed in it is of the row in its key."""
    key = f"new-tag-{row}-{st.session_state.get(TURN, 0)}"

    def add() -> None:
        tag = st.session_state[key] or ""
        _do(lambda: f"tagged '{_change(tags.add, data, [row], tag, who)}'")

    with st.container(key=FIELD, width=170):
        st.selectbox(
            "tag", list(known.counts)[:N_SUGGESTED], index=None, key=key, placeholder="add a tag (t)", accept_new_options=True,
            label_visibility="collapsed", on_change=add, disabled=not who,
            help=None if who else "type your name first: a tag says whose it is",
        )  # fmt: skip


def _change(do: Callable[..., str], data: Dataset, rows: Any, tag: str, who: str) -> str:
    return do(data, cached.experiment_of(data).reading.mapping, rows, tag, who)


def _do(change: Callable[[], str]) -> None:
    """Write something, and say what was done or why not."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    try:
        st.session_state[DONE] = change()
    except DarkroomError as error:
        st.session_state[PROBLEM] = str(error)


def _note(data: Dataset, row: int, known: tags.Tags, who: str) -> None:
    """One's own note, to be written; those of others, to be read."""
    notes = known.notes_of(row)
    title = f"note ({len(notes)})" if notes else "note"
    with st.popover(title, icon=":material/edit_note:", help="free text on this event"):
        for note in notes:
            if note.labeller != who:
                st.markdown(f"{layout.plain(note.text)}  \n:small[:gray[{layout.plain(_when(note))}]]")
        key = f"note-{row}-{who}"

        def save() -> None:
            text = st.session_state[key]
            _do(lambda: _say_noted(tags.note(data, cached.experiment_of(data).reading.mapping, row, text, who)))

        with st.form(f"form-{key}", border=False):
            st.text_area(
                "your note", known.note_by(row, who), key=key, max_chars=MAX_NOTE, disabled=not who,
                placeholder="what is to be remembered of this event" if who else "type your name first",
            )  # fmt: skip
            st.form_submit_button("keep the note", on_click=save, disabled=not who, help="an empty one is taken back")


def _say_noted(text: str) -> str:
    return "noted" if text else "the note is taken back"


def _for_all(selected: Selected, rows: Any, known: tags.Tags, who: str) -> None:
    """One tag for every event of the filter, after a question that says how many."""
    data, n = selected.dataset, len(rows)
    with st.popover("tag all", icon=":material/sell:", help="every event that passes the filter", disabled=not n):
        key = f"all-tag-{st.session_state.get(TURN, 0)}"
        chosen = st.selectbox(
            "tag", list(known.counts)[:N_SUGGESTED], index=None, key=key, placeholder="tag", accept_new_options=True, disabled=not who,
        )  # fmt: skip
        tag = chosen or "..."
        st.caption(
            layout.plain(
                f"Give '{tag}' to all {n:,} events of the filter, or take yours from them? One is the undo of the other."
            )
            if who
            else "Type your name first: a tag says whose it is."
        )
        for verb, do, icon in (("tag", tags.add, "sell"), ("untag", tags.remove, "close")):
            st.button(
                f"{verb} all {n:,}", key=f"{verb}-all", icon=f":material/{icon}:", disabled=not (who and chosen), on_click=_do,
                args=(lambda do=do, verb=verb: f"{n:,} events: {verb} '{_change(do, data, rows, tag, who)}'",),
            )  # fmt: skip


def _out(data: Dataset, known: tags.Tags) -> None:
    """The tags there are, and all of them as a file."""
    n_notes = sum(map(len, known.notes.values()))
    with st.popover("tags", icon=":material/download:", help="all tags and notes of this data set"):
        listed = ", ".join(f"{name} ({n:,})" for name, n in list(known.counts.items())[:N_SUGGESTED])
        st.markdown(layout.plain(listed) or "No event has a tag.")
        damaged = f" {known.n_damaged:,} damaged lines are left out." if known.n_damaged else ""
        st.caption(f"{len(known.rows):,} tags and {n_notes:,} notes of {len(known.people):,} people.{damaged}")
        uid = cached.experiment_of(data).table.uid
        for ending in tag_files.FORMATS:
            st.download_button(
                ending.removeprefix("."), lambda ending=ending: tag_files.export(known, uid, ending), f"tags-{data.name}{ending}",
                key=f"tags{ending}", on_click="ignore", icon=":material/download:",
                disabled=not (len(known.rows) or n_notes),
            )  # fmt: skip
        st.caption(layout.plain(f"The same as a command: python -m core tags {data.name} export tags.csv"))
