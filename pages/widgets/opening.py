"""Open certain events on the page that shows one at a time."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.widgets import choose, layout
from pages.widgets.layout import CAME_FROM

ANY, OF_RUN = "any", "the run's own"
REST = "all others"  # than the class that is judged against the rest

NO_FILTER = {"low": None, "high": None, "score": (0.0, 1.0), "of": ANY, "wrong": False}
CHOICES = (
    "class",
    "flag",
    "called",
    "of_class",
    "by",
    "from",
    "label",
    "region",
    *choose.CHANGES,
)  # which the address leads
ON_BOTH = ("reject",)  # a bound widget of both pages: drawn already, it holds its value and writes it itself


def open_events(**wanted: Any) -> None:
    """Go there with these values of its widgets; no condition of an earlier visit is left to narrow the events.

    The session resets what is not asked, which an address cannot; the address says what is asked.
    """
    for key in CHOICES:
        choose.forget(key)
    for key, value in (NO_FILTER | {key: value for key, value in wanted.items() if key not in CHOICES}).items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value
    _remember_way_back(wanted)
    address = {key: _in_address(value) for key, value in wanted.items() if key not in ON_BOTH}
    st.switch_page("pages/inspect/page.py", query_params=address)


def _remember_way_back(wanted: Mapping[str, Any]) -> None:
    """Keep where one comes from: the page with its address, and what was opened there."""
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    st.session_state[CAME_FROM] = st.session_state["page shown"], address, _in_words(wanted)


def _in_words(wanted: Mapping[str, Any]) -> str:
    """The cell or the list that was opened."""
    words = [str(wanted["class"])] if "class" in wanted else []
    if wanted.get("low") is not None and wanted.get("high") is not None:
        words.append(f"{wanted['low']:g} to {wanted['high']:g}")
    if "score" in wanted:
        words.append("score {:g} to {:g}".format(*wanted["score"]))
    words += [f"called {wanted['called']}"] if "called" in wanted else []
    words += ["a region"] if "region" in wanted else []
    words += ["misclassified"] if wanted.get("wrong") else []
    return ", ".join(words)


def way_back() -> None:
    """The link back to the cell that one came from, where one did."""
    if CAME_FROM not in st.session_state:
        return
    page, address, words = st.session_state[CAME_FROM]
    label = f"back to {page}" + (f": {layout.plain(words)}" if words else "")
    st.page_link(f"pages/{page}/page.py", label=label, query_params=address, icon=":material/undo:")


def _in_address(value: Any) -> str | list[str]:
    if isinstance(value, tuple):
        return [str(_in_address(v)) for v in value]
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:.12g}" if isinstance(value, float) else str(value)
    )


def picked_rows(event: Any) -> list[int]:
    """Row numbers of the points that were clicked in a figure: what their custom data begin with.

    Of columns that reach the browser as one block the custom data come back by number.
    """
    points = [point.get("customdata") for point in event["selection"]["points"]]
    return [int(next(iter(data.values())) if isinstance(data, dict) else data[0]) for data in points if data]
