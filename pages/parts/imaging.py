"""The whole image that rows lie in: which one, which window of it, and what is outlined; a click leads to a row."""

from typing import Any

import streamlit as st

from core import parameters
from core.data import events, frames
from core.data import imaging as images
from core.data.dataset import Dataset
from core.data.imaging import Imaging, Window
from core.data.selection import Selected
from core.figures import frames as drawing
from core.judge.scored import Scored
from pages.parts import cached, choose, form, frame, judged, opening

LOOK, IMAGE, WINDOW, SEEN = "look", "image", "window", "image-seen"
BOX, PICK = "zoom", "pick"
MICE = {BOX: "Drag a box to see it closer.", PICK: "Click a track to have it shown."}
MAX_PX = 560  # cells a side: more than a screen shows of an image beside its facts
HEIGHT, LARGE = 380, 760
CLOSER, WIDER = 0.5, 2.0


def choose_look(data: Dataset) -> str:
    """A view of one row, or the title of its whole image; asked only where there is a choice."""
    experiment = cached.experiment_of(data)
    options = [*experiment.views, *([experiment.imaging.title] if has_images(data) else [])]
    if st.session_state.get(LOOK) not in (None, *options):
        del st.session_state[LOOK]
    if len(options) == 1:
        return options[0]
    chosen = st.segmented_control(
        "look at", options, default=options[0], key=LOOK, required=True, label_visibility="collapsed", **choose.STAY
    )
    return str(chosen or options[0])


def has_images(data: Dataset) -> bool:
    """Whether the rows lie in images that were kept."""
    return bool(cached.experiment_of(data).imaging is not None and data.frames)


def go_to(data: Dataset, row: int) -> None:
    """Let the image of a row be shown, the row in the middle and its neighbours around it."""
    found = cached.experiment_of(data).imaging
    i = frames.frame_of(data, [row])[0]
    facts = data.frames[i]
    st.session_state[LOOK] = found.title
    choose.put(IMAGE, found.name(facts))
    _show(images.around(data, found, row, facts), facts)
    st.session_state[SEEN] = (data.id, row, found.name(facts))


def button(data: Dataset, row: int) -> None:
    """The way from one row to its image."""
    if has_images(data):
        st.button(
            "", icon=":material/zoom_out_map:", on_click=go_to, args=(data, row), key="to-image",
            help="see it in its image, with its neighbours",
        )  # fmt: skip


def panel(selected: Selected, found: Scored | None, rows: Any, row: int, how: drawing.ImageDisplay) -> None:
    """The image with its controls; `rows` pass the filter, `row` is the one that is shown."""
    data, own = selected.dataset, selected.experiment.imaging
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        i, window = _place(data, own, row)
        mouse = _mouse()
        _zoom_buttons(data, i, window, row)
    facts = data.frames[i]
    with frame.refusals():
        cells, factor = _cells(data, data.rows_id, i, window, MAX_PX)
    classes, names, whose, without = _classes(selected, found)
    parts = images.outlines(data, own, i, window, classes, names, rows, without)
    is_here = frames.frame_of(data, [row])[0] == i
    figure = drawing.image(
        cells, factor, window, own.unit, how, parts, names, _told(selected, found),
        shown=images.boxes(data, own, [row])[0] if is_here else None, pixel_um=facts.get("pixel_um"),
        theme=st.context.theme.type or "light",
    )  # fmt: skip
    # both are said: Streamlit would else set the one after the other again and again, and the browser never rests
    how_it_answers = {BOX: ("select", "event"), PICK: ("pan", "event+select")}[mouse]
    figure.update_layout(dragmode=how_it_answers[0], clickmode=how_it_answers[1])
    key = f"image-{data.id}-{i}-{window.text}-{mouse}"
    frame.show_figure(
        figure.update_layout(height=LARGE if how.large else HEIGHT), key, _note(factor, window, whose, mouse),
        on_select=lambda: _picked(data, i, key), selection_mode=("points", "box"),
    )  # fmt: skip
    st.caption(
        "  ·  ".join(f"{name}: {frame.plain(value)}" for name, value in own.facts(facts).items()), help=own.explanation
    )


def _note(factor: int, window: Window, whose: str, mouse: str) -> str:
    size = f"{window.x1 - window.x0:,} × {window.y1 - window.y0:,} px"
    cell = f"a cell is the largest of {factor} × {factor} pixels" if factor > 1 else "every pixel is shown"
    return f"{size}, {cell}; outlined by {whose}. {MICE[mouse]}"


def _mouse() -> str:
    """What the mouse does: a browser gives a box or a click, not both."""
    chosen = st.segmented_control(
        "mouse", list(MICE), default=BOX, key="mouse", required=True, label_visibility="collapsed", **choose.STAY
    )
    return chosen or BOX


