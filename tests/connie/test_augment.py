"""Varying training pictures: what is done to a picture whose answer is known."""

import numpy as np
import pytest

from core.connie.augment import DECO, QUARTERS, Augmentation

STILL = Augmentation(rotation_deg=0.0, shift=0.0, zoom=0.0, flips=False)


def spot(row: float, column: float, size: int = 32) -> np.ndarray:
    """One picture with a Gaussian spot."""
    y, x = np.mgrid[:size, :size]
    return np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8.0).astype(np.float32)[None, :, :, None]


def centre(picture: np.ndarray) -> np.ndarray:
    """Row and column of the centre of gravity, from the middle of the picture."""
    y, x = np.mgrid[: picture.shape[1], : picture.shape[2]]
    p = picture[0, ..., 0]
    return np.array([(p * y).sum(), (p * x).sum()]) / p.sum() - (picture.shape[1] - 1) / 2


def test_nothing_asked_nothing_changed():
    picture = spot(10, 20)
    np.testing.assert_allclose(STILL(picture, np.random.default_rng(1)), picture, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_rotations_and_flips_keep_distance_from_the_middle_and_charge(seed):
    turned = Augmentation(shift=0.0, zoom=0.0)(spot(10, 18), np.random.default_rng(seed))
    assert np.hypot(*centre(turned)) == pytest.approx(np.hypot(-5.5, 2.5), abs=0.05)
    assert turned.sum() == pytest.approx(spot(10, 18).sum(), rel=0.01)


def test_rotations_reach_every_direction():
    many = np.repeat(spot(8, 15.5), 400, axis=0)
    turned = Augmentation(shift=0.0, zoom=0.0, flips=False)(many, np.random.default_rng(1))
    angles = np.array([np.arctan2(*centre(picture[None])) for picture in turned])
    assert abs(np.exp(1j * angles).mean()) < 0.15


def test_shift_and_zoom_stay_within_their_bounds():
    many = np.repeat(spot(15.5, 22.5), 300, axis=0)
    moved = Augmentation(rotation_deg=0.0, zoom=0.0, flips=False)(many, np.random.default_rng(1))
    off = np.array([centre(picture[None]) - (0.0, 7.0) for picture in moved])
    assert np.abs(off).max() == pytest.approx(0.08 * 32, abs=0.1)
    zoomed = Augmentation(rotation_deg=0.0, shift=0.0, flips=False)(many, np.random.default_rng(1))
    ratio = np.array([centre(picture[None])[1] for picture in zoomed]) / 7.0
    assert (ratio.min(), ratio.max()) == pytest.approx((0.9, 1.1), abs=0.01)


def test_quarter_turns_keep_rows_and_columns():
    line = np.zeros((200, 17, 17, 1), np.float32)
    line[:, :, 4] = 1.0  # a hot column
    turned = Augmentation(step_deg=90.0, shift=0.0, zoom=0.0)(line, np.random.default_rng(1))[..., 0]
    seen = {(tuple(np.flatnonzero(t.max(axis=0) > 0.5)), tuple(np.flatnonzero(t.max(axis=1) > 0.5))) for t in turned}
    full = tuple(range(17))
    assert seen == {((4,), full), ((12,), full), (full, (4,)), (full, (12,))}
    np.testing.assert_allclose(turned.sum(axis=(1, 2)), 17.0, atol=1e-3)
    assert QUARTERS.step_deg == 90.0


def test_outside_there_is_nothing():
    full = np.ones((50, 16, 16, 1), np.float32)
    turned = DECO(full, np.random.default_rng(1))
    assert turned.min() == 0.0
    assert turned.max() <= 1.0 + 1e-6


def test_the_same_generator_gives_the_same_pictures_and_the_input_stays_as_it_is():
    pictures = np.random.default_rng(1).random((8, 16, 16, 1)).astype(np.float32)
    before = pictures.copy()
    first, second = (DECO(pictures, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(pictures, before)
    assert not np.array_equal(first, DECO(pictures, np.random.default_rng(6)))


def test_features_beside_the_picture_are_left_alone():
    x = {"image": spot(10, 20), "scalars": np.array([[1.0, 2.0]], np.float32)}
    varied = DECO(x, np.random.default_rng(1))
    assert varied["scalars"] is x["scalars"]
    assert not np.array_equal(varied["image"], x["image"])
