"""The whole image on the page of single events: it follows the event and the address, and outlines what passes."""

import json

import pytest

from core.data import detector_images, image_rows
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from pages.widgets import opening

TRACKS = list(EXPERIMENTS.values())[1]
OWN = TRACKS.looking.images


@pytest.fixture
def shown(opened, tracks):
    """Open the image of the data set `tracks`."""

    def open_image(**query: str):
        return opened("inspect", **{"data": "tracks", "look": OWN.title, **query})

    return open_image


def uid_of(row: int) -> str:
    return TRACKS.table.uid.text(int(open_dataset("tracks").column("uid")[row]))


def caption(at) -> str:
    return next(c.value for c in at.caption if "outlined by" in c.value)


def test_an_experiment_without_images_has_no_such_control(opened):
    at = opened("inspect", look=OWN.title)
    assert OWN.title not in at.button_group(key="look").options
    assert not [b for b in at.button if b.key in ("to-image", "to-fit_screen")]


def test_the_image_of_the_event_is_shown_whole_to_begin_with(shown):
    data = open_dataset("tracks")
    facts = data.images[0]
    at = shown()
    assert at.query_params["image"] == OWN.name(facts)
    assert "window" not in at.query_params
    assert f"{facts['n_columns']} × {facts['n_rows']} px, every pixel is shown; outlined by label (truth)" in caption(
        at
    )
    assert at.button(key="to-fit_screen").disabled


def test_zoom_is_kept_in_the_address_and_undone(shown):
    at = shown()
    at.button(key="to-zoom_in").click().run()
    facts = open_dataset("tracks").images[0]
    assert at.query_params["window"] == image_rows.zoomed(image_rows.whole(facts), 0.5, facts).text
    at.button(key="to-fit_screen").click().run()
    assert "window" not in at.query_params
    assert shown(window="10-60x20-90").query_params["window"] == "10-60x20-90"


def test_a_wrong_window_is_a_sentence(shown):
    sentence = shown(window="nonsense").error[0].value.replace("\\", "")
    assert "The window is 'nonsense': expected first and last pixels" in sentence


def test_the_image_follows_the_event_to_another_image(shown):
    data = open_dataset("tracks")
    last = int(detector_images.rows_in(data, len(data.images) - 1)[-1])
    at = shown(window="10-60x20-90")
    at.text_input(key="typed-event").set_value(uid_of(last)).run()
    assert at.query_params["image"] == OWN.name(data.images[-1])
    window = image_rows.window_from(at.query_params.get("window", ""), data.images[-1])
    assert image_rows.is_inside(data, OWN, last, window)


def test_another_image_is_shown_whole_and_the_event_stays(shown):
    data = open_dataset("tracks")
    at = shown(window="10-60x20-90")
    before = at.query_params["uid"]
    at.selectbox(key="image").select(OWN.name(data.images[1])).run()
    assert not at.exception
    assert "window" not in at.query_params
    assert at.query_params["uid"] == before


def test_a_drag_moves_the_image_and_a_click_picks_a_track_in_one_mode(shown):
    """Both are said in the figure: without one of them Streamlit sets the two in turn, and the browser hangs."""
    at = shown()
    chart = at.get("plotly_chart")[0].proto
    layout = json.loads(chart.spec)["layout"]
    assert (layout["dragmode"], layout["clickmode"]) == ("pan", "event+select")
    assert json.loads(chart.config)["scrollZoom"] is True
    assert "Drag moves the image" in caption(at)
    assert "Click a track" in caption(at)


def test_from_one_track_to_its_neighbours(opened, tracks):
    data = open_dataset("tracks")
    at = opened("inspect", data="tracks", uid=uid_of(7))
    at.button(key="to-image").click().run()
    facts = data.images[int(detector_images.image_of(data, [7])[0])]
    assert at.query_params["image"] == OWN.name(facts)
    assert at.query_params["window"] == image_rows.around(data, OWN, 7, facts).text
    assert at.query_params["uid"] == uid_of(7)


def test_a_run_gives_the_colours(shown, tracks):
    assert f"outlined by the class that {tracks} predicts" in caption(shown(scores=tracks))


def test_every_view_of_a_track_is_one_click_away(opened, tracks):
    for look in TRACKS.looking.views:
        at = opened("inspect", data="tracks", look=look)
        assert not at.exception
        assert not at.error


def test_clicked_rows_are_read_from_lists_and_from_blocks():
    points = [{"customdata": [4.0, 1.5]}, {"customdata": {"0": 9.0, "1": 2.0}}, {"x": 1}]
    assert opening.picked_rows({"selection": {"points": points}}) == [4, 9]
