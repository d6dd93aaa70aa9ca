"""Open certain events on the page that shows one at a time."""

from typing import Any

import streamlit as st

ANY, OF_RUN = "any", "the run's own"
REST = "all others"  # than the class that is judged against the rest

NO_FILTER = {
    "class": ANY, "low": None, "high": None, "flag": ANY, "score": (0.0, 1.0), "of": ANY, "wrong": False,
    "called": ANY, "of_class": "",
}  # fmt: skip
ON_BOTH = ("of_class", "reject")  # widgets of both pages: drawn already, they hold their value and write it themselves


def open_events(**asked: Any) -> None:
    """Go there with these values of its widgets; no condition of an earlier visit is left to narrow the events.

    The session resets what is not asked, which an address cannot; the address says what is asked.
    """
    for key, value in (NO_FILTER | asked).items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value
    address = {key: _in_address(value) for key, value in asked.items() if key not in ON_BOTH}
    st.switch_page("pages/inspect.py", query_params=address)


def _in_address(value: Any) -> str | list[str]:
    if isinstance(value, tuple):
        return [str(_in_address(v)) for v in value]
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def picked_rows(event: Any) -> list[int]:
    """Row numbers of the points that were clicked in a figure: what their custom data begin with.

    Of columns that reach the browser as one block the custom data come back by number.
    """
    found = [point.get("customdata") for point in event["selection"]["points"]]
    return [int(next(iter(data.values())) if isinstance(data, dict) else data[0]) for data in found if data]
