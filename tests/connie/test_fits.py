"""Reading raw images: pixels and facts come back as written, and every kind of bad file is answered with a sentence."""

import gzip
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.connie.mapping import Mapping
from core.connie.raw.fits import first_exposure, preview, read_images
from core.data.mapping import load_mapping
from core.errors import DarkroomError

NY, HALF, BIAS = 60, 80, 40
GEOMETRY = {"BIASW": BIAS, "BIASH": 10}
PLAIN = Mapping()
MAPPINGS = Path(__file__).resolve().parents[2] / "core" / "connie" / "mappings"
# a raw image of two halves with overscan, beyond 32767
RAW = np.random.default_rng(3).normal(40_000, 15, (NY + 10, 2 * (HALF + BIAS))).round().astype(np.uint16)


def header(**cards):
    values = fits.Header()
    for key, value in {**GEOMETRY, **cards}.items():
        values[key] = value
    return values


def written(path, *images, kind=fits.ImageHDU, **cards):
    """A file with an empty primary HDU and one HDU per image, OHDU 2, 3, ..."""
    hdus = [kind(image, header(**{"OHDU": 2 + i, **cards})) for i, image in enumerate(images)]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def read(path, mapping=PLAIN):
    return list(read_images(path, mapping))


def refusal(path, mapping=PLAIN):
    with pytest.raises(DarkroomError) as refused:
        read(path, mapping)
    return str(refused.value)


@pytest.mark.parametrize("form", ["fits", "fits.gz", "fits.fz", "gzip tiles"])
def test_pixels_and_facts_come_back_from_every_form(form, tmp_path):
    facts = {"RUN": 9, "RUNID": 246, "EXPTIME": 10800.0, "EXPSTART": 1.4e9, "GAIN": 7.0, "READTIME": 5400}
    if "gz" in form or form == "fits":
        path = written(tmp_path / f"a.{'fits' if form == 'gzip tiles' else form}", RAW, RAW + 1, **facts)
    if form in ("fits.fz", "gzip tiles"):
        path = tmp_path / "b.fits.fz"
        how = "RICE_1" if form == "fits.fz" else "GZIP_2"
        written(path, RAW, RAW + 1, kind=lambda d, h: fits.CompImageHDU(d, h, compression_type=how), **facts)
    first, second = read(path)
    assert first.pixels.dtype == np.float32
    np.testing.assert_array_equal(first.pixels, RAW)
    np.testing.assert_array_equal(second.pixels, RAW + 1)
    e = first.exposure
    assert (e.run, e.runid, e.ohdu, second.exposure.ohdu) == (9, 246, 2, 3)
    assert (e.exptime_s, e.readout_s, e.expstart_unix_s, e.expstop_unix_s) == (10800.0, 5400.0, 1.4e9, None)
    assert (e.gain_adu_per_e, e.pressure_hpa, e.simulated) == (7.0, None, False)
    assert first.geometry.shape == (NY, 2 * HALF)
    assert first.notes == () and first.saturated is None


def test_the_file_name_and_text_fill_what_the_header_lacks(tmp_path):
    path = tmp_path / "runID_009_00246_Int-400_Exp-10800_p2.fits.fz"
    written(path, RAW, EXPSTART="1400000000", EXPSTOP="1400003600.0", GAIN="7.5", BIASW=str(BIAS), OHDU="13")
    e = read(path)[0].exposure
    assert (e.run, e.runid, e.part, e.ohdu, e.exptime_s, e.gain_adu_per_e) == (9, 246, 2, 13, 3600.0, 7.5)
    assert (first_exposure(path, PLAIN).run, first_exposure(path, PLAIN).runid) == (9, 246)


def test_a_truncated_file_says_so_and_gives_the_intact_images(tmp_path):
    path = written(tmp_path / "a.fits", RAW, RAW + 1, RAW + 2)
    whole = path.read_bytes()
    size = len(whole) - RAW.nbytes // 2
    path.write_bytes(whole[:size])
    images_read = read(path)
    assert [image.exposure.ohdu for image in images_read] == [2, 3]
    assert f"HDU 3 is truncated: {size:,} of" in images_read[0].notes[0]
    assert "2 intact images are read" in images_read[0].notes[0]
    path.write_bytes(whole[: 2880 + 2880 + 1000])
    assert "HDU 1 is truncated: 6,760 of" in refusal(path)


def test_a_truncated_or_damaged_gzip_file_says_so(tmp_path):
    path = written(tmp_path / "a.fits.gz", RAW, RAW + 1)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.8 * len(data))])
    assert [image.exposure.ohdu for image in read(path)] == [2]
    assert "truncated" in read(path)[0].notes[0] and "gzip stream breaks off" in read(path)[0].notes[1]
    path.write_bytes(data[:100])
    assert "not a FITS file" in refusal(path)


