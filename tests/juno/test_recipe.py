"""Images of whole events: pixel by pixel those of plain NumPy, and what must not change them."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks import plain_images
from core import parameters
from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.juno.geometry import Geometry, rings
from core.juno.images import fill
from core.juno.recipe import PmtImage
from tests.juno import flashes

SENSORS = rings()
SMALL = rings(radius_m=8.0, ls_radius_m=6.0)
DATA = flashes.dataset(SENSORS)
POINTS = flashes.vertices(6, seed=1)
EVENTS = [flashes.hits(SENSORS, point, 3000, seed=i) for i, point in enumerate(POINTS)]
RAW, TOF, LIGHT = PmtImage(mode="raw"), PmtImage(), PmtImage(zero="light")
FIVE = ("first", "mean", "std", "charge", "mask")


def images(recipe: PmtImage, events=EVENTS, points=POINTS, data=DATA, form=flashes.arrays) -> np.ndarray:
    return recipe.make(form(events), flashes.table(points), data)


@pytest.mark.parametrize(
    "recipe",
    [
        RAW, TOF, LIGHT, PmtImage(mode="raw", channels=("first", "mean", "charge")), PmtImage(channels=(*FIVE, "sharp")),
        PmtImage(squeeze="bins"), PmtImage(column="count"), PmtImage(mode="raw", squeeze="bins", column="count"),
    ],
)  # fmt: skip
def test_images_are_those_of_plain_numpy(recipe):
    pictures = images(recipe)
    assert pictures.dtype == np.float32
    assert pictures.shape == (len(EVENTS), *recipe.shape(DATA))
    for picture, hits, vertex in zip(pictures, EVENTS, POINTS, strict=True):
        event_ns = flashes.AT_NS if recipe.mode == "tof" and recipe.zero == "fitted" else np.nan
        expected = plain_images.image(hits, vertex, SENSORS, recipe, recipe.shape(DATA), event_ns)
        np.testing.assert_array_equal(picture > 0.0, expected > 0.0)
        np.testing.assert_allclose(picture, expected, atol=1e-6)


FLASHES = [tuple(values[:3000] for values in event) for event in EVENTS]  # without dark hits, all within the window


def test_summed_and_listed_hits_give_the_same_image():
    for recipe in (PmtImage(mode="raw", dark_khz=0.0), PmtImage(channels=FIVE, dark_khz=0.0)):
        np.testing.assert_allclose(images(recipe, FLASHES), images(recipe, FLASHES, form=flashes.summed), atol=1e-5)


def test_events_of_both_forms_stand_beside_each_other():
    listed, summed = (form(FLASHES) for form in (flashes.arrays, flashes.summed))
    mixed = {}
    for name in PmtImage.arrays:
        records = [(listed if i % 2 else summed)[name].item(i) for i in range(len(EVENTS))]
        mixed[name] = Ragged(np.concatenate(records), np.concatenate([[0], np.cumsum([len(r) for r in records])]))
    table, recipe = flashes.table(POINTS), PmtImage(dark_khz=0.0)
    np.testing.assert_allclose(recipe.make(mixed, table, DATA), recipe.make(listed, table, DATA), atol=1e-5)


def test_a_flash_at_the_vertex_gives_equal_times_without_its_flight():
    sharp = dataclasses.replace(SENSORS, tts_ns=np.full(len(SENSORS), 1e-6, np.float32))
    event = flashes.hits(sharp, POINTS[0], 2000, seed=3, decay_ns=0.0)
    event = tuple(values[:2000] for values in event)  # without the dark hits
    data = flashes.dataset(sharp)
    times = {}
    for recipe in (TOF, LIGHT, RAW):
        picture = images(recipe, [event], POINTS[:1], data)[0]
        times[recipe] = picture[..., :2][picture[..., 0] > 0.0]
    at_zero = fill.early(0.0, -TOF.before_ns, TOF.after_ns)
    np.testing.assert_allclose(times[TOF], at_zero, atol=1e-4)
    np.testing.assert_allclose(times[LIGHT], at_zero, atol=1e-4)
    assert np.ptp(times[RAW]) > 0.2


def _turned(event, points, turn):
    """The whole event after a rotation: each hit on the nearest sensor there."""
    from scipy.spatial import cKDTree

    pmt = cKDTree(SENSORS.position_m).query(SENSORS.position_m[event[0]] @ turn.T)[1]
    return (pmt.astype(np.int32), *event[1:]), points @ turn.T


def test_turning_the_whole_event_leaves_the_image_as_it_was_up_to_the_lattice():
    """Compared is the mean by distance from the middle, which does not depend on the roll; hits move to the nearest sensors, where
    some meet, so the light of a ring agrees within a tenth.
    """
    point = np.array([[11.0, -4.0, 6.0]])
    event = flashes.hits(SENSORS, point[0], 6000, seed=4)
    wide = PmtImage(mode="raw", channels=("mask", "first"))
    before = _by_angle(wide, event, point)
    plain = _by_angle(PmtImage(mode="raw", channels=("mask", "first"), rotation="none"), event, point)
    for turn in Rotation.random(3, rng=np.random.default_rng(5)).as_matrix():
        moved, moved_point = _turned(event, point, turn)
        np.testing.assert_allclose(_by_angle(wide, moved, moved_point), before, rtol=0.1)
    assert np.abs(plain - before).max() > 0.1  # which an image that is not rotated does not have


def _by_angle(recipe, event, point):
    """Mean of eight rings around the middle of an image, each 22.5 degrees wide: (channels, 8)."""
    picture = images(recipe, [event], point)[0]
    row, column = np.mgrid[: picture.shape[0], : picture.shape[1]]
    polar = np.pi * (row - 2.5) / 122
    azimuth = (column - 127.5) / np.maximum(np.sin(polar), 0.05) * (0.553 / 19.434)
    inside = (polar > 0.0) & (polar < np.pi) & (np.abs(azimuth) < np.pi)
    away = np.arccos(np.clip(np.sin(polar) * np.cos(azimuth), -1.0, 1.0))
    bins = np.minimum((away / np.pi * 8).astype(int), 7)[inside]
    return np.stack([np.bincount(bins, picture[..., c][inside]) / np.bincount(bins) for c in range(picture.shape[2])])


def test_the_brightest_light_lies_in_the_middle():
    point = np.array([[-12.0, 5.0, 8.0]])
    picture = images(PmtImage(channels=("mask",)), [flashes.hits(SENSORS, point[0], 6000, seed=5)], point)[0, ..., 0]
    assert picture[56:72, 120:136].mean() > 4.0 * picture[56:72, 20:60].mean()


def test_events_without_hits_become_zero_and_one_hit_the_middle():
    none = tuple(np.empty(0, kind) for kind in (np.int32, np.float32, np.float32))
    single = np.array([1234], np.int32), np.array([500.0], np.float32), np.array([1.5], np.float32)
    for recipe in (RAW, TOF):
        empty, lone = images(recipe, [none, single], np.full((2, 3), np.nan))
        assert not empty.any()
        row, column = np.nonzero(lone[..., 0])
        assert (abs(row - 63.5) <= 1).all()
        assert (abs(column - 128) <= 1).all()
        assert len(row) == 1
        assert lone[row[0], column[0], 2] == np.float32(fill.FLOOR)  # no spread is not the same as no hit


def test_a_fit_that_failed_gives_way_to_the_charge_centre():
    points = POINTS.copy()
    table = flashes.table(points) | {"vertex_t_ns": np.full(len(points), np.nan)}
    by_centre = dataclasses.replace(TOF, vertex="charge_centre", zero="light")
    expected = by_centre.make(flashes.arrays(EVENTS), table, DATA)
    for axis in "xyz":
        table[f"vertex_{axis}_m"] = np.full(len(points), np.nan)
        table[f"centre_{axis}_m"] = table[f"centre_{axis}_m"].copy()
    np.testing.assert_array_equal(TOF.make(flashes.arrays(EVENTS), table, DATA), expected)
    for axis in "xyz":  # nor a centre: that of the event's own charges
        table[f"centre_{axis}_m"][:] = np.nan
    assert (TOF.make(flashes.arrays(EVENTS), table, DATA) > 0.0).sum() == (expected > 0.0).sum()


def test_columns_are_those_that_the_mode_needs():
    assert RAW.columns(DATA) == ()
    of_light = tuple(f"{name}_{axis}_m" for name in ("vertex", "centre") for axis in "xyz")
    assert LIGHT.columns(DATA) == of_light
    assert TOF.columns(DATA) == (*of_light, "vertex_t_ns")
    assert PmtImage(vertex="charge_centre", zero="light").columns(DATA) == ("centre_x_m", "centre_y_m", "centre_z_m")
    assert PmtImage(mode="raw", roll="random").columns(DATA) == ("uid",)
    assert "true_x_m" in PmtImage(vertex="true").columns(DATA)


def test_true_vertices_of_measured_data_are_refused():
    measured = flashes.dataset(SENSORS, "measured")
    measured.defines = lambda column: not column.startswith("true")
    with pytest.raises(DarkroomError, match="'measured' has no true vertices"):
        PmtImage(vertex="true").columns(measured)
    assert PmtImage(mode="raw", vertex="true").columns(measured) == ()


def test_bytes_are_the_image_in_256_steps():
    plain, stepped = (images(PmtImage(mode="raw", channels=FIVE, as_bytes=as_bytes)) for as_bytes in (False, True))
    np.testing.assert_allclose(np.rint(stepped * 255.0), stepped * 255.0, atol=1e-4)
    np.testing.assert_allclose(stepped, plain, atol=0.5 / 255.0 + 1e-6)


def test_late_light_is_at_the_floor_and_never_zero():
    pictures = images(PmtImage(mode="raw", time_span_ns=1.0))
    lit = pictures[pictures[..., 2] > 0.0]
    assert lit.min() == np.float32(fill.FLOOR)


def test_random_rolls_keep_the_middle_and_move_the_rest():
    plain, rolled = images(RAW), images(PmtImage(mode="raw", roll="random"))
    np.testing.assert_array_equal((plain > 0.0).sum(axis=(1, 2)), (rolled > 0.0).sum(axis=(1, 2)))
    assert (plain != rolled).any()
    np.testing.assert_array_equal(rolled, images(PmtImage(mode="raw", roll="random")))


def test_other_spheres_choose_their_own_canvas():
    data = flashes.dataset(SMALL)
    event = flashes.hits(SMALL, np.array([2.0, 1.0, 0.0]), 1000, seed=6)
    assert images(RAW, [event], POINTS[:1] / 3.0, data).shape == (1, *RAW.shape(data))


def test_sensors_that_form_no_sphere_are_refused():
    position = np.random.default_rng(7).uniform(-1.0, 1.0, (100, 3))
    box = flashes.dataset(Geometry(np.arange(100), position, np.ones(100, np.float32)), "box")
    with pytest.raises(DarkroomError, match=r"'box' do not stand on one sphere, so there are no images"):
        RAW.shape(box)


def test_a_canvas_that_is_too_small_is_refused():
    for recipe in (
        PmtImage(width_px=200), PmtImage(height_px=100), PmtImage(squeeze="bins", width_px=256), PmtImage(column="count", width_px=220),
    ):  # fmt: skip
        with pytest.raises(DarkroomError, match="too small for 17,540 sensors, which need 122 x"):
            recipe.shape(DATA)


def test_channels_are_named_once():
    for channels in ((), ("first", "first")):
        with pytest.raises(DarkroomError, match="name at least one of"):
            parameters.build(PmtImage, {"channels": channels})
    with pytest.raises(DarkroomError, match="colour"):
        parameters.build(PmtImage, {"channels": ["colour"]})


def test_a_recipe_survives_its_own_json():
    recipe = PmtImage(mode="raw", channels=("first", "charge"), roll="pca")
    assert parameters.build(PmtImage, parameters.to_dict(recipe)) == recipe
