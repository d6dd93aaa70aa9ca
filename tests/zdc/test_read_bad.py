"""What a file of showers must not be: each gets one sentence that names the file and says what to do, and none ends the process."""

import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import uproot

from core.errors import DarkroomError
from core.zdc import read
from core.zdc.features import NEGATIVE, NOT_FINITE
from core.zdc.mapping import Mapping
from tests.zdc.shower_files import (
    FORMS,
    OWN,
    csv_cells,
    csv_steps,
    flat_hdf5,
    layered_npz,
    made_up,
    own_file,
    root_cells,
)
from tests.zdc.test_read_forms import BINNING, VOXELS, joined, voxel_file

TRUTH = made_up(30)


def refusal(path: Path, mapping: Mapping) -> str:
    """The sentence with which a file is refused; it names the file."""
    with pytest.raises(DarkroomError) as refused:
        list(read.showers(path, mapping))
    text = str(refused.value)
    assert path.name in text or "mapping" in text
    assert len(text) < 500
    assert "\x1b" not in text
    return text


OTHER: dict[str, tuple[dict[str, Any], str]] = {
    "another size": ({"cells_mev": np.ones((30, 8, 8), np.float32)}, "images are 8 x 8 ('yx'): expected 5 x 6"),
    "no axes": ({"cells_mev": np.ones(30, np.float32)}, "has the shape (30,): expected energies of showers"),
    "texts": ({"cells_mev": np.full((30, 5, 6), b"a")}, "has no numbers"),
    "missing": ({"cells_mev": None}, "'cells_mev' is missing; there are: depth_mev"),
    "fewer truths": ({"true_energy_gev": np.ones(29)}, "'true_energy_gev' has the shape (29,) beside 30 showers"),
    "truth of two": ({"true_energy_gev": np.ones((30, 2))}, "expected one number for each"),
    "truth of text": ({"particle": np.full(30, b"e-")}, "has |S2 values of the shape (30,)"),
    "one number twice": ({"number": np.zeros(30, np.int64)}, "shower 0 stands there twice"),
    "broken numbers": ({"number": np.full(30, 0.5)}, "are not whole numbers: correct 'event_id'"),
    "negative numbers": ({"number": np.arange(30) - 1}, "are numbered -1 to 28"),
    "huge numbers": ({"number": np.arange(30) + 2**40}, "expected 0 to 1,099,511,627,775"),
    "flat depth": ({"depth_mev": np.ones(30)}, "'depth_mev' has the shape (30,)"),
    "NaN everywhere": ({"cells_mev": np.full((30, 5, 6), np.nan, np.float32)}, "30 of 30 showers have cells that are no numbers"),
    "negative": ({"cells_mev": np.full((30, 5, 6), -50.0, np.float32)}, "30 of 30 showers have cells that are no numbers or far below 0"),
    "keV": ({"cells_mev": TRUTH.expected_mev * 1e3}, "the cells add up to 909 times the true energy (median)"),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHER)
def test_own_files_that_are_none(what, tmp_path):
    changed, sentence = OTHER[what]
    path = own_file(tmp_path / "zdc_1_1_sim.h5", TRUTH, **changed)
    assert sentence in refusal(path, replace(OWN, n_x=6, n_y=5))


def test_a_few_broken_cells_cost_their_showers_a_flag_and_not_the_file(tmp_path):
    cells = TRUTH.expected_mev.copy()
    cells[3, 0, 0], cells[5, 1, 1], cells[7, 2, 2] = np.nan, np.inf, -100.0
    path = own_file(tmp_path / "zdc_1_1_sim.h5", TRUTH, cells_mev=cells)
    showers, flags = next(read.showers(path, OWN))
    assert np.flatnonzero(flags).tolist() == [3, 5, 7]
    assert flags[[3, 5, 7]].tolist() == [NOT_FINITE, NOT_FINITE, NEGATIVE]
    assert np.isfinite(showers.cells_mev).all()
    assert showers.cells_mev.min() == 0.0
    assert "with broken cells: 3" in read.notes(path, OWN)[1]


def test_noise_below_zero_is_no_fault():
    cells = np.random.default_rng(1).normal(0.0, 0.2, (1000, 20, 20)).astype(np.float32)
    assert not read.clean(cells, 0.78).any()
    assert cells.min() == 0.0


@pytest.mark.parametrize("attribute", ["cell_mm", "threshold_mev"])
def test_an_unknown_grid_is_asked_for(attribute, tmp_path):
    path = own_file(tmp_path / "zdc_1_1_sim.h5", TRUTH)
    with h5py.File(path, "a") as file:
        del file.attrs[attribute]
    assert f"'{attribute}' of the cells is not known: set it in the mapping" in refusal(path, OWN)
    with h5py.File(path, "a") as file:
        file.attrs[attribute] = np.nan
    assert f"'{attribute}' of the cells is nan" in refusal(path, OWN)
    with h5py.File(path, "a") as file:
        file.attrs[attribute] = "thirty"
    assert "is not known" in refusal(path, OWN)