def test_a_truncated_compressed_file_says_so(tmp_path):
    path = written(tmp_path / "a.fits.fz", RAW, kind=fits.CompImageHDU)
    path.write_bytes(path.read_bytes()[:-8000])
    assert "HDU 1 is truncated" in refusal(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a FITS file (it is empty)"),
        (b"SIMPLE  =                    T" + b" " * 1000, "not a FITS file (the header of HDU 0 is cut off)"),
        (b"SIMPLE  =                    T".ljust(2880) * 401, "has no END within 14,400 cards"),
        (b"\x89PNG\r\n" + b"\0" * 4000, "not a FITS file (it is a PNG image)"),
        (gzip.compress(b"nothing of the kind", mtime=0), "not a FITS file (it is text)"),
        (b"\0" * 4000, "not a FITS file (it does not begin with SIMPLE)"),
    ],
)
def test_what_is_no_fits_file_is_called_so(content, sentence, tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    assert sentence in refusal(path)


def test_without_an_image_the_units_are_listed(tmp_path):
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU(np.zeros(3, [("a", "f4")]), name="TRUTH")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    assert "no image HDU; there are: HDU 0 PRIMARY: empty; HDU 1 TRUTH: table" in refusal(path)


def test_other_numbers_of_axes_are_refused_and_a_plane_can_be_chosen(tmp_path):
    path = written(tmp_path / "a.fits", np.stack([RAW, RAW + 7]))
    assert "HDU 1 has NAXIS = 3 (2 x 70 x 240): expected two axes" in refusal(path)
    np.testing.assert_array_equal(read(path, Mapping(plane=1))[0].pixels, RAW + 7)
    assert "has 2 planes: 'plane' in the mapping is 2" in refusal(path, Mapping(plane=2))
    assert "HDU 1 has NAXIS = 1" in refusal(written(tmp_path / "b.fits", RAW[0]), Mapping(plane=0))


def test_nan_is_counted_and_too_many_are_refused(tmp_path):
    pixels = RAW.astype(np.float32)
    pixels[:5, :7] = np.nan
    pixels[9, 9] = np.inf
    image = read(written(tmp_path / "a.fits", pixels))[0]
    assert image.n_nan == 36 and np.isnan(image.pixels).sum() == 36
    assert image.notes == ("36 pixels are NaN and masked",)
    pixels[: NY // 2 + 10] = np.nan
    assert "are NaN: expected at most 50 %" in refusal(written(tmp_path / "b.fits", pixels))


def test_blank_becomes_nan_and_scale_is_applied(tmp_path):
    stored = (RAW - 40_000 + 100).astype(np.int32)
    stored[3, 4] = -999
    hdu = fits.ImageHDU(stored, header(BLANK=-999))
    hdu.header["BSCALE"], hdu.header["BZERO"] = 0.5, 10.0
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    assert b"BSCALE  =                  0.5" in path.read_bytes()
    with fits.open(path, mode="readonly", do_not_scale_image_data=True) as opened:
        on_disk = opened[1].data.astype(float)
        cards = opened[1].header
        expected = np.where(on_disk == -999, np.nan, on_disk * cards.get("BSCALE", 1.0) + cards.get("BZERO", 0.0))
    np.testing.assert_allclose(read(path)[0].pixels, expected, rtol=1e-6)


def test_no_signal_and_unknown_overscan_are_refused(tmp_path):
    flat = np.full_like(RAW, 1234)
    path = written(tmp_path / "a.fits", RAW, flat)
    assert "HDU 2: no signal, all pixels are 1234" in refusal(path)
    assert [image.exposure.ohdu for image in read(path, Mapping(skip_ohdus=(3,)))] == [2]
    path = tmp_path / "b.fits"
    fits.PrimaryHDU(RAW).writeto(path)
    assert "the overscan of an image of 240 columns is not known" in refusal(path)
    assert read(path, Mapping(overscan_columns=BIAS))[0].geometry.shape == (NY + 10, 2 * HALF)


def test_missing_padding_is_a_notice(tmp_path):
    path = written(tmp_path / "a.fits", RAW)
    end = path.read_bytes()
    n_padding = -RAW.nbytes % 2880
    assert n_padding > 0
    path.write_bytes(end[:-n_padding])
    image = read(path)[0]
    np.testing.assert_array_equal(image.pixels, RAW)
    assert f"the padding after HDU 1 is missing ({n_padding:,} bytes)" in image.notes[0]


def test_a_header_that_is_cut_off_leaves_the_images_before_it(tmp_path):
    path = written(tmp_path / "a.fits", RAW, RAW)
    first = path.read_bytes().index(b"XTENSION", 2880 + 2880)
    path.write_bytes(path.read_bytes()[: first + 500])
    image = read(path)[0]
    assert image.notes == ("the header of HDU 2 is cut off; the 1 intact image is read",)


def test_what_follows_the_last_unit_is_told(tmp_path):
    path = written(tmp_path / "a.fits", RAW)
    path.write_bytes(path.read_bytes() + b"and more" * 400)
    assert "what follows HDU 1 is not a FITS unit" in read(path)[0].notes[0]


def test_saturated_pixels_and_marks(tmp_path):
    pixels = RAW.astype(np.float32)
    pixels[5, 6], pixels[7, 8] = 65535.0, 1e10
    image = read(written(tmp_path / "a.fits", pixels))[0]
    assert image.saturated is not None
    np.testing.assert_array_equal(np.argwhere(image.saturated), [[5, 6], [7, 8]])
    assert image.pixels[7, 8] == 65535.0


def test_one_image_is_in_memory_at_a_time(tmp_path):
    rng = np.random.default_rng(5)
    image = rng.normal(2000, 15, (600, 800)).round().astype(np.uint16)
    path = written(tmp_path / "a.fits", *[image] * 6)
    bytes_of_one = 4 * image.size
    tracemalloc.start()
    for raw_image in read_images(path, Mapping()):
        assert raw_image.pixels.nbytes == bytes_of_one
        del raw_image
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * bytes_of_one


def test_another_kind_of_mapping_is_refused(tmp_path):
    assert "reads 'votes', not raw images" in refusal(written(tmp_path / "a.fits", RAW), Mapping(kind="votes"))


def test_a_missing_file_is_a_sentence(tmp_path):
    assert "gone.fits cannot be opened" in refusal(tmp_path / "gone.fits")


def test_preview_lists_units_and_cards(tmp_path):
    content = preview(written(tmp_path / "a.fits", RAW, EXTNAME="LEFT"))
    assert content["objects"] == {"0 PRIMARY": "empty", "1 LEFT": "image 70 x 240"}
    tree = content["trees"]["1 LEFT"]
    assert (tree["kind"], tree["n_entries"]) == ("image", RAW.size)
    assert {"branch": "BIASW", "type": "int", "first": "40"} in tree["branches"]


def test_camera_frames_of_others(test_data):
    mapping = load_mapping(MAPPINGS / "msfc.toml", Mapping)
    image = read(test_data / "ccd" / "msfc" / "ESIS3_05400.fit.gz", mapping)[0]
    assert image.pixels.shape == (1040, 2152) and image.geometry.shape == (1040, 2048)
    assert (image.exposure.runid, image.exposure.exptime_s) == (5400, 2.0)
    assert image.exposure.expstart_unix_s == pytest.approx(1499886580.946)
    assert image.geometry.seam_columns == (1024,) and image.geometry.seam_rows == (520,)
    with fits.open(test_data / "ccd" / "msfc" / "ESIS3_05400.fit.gz") as opened:
        np.testing.assert_array_equal(image.pixels, opened[0].data)


def test_times_that_cannot_be_told_and_keys_that_are_not_there_are_said(tmp_path):
    path = tmp_path / "a.fits"
    hdu = fits.PrimaryHDU(RAW, header(**{"DATE-OBS": "2020-01-02", "MJD-END": 58850.125}))
    hdu.header["HIERARCH CCD EXPOSURE"] = 3600.0
    hdu.writeto(path)
    (image,) = read(
        path, Mapping(start_key="DATE-OBS", stop_key="MJD-END", exposure_key="CCD EXPOSURE", run_key="NIGHT")
    )
    assert (image.exposure.expstart_unix_s, image.exposure.expstop_unix_s) == (None, 1_577_934_000.0)
    assert image.exposure.exptime_s == 3600.0
    assert image.notes == (
        "the header has no card NIGHT ('run_key' in the mapping)",
        "DATE-OBS tells no time and is left out: DATE-OBS is 2020-01-02, a day without a time of day (no TIME-OBS) "
        "('start_key' in the mapping)",
    )
    (image,) = read(path, PLAIN)
    assert image.notes == (
        "when the exposure began is not known, there is no card EXPSTART: name one of DATE-OBS in 'start_key' of the mapping",
    )


def test_skipper_keys_give_the_geometry(tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "s.fits"
    primary = fits.PrimaryHDU()
    primary.header["CCDNCOL"], primary.header["CCDNPRES"], primary.header["NBINCOL"] = "400", "8", "2"
    fits.HDUList([primary, fits.ImageHDU(rng.normal(100, 2, (40, 140)).astype(np.float32))]).writeto(path)
    image = read(path, replace(load_mapping(MAPPINGS / "skipper.toml", Mapping), saturation_adu=1e6))[0]
    (amplifier,) = image.geometry.amplifiers
    assert amplifier.active == (8, 108) and amplifier.pedestal == (110, 140)


@pytest.mark.parametrize("value", ["abc", "nan", -5.0, 1e300])
def test_an_exposure_that_cannot_be_used_is_told(tmp_path, value):
    (image,) = read(written(tmp_path / "a.fits", RAW, EXPTIME=value, RUN=9, RUNID=246))
    assert image.exposure.exptime_s is None
    assert any("the card EXPTIME is" in note and "counts as not told" in note for note in image.notes)
