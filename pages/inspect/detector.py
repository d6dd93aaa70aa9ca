"""The detector as a map on page Inspect: rates of its channels, dead and hot ones; a click on one leaves its events."""

from typing import Any

import streamlit as st

from core.data import channels as channel_maps
from core.data.channels import Channels, DetectorMap, Hits
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures import detector_map
from core.selection.selection import Selected
from core.statistics.channel_states import TEST
from pages.widgets import cached, choose, layout, opening

CHANNEL = "channel"
HEIGHT = 400


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=cached.KEYS)
def _channels(data: Dataset) -> Channels:
    return cached.experiment_of(data).looking.detector.channels(data)


@st.cache_resource(max_entries=8, show_spinner="Counting what each channel saw ...", hash_funcs=cached.KEYS)
def _hits(data: Dataset, _rows: Any, key: str) -> Hits:
    """`key` stands for the rows."""
    del key
    return channel_maps.hits_of(cached.experiment_of(data).looking.detector, data, _rows)


def of(data: Dataset) -> DetectorMap | None:
    """The map of the data set's detector, where its experiment and its files tell one."""
    detector = cached.experiment_of(data).looking.detector
    return detector if detector is not None and len(_channels(data)) else None


def chosen(data: Dataset) -> int | None:
    """The channel that the address names; what is not there is told and let go."""
    name = st.query_params.get(CHANNEL, "")
    if not name or of(data) is None:
        return None
    try:
        return channel_maps.number_of(_channels(data), name)
    except DarkroomError as error:
        if not choose.was_written(CHANNEL, name):
            layout.warn(f"The link could not be followed: {error}")
        _let_go()
        return None


def within(selected: Selected, rows: Any, key: str) -> Any:
    """Of the rows that pass the filter those that the chosen channel saw; all of them without one."""
    channel = chosen(selected.dataset)
    return rows if channel is None else _hits(selected.dataset, rows, key).rows_of(channel)


def show(selected: Selected, rows: Any, key: str) -> None:
    """The map of the rows that pass the filter, whichever channel is chosen."""
    data = selected.dataset
    detector, channels, channel = of(data), _channels(data), chosen(data)
    with layout.refusals():
        hits = _hits(data, rows, key)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":small[{layout.plain(detector_map.sentence(detector, channels, hits))}]", help=TEST)
        if channel is not None:
            st.button(
                f"only {channels.names[channel]}", key="channel-off", icon=":material/close:", on_click=_let_go,
                help="show the events of all channels again",
            )  # fmt: skip
    figure = detector_map.draw(detector, channels, hits, channel).update_layout(height=HEIGHT)
    layout.show_figure(
        figure, "detector", detector.explanation, lambda: detector_map.columns(channels, hits),
        on_select=lambda: _picked(data), selection_mode="points",
    )  # fmt: skip


def _picked(data: Dataset) -> None:
    """A click on a channel leaves its events; on the one that is chosen already, all of them again."""
    numbers = opening.picked_rows(st.session_state["detector"])
    names = _channels(data).names
    if not numbers or not 0 <= numbers[0] < len(names):
        return
    name = names[numbers[0]]
    if st.query_params.get(CHANNEL) == name:
        _let_go()
    else:
        st.query_params[CHANNEL] = name
        choose.mark_written(CHANNEL, name, choose.owner(data))


def _let_go() -> None:
    st.query_params.pop(CHANNEL, None)
    choose.mark_written(CHANNEL, None, "")