def test_a_bomb_needs_no_memory(tmp_path):
    path = own_file(tmp_path / "zdc_1_1_sim.h5", TRUTH)
    with h5py.File(path, "a") as file:
        del file["cells_mev"]
        file.create_dataset("cells_mev", (10**8, 20, 20), "f4", chunks=(100, 20, 20), compression="gzip")
    assert "declares 160 GB, of which 0 bytes are stored" in refusal(path, OWN)


def npz_with(path: Path, header: bytes, body: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = header + b" " * (-(len(header) + 11) % 64) + b"\n"
        archive.writestr("cells.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body)
    return path


def test_bombs_in_archives_need_no_memory(tmp_path):
    mapping = FORMS["layers of NumPy"][1](tmp_path / "b.npz", TRUTH)[1]
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 6, 5, 3), }"
    assert "declares 7.2e+04 TB" in refusal(npz_with(tmp_path / "a.npz", header % 10**14, b""), mapping)
    text = refusal(npz_with(tmp_path / "a.npz", header % 10**7, b"\0" * 100), mapping)
    assert "declares 7.2 GB" in text
    assert "declares 432 MB, of which" in refusal(npz_with(tmp_path / "a.npz", header % 600_000, b"\0" * 100), mapping)
    objects = b"{'descr': '|O', 'fortran_order': False, 'shape': (2, 6, 5, 3), }"
    assert "holds Python objects, which are never read" in refusal(
        npz_with(tmp_path / "a.npz", objects, b"\0" * 2000), mapping
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_another_kind_says_what_it_is(form, tmp_path):
    name, write = FORMS[form]
    path, mapping = write(tmp_path / name, TRUTH)
    for content, kind in ((b"", "empty"), (b"\x89PNG\r\n\x1a\n", "a PNG picture")):
        path.write_bytes(content)
        assert kind in refusal(path, mapping)
    path.unlink()
    assert "does not exist" in refusal(path, mapping)


@pytest.mark.parametrize("form", FORMS)
def test_cut_off_files_are_refused_or_lose_nothing_silently(form, tmp_path):
    """A table may end after any row; every other container says that it is cut off."""
    name, write = FORMS[form]
    path, mapping = write(tmp_path / name, TRUTH)
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(content[: int(share * len(content))])
        if name.endswith("csv"):
            try:
                n = len(joined(path, mapping))
            except DarkroomError:
                continue
            assert n < len(TRUTH.number)
        else:
            refusal(path, mapping)


@pytest.mark.parametrize("form", FORMS)
def test_damaged_bytes_end_in_showers_or_in_a_sentence(form, tmp_path):
    name, write = FORMS[form]
    path, mapping = write(tmp_path / name, TRUTH)
    content, rng = path.read_bytes(), random.Random(1)
    for _ in range(12):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 3, 20])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(bytes(damaged))
        for look in (
            lambda: list(read.showers(path, mapping)),
            lambda: read.preview(path),
            lambda: read.notes(path, mapping),
        ):
            try:
                with np.errstate(all="ignore"):
                    look()
            except DarkroomError as error:
                assert len(str(error)) < 900


@pytest.mark.parametrize(
    ("form", "field", "value", "sentence"),
    [
        ("cells of CSV", "energy", "energy", "there is no column 'energy'; there are: event, iy, ix, e"),
        ("cells of CSV", "index_base", 1, "'iy' holds 0: expected whole numbers from 1 to 5"),
        (
            "cells of CSV",
            "n_x",
            5,
            "'ix' holds 5: expected whole numbers from 0 to 4, the cells of the mapping. Correct 'n_x'",
        ),
        ("cells of CSV", "event_id", "", "'event_id' is empty"),
        ("steps of CSV", "length_unit", "m", "of the energy lies outside the 6 x 5 cells"),
        ("steps of ROOT", "event_id", "", "branch '' is missing"),
        ("lists of ROOT", "table", "other", "there is no TTree or RNTuple 'other'"),
        ("lists of ROOT", "energy", "energy", "branch 'ix' has 1 dimensions per entry: expected one number"),
        ("images of ROOT", "n_x", 7, "images are 5 x 6 ('yx'): expected 5 x 7"),
        ("images of ROOT", "energy", "energy", "holds one number per entry: expected an image"),
        ("images of ROOT", "axes", "zyx", "expected showers with the axes 'zyx'"),
        ("flat HDF5", "n_x", 7, "has 30 values per shower: expected 5 x 7 = 35"),
        ("flat HDF5", "table", "nowhere", "groups fit 'nowhere'"),
        ("layers of NumPy", "energy", "images", "there is no array 'images'; there are: cells, event"),
    ],
)
def test_mappings_that_do_not_fit_the_file(form, field, value, sentence, tmp_path):
    name, write = FORMS[form]
    path, mapping = write(tmp_path / name, TRUTH)
    assert sentence in refusal(path, replace(mapping, **{field: value}))


