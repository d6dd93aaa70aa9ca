"""Crafted FITS files: no lie of a header or a stream takes memory or ends in anything but one sentence."""

import errno
import gzip
import tracemalloc

import numpy as np
import pytest
from astropy.io import fits

from core.connie.raw import hdus
from core.connie.raw.fits import preview
from tests.connie.test_fits import RAW, read, refusal, written


@pytest.mark.parametrize("value", ["", "nan", "many", -3, 1e300, True, "<script>alert(1)</script>", "1" * 60])
def test_hostile_header_values_are_taken_as_missing(value, tmp_path):
    keys = ("RUN", "RUNID", "OHDU", "EXPTIME", "EXPSTART", "EXPSTOP", "GAIN", "READTIME", "PRESSURE", "REBIN")
    exposure = read(written(tmp_path / "a.fits", RAW, **dict.fromkeys(keys, value)))[0].exposure
    assert (exposure.run, exposure.runid, exposure.ohdu) == (0, 0, 1)
    values_read = (exposure.gain_adu_per_e, exposure.pressure_hpa, exposure.readout_s, exposure.exptime_s)
    assert all(v is None or 0 < v < 1e300 for v in values_read)
    assert exposure.expstart_unix_s is None or exposure.expstart_unix_s == 1.0


@pytest.mark.parametrize("card", [{"BSCALE": 1e300}, {"BZERO": 9e19}, {"BSCALE": -1e30, "BZERO": 1e19}])
def test_a_scale_that_leaves_no_numbers_is_refused(card, tmp_path):
    path = written(tmp_path / "a.fits", RAW.astype(np.float32))
    with fits.open(path, mode="update", do_not_scale_image_data=True) as opened:
        opened[1].header.update(card)
    assert any(sentence in refusal(path) for sentence in ("are NaN: expected at most 50 %", "no signal"))


def test_bytes_that_are_no_text_do_no_harm(tmp_path):
    path = written(tmp_path / "a.fits", RAW, NOTE="abcdefgh")
    data = path.read_bytes().replace(b"'abcdefgh'", b"'\xff\x00\x1b[2J\xfe '")
    path.write_bytes(data)
    assert read(path)[0].exposure.ohdu == 2
    shown = next(r["first"] for r in preview(path)["trees"]["1"]["branches"] if r["branch"] == "NOTE")
    assert shown.isprintable() and "?" in shown


@pytest.mark.parametrize("n", [10**9, 10**17, 9_000])
def test_lying_sizes_are_found_before_memory_is_taken(n, tmp_path):
    path = written(tmp_path / "a.fits", RAW)
    lie = path.read_bytes().replace(b"NAXIS1  =                  240", f"NAXIS1  = {n:>20}".encode())
    path.write_bytes(lie.replace(b"NAXIS2  =                   70", b"NAXIS2  =                 8000"))
    tracemalloc.start()
    sentence = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ("declares" if n > 10**8 else "truncated") in sentence
    assert peak < 20e6


@pytest.mark.parametrize(
    ("card", "value"), [("NAXIS1", -5), ("NAXIS1", "'a'"), ("NAXIS", 999), ("BITPIX", 7), ("NAXIS2", 1.5)]
)
def test_senseless_sizes_are_refused(card, value, tmp_path):
    path = written(tmp_path / "a.fits", RAW)
    data = path.read_bytes()
    at = data.index(f"{card:8}=".encode(), 2880)
    path.write_bytes(data[:at] + f"{card:8}= {value:>20}".encode().ljust(80) + data[at + 80 :])
    assert "make no sense" in refusal(path)


def test_a_gzip_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("core.connie.raw.hdus.MAX_UNPACKED_BYTES", 5 << 20)
    path = written(tmp_path / "a.fits", RAW)
    packed = tmp_path / "b.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes() + bytes(30 << 20), 1))
    assert "what follows HDU 1 is not a FITS unit" in read(packed)[0].notes[0]
    big = fits.Header()
    big["SIMPLE"], big["BITPIX"], big["NAXIS"], big["NAXIS1"], big["NAXIS2"] = True, 8, 2, 8192, 8192
    packed.write_bytes(gzip.compress(big.tostring().encode() + bytes(60 << 20), 1))
    assert "unpacks to more than" in refusal(packed)


