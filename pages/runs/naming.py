"""What people call a run, to be changed: name, note, tags, aliases. Two people who write at once lose nothing."""

from collections.abc import Callable

import streamlit as st

from core import run_names
from core.errors import DarkroomError
from core.run_names import MAX_NAME, MAX_NOTE, Naming
from core.runs import Run
from core.user import this_user
from pages.runs.listing import redraw_table
from pages.widgets import layout

BEST, REFUSED = "best", "naming-refused"


def section(run: Run) -> None:
    """The form of one run; every field is written by itself, as soon as it is left."""
    naming, key = run_names.of(run.id), f"naming-{run.id}"
    if sentence := st.session_state.pop(REFUSED, ""):
        st.error(layout.plain(sentence), icon=":material/error:")
    left, middle, right = st.columns([4, 4, 3], gap="medium")
    with left:
        _field("name", naming.name, f"{key}-name")
        st.text_input("name", key=f"{key}-name", max_chars=MAX_NAME, on_change=_renamed, args=(run.id, f"{key}-name"))
        _written(naming, "name")
        st.caption(f"id {layout.plain(run.id)}: what addresses hold, so that links last")
    with middle:
        _field("note", naming.note, f"{key}-note")
        st.text_area(
            "note",
            key=f"{key}-note",
            height=96,
            max_chars=MAX_NOTE,
            on_change=_noted,
            args=(run.id, naming.note, f"{key}-note"),
        )
        _written(naming, "note")
    with right:
        known = sorted({tag for other in run_names.everyone().values() for tag in other.tags} | set(naming.tags))
        _field("tags", list(naming.tags), f"{key}-tags")
        st.multiselect(
            "tags", known, key=f"{key}-tags", accept_new_options=True, placeholder="none", on_change=_tagged,
            args=(run.id, naming.tags, f"{key}-tags"),
        )  # fmt: skip
        is_best = BEST in naming.aliases
        st.button(
            "no longer best" if is_best else "make it the best", icon=":material/star:", key=f"{key}-best", on_click=_best,
            args=(run.id, is_best), help="one run of each experiment is called best; commands know it by that word",
        )  # fmt: skip


def _field(name: str, stored: object, key: str) -> None:
    """Show what is stored, also where somebody else changed it since this field was drawn."""
    seen = f"{key}-seen"
    if st.session_state.get(seen) != (name, stored):
        st.session_state[key], st.session_state[seen] = stored, (name, stored)
    else:
        st.session_state.setdefault(key, stored)


def _written(naming: Naming, name: str) -> None:
    if who := naming.written.get(name):
        st.caption(layout.plain(f"by {who['by']}, {who['at'].replace('T', ' ').removesuffix('Z')} UTC"))


def _do(change: Callable[[], object]) -> None:
    """Write; what is refused is told where the form stands."""
    try:
        change()
        redraw_table()
    except DarkroomError as error:
        st.session_state[REFUSED] = str(error)


def _renamed(run_id: str, key: str) -> None:
    _do(lambda: run_names.rename(run_id, st.session_state[key], this_user()))


def _noted(run_id: str, seen: str, key: str) -> None:
    _do(lambda: run_names.write_note(run_id, st.session_state[key], this_user(), instead_of=seen))


def _tagged(run_id: str, seen: tuple[str, ...], key: str) -> None:
    wanted = [str(tag).strip().lstrip("#") for tag in st.session_state[key]]
    gone = [tag for tag in seen if tag not in wanted]
    _do(lambda: run_names.tag(run_id, this_user(), add=[tag for tag in wanted if tag not in seen], remove=gone))


def _best(run_id: str, is_best: bool) -> None:
    _do(lambda: (run_names.drop_alias if is_best else run_names.give_alias)(run_id, BEST, this_user()))
