"""The event on page Inspect: its pictures, alone or beside each other, over what is held, and what is known of it.

It is a fragment: while events are played only this is drawn anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures import overlay
from core.figures import zoom as zooms
from core.figures.looking import View
from core.judge.score_table import ScoreTable
from core.selection import events
from core.selection.selection import Selected
from pages.inspect import holding, playing, stepping
from pages.widgets import cached, choose, detector_image, form, layout, zoom
from pages.widgets import scores as judged

HEIGHT = 370
FACT_PX = 135  # for the longest name of a fact
NOTHING, BESIDE = "nothing", "beside"
MAIN, SECOND = "event", "event-beside"  # keys of the figures
IN_ADDRESS = {MAIN: "zoom", SECOND: "zoom-beside"}
SHARES = {
    1: [62, 38],
    2: [40, 36, 24],
    3: [29, 27, 24, 20],
    4: [24, 21, 21, 18, 16],
}  # of the width, the last for the facts


@dataclass(frozen=True)
class Picture:
    """A view of the experiment with its parameters; `key` is that of its figure on the page."""

    key: str
    look: str
    view: View
    how: Any

    def axes(self, data: Dataset, uid: str) -> str:
        """What a zoom of it belongs to: these axes, and where they differ from row to row this one."""
        return f"{choose.owner(data)}/{self.look}" + ("" if self.view.has_same_axes else f"/{uid}")


def choose_pictures(data: Dataset, look: str) -> tuple[Picture, ...]:
    """How the event is drawn, and what is drawn beside it; nothing where the whole image is looked at."""
    views = cached.experiment_of(data).looking.views
    with st.popover("picture", icon=":material/tune:", help="what is drawn, and around what, and what beside it"):
        pictures = [_with_parameters(data, MAIN, look)]
        beside = choose.one_of(
            "beside it",
            [NOTHING, *views],
            BESIDE,
            of=choose.owner(data),
            format_func=lambda k: k if k == NOTHING else views[k].title,
        )
        if beside != NOTHING:
            pictures.append(_with_parameters(data, SECOND, beside))
    return tuple(pictures)


def _with_parameters(data: Dataset, key: str, look: str) -> Picture:
    """A view with the values of its form, which the address says where they are not the declared ones."""
    view = cached.experiment_of(data).looking.views[look]
    prefix, name = f"view-{choose.owner(data)}/{key}/{look}", "how" if key == MAIN else "how-beside"
    usual, text = view.parameters(), st.query_params.get_all(name)
    if text and not choose.is_written(name, text, prefix):
        try:
            form.fill(prefix, parameters.override(usual, text))
        except DarkroomError as error:
            layout.warn(f"The link could not be followed: {error}")
    values = form.draw(prefix, view.parameters)
    with layout.refusals():
        how = parameters.build(view.parameters, values)
    address = parameters.as_assignments(how, usual)
    if text != address:
        st.query_params[name] = address
    choose.mark_written(name, address, prefix)
    return Picture(key, look, view, how)


def of_first_view(data: Dataset, pictures: Sequence[Picture]) -> Any:
    """The parameters of the experiment's first view: those chosen where it is shown, else the declared ones."""
    look, view = next(iter(cached.experiment_of(data).looking.views.items()))
    return next((picture.how for picture in pictures if picture.look == look), view.parameters())


@st.fragment
def show(selected: Selected, scored: ScoreTable | None, rows: Any, row: int, pictures: Sequence[Picture]) -> None:
    """The pictures of the event that is shown or played, and its facts."""
    row, held = playing.row_shown(row), holding.row_held(selected)
    with layout.refusals():
        figures = [figure for picture in pictures for figure in _drawn(selected, row, held, picture)]
    _zoomed(selected, row, [(p, f) for p, f in figures if p is not None])
    columns = st.columns(SHARES[len(figures)], gap="small")
    for (picture, figure), column in zip(figures, columns, strict=False):
        with column:
            _show(picture, figure, held)
    with columns[-1]:
        st.markdown(f":small[{stepping.place_in(rows, row)}]", width="content")
        facts(selected, scored, row, zoom.height_px(HEIGHT) - 20)
    followed = {picture.key: IN_ADDRESS[picture.key] for picture in pictures}
    (zoom.follow if len(pictures) > 1 else zoom.follow_alone)(followed)
    stepping.listen(selected, row)
    playing.listen(selected, rows, row)


def _drawn(selected: Selected, row: int, held: int | None, picture: Picture) -> list[tuple[Picture | None, Any]]:
    """(picture, figure); behind it what is held where it cannot lie under it, without a picture of its own."""
    data, view = selected.dataset, picture.view
    table = cached.experiment_of(data).table
    figure = view.draw(data, row, picture.how)
    if held is None or held == row:
        return [(picture, figure)]
    reference, name = view.draw(data, held, picture.how), events.uid_text(table, data, held)
    if view.is_overlaid:
        return [(picture, overlay.over(figure, reference, name))]
    return [(picture, figure), (None, reference)]


def _zoomed(selected: Selected, row: int, figures: Sequence[tuple[Picture, Any]]) -> None:
    """Set what the address says is looked at; what is zoomed along x is so in both pictures where x means the same."""
    uid = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    first = {}
    for i, (picture, figure) in enumerate(figures):
        of = picture.axes(selected.dataset, uid)
        ranges = zoom.ranges(IN_ADDRESS[picture.key], of)
        if i:
            ranges |= zooms.shared_x(first, figures[0][1], figure)
        else:
            first = ranges
        zooms.applied(figure, ranges)
        is_shared = len(figures) > 1  # a zoom of the one must be taken by the other, whatever it had
        figure.update_layout(
            uirevision=zoom.revision(f"{of}|{picture.how}|{ranges if is_shared else ''}"),
            meta=uid,
            height=zoom.height_px(HEIGHT),
        )


def _show(picture: Picture | None, figure: Any, held: int | None) -> None:
    if picture is None:
        layout.show_figure(
            figure.update_layout(height=zoom.height_px(HEIGHT), meta=None), f"held-{held}", "The event that is held."
        )
        return
    layout.show_figure(figure, picture.key, picture.view.explanation)


def facts(selected: Selected, scored: ScoreTable | None, row: int, height: int) -> None:
    """What is known of an event."""
    scores = judged.row_scores(scored) if scored else None
    known = events.facts(cached.experiment_of(selected.dataset).table, selected, row, scores)
    lines = [{"of this event": name, "": value} for name, value in known.items()]
    st.dataframe(
        lines, hide_index=True, height=height, row_height=28, alt="features and flags of the event",
        column_config={"of this event": st.column_config.TextColumn(width=FACT_PX)},
    )  # fmt: skip


@st.fragment
def show_image(selected: Selected, scored: ScoreTable | None, rows: Any, row: int, how: Any) -> None:
    """The whole image that the event lies in, and its facts."""
    row = playing.row_shown(row)
    left, right = st.columns([67, 33], gap="small")
    with left, layout.refusals():
        detector_image.panel(selected, scored, rows, row, how)
    if detector_image.has_picked():
        st.rerun()
    with right:
        st.markdown(f":small[{stepping.place_in(rows, row)}]", width="content")
        facts(selected, scored, row, zoom.height_px(HEIGHT))
    stepping.listen(selected, row)
    playing.listen(selected, rows, row)
