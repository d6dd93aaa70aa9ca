"""Many rows at once: a gallery of small pictures, each leading to the page of single events."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.figures import thumbnails
from core.selection import events
from pages.widgets import cached, layout, opening

N_SHOWN = 24


def gallery(
    data: Dataset, rows: Any, key: str, of: str, /, captions: Callable[[Any], Sequence[str]] | None = None, **where: Any
) -> None:
    """Some of the rows, taken by chance but always the same ones until others are asked for.

    `of` says in a few words what they are; `captions(rows)` gives the line above each shown one; `where` goes to the page of
    single events beside the one that is clicked.
    """
    draw = st.session_state.get(f"{key}-draw", 0)
    shown = thumbnails.chosen(rows, N_SHOWN, draw)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":small[Shown: {len(shown)} of {len(rows):,} {layout.plain(of)}; click one to see it.]")
        st.button(
            "others", key=f"{key}-others", icon=":material/casino:", type="tertiary", on_click=_others, args=(key,),
            disabled=len(rows) <= N_SHOWN,
        )  # fmt: skip
    if not len(shown):
        return
    experiment = cached.experiment_of(data)
    with layout.refusals():
        titles = thumbnails.titles(experiment.table.columns[0], data, shown, captions(shown) if captions else ())
        figure = _figure(data, tuple(shown.tolist()), titles)
    picked = st.plotly_chart(
        figure, key=f"{key}-{draw}-{len(rows)}", on_select="rerun", selection_mode="points",
        config={"displayModeBar": False}, alt=f"small pictures of {of}",
    )  # fmt: skip
    for row in opening.picked_rows(picked):
        opening.open_events(**{"data": data.name, **where, "uid": events.uid_text(experiment.table, data, row)})


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=cached.KEYS)
def _figure(data: Dataset, rows: tuple[int, ...], titles: list[str]) -> Any:
    """Kept, although it is a figure: two dozen pictures take half a second to draw where a view is drawn small."""
    view = next(iter(cached.experiment_of(data).looking.views.values()))
    return thumbnails.draw(view, data, rows, titles)


def _others(key: str) -> None:
    st.session_state[f"{key}-draw"] = st.session_state.get(f"{key}-draw", 0) + 1
