"""Calibration: charge, noise and masks that were put into a raw image come back, for every layout."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.connie.mapping import Mapping
from core.connie.raw.calibrate import calibrate
from core.connie.raw.fits import read_images
from core.data.mapping import load_mapping
from core.errors import DarkroomError

NY, NX, BIAS = 300, 400, 60
GAIN, NOISE_E = 7.25, 2.0
MAPPINGS = Path(__file__).resolve().parents[2] / "core" / "connie" / "mappings"


def active_e(ny=NY, nx=NX):
    """Charge (ny, nx) with a ramp of bright pixels, so that every flip shows."""
    charge = np.zeros((ny, nx))
    charge[40, :] = 100.0 + np.arange(nx)
    charge[:, 70] += 50.0 * (np.arange(ny) % 7 == 0)
    return charge


def overscan(ny=NY):
    return np.zeros((ny, BIAS))


def read_out(charge_e, pedestal_adu, seed=1, noise_e=NOISE_E):
    """uint16 ADU of charge with noise; the pedestal is a number, or an array that fits the rows."""
    rng = np.random.default_rng(seed)
    adu = GAIN * (charge_e + rng.normal(0, noise_e, charge_e.shape)) + pedestal_adu
    return np.clip(np.rint(adu), 0, 65535).astype(np.uint16)


def calibrated(folder, raw, mapping=Mapping(), **cards):  # noqa: B008  (frozen)
    hdu = fits.PrimaryHDU(raw)
    for key, value in {"BIASW": BIAS, "BIASH": 0, "GAIN": GAIN, **cards}.items():
        hdu.header[key] = value
    path = folder / "a.fits"
    hdu.writeto(path, overwrite=True)
    return calibrate(next(read_images(path, mapping)), mapping)


def two_halves(charge=None, right_half="mirrored"):
    """Raw rows of [left | overscan | overscan | right], or with the right half in reading order; ripple and two pedestals."""
    charge = active_e() if charge is None else charge
    left, right = charge[:, : NX // 2], charge[:, NX // 2 :]
    other = [overscan(), right] if right_half == "mirrored" else [right[:, ::-1], overscan()]
    ripple = 50 * np.cos(np.arange(NY) / 2 / np.pi / 20)[:, None]
    width = NX // 2 + BIAS
    pedestal = np.hstack([np.full((1, width), 2000.0), np.full((1, width), 2300.0)]) + ripple
    return read_out(np.hstack([left, overscan(), *other]), pedestal)


@pytest.mark.parametrize("right_half", ["mirrored", "readout"])
def test_two_halves_are_put_together(right_half, tmp_path):
    image = calibrated(tmp_path, two_halves(right_half=right_half), Mapping(right_half=right_half))
    assert image.shape == (NY, NX) and image.seam_columns == (NX // 2,) and image.seam_rows == ()
    off = image.charge_e - active_e()
    # 2 e- of noise, and the error of the pedestal of a row from 50 columns
    assert np.std(off) == pytest.approx(NOISE_E * np.sqrt(1 + np.pi / 2 / 50), rel=0.02)
    assert abs(np.median(off)) < 0.05
    assert np.abs(off).max() < 6 * NOISE_E
    assert image.usable.all() and not image.saturated.any() and image.hot_columns == ()
    assert image.pedestal_adu == pytest.approx((2000, 2300), abs=40)


def test_noise_is_not_held_to_whole_adu(tmp_path):
    for noise_e in (0.4, 1.0, 2.0):
        raw = read_out(np.hstack([active_e(), overscan()]), 2000.0, noise_e=noise_e)
        image = calibrated(tmp_path, raw, Mapping(amplifiers="one"))
        # 300 x 50 values: a standard error of 1 %; at 2.9 ADU the steps of the ADC add half a percent
        assert image.noise_e[0] == pytest.approx(noise_e, rel=0.04)
        np.testing.assert_allclose(image.sigma_e, image.noise_e[0], rtol=1e-6)


@pytest.mark.parametrize(("reads", "noise_e"), [("left", NOISE_E), ("right", NOISE_E), ("mean", NOISE_E / np.sqrt(2))])
def test_two_reads_of_the_whole_ccd(reads, noise_e, tmp_path):
    left = np.hstack([active_e(), overscan()])
    raw = read_out(np.hstack([left, left[:, ::-1]]), 2000.0)
    image = calibrated(tmp_path, raw, Mapping(reads=reads))
    assert image.shape == (NY, NX) and image.seam_columns == ()
    assert np.abs(image.charge_e - active_e()).max() < 6 * NOISE_E
    assert image.sigma_e[0] == pytest.approx(noise_e, rel=0.03)
    assert np.std(image.charge_e - active_e()) == pytest.approx(noise_e, rel=0.05)


def test_a_width_of_the_table_needs_no_header(tmp_path):
    raw = read_out(np.zeros((40, 8540)), 2000.0)
    raw[20, 100] += 3000
    image = calibrated(tmp_path, raw, BIASW=0)
    assert image.shape == (40, 4120) and image.seam_columns == ()
    assert image.notes == ("two reads of the whole CCD: the left one is used ('reads' in the mapping)",)
    assert image.charge_e[20, 100] == pytest.approx(3000 / GAIN, abs=12)


def test_quadrants_have_gains_of_their_own(tmp_path):
    gains = (2.5, 2.0, 1.6, 1.25)
    mapping = replace(
        load_mapping(MAPPINGS / "msfc.toml", Mapping), gains_e_per_dn=gains, prescan_columns=BIAS, overscan_columns=2,
        image_rows=0, image_columns=0, needed_cards=(),
    )  # fmt: skip
    charge = np.zeros((NY, NX))
    charge[10, 20] = charge[10, NX - 20] = charge[NY - 10, 20] = charge[NY - 10, NX - 20] = 4000.0
    factor = np.repeat(np.repeat(1 / np.reshape(gains, (2, 2)), 150, axis=0), 200, axis=1)
    rng = np.random.default_rng(2)
    adu = charge * factor
    adu = np.hstack([overscan(), adu[:, :200], np.zeros((NY, 4)), adu[:, 200:], overscan()])
    image = calibrated(tmp_path, np.rint(adu + 3000 + rng.normal(0, 4, adu.shape)).astype(np.uint16), mapping)
    assert image.shape == (NY, NX) and image.seam_columns == (200,) and image.seam_rows == (150,)
    bright = [image.charge_e[p] for p in ((10, 20), (10, NX - 20), (NY - 10, 20), (NY - 10, NX - 20))]
    np.testing.assert_allclose(bright, 4000, atol=6 * 4 * 2.5)
    assert image.noise_e == pytest.approx([4 * g for g in gains], rel=0.05)


def test_hot_columns_border_and_nan_are_masked(tmp_path):
    charge = active_e()
    charge[:, 33] += 40.0
    charge[:, 250] -= 40.0
    raw = two_halves(charge).astype(np.float32)
    raw[100:104, 12] = np.nan
    image = calibrated(tmp_path, raw, Mapping(border_px=3))
    assert image.hot_columns == (33, 250)
    expected = np.ones((NY, NX), bool)
    expected[:, [33, 250]] = expected[100:104, 12] = False
    expected[:3] = expected[-3:] = expected[:, :3] = expected[:, -3:] = False
    np.testing.assert_array_equal(image.usable, expected)
    assert image.n_nan == 4 and (image.charge_e[100:104, 12] == 0).all()
    assert np.isfinite(image.charge_e).all()


def test_a_bulge_of_the_level_is_taken_off_and_masks_nothing(tmp_path):
    bulge = 30.0 * np.clip(1 - np.arange(NX) / 100, 0, None) ** 2
    image = calibrated(tmp_path, two_halves(active_e() + bulge))
    assert image.hot_columns == ()
    left = np.median((image.charge_e - active_e())[:, :100], axis=0)
    assert np.abs(left[5:]).max() < 1.0
    held = calibrated(tmp_path, two_halves(active_e() + bulge), Mapping(level_columns=0))
    assert len(held.hot_columns) > 10


def test_saturated_pixels_stay_usable_and_are_marked(tmp_path):
    raw = two_halves()
    raw[50, 20], raw[51, NX // 2 + 2 * BIAS + 5] = 65535, 65535
    image = calibrated(tmp_path, raw)
    np.testing.assert_array_equal(np.argwhere(image.saturated), [[50, 20], [51, NX // 2 + 5]])
    assert image.usable[50, 20] and image.charge_e[50, 20] > 8000


@pytest.mark.parametrize(
    ("mapping", "cards", "expected"),
    [
        (Mapping(), {"GAIN": 5.0}, 5.0),
        (Mapping(gain_adu_per_e=6.0), {"GAIN": 5.0}, 6.0),
        (Mapping(gain_ohdus=(3,), gain_table_adu_per_e=(7.16,)), {"GAIN": "none", "OHDU": 3}, 7.16),
        (Mapping(), {"GAIN": 0.0}, 7.25),
        (Mapping(gains_e_per_dn=(0.125, 0.2)), {"GAIN": 5.0}, 8.0),
    ],
)
def test_where_the_gain_comes_from(mapping, cards, expected, tmp_path):
    image = calibrated(tmp_path, two_halves(), mapping, **cards)
    assert image.gain_adu_per_e[0] == pytest.approx(expected)
    assert image.charge_e[40, 100] == pytest.approx(200 * GAIN / expected, rel=0.1)


def test_the_running_median_of_the_pedestal_follows_a_slow_change(tmp_path):
    image = calibrated(tmp_path, two_halves(), Mapping(smooth_rows=9))
    off = (image.charge_e - active_e())[10:-10]
    assert np.std(off) < NOISE_E * 1.012  # a row's own pedestal alone adds 1.6 %
    assert np.abs(np.median(off, axis=1)).max() < 0.6


def test_a_silent_overscan_is_refused(tmp_path):
    raw = two_halves()
    raw[:, NX // 2 : NX // 2 + BIAS] = 2000
    with pytest.raises(DarkroomError, match=r"the overscan has no noise \(columns 210 to 259\)"):
        calibrated(tmp_path, raw)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        (Mapping(overscan_columns=300), "no active pixel is left of 300 x 520"),
        (Mapping(overscan_columns=12), "2 columns are left for the pedestal"),
        (Mapping(overscan_rows=300), "300 overscan rows: correct the geometry"),
    ],
)
def test_an_impossible_geometry_is_refused(mapping, sentence, tmp_path):
    with pytest.raises(DarkroomError, match=sentence):
        calibrated(tmp_path, two_halves(), mapping)


def test_binned_rows_are_told(tmp_path):
    image = calibrated(tmp_path, two_halves(), REBIN=5)
    assert image.row_binning == 5 and "5 rows are added up in hardware" in image.notes[0]


@pytest.mark.parametrize("kind", ["float", "whole", "quadrants", "mapping"])
def test_without_overscan_pedestal_and_noise_come_from_the_pixels(kind, tmp_path):
    """Tracks on 6 % of the pixels, a slope of 100 e- along the columns, one row and one column full of charge."""
    rng = np.random.default_rng(2)
    charge = np.where(rng.random((NY, NX)) < 0.06, 300.0, 0.0)
    charge[40] = 500.0
    slope = np.linspace(0.0, 100.0, NX)
    raw = read_out(charge + slope, 1500.0)
    if kind == "float":
        raw = (GAIN * (charge + slope + rng.normal(0, NOISE_E, charge.shape)) + 1500.0).astype(np.float32)
    mapping = Mapping(amplifiers="quadrants" if kind == "quadrants" else "one")
    if kind == "mapping":  # whatever the header says
        mapping = replace(mapping, pedestal_from="pixels", overscan_columns=40)
        charge, raw = charge[:, :-40], np.hstack([raw[:, :-40], np.zeros((NY, 40), raw.dtype)])
    image = calibrated(tmp_path, raw, mapping, **({} if kind == "mapping" else {"BIASW": 0}))
    assert image.shape == charge.shape
    assert image.noise_e == pytest.approx([NOISE_E] * len(image.noise_e), rel=0.02)
    middle = (slice(60, -60), slice(60, -60))  # the level follows a slope to half its window from the edge
    off = (image.charge_e - charge)[middle]
    assert abs(np.median(off)) < 0.1 * NOISE_E and np.std(off) == pytest.approx(NOISE_E, rel=0.05)
    assert np.median(image.charge_e[40]) == pytest.approx(500.0, abs=5.0)  # a row full of a track keeps it
    assert image.notes[-1] == "there is no overscan: pedestal and noise are those of the image's own pixels"


def test_an_image_of_zeros_below_a_threshold_has_no_noise_of_its_own(tmp_path):
    raw = np.where(active_e() > 40.0, active_e(), 0.0).astype(np.float32)
    with pytest.raises(DarkroomError, match="no noise, more than half of the pixels have the same value"):
        calibrated(tmp_path, raw, Mapping(amplifiers="one"), BIASW=0)


@pytest.mark.parametrize(
    ("name", "cards", "sentence"),
    [
        ("msfc", {}, "300 x 460 pixels, expected 1,040 x 2,152; no card IMG_ISN, IMG_EXP, IMG_TS in the header"),
        ("skipper", {}, "no card CCDNCOL in the header"),
    ],
)
def test_an_image_of_another_camera_is_not_read(name, cards, sentence, tmp_path):
    """A picture of the sky has noise and stars, and no mapping of a camera may take it for its own."""
    mapping = load_mapping(MAPPINGS / f"{name}.toml", Mapping)
    raw = read_out(np.hstack([active_e(), overscan()]), 1500.0)
    with pytest.raises(DarkroomError, match=r"a\.fits, HDU 0 is no image of this camera \(.+\): ") as refused:
        calibrated(tmp_path, raw, mapping, **cards)
    assert sentence in str(refused.value)
