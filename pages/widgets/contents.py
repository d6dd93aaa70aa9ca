"""The pages in the navigation: those for which the chosen experiment has what they need."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.experiment import Experiment
from core.registry import EXPERIMENTS
from pages.widgets import chosen_experiment

Entry = tuple[str, ...]
"""File, title, address, what the experiment must have ('' for nothing), and if there is one a symbol."""


def pages(entries: Sequence[Entry]) -> list[Any]:
    """The entries as pages; the others are hidden, but their addresses open and the page says what is missing."""
    experiment = EXPERIMENTS[chosen_experiment.key()]
    return [
        st.Page(
            file, title=title, url_path=address or None, default=not address, icon=symbol[0] if symbol else None,
            visibility="visible" if has(experiment, needed) else "hidden",
        )
        for file, title, address, needed, *symbol in entries
    ]  # fmt: skip


def has(experiment: Experiment, needed: str) -> bool:
    """Whether an experiment has a facet such as `grid`, a part of one such as `analyses.rates`, or an analysis."""
    value: Any = experiment
    for name in filter(None, needed.split(".")):
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return bool(value)
