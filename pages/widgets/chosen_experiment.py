"""The experiment that a user works with: that of the data set or run in the address, else the one of before."""

import streamlit as st

from core import runs
from core.data.dataset import list_datasets, open_dataset
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from pages.widgets import choose

REMEMBERED = "experiment remembered"


def key() -> str:
    """The key of the experiment; of nothing chosen, that of the first data set, else the first there is."""
    chosen = _in_address() or st.session_state.get(REMEMBERED) or _of_first_dataset() or next(iter(EXPERIMENTS))
    st.session_state[REMEMBERED] = chosen
    return str(chosen)


def _in_address() -> str | None:
    """The address describes the page that is shown, but for a choice that was made by hand a moment ago."""
    for name, experiment_of in (("data", _of_dataset), ("run", _of_run)):
        text = st.query_params.get(name)
        if text is None:
            continue
        if choose.was_written(name, text):
            text = st.session_state.get(name, text)
        try:
            key_of_experiment = experiment_of(str(text))
        except DarkroomError:
            continue
        if key_of_experiment in EXPERIMENTS:
            return key_of_experiment
    return None


def _of_dataset(name: str) -> str:
    return open_dataset(name).experiment


def _of_run(run_id: str) -> str:
    return runs.open_run(run_id).experiment


def _of_first_dataset() -> str | None:
    try:
        names = list_datasets()
        return _of_dataset(names[0]) if names else None
    except DarkroomError:
        return None
