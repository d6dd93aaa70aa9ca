"""The layout of every page: heading with a question, figures with note and downloads, foot line, errors."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from core import disk, workspace
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures.style import for_projector
from core.judge.report_files import csv_of_columns
from core.runs import Run
from core.statistics.histogram import histogram_columns as histogram_columns
from core.workflows import freshness
from pages.widgets import named_view, room

FLOW_COLUMNS = {
    "cut": st.column_config.TextColumn("cut"),
    "class": st.column_config.TextColumn("for class", help="empty: for all rows"),
    "alone": st.column_config.NumberColumn("pass it alone", format="localized"),
    "cumulative": st.column_config.NumberColumn("pass it and all before", format="localized"),
}


CAME_FROM = "came from"  # the cell of a table that leads to the events shown on the page Inspect
_messages: ContextVar[Any] = ContextVar("messages", default=st)


def heading(title: str, question: str) -> Any:
    """The page's name and the question that it answers; returns their row, for what stands beside them.

    To be called first: what goes wrong later, also in the sidebar, is said below it.
    """
    st.session_state["page shown"] = title.lower().replace(" ", "")
    if title != "Inspect":
        st.session_state.pop(CAME_FROM, None)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f"#### {title} :gray[·] :small[:gray[{question}]]")
    with row:
        named_view.keep_button(title.lower().replace(" ", ""))
    _messages.set(st.container())
    if trouble := named_view.trouble():
        warn(trouble)
    return row


def plain(text: str) -> str:
    """Text of a user, a file or an error for where Markdown is read: shown as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#$|~:])", r"\\\1", text)


def warn(sentence: str) -> None:
    """Say below the heading what a user should know; the page goes on."""
    _messages.get().warning(plain(sentence), icon=":material/warning:")


@contextmanager
def refusals() -> Iterator[None]:
    """Show a `DarkroomError` raised inside as one sentence, and end the page there."""
    try:
        yield
    except DarkroomError as error:
        _messages.get().error(plain(str(error)), icon=":material/error:")
        st.stop()
    except (OSError, RuntimeError) as error:  # a library's own, where it writes by itself
        if not disk.is_full(error):
            raise
        sentence = disk.full_sentence(workspace.root(), "what was to be kept", "some more")
        _messages.get().error(plain(sentence), icon=":material/error:")
        st.stop()


def show(page: Callable[[], None]) -> None:
    """Draw a page; whatever is refused on it, is said in a sentence, and above it where nothing new can be kept."""
    with refusals():
        if trouble := workspace.trouble():
            st.warning(plain(trouble), icon=":material/lock:")
        page()


def show_figure(
    figure: Any, key: str, note: str, table: Callable[[], Mapping[str, Sequence[Any]]] | None = None, *,
    wheel: bool = False, **plot: Any,
) -> Any:  # fmt: skip
    """A figure with one line below that says what it shows, and its data to download.

    The picture itself is exported by the browser (camera button, SVG). With `wheel` the mouse's wheel zooms it.
    """
    config = {
        "displaylogo": False,
        "scrollZoom": wheel,
        "toImageButtonOptions": {"format": "svg", "filename": f"darkroom-{key}"},
    }
    drawn = for_projector(figure) if room.is_projected() else figure
    event = st.plotly_chart(drawn, key=key, config=config, alt=note, **plot)
    below_figure(note, key, table)
    return event


def below_figure(note: str, key: str, table: Callable[[], Mapping[str, Sequence[Any]]] | None) -> None:
    """The line below a figure, and its data to download."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(note)
        if table is not None:
            data_button(lambda: csv_of_columns(table()), f"{key}.csv", f"{key}-data")


def data_button(text: Callable[[], str], file_name: str, key: str) -> None:
    """Download CSV; it is written on the click."""
    st.download_button(
        "data", text, f"darkroom-{file_name}", "text/csv", key=key, on_click="ignore",
        type="tertiary", icon=":material/download:", help="the numbers of this figure as CSV",
    )  # fmt: skip


def foot(facts: str, command: str, data: Dataset | None = None, run: Run | None = None) -> None:
    """How the numbers came about, when the data set and the scores of the run were last renewed, and the same as a command."""
    renewed = freshness.sentence(data, run)
    st.caption(plain(f"{facts} {renewed[:1].upper()}{renewed[1:]}." if renewed else facts))
    command_line(command)


def command_line(command: str) -> None:
    """The same on the command line, to copy; without the colours of a language, which are too pale to read."""
    st.code(command, language=None, wrap_lines=True)


def nothing_yet(sentence: str, page: str, label: str) -> None:
    """What is missing and the one button that brings it; ends the page."""
    with _messages.get():
        st.info(sentence, icon=":material/info:")
        st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for a table, with windows as text."""
    return [{k: f"{v[0]:g}-{v[1]:g}" if isinstance(v, list) else v for k, v in row.items()} for row in rows]