def test_lists_of_other_lengths(tmp_path):
    path, mapping = root_cells(tmp_path / "a_3.root", TRUTH)
    with uproot.recreate(path) as file:
        file.mktree("showers", {"e": "var * float64", "ix": "var * int64", "iy": "var * int64"})
        import awkward as ak

        file["showers"].extend(
            {"e": ak.Array([[1.0, 2.0], [3.0]]), "ix": ak.Array([[1, 1], [1]]), "iy": ak.Array([[1], [1]])}
        )
    assert "'iy' has 1 values for the 2 energies of entry 0" in refusal(path, mapping)


def test_images_of_other_lengths(tmp_path):
    import awkward as ak

    path, mapping = FORMS["images of ROOT"][1](tmp_path / "a_3.root", TRUTH)
    with uproot.recreate(path) as file:
        file.mktree("showers", {"cells": "var * float64"})
        file["showers"].extend({"cells": ak.Array([[1.0] * 30, [1.0] * 29])})
    assert "holds 29 to 30 values per entry" in refusal(path, mapping)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("event,iy,ix,e\n1,2\n", "Expected 4 columns, got 2"),
        ("event,iy,ix,e\n1,2,3,four\n", "cannot be read"),
        ("event,iy,ix,e\n1,2.5,3,4\n", "'iy' holds 2.5"),
        ("event,iy,ix,e\nnan,2,3,4\n", "whole numbers"),
        ("event,iy,ix,e\n1,2,3,4\n2,2,3,4\n1,2,3,5\n", "shower 1 stands there twice"),
        ("\x1b[31mevent,iy\n", "there is no column 'event'"),
        ("event,iy,ix,e\n" + "9" * 400 + ",1,1,1\n", "whole numbers"),
    ],
)
def test_tables_that_are_none(text, sentence, tmp_path):
    path, mapping = csv_cells(tmp_path / "a_3.csv", TRUTH)
    path.write_text(text)
    assert sentence in refusal(path, mapping)


def test_a_table_without_rows_gives_no_shower(tmp_path):
    path, mapping = csv_cells(tmp_path / "a_3.csv", TRUTH)
    path.write_text("event,iy,ix,e\n")
    assert list(read.showers(path, mapping)) == []
    assert not read.trial(path, mapping)


def test_a_binning_of_another_data_set_is_refused(tmp_path):
    path = voxel_file(tmp_path / "a.h5", np.ones((12, 10)) * 50.0)
    for text, sentence in (
        (BINNING.replace('n_bin_alpha="4"', 'n_bin_alpha="5"'), "has 10 voxels per shower, binning.xml describes 12"),
        (BINNING.replace("0,15,60", "0,60,15"), "layer 2 has no rising edges"),
        (BINNING.replace('"4"', '"-4"'), "no rising edges or no sectors"),
        ("<Bins></Bins>", "has 0 particles and 0 layers with voxels"),
        ("<Bins>", "expected a binning in XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + BINNING, "larger than 1 MB, or with declarations"),
        (BINNING + " " * (1 << 20), "larger than 1 MB"),
    ):
        (tmp_path / "binning.xml").write_text(text)
        with pytest.raises(DarkroomError) as refused:
            list(read.showers(path, VOXELS))
        assert sentence in str(refused.value)


def test_a_binning_elsewhere_is_not_looked_at(tmp_path):
    (tmp_path / "inner").mkdir()
    path = voxel_file(tmp_path / "inner" / "a.h5", np.ones((12, 10)) * 50.0)
    (tmp_path / "secret.xml").write_text(BINNING)
    for name in ("../secret.xml", str(tmp_path / "secret.xml"), "/etc/passwd", "nothing.xml"):
        assert "is no file beside a.h5 or below a data root" in refusal(path, replace(VOXELS, binning=name))


@pytest.mark.parametrize("write", [flat_hdf5, layered_npz, csv_steps], ids=lambda f: f.__name__)
def test_hostile_names_stay_text(write: Callable[..., Any], tmp_path):
    names = {"flat_hdf5": "a.h5", "layered_npz": "a.npz", "csv_steps": "a.csv"}
    path, mapping = write(tmp_path / names[write.__name__], TRUTH)
    hostile = path.rename(path.with_name("\u202e<b>x\n" + path.name))
    assert len(joined(hostile, mapping)) == 30
    with pytest.raises(DarkroomError) as refused:
        list(read.showers(hostile, replace(mapping, energy="'; drop")))
    assert "drop" in str(refused.value)
