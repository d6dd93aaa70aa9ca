"""The whole image that rows lie in: which one, which window of it, and what is outlined; a click leads to a row."""

import math
from pathlib import Path
from typing import Any

import streamlit as st

from core import parameters
from core.data import detector_images
from core.data import image_rows as images
from core.data.dataset import Dataset
from core.data.image_rows import ImageView, Spots, Window
from core.figures import detector_images as drawing
from core.judge.score_table import ScoreTable
from core.selection import events
from core.selection.selection import Selected
from pages.widgets import cached, choose, form, layout, opening, scores, zoom

LOOK, IMAGE, WINDOW, SEEN = "look", "image", "window", "image-seen"
_outliner = st.components.v2.component(
    "darkroom_image_outline",
    js=Path(__file__).with_name("image_outline.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
BOX, PICK = "zoom", "pick"
MICE = {BOX: "Drag a box to see it closer.", PICK: "Click a track to have it shown."}
MAX_PX = 560  # cells a side: more than a screen shows of an image beside its facts
HEIGHT, LARGE = 380, 760
CLOSER, WIDER = 0.5, 2.0
HANDS = "Drag moves the image, the wheel (or shift and a drag) zooms it, a double click shows all of it."
CLICKS, HAS_PICKED = "image-clicks", "image-has-picked"
MAX_PRECISE = 400  # rows in a window, up to which a click hits their pixels and not only the middle of each
SPOT_PX = 5  # side of a square of the screen that a click can hit


def choose_look(data: Dataset) -> str:
    """A view of one row, or the title of its whole image; asked only where there is a choice."""
    experiment = cached.experiment_of(data)
    options = [*experiment.looking.views, *([experiment.looking.images.title] if has_images(data) else [])]
    if len(options) == 1:
        return options[0]
    look: str = choose.one_of(
        "look at", options, LOOK, of=choose.owner(data), draw=st.segmented_control, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return look


def has_images(data: Dataset) -> bool:
    """Whether the rows lie in images that were kept."""
    return bool(cached.experiment_of(data).looking.images is not None and data.images)


def go_to(data: Dataset, row: int) -> None:
    """Let the image of a row be shown, the row in the middle and its neighbours around it."""
    view = cached.experiment_of(data).looking.images
    i = detector_images.image_of(data, [row])[0]
    facts = data.images[i]
    choose.put(LOOK, view.title)
    choose.put(IMAGE, view.name(facts))
    _show(images.around(data, view, row, facts), facts)
    st.session_state[SEEN] = (data.id, row, view.name(facts))


def has_picked() -> bool:
    """Whether this run, of a part of the page, follows a click that all of the page has to follow."""
    return bool(st.session_state.pop(HAS_PICKED, False))


def button(data: Dataset, row: int) -> None:
    """The way from one row to its image."""
    if has_images(data):
        st.button(
            "", icon=":material/zoom_out_map:", on_click=go_to, args=(data, row), key="to-image",
            help="see it in its image, with its neighbours",
        )  # fmt: skip


def panel(selected: Selected, scored: ScoreTable | None, rows: Any, row: int, how: drawing.ImageDisplay) -> None:
    """The image with its controls; `rows` pass the filter, `row` is the one that is shown."""
    data, looking = selected.dataset, cached.experiment_of(selected.dataset).looking.images
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        i, window = _place(data, looking, row)
        _zoom_buttons(data, i, window, row)
    facts = data.images[i]
    with layout.refusals():
        cells, factor = _cells(data, i, window, MAX_PX)
    classes, names, whose, without = _classes(selected, scored)
    parts = images.outlines(data, looking, i, window, classes, names, rows, without)
    is_here = detector_images.image_of(data, [row])[0] == i
    figure = drawing.image(
        cells, factor, window, looking.unit, how, parts, names, _told(selected, scored),
        shown=images.boxes(data, looking, [row])[0] if is_here else None, pixel_um=facts.get("pixel_um"),
        theme=st.context.theme.type or "light",
        spots=_spots(data, i, window, factor), names=_names(data, parts),
    )  # fmt: skip
    # both are said: Streamlit would else set the one after the other again and again, and the browser never rests
    figure.update_layout(
        dragmode="pan",
        clickmode="event+select",
        uirevision=f"{i}|{window.text}",
        meta=events.uid_text(cached.experiment_of(selected.dataset).table, data, row),
    )
    key = f"image-{data.id}-{st.session_state.get(CLICKS, 0)}"
    layout.show_figure(
        figure.update_layout(height=LARGE if how.large else zoom.height_px(HEIGHT)), key, _note(factor, window, whose), wheel=True,
        on_select=lambda: _picked(data, key), selection_mode=("points", "box"),
    )  # fmt: skip
    zoom.follow({key: WINDOW}, lambda ranges: _moved(data, i, ranges))
    # said with what was drawn: a figure of another height is a new one in the browser
    _outliner(data={"figure": key, "drawn": [window.text, zoom.height_px(HEIGHT)]}, key="outline-of-image")
    st.caption(
        "  ·  ".join(f"{name}: {layout.plain(value)}" for name, value in looking.facts(facts).items()),
        help=looking.explanation,
    )


def _note(factor: int, window: Window, whose: str) -> str:
    size = f"{window.x1 - window.x0:,} × {window.y1 - window.y0:,} px"
    cell = f"a cell is the largest of {factor} × {factor} pixels" if factor > 1 else "every pixel is shown"
    return f"{size}, {cell}; outlined by {whose}. {MICE[PICK]} {HANDS}"


def _place(data: Dataset, looking: ImageView, row: int) -> tuple[int, Window]:
    """The image and the window that are shown. They follow the row when that has moved on, and else the address."""
    names = [looking.name(facts) for facts in data.images]
    number = int(detector_images.image_of(data, [row])[0])
    seen = st.session_state.get(SEEN)
    is_new = seen is None or seen[0] != data.id
    has_moved = not is_new and seen[1] != row
    if number >= 0 and (has_moved or (is_new and st.query_params.get(IMAGE) not in names)):
        choose.put(IMAGE, names[number])
    name = choose.one_of(IMAGE, names, IMAGE, of=choose.owner(data), label_visibility="collapsed", width=130)
    i = names.index(name)
    if not is_new and seen[2] != name:
        st.query_params.pop(WINDOW, None)
    facts = data.images[i]
    with layout.refusals():
        window = images.window_from(st.query_params.get(WINDOW, ""), facts)
    if has_moved and i == number and not images.is_inside(data, looking, row, window):
        window = images.around(data, looking, row, facts)
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
    facts = data.images[i]
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


def choose_display(data: Dataset) -> drawing.ImageDisplay:
    """Stretch, limits and colours of the images of a data set."""
    with st.popover("colours", icon=":material/tune:", help="stretch and limits"):
        values = form.draw(f"image-{choose.owner(data)}", drawing.ImageDisplay)
    with layout.refusals():
        return parameters.build(drawing.ImageDisplay, values)


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=cached.KEYS)
def _cells(data: Dataset, i: int, window: Window, max_px: int) -> tuple[Any, int]:
    return detector_images.region(data, i, window.x0, window.x1, window.y0, window.y1, max_px)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _spots(data: Dataset, i: int, window: Window, factor: int) -> Spots | None:
    """Where a click hits a row of a window of image i; None where the experiment does not tell a row's pixels."""
    experiment = cached.experiment_of(data)
    pixels = experiment.by_hand.pixels if experiment.by_hand else None
    if pixels is None:
        return None
    rows = detector_images.rows_in(data, i)
    boxes = images.boxes(data, experiment.looking.images, rows)
    x0, x1, y0, y1 = boxes.T
    inside = (x1 >= window.x0) & (x0 < window.x1) & (y1 >= window.y0) & (y0 < window.y1)
    if inside.sum() > MAX_PRECISE:
        return None
    crops = [pixels.crop(data, row) for row in rows[inside].tolist()]
    step_px = max(factor, math.ceil(SPOT_PX / drawing.screen_px(window)))
    return images.spots(rows[inside], boxes[inside], crops, pixels.scale(data).low, step_px)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=cached.KEYS)
def _predicted(scored: ScoreTable) -> Any:
    return images.predicted(scored.dataset.n_rows, scored.rows, scored.probabilities)


def _classes(selected: Selected, scored: ScoreTable | None) -> tuple[Any, tuple[str, ...], str, str]:
    """(class of every row, names, whose they are, what one without is called): what the run says, or the labels."""
    if scored is None:
        return (
            selected.cutting.labels,
            selected.classes,
            f"label ({selected.selection.labels})",
            events.class_names(selected)[-1],
        )
    return (
        _predicted(scored),
        scored.classes,
        f"the class that {scored.run.name} predicts",
        images.NO_SCORE,
    )


def _told(selected: Selected, scored: ScoreTable | None) -> dict[str, tuple[Any, str]]:
    """What stands beside the mouse over a row."""
    data = selected.dataset
    quantities = {
        c.title: (data.column(c.name), f",.{c.decimals}f")
        for c in cached.experiment_of(selected.dataset).table.columns[:2]
    }
    if scored is not None:
        quantities[f"score ({scored.signal})"] = (scores.row_scores(scored).score, ".4f")
    return quantities


def _names(data: Dataset, parts: Any) -> dict[int, str]:
    """The identities of the rows that are outlined, by row."""
    table = cached.experiment_of(data).table
    return {row: events.uid_text(table, data, row) for part in parts.values() for row in part.rows.tolist()}


def _moved(data: Dataset, i: int, ranges: Any) -> None:
    """What was dragged or zoomed to becomes the window; a side that was not is as it was."""
    facts = data.images[i]
    full = images.whole(facts)
    if not {"x", "y"} <= ranges.keys():
        _show(full, facts)
        return
    (x0, x1), (y0, y1) = ranges["x"], ranges["y"]
    _show(images.fitted(x0 + 0.5, x1 + 0.5, y0 + 0.5, y1 + 0.5, facts), facts)


def _picked(data: Dataset, key: str) -> None:
    """A click on a row makes it the one that is shown; to be run with all of the page."""
    for row in opening.picked_rows(st.session_state[key])[:1]:
        experiment = cached.experiment_of(data)
        st.query_params["uid"] = events.uid_text(experiment.table, data, row)
        st.session_state[CLICKS] = (
            st.session_state.get(CLICKS, 0) + 1
        )  # of a new figure: the next click may be on the same row
        number = int(detector_images.image_of(data, [row])[0])
        st.session_state[SEEN] = (data.id, row, experiment.looking.images.name(data.images[number]))
        st.session_state[HAS_PICKED] = True
