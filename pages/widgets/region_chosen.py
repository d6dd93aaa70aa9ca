"""A region that was drawn in a plane: in the address, as a chip, and what can be done with its rows."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.labels import tags
from core.selection import region as regions
from core.selection.region import Region
from core.selection.selection import Selected
from core.workflows import quantities
from pages.widgets import cached, layout, opening

KEY = "region"  # in the address


def from_address() -> Region | None:
    """The region that the address names; one that cannot be read is said and left out."""
    if not (text := st.query_params.get(KEY, "")):
        return None
    try:
        return regions.parse(text)
    except DarkroomError as error:
        layout.warn(f"The link could not be followed: {error}")
        clear()
        return None


def put(region: Region | None) -> None:
    """Keep a region in the address; None clears it."""
    if region is None:
        clear()
    else:
        st.query_params[KEY] = str(region)


def clear() -> None:
    st.query_params.pop(KEY, None)


def versions(data: Dataset, region: Region) -> tuple[str, ...]:
    """Change whenever other rows may be inside."""
    return tuple(quantities.version(data, name) for name in (region.x, region.y))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _quantity(data: Dataset, name: str, version: str) -> Any:
    del version
    return quantities.values(cached.experiment_of(data), data, name)


def quantity(data: Dataset, name: str) -> Any:
    """The values (n_rows,) of a quantity that a region or a plane names; of a column those that are cached as columns are."""
    if not quantities.run_of(name):
        return quantities.values(cached.experiment_of(data), data, name)
    return _quantity(data, name, quantities.version(data, name))


def plane_values(data: Dataset, region: Region) -> tuple[Any, Any]:
    """Both quantities of a region, (n_rows,) each."""
    return quantity(data, region.x), quantity(data, region.y)


def rows_of(data: Dataset, region: Region) -> Any:
    """bool (n_rows,): the rows inside."""
    return _inside(data, region, versions(data, region))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _inside(data: Dataset, region: Region, version: tuple[str, ...]) -> Any:
    del version
    return regions.inside(region, *plane_values(data, region))


def chip(selected: Selected) -> Region | None:
    """The region that narrows the events, with how many rows of the selection it holds, to be cleared by a click."""
    region, data = from_address(), selected.dataset
    if region is None:
        return None
    try:
        n = int((rows_of(data, region) & selected.cutting.preselected).sum())
    except DarkroomError as error:
        layout.warn(f"The region is left out: {error}")
        return None
    st.button(
        f"region of {n:,} rows", key="clear-region", icon=":material/close:", on_click=clear,
        help=layout.plain(f"drawn over {region.x} and {region.y}; a click shows events outside of it again"),
    )  # fmt: skip
    return region


def panel(
    selected: Selected,
    rows: Any,
    drawn_of: str,
    by_class: Mapping[str, int],
    region: Region,
    where: Mapping[str, Any],
) -> None:
    """Beside a plane: how many rows the region holds, exactly, and what can be done with them.

    `rows` int64 (k,) are those inside, of what is drawn (`drawn_of`); `where` opens them (`opening.open_events`).
    """
    st.metric(f"in the region, of {drawn_of}", f"{len(rows):,}")
    for name, n in by_class.items():
        st.caption(f"{layout.plain(name)}: {n:,}")
    if st.button(
        "open in Inspect", key="open-region", icon=":material/search:", disabled=not len(rows), type="primary"
    ):
        opening.open_events(**where, region=str(region))
    tag(selected.dataset, rows)
    st.button("clear", key="clear-region", icon=":material/close:", on_click=clear, type="tertiary")


def tag(data: Dataset, rows: Any) -> None:
    """Give all these rows a tag."""
    with st.popover(
        "tag ...", icon=":material/label:", disabled=not len(rows), help="keep these rows together under a name"
    ):
        with st.form("tag-region", border=False):
            name = st.text_input("tag", key="tag-region-name", placeholder="odd-corner", max_chars=64)
            labeller = st.text_input(
                "your name", st.session_state.get("labeller") or "", key="tag-region-labeller", max_chars=64
            )
            is_wanted = st.form_submit_button(f"tag {len(rows):,} rows", type="primary")
        if is_wanted:
            with layout.refusals():
                kept_as = tags.add(data, cached.experiment_of(data).reading.mapping, rows, name, labeller.strip())
            st.success(
                layout.plain(
                    f"{len(rows):,} rows have the tag '{kept_as}': a selection keeps them with --tag {kept_as}."
                ),
                icon=":material/label:",
            )
