"""Pickers that stand on several pages. What is chosen is kept in the address and across pages."""

import streamlit as st

from core.data import selection as selecting
from core.data.dataset import Dataset, list_datasets
from core.data.selection import Selection
from pages.parts import cached, frame

STAY = {"bind": "query-params", "persist_state": "session"}


def dataset() -> Dataset:
    """The data set that the page works on; without any, says how to make one."""
    names = list_datasets()
    if not names:
        frame.nothing_yet(
            "There is no data set yet. Prepare one from raw files; the shipped sample may still be on its way.",
            "pages/data.py", "Go to Data",
        )  # fmt: skip
    name = st.selectbox("data set", names, key="data", label_visibility="collapsed", width=220, **STAY)
    with frame.refusals():
        return cached.open_dataset(name)


def describe(data: Dataset) -> str:
    """One line on a data set."""
    kind = "simulated" if data.simulated else "measured"
    return f"data set {data.name} ({data.id}), {kind}, {data.n_rows:,} rows of {len(data.parts)} files"


def starting_points(data: Dataset) -> dict[str, Selection]:
    """Presets of the experiment and stored selections of the data set, by name."""
    experiment = cached.experiment_of(data)
    found = {name: preset.selection for name, preset in experiment.presets.items()}
    for name in selecting.stored(data.name):
        found[name] = selecting.load(experiment, data.name, name)
    return found
