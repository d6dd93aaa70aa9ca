"""The pictures of an event hold its hits and its pixels; the mean image those of its rows."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from core.errors import DarkroomError
from core.juno import plot, views
from core.juno.geometry import Geometry, rings
from core.juno.images import steps
from core.juno.recipe import PmtImage
from core.juno.views import average, channels, event, maps, panels, small, sphere
from tests.juno import flashes

SENSORS = rings()
POINTS = flashes.vertices(4, seed=2)
EVENTS = [flashes.hits(SENSORS, point, 3000, seed=i) for i, point in enumerate(POINTS)]
NO_HITS = tuple(np.empty(0, kind) for kind in (np.int32, np.float32, np.float32))


@pytest.fixture
def data(monkeypatch) -> flashes.Rows:
    return rows(monkeypatch, SENSORS, [*EVENTS, NO_HITS], np.vstack([POINTS, np.full(3, np.nan)]))


def rows(monkeypatch, sensors, events, points) -> flashes.Rows:
    """Fitted 10 cm beside the truth."""
    out = flashes.Rows(sensors, events, points, monkeypatch, views.event, views.small)
    out.table["vertex_x_m"] = points[:, 0] + 0.1
    return out


def test_an_event_is_said_in_a_sentence(data):
    text = event.event_of(data, 0).sentence()
    assert " PMTs, fitted 10 cm off" in text
    assert event.event_of(data, 4).sentence() == "no light within the window"


def test_every_hit_sensor_stands_on_the_sphere_with_its_number(data):
    figure = plot.draw_sphere(data, 0, plot.SphereView())
    unlit, lit, *points = figure.data
    seen = event.event_of(data, 0).light
    assert len(unlit.x) + len(lit.x) == len(SENSORS)
    np.testing.assert_array_equal(lit.customdata[:, 0], SENSORS.pmt_id[seen.place])
    np.testing.assert_allclose(lit.customdata[:, 1], seen.first_ns, rtol=1e-6)
    assert [point.name for point in points] == ["charge centre", "fitted vertex", "true vertex"]
    np.testing.assert_allclose([points[2].x[0], points[2].y[0], points[2].z[0]], POINTS[0])


def test_the_slider_lights_every_hit_in_time_and_sends_positions_once(data):
    figure = plot.draw_sphere(data, 1, plot.SphereView(play=True))
    lit = figure.data[1]
    sizes = [np.asarray(frame.data[0].marker.size) for frame in figure.frames]
    assert all(frame.data[0].x is None and tuple(frame.traces) == (1,) for frame in figure.frames)
    n_lit = [(size > 0).sum() for size in sizes]
    assert (np.diff(n_lit) >= 0).all()
    assert n_lit[-1] == len(lit.x)
    order = np.argsort(lit.customdata[:, 1])  # a sensor that was hit before is lit before
    for size in sizes[::8]:
        assert (np.diff((size > 0)[order].astype(int)) <= 0).all()
    assert len(figure.layout.sliders[0].steps) == len(figure.frames)


def test_the_steps_end_in_the_image_of_the_recipe(data):
    figure = plot.draw_maps(data, 0, plot.MapsView())
    recipe = PmtImage(mode="raw")
    expected = event.images_of(data, [0], recipe)[0]
    shown = next(trace for trace in figure.data if trace.type == "image")
    png = Image.open(io.BytesIO(base64.b64decode(shown.source.split(",")[1])))
    np.testing.assert_array_equal(np.asarray(png), np.rint(255 * expected))
    squeezed = [trace for trace in figure.data if trace.type == "heatmap"][1]
    np.testing.assert_array_equal(np.isfinite(squeezed.z), expected[..., 0] > 0.0)
    assert len(figure.layout.annotations) == 5


def test_after_the_rotation_the_charge_centre_is_in_the_middle(data):
    shown = event.event_of(data, 2)
    where = steps.places(shown.light, SENSORS, True, True, False)
    azimuth, polar = maps.angles_deg((where.matrix @ shown.light.centre_m)[None])
    assert azimuth[0] == pytest.approx(0.0, abs=1e-4)
    assert polar[0] == pytest.approx(90.0, abs=1e-4)


def test_the_marked_neighbours_part_in_the_pixels_and_not_before(data):
    shown = event.event_of(data, 0)
    where = steps.places(shown.light, SENSORS, True, False, False)
    pair = steps.parting_pair(shown.light, where, SENSORS)
    assert pair is not None
    a, b = pair
    assert np.linalg.norm(SENSORS.position_m[a] - SENSORS.position_m[b]) < 0.7
    assert np.hypot(where.row[a] - where.row[b], where.column[a] - where.column[b]) >= 3.0
    assert steps.parting_pair(event.event_of(data, 4).light, where, SENSORS) is None


@pytest.mark.parametrize("mode", channels.MODES)
def test_channels_are_those_of_the_recipe(data, mode):
    figure = plot.draw_channels(data, 0, plot.ChannelsView(mode=mode, third="charge"))
    planes = [trace.z for trace in figure.data if trace.type == "heatmap"]
    assert len([trace for trace in figure.data if trace.type == "image"]) == (2 if mode == "both" else 1)
    assert len(planes) == (0 if mode == "both" else 3)
    if planes:
        image = event.images_of(data, [0], PmtImage(mode=mode, channels=("first", "mean", "charge")))[0]
        np.testing.assert_array_equal(np.nan_to_num(planes[2]), image[..., 2])


def test_the_image_before_the_rotation_is_drawn_too(data):
    before, after = (
        plot.draw_channels(data, 0, plot.ChannelsView(rotation=rotation)) for rotation in ("none", "charge_centre")
    )
    for figure in (before, after):  # what a hover says stands on a pixel that is lit
        plane, points = figure.data[0].z, figure.data[1]
        assert np.isfinite(plane[points.y, points.x]).all()
        assert np.isfinite(plane).sum() == len(points.x)
    assert (np.isfinite(before.data[0].z) != np.isfinite(after.data[0].z)).any()


@pytest.mark.parametrize(
    ("draw", "how"),
    [
        (sphere.draw_sphere, sphere.SphereView(play=True)), (maps.draw_maps, maps.MapsView()),
        (maps.draw_maps, maps.MapsView(colour="charge", roll="pca", times="without flight")), (channels.draw_channels, channels.ChannelsView()),
    ],
)  # fmt: skip
def test_an_event_without_hits_is_drawn_empty(data, draw, how):
    assert "no light" in " ".join(note.text for note in draw(data, 4, how).layout.annotations)


def test_sensors_that_form_no_sphere_are_seen_in_space_only(monkeypatch):
    position = np.random.default_rng(3).uniform(-1.0, 1.0, (500, 3))
    sensors = Geometry(np.arange(500), position, np.ones(500, np.float32))
    hits = np.arange(100, dtype=np.int32), np.linspace(0.0, 90.0, 100, dtype=np.float32), np.ones(100, np.float32)
    box = rows(monkeypatch, sensors, [hits], np.zeros((1, 3)))
    assert len(plot.draw_sphere(box, 0, plot.SphereView()).data[1].x) == 100
    for draw, how in ((plot.draw_maps, plot.MapsView()), (plot.draw_channels, plot.ChannelsView())):
        with pytest.raises(DarkroomError, match="do not stand on one sphere"):
            draw(box, 0, how)
    assert np.nanmax(small.thumbnails(box, np.array([0]), ["a"]).data[0].z) >= 0.0


def test_a_data_set_without_sensors_says_so(monkeypatch):
    blind = rows(monkeypatch, SENSORS, EVENTS, POINTS)
    blind.geometry = {}
    with pytest.raises(DarkroomError, match="does not know where its sensors stand"):
        plot.draw_sphere(blind, 0, plot.SphereView())


def test_small_pictures_show_the_charge(data):
    figure = small.thumbnails(data, np.array([0, 1]), ["a", "b"])
    assert 10 ** np.nanmax(figure.data[0].z) == pytest.approx(max(event.event_of(data, r).light.charge_pe.max() for r in (0, 1)), rel=1e-4)  # fmt: skip
    np.testing.assert_array_equal(figure.data[1].customdata[:, 0], [0, 1])


def test_the_mean_image_holds_all_the_charge_of_its_rows(data):
    rows = np.arange(4)
    mean = plot.mean_image(data, rows, n_at_most=3)
    assert (mean.n, mean.n_of) == (3, 4)
    charges = [event.event_of(data, row).light.charge_pe.sum() for row in (0, 1, 3)]
    assert np.nansum(mean.charge_pe) == pytest.approx(np.mean(charges), rel=1e-4)
    assert np.nanmax(mean.lit) <= 1.0
    assert 0.0 < np.nanmedian(mean.time_ns) < 60.0
    figure = plot.draw_means({"signal": mean, "background": mean}, {"signal": "#000", "background": "#111"})
    assert len(figure.data) == 4
    empty = average.mean_image(data, rows[:0])
    assert (empty.n, np.isfinite(empty.charge_pe).any()) == (0, False)


def test_pictures_are_colours_of_zero_to_one():
    trace = panels.picture(np.array([[[0.0, 0.5, 2.0]]]))
    png = Image.open(io.BytesIO(base64.b64decode(trace["source"].split(",")[1])))
    assert np.asarray(png).ravel().tolist() == [0, 128, 255]
