"""A look at ROOT files: folders, types that uproot does not know, and what is called damaged."""

from pathlib import Path

import numpy as np
import pytest
import uproot

from core.cosine import read
from core.cosine.mapping import Mapping
from core.data.raw.preview import preview
from core.errors import DarkroomError
from tests.cosine.test_read import BASE, ENERGY, RNG, N, only, plain, write


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "data12.root"


def test_a_tree_in_a_folder_is_listed_and_read_by_its_path(file, tmp_path):
    wanted = only(write(file, plain()), BASE)
    inside = write(tmp_path / "data13.root", plain(), tree="daq/raw/ntp")
    content = preview(inside)
    assert content["objects"] == {"daq": "TDirectory", "daq/raw": "TDirectory", "daq/raw/ntp": "TTree"}
    assert content["trees"]["daq/raw/ntp"]["n_entries"] == N
    mapping = Mapping(**{**BASE.__dict__, "tree": "daq/raw/ntp"})
    np.testing.assert_array_equal(only(inside, mapping).arrays["waveform"], wanted.arrays["waveform"])
    with pytest.raises(DarkroomError, match=r"no TTree or RNTuple 'ntp'; the file holds .*daq/raw/ntp \(TTree\)"):
        only(inside, BASE)


def test_a_branch_that_uproot_cannot_interpret_hides_no_other(file, monkeypatch):
    wanted = only(write(file, plain()), BASE)
    write(file, plain(odd=ENERGY))
    interpretation = uproot.TBranch.interpretation.fget

    def raising(branch):
        if branch.name == "odd":
            raise ValueError("invalid C++ type name syntax")
        return interpretation(branch)

    monkeypatch.setattr(uproot.TBranch, "interpretation", property(raising))
    lines = {line["branch"]: line for line in preview(file)["trees"]["ntp"]["branches"]}
    assert lines["odd"] == {"branch": "odd", "type": "unknown", "first": "cannot be read: invalid C++ type name syntax"}
    assert lines["crystal3_energy"]["first"] == "[1.0, 2.0, 3.0, 4.0, 5.0]"
    np.testing.assert_array_equal(only(file, BASE).arrays["waveform"], wanted.arrays["waveform"])
    with pytest.raises(DarkroomError, match=r"entries 0 to 7 of tree 'ntp' cannot be read \(ValueError: invalid C\+\+"):
        only(file, Mapping(**{**BASE.__dict__, "time_branch": "odd"}))


def test_preview_names_branches_types_and_first_values(file):
    content = preview(write(file, plain()))
    (tree,) = content["trees"].values()
    assert tree["n_entries"] == N
    assert {b["branch"] for b in tree["branches"]} == {"wf31", "wf32", "crystal3_energy"}


def test_a_file_of_full_length_is_not_called_truncated(file):
    whole = bytearray(write(file, plain(wf31=RNG.integers(0, 4000, (N, 4080)).astype(np.int16))).read_bytes())
    whole[2000:9000] = bytes(7000)  # within the packed records
    file.write_bytes(bytes(whole))
    with pytest.raises(DarkroomError, match=r"has its full length, so bytes within it are damaged or of a class"):
        list(read.blocks(file, BASE))