def tiles_changed(path, how, old, new):
    written(path, RAW, kind=lambda d, h: fits.CompImageHDU(d, h, compression_type=how))
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("how", "old", "new", "sentence"),
    [
        ("RICE_1", b"'RICE_1  '", b"'PLIO_1  '", "is of kind PLIO_1: expected one of RICE_1"),
        ("RICE_1", b"ZTILE1  =                  240", b"ZTILE1  =            900000000", "has tiles of 900000000 x 1"),
        ("RICE_1", b"ZNAXIS2 =                   70", b"ZNAXIS2 =                  700", "has 70 tiles: expected 700"),
        (
            "RICE_1",
            b"ZNAXIS1 =                  240",
            b"ZNAXIS1 =            900000000",
            "declares 63,000,000,000 pixels",
        ),
        ("RICE_1", b"ZVAL1   =                   32", b"ZVAL1   =                    0", "BLOCKSIZE of 0"),
        ("RICE_1", b"ZBITPIX =                   16", b"ZBITPIX =                   17", "cannot be understood"),
    ],
)
def test_lying_tiles_are_refused(how, old, new, sentence, tmp_path):
    assert sentence in refusal(tiles_changed(tmp_path / "a.fits.fz", how, old, new))


def test_a_tile_that_grows_is_refused(tmp_path):
    path = tmp_path / "a.fits.fz"
    written(path, RAW, kind=lambda d, h: fits.CompImageHDU(d, h, compression_type="GZIP_1"))
    with fits.open(path, disable_image_compression=True) as opened:
        table = opened[1]
        begin, length = table.fileinfo()["datLoc"], int(table.header["NAXIS1"]) * int(table.header["NAXIS2"])
        n_first = int(table.data.field(0)[0].size)
    bomb = gzip.compress(bytes(200_000), mtime=0)
    assert len(bomb) <= n_first
    data = path.read_bytes()
    at = begin + length
    path.write_bytes(data[:at] + bomb + data[at + len(bomb) :])
    assert "has a tile that unpacks to more than its pixels" in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            b"ZBITPIX =                   16",
            b"ZBITPIX =                   17",
            "the header of the compressed image cannot be",
        ),
        (b"'COMPRESSED_DATA'", b"'COMPRESSED_DATE'", "the header of the compressed image cannot be understood"),
    ],
)
def test_a_senseless_header_is_no_damage(old, new, sentence, tmp_path):
    sentence = refusal(tiles_changed(tmp_path / "a.fits.fz", "RICE_1", old, new))
    assert sentence in sentence and "damaged" not in sentence


@pytest.mark.parametrize("how", ["RICE_1", "GZIP_1"])
def test_bytes_that_were_changed_are_damage(how, tmp_path):
    path = tmp_path / "a.fits.fz"
    written(path, RAW, kind=lambda d, h: fits.CompImageHDU(d, h, compression_type=how))
    with fits.open(path, disable_image_compression=True) as opened:
        heap = opened[1].fileinfo()["datLoc"] + opened[1].header["NAXIS1"] * opened[1].header["NAXIS2"]
    data = bytearray(path.read_bytes())
    data[heap + 40 : heap + 60] = bytes(20)
    path.write_bytes(bytes(data))
    assert "it is damaged. Copy the file again." in refusal(path)


def test_an_error_of_our_own_is_not_blamed_on_the_file(tmp_path, monkeypatch):
    """The decoder, the truth and the footprints let our own mistakes through."""
    path = written(tmp_path / "a.fits.fz", RAW, kind=fits.CompImageHDU)
    monkeypatch.setattr("core.connie.raw.tiles.alone", lambda *_: None + 1)
    with pytest.raises(TypeError, match="NoneType"):
        read(path)


def test_a_disk_that_fails_is_blamed_itself(tmp_path, monkeypatch):
    path = written(tmp_path / "a.fits", RAW)
    opened = hdus.opened

    class Failing:
        def __init__(self, handle):
            self.handle, self.left = handle, 2

        def read(self, n):
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.EIO, "Input/output error")
            return self.handle.read(n)

        def seek(self, at):
            self.handle.seek(at)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.handle.close()

    def failing(path):
        source = opened(path)
        source.handle = Failing(source.handle)
        return source

    monkeypatch.setattr(hdus, "opened", failing)
    sentence = refusal(path)
    assert "Input/output error): that is the disk or the network, not the file" in sentence


def test_what_is_not_damaged_is_not_to_be_copied_again(tmp_path):
    sentence = refusal(written(tmp_path / "a.fits", np.stack([RAW, RAW])))
    assert "expected two axes" in sentence and "Copy" not in sentence
