"""What a file is follows from its bytes: each kind under the wrong name, and the sentence that it is answered with."""

import gzip

import h5py
import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from core.connie import read
from core.connie.mapping import Mapping
from core.connie.raw import container
from core.errors import DarkroomError

VOTES = Mapping(kind="votes", title="images with votes")


def test_content_is_told_whatever_the_name_says(tmp_path):
    paths = {name: tmp_path / f"{name}.dat" for name in ("fits", "gz", "hdf5", "png", "text", "umlaut", "noise", "cut", "empty")}  # fmt: skip
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(paths["fits"])
    paths["gz"].write_bytes(gzip.compress(paths["fits"].read_bytes()))
    with h5py.File(paths["hdf5"], "w") as file:
        file["a"] = 1
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(paths["png"], format="PNG")
    paths["text"].write_text("id,a,b\n1,0,1\n")
    paths["umlaut"].write_text("é" * container.HEAD_BYTES)  # two bytes each: the last is cut in two
    paths["noise"].write_bytes(bytes(range(256)) * 4)
    paths["cut"].write_bytes(paths["gz"].read_bytes()[:12])
    paths["empty"].write_bytes(b"")
    kinds = {name: container.of(path) for name, path in paths.items()}
    assert kinds == {
        "fits": "a FITS file", "gz": "a FITS file", "hdf5": "an HDF5 file", "png": "a PNG image", "text": "text",
        "umlaut": "text", "noise": "", "cut": "a gzip file that is cut off or damaged", "empty": "",
    }  # fmt: skip


def test_preview_follows_the_content(tmp_path):
    table, image = tmp_path / "table.fits", tmp_path / "image.csv"
    table.write_text("id,a,b\nx,0,1\n")
    fits.PrimaryHDU(np.zeros((3, 4))).writeto(image)
    assert list(read.preview(table)["objects"].values()) == ["table"]
    assert read.preview(image)["objects"] == {"0 PRIMARY": "image 3 x 4"}
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "p.fits", format="PNG")
    with pytest.raises(DarkroomError, match=r"p\.fits: not a FITS file \(it is a PNG image\)"):
        read.preview(tmp_path / "p.fits")


def test_a_mapping_of_another_kind_is_named_as_such(tmp_path):
    table, image = tmp_path / "table.fits", tmp_path / "image.csv"
    table.write_text("id,a,b\nx,0,1\n")
    fits.PrimaryHDU(np.zeros((3, 4))).writeto(image)
    for path, mapping, sentence in (
        (image, VOTES, "is a FITS file, this mapping reads tables of text with votes"),
        (table, Mapping(), "is text, this mapping reads FITS files"),
        (table, Mapping(kind="footprints"), "is text, this mapping reads FITS files"),
    ):
        with pytest.raises(DarkroomError, match=sentence):
            next(read.blocks(path, mapping))
