"""What every page has: its heading with a question, figures with a note and downloads, the foot line, errors."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from core.errors import DarkroomError
from core.judge.export import safe
from core.judge.histogram import Histogram, Histogram2d

FLOW_COLUMNS = {
    "cut": st.column_config.TextColumn("cut"),
    "class": st.column_config.TextColumn("for class", help="empty: for all rows"),
    "alone": st.column_config.NumberColumn("pass it alone", format="localized"),
    "cumulative": st.column_config.NumberColumn("pass it and all before", format="localized"),
}


_messages: ContextVar[Any] = ContextVar("messages", default=st)


def heading(title: str, question: str) -> Any:
    """The page's name and the question that it answers; returns their row, for what stands beside them.

    To be called first: what goes wrong later, also in the sidebar, is said below it. That the page was seen is kept
    for the guided tour.
    """
    st.session_state["seen"] = {*st.session_state.get("seen", ()), title.lower()}
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f"#### {title} :gray[·] :small[:gray[{question}]]")
    _messages.set(st.container())
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


def show(page: Callable[[], None]) -> None:
    """Draw a page; whatever is refused on it, is said in a sentence."""
    with refusals():
        page()


def show_figure(
    figure: Any, key: str, note: str, table: Callable[[], Mapping[str, Sequence[Any]]] | None = None, **plot: Any
) -> Any:
    """A figure with one line below that says what it shows, and its data to download.

    The picture itself is exported by the browser (camera button, SVG).
    """
    config = {"displaylogo": False, "toImageButtonOptions": {"format": "svg", "filename": f"darkroom-{key}"}}
    event = st.plotly_chart(figure, key=key, config=config, alt=note, **plot)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(note)
        if table is not None:
            data_button(table, f"{key}.csv", f"{key}-data")
    return event


def data_button(table: Callable[[], Mapping[str, Sequence[Any]]], file_name: str, key: str) -> None:
    """Download columns as CSV; they are gathered on the click."""
    st.download_button(
        "data", lambda: as_csv(table()), f"darkroom-{file_name}", "text/csv", key=key, on_click="ignore",
        type="tertiary", icon=":material/download:", help="the numbers of this figure as CSV",
    )  # fmt: skip


def as_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    """CSV text of equally long columns. Texts that a spreadsheet would take for a formula are quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(safe, columns))
    writer.writerows([safe(v) for v in row] for row in zip(*columns.values(), strict=True))
    return out.getvalue()


def foot(facts: str, command: str) -> None:
    """How the numbers came about, and the same as a command."""
    st.caption(plain(facts))
    st.code(command, language="bash", wrap_lines=True)


def nothing_yet(sentence: str, page: str, label: str) -> None:
    """What is missing and the one button that brings it; ends the page."""
    with _messages.get():
        st.info(sentence, icon=":material/info:")
        st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def histogram_columns(found: Mapping[str, Histogram]) -> dict[str, Sequence[Any]]:
    """Class histograms as columns for a file."""
    edges = next(iter(found.values())).edges if found else []
    columns: dict[str, Sequence[Any]] = {"low": list(edges[:-1]), "high": list(edges[1:])}
    for name, one in found.items():
        columns |= {f"n {name}": list(one.counts)}
        columns |= {f"error low {name}": list(one.error_low), f"error high {name}": list(one.error_high)}
    return columns


def histogram_2d_columns(found: Histogram2d) -> dict[str, Sequence[Any]]:
    """A two-dimensional histogram as columns for a file: one line per cell that is not empty."""
    cells = [(i, j) for i, row in enumerate(found.counts) for j, n in enumerate(row) if n]
    return {
        "x low": [found.x_edges[i] for i, _ in cells],
        "x high": [found.x_edges[i + 1] for i, _ in cells],
        "y low": [found.y_edges[j] for _, j in cells],
        "y high": [found.y_edges[j + 1] for _, j in cells],
        "n": [found.counts[i][j] for i, j in cells],
    }


def flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for a table, with windows as text."""
    return [{k: f"{v[0]:g}-{v[1]:g}" if isinstance(v, list) else v for k, v in row.items()} for row in rows]