def _place(data: Dataset, own: Imaging, row: int) -> tuple[int, Window]:
    """The image and the window that are shown. They follow the row when that has moved on, and else the address."""
    names = [own.name(facts) for facts in data.frames]
    here = int(frames.frame_of(data, [row])[0])
    seen = st.session_state.get(SEEN)
    is_new = seen is None or seen[0] != data.id
    has_moved = not is_new and seen[1] != row
    if here >= 0 and (has_moved or (is_new and st.query_params.get(IMAGE) not in names)):
        choose.put(IMAGE, names[here])
    name = choose.one_of(IMAGE, names, IMAGE, label_visibility="collapsed", width=130)
    i = names.index(name)
    if not is_new and seen[2] != name:
        st.query_params.pop(WINDOW, None)
    facts = data.frames[i]
    with frame.refusals():
        window = images.window_from(st.query_params.get(WINDOW, ""), facts)
    if has_moved and i == here and not images.is_inside(data, own, row, window):
        window = images.around(data, own, row, facts)
    _show(window, facts)
    st.session_state[SEEN] = (data.id, row, name)
    return i, window


def _show(window: Window, facts: Any) -> None:
    """Keep a window in the address; the whole image is what an address without one shows."""
    if window == images.whole(facts):
        st.query_params.pop(WINDOW, None)
    elif st.query_params.get(WINDOW) != window.text:
        st.query_params[WINDOW] = window.text


def _zoom_buttons(data: Dataset, i: int, window: Window, row: int) -> None:
    facts = data.frames[i]
    full = images.whole(facts)
    for icon, target, off, help in (
        ("fit_screen", full, window == full, "the whole image"),
        ("zoom_in", images.zoomed(window, CLOSER, facts), False, "twice as close"),
        ("zoom_out", images.zoomed(window, WIDER, facts), window == full, "half as close"),
    ):
        st.button(
            "", icon=f":material/{icon}:", on_click=_show, args=(target, facts), disabled=off, help=help,
            key=f"to-{icon}",
        )  # fmt: skip
    st.button(
        "", icon=":material/my_location:", on_click=go_to, args=(data, row), key="to-row",
        help="the image around what is shown at the right",
    )  # fmt: skip


def choose_display() -> drawing.ImageDisplay:
    """Stretch, limits and colours of an image."""
    with st.popover("colours", icon=":material/tune:", help="stretch and limits"):
        values = form.draw("image", drawing.ImageDisplay)
    with frame.refusals():
        return parameters.build(drawing.ImageDisplay, values)


@st.cache_resource(max_entries=48, show_spinner=False)
def _cells(_data: Dataset, rows_id: str, i: int, window: Window, max_px: int) -> tuple[Any, int]:
    del rows_id
    return frames.region(_data, i, window.x0, window.x1, window.y0, window.y1, max_px)


@st.cache_resource(max_entries=8, show_spinner=False)
def _predicted(_found: Scored, key: str) -> Any:
    del key
    return images.predicted(_found.dataset.n_rows, _found.rows, _found.probabilities)


def _classes(selected: Selected, found: Scored | None) -> tuple[Any, tuple[str, ...], str, str]:
    """(class of every row, names, whose they are, what one without is called): what the run says, or the labels."""
    if found is None:
        return selected.cutting.labels, selected.classes, f"label ({selected.selection.labels})", events.NO_CLASS
    return (
        _predicted(found, judged.key_of(found)),
        found.classes,
        f"the class that {found.run.id} predicts",
        images.NO_SCORE,
    )


def _told(selected: Selected, found: Scored | None) -> dict[str, tuple[Any, str]]:
    """What stands beside the mouse over a row."""
    data = selected.dataset
    told = {c.title: (data.column(c.name), f",.{c.decimals}f") for c in selected.experiment.columns[:2]}
    if found is not None:
        told[f"score ({found.signal})"] = (judged.row_scores(found).score, ".4f")
    return told


def _picked(data: Dataset, i: int, key: str) -> None:
    """A box becomes the window, a click on a row makes it the one that is shown."""
    event = st.session_state[key]
    facts = data.frames[i]
    if event["selection"]["box"]:
        (x0, x1), (y0, y1) = (event["selection"]["box"][-1][axis] for axis in "xy")
        _show(images.fitted(x0 + 0.5, x1 + 0.5, y0 + 0.5, y1 + 0.5, facts), facts)
        return
    for row in opening.picked_rows(event)[:1]:
        experiment = cached.experiment_of(data)
        st.query_params["uid"] = events.uid_text(experiment, data, row)
        st.session_state[SEEN] = (data.id, row, experiment.imaging.name(facts))
