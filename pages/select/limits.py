"""Minimum and maximum of any feature, where the cuts of an experiment have such limits."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.table import Column, columns_of
from core.selection.panels import LIMITS
from pages.widgets import cached, choose, layout


def fill(data: Dataset, cuts: Any) -> None:
    """Put the limits of cuts into their widgets (before these are drawn)."""
    owner, limits = choose.owner(data), getattr(cuts, LIMITS, ())
    st.session_state[f"limited-{owner}"] = [limit.feature for limit in limits]
    ranges = {c.name: (c.low, c.high) for c in columns_of(cached.experiment_of(data).table, data)}
    with layout.refusals():
        data.columns(limit.feature for limit in limits if limit.feature not in ranges)
    for limit in limits:
        low, high = ranges[limit.feature]  # an open end is the end of the slider
        st.session_state[f"limit-{owner}-{limit.feature}"] = (
            min(max(limit.low, low), high),
            max(min(limit.high, high), low),
        )


def draw(owner: str, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """Sliders of the features that are limited, and a list to choose these from."""
    names, key = {column.name: column for column in columns}, f"limited-{owner}"
    st.session_state[key] = [name for name in st.session_state.get(key, ()) if name in names]
    with st.expander("limits of other features"):
        chosen = st.multiselect(
            "features", list(names), key=key, format_func=lambda n: names[n].title, persist_state="session"
        )
        limits = []
        for name in chosen:
            c = names[name]
            limit = f"limit-{owner}-{name}"
            st.session_state.setdefault(limit, (c.low, c.high))
            low, high = st.slider(c.title, c.low, c.high, key=limit, persist_state="session")
            limits.append(
                {"feature": name, "low": low if low > c.low else -1e30, "high": high if high < c.high else 1e30}
            )
    return limits
