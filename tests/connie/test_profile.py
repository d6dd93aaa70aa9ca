"""A drawn line gives back its direction, its length, its charge and its wider end."""

import numpy as np
import pytest

from core.connie.clusters.profile import axis_of, normalised, profile

FLOOR_E = 1.0


def line(angle_deg: float, length_px: float, sigmas: tuple[float, float], size: int = 81) -> np.ndarray:
    """A straight track of even charge about the middle, 1000 e- per px, its sigma growing along the angle."""
    y, x = np.mgrid[:size, :size] - size // 2
    out = np.zeros((size, size))
    steps = np.linspace(-length_px / 2, length_px / 2, 400)
    direction = np.deg2rad(angle_deg)
    for s in steps:
        sigma = np.interp(s, steps[[0, -1]], sigmas)
        r2 = (x - s * np.cos(direction)) ** 2 + (y - s * np.sin(direction)) ** 2
        out += np.exp(-r2 / (2 * sigma**2)) / (2 * np.pi * sigma**2) * 1000.0 * length_px / len(steps)
    return np.where(out > 5.0, out, 0.0).astype(np.float32)


@pytest.mark.parametrize("angle_deg", [0.0, 37.0, 90.0, 123.0, -150.0])
def test_the_axis_points_from_the_narrow_to_the_wide_end(angle_deg):
    axis = axis_of(line(angle_deg, 40.0, (0.6, 1.4)), FLOOR_E)
    direction = np.deg2rad(angle_deg)
    assert axis.along == pytest.approx([np.cos(direction), np.sin(direction)], abs=0.01)
    assert 40.0 < axis.length_px < 48.0
    assert 0.5 < axis.widths[0] < axis.widths[1] < 1.5
    assert axis.centre == pytest.approx([40.0, 40.0], abs=0.5)


def test_profiles_hold_all_the_charge_and_even_charge_is_flat():
    crop = line(30.0, 40.0, (0.8, 0.8))
    axis = axis_of(crop, FLOOR_E)
    steps = profile(crop, axis, FLOOR_E)
    assert steps.charge_e.sum() == pytest.approx(crop.sum(dtype=np.float64), rel=1e-6)
    assert steps.across_e.sum() == pytest.approx(crop.sum(dtype=np.float64), rel=1e-6)
    middle = steps.charge_e[6:-6]
    assert middle.mean() == pytest.approx(1000.0 * steps.step_px, rel=0.02)
    assert middle.std() < 0.06 * middle.mean()
    assert steps.width_px[6:-6] == pytest.approx(np.full(len(middle), np.sqrt(0.8**2 + 1 / 12)), rel=0.12)


def test_noise_below_the_floor_turns_nothing():
    crop = line(10.0, 30.0, (0.7, 1.2))
    noisy = crop + np.random.default_rng(3).normal(0.0, 2.0, crop.shape).astype(np.float32)
    quiet, loud = axis_of(crop, 10.0), axis_of(noisy, 10.0)
    assert loud.along == pytest.approx(quiet.along, abs=0.01)
    assert loud.length_px == pytest.approx(quiet.length_px, abs=3.0)


def test_a_pixel_alone_has_no_axis():
    crop = np.zeros((5, 5), np.float32)
    crop[2, 2] = 50.0
    assert axis_of(crop, FLOOR_E) is None
    assert axis_of(np.zeros((3, 3), np.float32), FLOOR_E) is None


def test_a_normalised_profile_has_mean_one_and_rises_where_charge_does():
    crop = line(60.0, 40.0, (0.7, 1.0))
    axis = axis_of(crop, FLOOR_E)
    even = normalised(crop, axis, FLOOR_E, 10)
    assert even.mean() == pytest.approx(1.0)
    assert even[2:-2].std() < 0.05
    y, x = np.indices(crop.shape)
    along = (x - axis.centre[0]) * axis.along[0] + (y - axis.centre[1]) * axis.along[1]
    rising = crop * (1.0 + np.maximum(along, 0.0) / 20.0)
    turned = axis_of(rising.astype(np.float32), FLOOR_E)
    assert normalised(rising, turned, FLOOR_E, 10)[7] > 1.3 * normalised(rising, turned, FLOOR_E, 10)[2]
