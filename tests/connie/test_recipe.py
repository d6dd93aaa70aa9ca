"""The five variants of the slides, step by step, against Pillow and numbers made by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from core import parameters
from core.connie.features import DEBLENDED, EDGE
from core.connie.recipe import CAP_E, VARIANT_CLASSES, VARIANTS, TrackInput
from core.connie.scalars import SCALARS, columns_of, scaled
from core.data.ragged import from_records
from core.errors import DarkroomError

SHAPES = [(5, 7), (20, 90), (130, 40), (64, 64), (1, 3), (200, 3), (1, 1)]


def made(recipe: TrackInput, crops: list[np.ndarray], **columns: list[float]):
    """The pictures of some crops, as the loader asks for them."""
    raw = from_records([np.asarray(crop, np.float32).ravel() for crop in crops])
    table = {
        "crop_height_px": np.array([crop.shape[0] for crop in crops], np.int32),
        "crop_width_px": np.array([crop.shape[1] for crop in crops], np.int32),
        **{name: np.array(values, np.float32) for name, values in columns.items()},
    }
    return recipe.make({"crop": raw}, table, None)


def crop(shape: tuple[int, int]) -> np.ndarray:
    """Charge with some negatives, as noise leaves it."""
    rng = np.random.default_rng(shape[0])
    return (rng.exponential(300.0, shape) - 30.0).astype(np.float32)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("shape", SHAPES)
def test_resizing_is_pillows_bilinear_with_antialias(shape, size):
    picture = crop(shape)
    steps = TrackInput(size_px=size).steps(picture)
    theirs = Image.fromarray(np.maximum(picture, 0), mode="F").resize((size, size), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(steps[f"resized to {size} px"], np.asarray(theirs), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_steps_on_the_page_end_in_what_the_network_sees(name):
    recipe = VARIANTS[name]
    crops = [crop(shape) for shape in SHAPES]
    pictures = made(recipe, crops)
    assert pictures.shape == (len(SHAPES), *recipe.shape(None))
    assert pictures.dtype == np.float32
    for picture, pixels in zip(pictures, crops, strict=True):
        steps = recipe.steps(pixels)
        assert next(iter(steps)) == "raw"
        assert ("logarithm" in steps) == recipe.log
        assert steps["0-255"].dtype == np.uint8
        np.testing.assert_array_equal(picture[..., 0] * 255, steps["0-255"])


def test_the_variants_are_those_of_the_slides():
    assert {n: (r.size_px, r.padding, r.log, VARIANT_CLASSES[n]) for n, r in VARIANTS.items()} == {
        "A": (64, False, False, "three"),
        "B": (64, False, True, "six"),
        "C": (64, True, True, "three"),
        "D": (64, False, True, "three"),
        "E": (128, False, True, "three"),
    }
    assert all(r.norm == "image" and not r.scalars for r in VARIANTS.values())


def test_logarithm_and_0_255_by_hand():
    picture = np.zeros((8, 8), np.float32)
    picture[2, 3], picture[4, 4], picture[0, 0] = 99.0, 9.0, -50.0
    log = TrackInput(size_px=8).steps(picture)["0-255"]
    assert (log[2, 3], log[4, 4], log[0, 0]) == (255, round(255 * np.log(10) / np.log(100)), 0)
    linear = TrackInput(size_px=8, log=False).steps(picture)["0-255"]
    assert (linear[2, 3], linear[4, 4], linear[0, 0]) == (255, round(255 * 9 / 99), 0)


def test_own_scale_takes_the_energy_away_and_the_global_one_keeps_it():
    faint, bright = crop((9, 9)), 10 * crop((9, 9))
    own = made(TrackInput(log=False), [faint, bright])
    np.testing.assert_array_equal(own[0], own[1])
    common = made(TrackInput(log=False, norm="global"), [faint, bright])
    assert common[1].sum() == pytest.approx(10 * common[0].sum(), rel=0.2)


def test_padding_keeps_the_scale_and_centres():
    picture = np.full((10, 20), 7.0, np.float32)
    padded = TrackInput(padding=True, log=False).steps(picture)["padded"]
    assert padded.shape == (64, 64)
    np.testing.assert_array_equal(padded[27:37, 22:42], picture)
    assert padded.sum() == picture.sum()


def test_padding_shrinks_only_what_is_larger():
    steps = TrackInput(padding=True).steps(crop((100, 30)))
    assert steps["padded"].shape == (100, 100)
    assert steps["resized to 64 px"].shape == (64, 64)
    assert "resized to 64 px" not in TrackInput(padding=True).steps(crop((64, 30)))


def test_no_charge_gives_zeros_and_odd_values_do_no_harm():
    odd = np.array([[np.nan, np.inf], [-np.inf, -3.0]], np.float32)
    steps = TrackInput(size_px=8, log=False).steps(odd)
    np.testing.assert_array_equal(steps["no negatives"], [[0, CAP_E], [0, 0]])
    for constant in (np.zeros((3, 4)), np.full((3, 4), 5.0), np.full((3, 4), -1.0)):
        assert not made(TrackInput(), [constant]).any()


def test_no_rows_give_no_pictures():
    recipe = TrackInput()
    table = {name: np.zeros(0, np.int32) for name in recipe.columns(None)}
    empty = from_records([np.zeros(0, np.float32)])[np.zeros(0, np.int64)]
    assert recipe.make({"crop": empty}, table, None).shape == (0, 64, 64, 1)


def test_features_stand_beside_the_picture():
    recipe = TrackInput(scalars=("charge_e", "npix", "max_e"))
    assert recipe.columns(None) == ("crop_height_px", "crop_width_px", "charge_e", "npix", "max_e")
    assert recipe.shape(None) == {"image": (64, 64, 1), "scalars": (3,)}
    x = made(recipe, [crop((5, 5)), crop((6, 6))], charge_e=[1e3, 1e4], npix=[20, 30], max_e=[100, np.nan])
    assert x["image"].shape == (2, 64, 64, 1)
    assert x["scalars"][1, 0] - x["scalars"][0, 0] == pytest.approx(np.log(10001 / 1001) / SCALARS["charge_e"].width)
    assert x["scalars"][1, 2] == 0.0


def test_flags_become_zero_or_one_and_need_one_column():
    flags = np.array([0, int(DEBLENDED), int(EDGE | DEBLENDED)], np.int32)
    np.testing.assert_array_equal(scaled({"flags": flags}, ("edge", "deblended")), [[0, 0], [0, 1], [1, 1]])
    assert TrackInput(scalars=("edge", "npix", "joined")).columns(None)[2:] == ("flags", "npix")


def test_scaled_features_are_bounded():
    values = np.array([-1e9, 0.0, 1e9, np.nan, np.inf], np.float32)
    columns = dict.fromkeys(columns_of(tuple(SCALARS)), values) | {"flags": np.zeros(5, np.int32)}
    x = scaled(columns, tuple(SCALARS))
    assert x.shape == (5, len(SCALARS))
    assert np.abs(x).max() <= 5.0


def test_a_recipe_survives_being_stored():
    recipe = TrackInput(size_px=128, padding=True, scalars=("npix",))
    assert parameters.build(TrackInput, json.loads(json.dumps(parameters.to_dict(recipe)))) == recipe


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"size_px": 4}, "'size_px' is 4: expected a whole number from 8 to 256 px"),
        ({"norm": "none"}, "'norm' is 'none': expected one of image, global"),
        ({"scalars": ["npix", "npix"]}, "scalars names a feature twice"),
        ({"scalars": ["x_px"]}, "'scalars' is 'x_px': expected one of"),
    ],
)
def test_refusals(values, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        parameters.build(TrackInput, values)
