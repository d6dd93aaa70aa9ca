"""Pickers that stand on several pages. What is chosen is kept in the address and across pages."""

import shlex
from typing import Any

import streamlit as st

from core import parameters
from core.data import selection as selecting
from core.data.dataset import Dataset, list_datasets
from core.data.selection import Selection
from core.errors import DarkroomError
from core.experiment import Experiment
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
    name = one_of("data set", names, "data", label_visibility="collapsed", width=220)
    with frame.refusals():
        return cached.open_dataset(name)


def one_of(label: str, options: list[str], key: str, **look: Any) -> str:
    """One of the options (the first to begin with), always in the address: a default could be another tomorrow.

    A bound widget leaves its default out, so the address is kept here: what differs from what was last written there
    came with a link and is followed.
    """
    asked, written = st.query_params.get(key), f"{key} in the address"
    if asked in options and asked != st.session_state.get(written):
        st.session_state[key] = asked
    elif asked not in (None, *options):
        frame.warn(f"The address asks for {label} '{asked}', which is not here: '{options[0]}' is shown.")
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    chosen = st.selectbox(label, options, key=key, persist_state="session", **look)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    st.session_state[written] = chosen
    return chosen


def put(key: str, value: str) -> None:
    """Let `one_of` show this value, also where it is not drawn now: an address that said another one would win."""
    st.session_state[key] = value
    st.query_params[key] = value


def describe(data: Dataset) -> str:
    """One line on a data set."""
    kind = "simulated" if data.simulated else "measured"
    return f"data set {data.name} ({data.id}), {kind}, {data.n_rows:,} rows of {len(data.parts)} files"


def starting_points(data: Dataset) -> dict[str, Selection]:
    """Presets of the experiment and stored selections of the data set, by name."""
    experiment = cached.experiment_of(data)
    schemes = selecting.usable_schemes(experiment, data)
    found = {name: preset.selection for name, preset in experiment.presets.items()}
    for name, one in found.items():  # labels of the truth say nothing of measured data that have others
        if one.labels in experiment.truth_schemes and schemes[0] != one.labels and not data.simulated:
            found[name] = Selection(one.cuts, schemes[0], one.split)
    for name in selecting.stored(data.name):
        try:
            found[name] = selecting.load(experiment, data.name, name)
        except DarkroomError as error:
            frame.warn(f"The selection '{name}' is left out: {error}")
    return found


def default_start(data: Dataset, starts: dict[str, Selection]) -> str:
    """The first preset that keeps any row of the data set, else the last preset (no cut)."""
    presets = list(cached.experiment_of(data).presets)
    return next((n for n in presets if len(cached.select(data, starts[n]).preselected)), presets[-1])


def from_address(experiment: Experiment, base: Selection) -> Selection:
    """`base` with the changes that a copied link names; what is wrong in a link is told and left out."""
    try:
        return Selection(
            parameters.override(base.cuts, st.query_params.get_all("cut")),
            selecting.checked_scheme(experiment, st.query_params.get("labelled", base.labels)),
            parameters.override(base.split, st.query_params.get_all("division")),
        )
    except DarkroomError as error:
        frame.warn(f"The link could not be followed: {error}")
        return base


def into_address(selection: Selection, base: Selection) -> None:
    """Keep in the address how a selection differs from where it started, so that the link shows the same."""
    wanted = {
        "cut": parameters.as_assignments(selection.cuts, base.cuts),
        "division": parameters.as_assignments(selection.split, base.split),
        "labelled": [selection.labels] if selection.labels != base.labels else [],
    }
    for name, values in wanted.items():
        if st.query_params.get_all(name) != values:
            st.query_params[name] = values


def remember(data: Dataset, selection: Selection) -> None:
    """Keep the selection that a page made, so that other pages can go on with it."""
    st.session_state["current-selection"] = (data.name, selection)


def current(data: Dataset) -> Selection | None:
    """The selection of this data set that was made last in this tab."""
    name, selection = st.session_state.get("current-selection", ("", None))
    return selection if name == data.name else None


def as_options(experiment: Experiment, selection: Selection) -> str:
    """The command-line options that give this selection, relative to the first preset."""
    name, base = next((n, p.selection) for n, p in experiment.presets.items())
    for candidate, preset in experiment.presets.items():
        if preset.selection == selection:
            name, base = candidate, preset.selection
    words = [f" --preset {name}"]
    if selection.labels != base.labels:
        words.append(f" --labels {selection.labels}")
    for option, now, was in (("--cut", selection.cuts, base.cuts), ("--division", selection.split, base.split)):
        words += [f" {option} {shlex.quote(text)}" for text in parameters.as_assignments(now, was)]
    return "".join(words)
