"""Pickers that stand on several pages. What is chosen is kept in the address and across pages."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core import parameters, workspace
from core.data.dataset import Dataset, list_datasets
from core.errors import DarkroomError
from core.experiment import Experiment
from core.labels import log, tag_log
from core.labels.labels import checked_scheme
from core.selection import selection as selecting
from core.selection.schemes import with_usable_labels
from core.selection.selection import Selection
from core.workflows.as_command import as_options as as_options
from pages.widgets import cached, layout

STAY: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


def dataset() -> Dataset:
    """The data set that the page works on; without any, says how to make one."""
    names = list_datasets()
    if not names:
        layout.nothing_yet(
            "There is no data set yet. Prepare one from raw files; the shipped sample may still be on its way.",
            "pages/data/page.py", "Go to Data",
        )  # fmt: skip
    by_link = st.query_params.get("data") in names and not is_written("data", st.query_params["data"])
    name = one_of("data set", names, "data", on_change=forget_changes, label_visibility="collapsed", width=220)
    with layout.refusals():
        data = cached.open_dataset(name)
    st.session_state["linked to"] = owner(data) if by_link else None
    return data


def owner(data: Dataset) -> str:
    """What the controls of a data set are remembered under: its experiment and its name."""
    return f"{data.experiment}/{data.name}"


def one_of(
    label: str, options: Sequence[Any], key: str, *, first: Any = None, of: str = "",
    draw: Callable[..., Any] = st.selectbox, on_change: Callable[[], None] | None = None, **look: Any,
) -> Any:  # fmt: skip
    """One of the options, always in the address: a default could be another tomorrow. `first` (the first option) to begin with.

    `of` is what the choice belongs to: a data set (`owner`), a run. Each has its own choice, and no other one's is carried
    into it. A bound widget leaves its default out, goes on showing an option that is no more, and knows no owners; so the
    address is kept here: what differs from what was last written there came with a link and is followed.
    """
    by_text = {look.get("format_func", str)(option): option for option in options} | {str(o): o for o in options}
    address, written = st.query_params.get(key), st.session_state.get(_written(key))
    if address not in (None, *by_text):
        layout.warn(f"The address asks for {label} '{address}', which is not here: another one is shown.")
    if address in by_text and not is_written(key, address, of):
        value = by_text[address]
    elif written is not None and written[0] == of and key in st.session_state:
        value = st.session_state[key]
    else:
        value = _memory().get((key, of), first)
    if value not in by_text.values():
        value = options[0] if first is None else first
    st.session_state[key] = value  # said each time: the browser is told, and a page that was not drawn before knows it
    chosen = draw(label, options, key=key, persist_state="session", on_change=_changed, args=(on_change,), **look)
    if st.query_params.get(key) != str(chosen):
        st.query_params[key] = str(chosen)
    mark_written(key, str(chosen), of)
    _memory()[key, of] = chosen
    return chosen


def _written(key: str) -> str:
    return f"{key} in the address"


def mark_written(key: str, text: Any, of: str) -> None:
    """Note what was written into the address for something that belongs to `of`."""
    st.session_state[_written(key)] = of, text


def is_written(key: str, text: Any, of: str = "") -> bool:
    """Whether an address that says this was written by a page, not brought along by a link."""
    return bool(st.session_state.get(_written(key)) == (of, text))


def was_written(key: str, text: Any) -> bool:
    """The same, whatever it belongs to."""
    return bool((st.session_state.get(_written(key)) or ("", None))[1] == text)


def _memory() -> dict[tuple[str, str], Any]:
    """What was chosen, by (key, what it belongs to)."""
    memory: dict[tuple[str, str], Any] = st.session_state.setdefault("chosen", {})
    return memory


def _changed(also: Callable[[], None] | None) -> None:
    """Another choice by hand: what the address says of things that belong to another choice is not a link to follow."""
    for name in [n for n in st.query_params if (st.session_state.get(_written(n)) or ("", ""))[0]]:
        del st.query_params[name]
    if also is not None:
        also()


def put(key: str, value: str) -> None:
    """Let `one_of` show this value, also where it is not drawn now: an address that said another one would win."""
    st.session_state[key] = value
    st.session_state[_written(key)] = None
    st.query_params[key] = value


def forget(key: str) -> None:
    """Let `one_of` begin anew or follow the address, whatever the choice belongs to."""
    st.session_state.pop(_written(key), None)
    for known in [known for known in _memory() if known[0] == key]:
        del _memory()[known]


def apart(of: str, **first: Any) -> None:
    """Before bound widgets are drawn whose values mean another thing for another data set: each has its own.

    `first` are the keys with the values to begin with. What a link says is followed.
    """
    before = st.session_state.get("apart", {})
    for key, value in first.items():
        was = before.get(key, of)
        if was != of:
            _memory()[key, was] = st.session_state.get(key, value)
            if st.session_state.get("linked to") != of or key not in st.query_params:
                st.session_state[key] = _memory().get((key, of), value)
    st.session_state["apart"] = before | dict.fromkeys(first, of)


def labeller(data: Dataset, **look: Any) -> str:
    """The name under which labels, tags and notes are kept: typed once, then in the address; empty until it is a name."""
    known = ", ".join(sorted({*log.labellers(data.experiment), *tag_log.people(data.experiment)})) or "nobody yet"
    name = st.text_input(
        "labeller", key="labeller", max_chars=64, placeholder="your name", **STAY, **look,
        help="letters and digits of any script, '.', '_' or '-'; labels, tags and notes are kept under it. So far by: "
        + layout.plain(known),
    ).strip()  # fmt: skip
    if name:
        with layout.refusals():
            name = workspace.checked_name(name, "labeller")
    return name


def describe(data: Dataset) -> str:
    """One line on a data set."""
    kind = "simulated" if data.simulated else "measured"
    return f"data set {data.name} ({data.id}), {kind}, {data.n_rows:,} rows of {len(data.parts)} files"


def starting_points(data: Dataset) -> dict[str, Selection]:
    """Presets of the experiment and stored selections of the data set, by name."""
    experiment = cached.experiment_of(data)
    by_name = {
        name: with_usable_labels(experiment.selecting, experiment.labels, data, preset.selection)
        for name, preset in experiment.selecting.presets.items()
    }
    for name in selecting.stored(data.name):
        try:
            by_name[name] = selecting.load(experiment.selecting, experiment.labels, data.name, name)
        except DarkroomError as error:
            layout.warn(f"The selection '{name}' is left out: {error}")
    return by_name


def default_start(data: Dataset, starts: dict[str, Selection]) -> str:
    """The first preset that keeps any row of the data set, else the last preset (no cut)."""
    presets = list(cached.experiment_of(data).selecting.presets)
    return next((n for n in presets if len(cached.select(data, starts[n]).preselected)), presets[-1])


def from_address(experiment: Experiment, base: Selection) -> Selection:
    """`base` with the changes that a copied link names; what is wrong in a link is told and left out."""
    try:
        return Selection(
            parameters.override(base.cuts, st.query_params.get_all("cut")),
            checked_scheme(experiment.labels, st.query_params.get("labelled", base.labels)),
            parameters.override(base.split, st.query_params.get_all("division")),
            parameters.override(base.tags, st.query_params.get_all("tags")),
        )
    except DarkroomError as error:
        layout.warn(f"The link could not be followed: {error}")
        return base


CHANGES = "cut", "division", "labelled", "tags"


def forget_changes() -> None:
    """Another selection is taken as it is, without the changes that a link made to another one."""
    for name in CHANGES:
        st.query_params.pop(name, None)


def into_address(selection: Selection, base: Selection) -> None:
    """Keep in the address how a selection differs from where it started, so that the link shows the same."""
    wanted = {
        "cut": parameters.as_assignments(selection.cuts, base.cuts),
        "division": parameters.as_assignments(selection.split, base.split),
        "labelled": [selection.labels] if selection.labels != base.labels else [],
        "tags": parameters.as_assignments(selection.tags, base.tags),
    }
    for name, values in wanted.items():
        if st.query_params.get_all(name) != values:
            st.query_params[name] = values


def labelled(selection: Selection) -> str:
    """What labels the rows, for the foot line; nothing where there are no labels."""
    return f"; labels {selection.labels}" if selection.labels else ""


def remember(data: Dataset, selection: Selection) -> None:
    """Keep the selection that a page made, so that other pages can go on with it."""
    st.session_state["current-selection"] = (data.name, selection)


def current(data: Dataset) -> Selection | None:
    """The selection of this data set that was made last in this tab."""
    name, selection = st.session_state.get("current-selection", ("", None))
    return selection if name == data.name else None
