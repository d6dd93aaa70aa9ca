"""Crafted HDF5 files: none leads anywhere else, eats the machine, or ends in anything but one sentence."""

import h5py
import numpy as np
import pytest

from core.cosine import read
from core.data import files
from core.data.raw.preview import preview
from core.errors import DarkroomError
from tests.cosine.test_hdf5 import SHIPPED, WAVES, changed, store
from tests.cosine.test_read import ENERGY, RECORDS, N


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mrgd_M001765.003.h5"


def external_link(out):
    out["waveform"] = h5py.ExternalLink("/etc/passwd", "/waveform")


def external_link_to_a_column(out):
    out["waveform"] = WAVES
    out["energy"] = h5py.ExternalLink("other.h5", "/energy")


def external_group(out):
    out["raw"] = h5py.ExternalLink("other.h5", "/")


def soft_link(out):
    out["there"] = WAVES
    out["waveform"] = h5py.SoftLink("/there")


def external_storage(out):
    out.create_dataset("waveform", (3, 4080, 2), "i2", external=[("/etc/passwd", 0, 3 * 4080 * 4)])


def virtual(out):
    layout = h5py.VirtualLayout((3, 4080, 2), "i2")
    layout[:] = h5py.VirtualSource("other.h5", "waveform", (3, 4080, 2))
    out.create_virtual_dataset("waveform", layout)


def eight_terabytes(out):
    out.create_dataset("waveform", (500_000_000, 4080, 2), "i2", chunks=(32, 4080, 2))


def eight_terabytes_in_one_piece(out):
    out.create_dataset("waveform", (500_000_000, 4080, 2), "i2")


def eight_terabytes_in_a_column(out):
    out["waveform"] = WAVES
    out.create_dataset("energy", (10**12,), "f8", chunks=(1000,))


def one_chunk_of_many(out):
    data = out.create_dataset("waveform", (320, 4080, 2), "i2", chunks=(32, 4080, 2))
    data[:32] = 1


def giant_chunks(out):
    out.create_dataset("waveform", (9000, 4080, 2), "i2", chunks=(9000, 4080, 2), compression="gzip")[:1] = 7


def unknown_filter(out):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1, 4080, 2))
    plist.set_filter(31999, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((N, 4080, 2))
    h5py.h5d.create(out.id, b"waveform", h5py.h5t.NATIVE_INT16, space, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, WAVES)


def columns(**values):
    def make(out):
        out["waveform"] = WAVES
        for name, value in values.items():
            out[name] = value

    return make


def wave(values):
    def make(out):
        out["waveform"] = values

    return make


NAN = np.array([1.0] * (N - 1) + [np.nan])
CRAFTED = {
    "external link": (external_link, r"'waveform' is an external link: only data that lie in the file itself"),
    "external link to a column": (external_link_to_a_column, r"'energy' is an external link"),
    "soft link": (soft_link, r"'waveform' is a soft link"),
    "external raw storage": (external_storage, r"'waveform' is kept in external raw storage"),
    "virtual": (virtual, r"'waveform' is a virtual data set"),
    "8 TB in chunks": (eight_terabytes, r"'waveform' declares 8.16 TB, of which 0 bytes are stored in a file of \d\S* kB"),
    "8 TB": (eight_terabytes_in_one_piece, r"'waveform' declares 8.16 TB, of which 0 bytes are stored"),
    "8 TB in a column": (eight_terabytes_in_a_column, r"'energy' declares 8 TB, of which 0 bytes are stored"),
    "missing chunks": (one_chunk_of_many, r"of data set 'waveform' 1 of 10 chunks are stored: the file is incomplete"),
    "giant chunks": (giant_chunks, r"'waveform' has chunks of 147 MB: expected at most 67 MB"),
    "unknown filter": (unknown_filter, r"'waveform' is packed with filter 31999, which is not known here"),
    "no waveform": (lambda out: out.create_group("raw"), r"data set 'waveform' is missing; there are: nothing"),
    "another name": (lambda out: out.create_dataset("raw/wf", data=WAVES), r"is missing; there are: raw/wf"),
    "floating point": (wave(WAVES.astype(float)), r"'waveform' holds float64: expected whole ADC counts"),
    "text": (wave(np.array([b"abc"])), r"'waveform' holds \|S3: expected whole ADC counts"),
    "two axes": (wave(WAVES[:, :, 0]), r"has shape \(7, 4080\): expected \(events, 4080, 2\)"),
    "three PMTs": (wave(np.zeros((2, 4080, 3), np.int16)), r"has shape \(2, 4080, 3\): expected"),
    "turned axes": (wave(RECORDS), r"has shape \(7, 2, 4080\): .* correct 'pmt_axis'"),
    "short records": (wave(WAVES[:, :4000]), r"has shape \(7, 4000, 2\): .*'record_samples'"),
    "beyond 15 bits": (wave(WAVES.astype(np.int32) + 70000), r"expected ADC counts of at most 15 bits"),
    "short column": (columns(energy=ENERGY[:3]), r"'energy' has shape \(3,\): expected \(7,\), one value for each"),
    "a table for a column": (columns(energy=np.ones((N, 2))), r"'energy' has shape \(7, 2\): expected \(7,\)"),
    "text column": (columns(energy=np.array([b"1"] * N)), r"'energy' holds \|S1: expected numbers"),
    "NaN event": (columns(event=NAN), r"'event' holds nan in row 6: expected whole numbers"),
    "NaN crystal": (columns(crystal=NAN), r"'crystal' holds nan in row 6: expected whole numbers from 0 to 255"),
    "NaN truth": (columns(truth_class=NAN), r"'truth_class' holds nan in row 6: expected whole numbers; write -1"),
    "a class that is none": (columns(truth_class=np.full(N, 257)), r"'truth_class' holds 257: expected whole numbers from -128"),
    "time beyond all": (columns(time=np.full(N, 1e300)), r"'time' holds 1e\+300: expected whole numbers"),
    "NaN time": (columns(time=NAN), r"'time' holds nan in row 6"),
    "half an event": (columns(event=np.arange(N) / 2), r"'event' holds 0.5 in row 1"),
    "crystal 256": (columns(crystal=np.full(N, 256)), r"'crystal' holds 256 in row 0: expected whole numbers from 0 to 255"),
    "negative run": (columns(run=np.full(N, -1)), r"'run' holds -1 in row 0"),
    "the same event twice": (columns(event=[0, 1, 2, 3, 4, 5, 2]), r"rows 2 and 6 are both event 2 of run 1765"),
}  # fmt: skip


@pytest.mark.parametrize("case", CRAFTED)
def test_crafted_files_get_one_sentence(file, case):
    make, sentence = CRAFTED[case]
    with h5py.File(file, "w") as out:
        make(out)
    with pytest.raises(DarkroomError, match=sentence) as refused:
        list(read.blocks(file, SHIPPED))
    assert str(refused.value).startswith(file.name)
    assert "\n" not in str(refused.value)
    preview(file)  # what is in it can be listed all the same


def test_a_path_through_an_external_link_is_not_followed(file):
    with h5py.File(file.with_name("other.h5"), "w") as out:
        out["waveform"] = WAVES
    with h5py.File(file, "w") as out:
        external_group(out)
    with pytest.raises(DarkroomError, match=r"'raw/waveform' is an external link"):
        list(read.blocks(file, changed(waveforms=["raw/waveform"])))
    assert [line["branch"] for line in preview(file)["trees"]["/"]["branches"]] == ["raw"]


def test_a_group_that_holds_itself_ends(file):
    with h5py.File(store(file), "a") as out:
        out["loop"] = out["/"]
    assert preview(file)["trees"]["/"]["n_entries"] == N


def test_damaged_files_get_one_sentence(file):
    whole = store(file, energy=ENERGY).read_bytes()
    for n in (0, 100, 2048, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:n])
        with pytest.raises(DarkroomError, match=rf"{file.name} cannot be opened as an HDF5 file"):
            list(read.blocks(file, SHIPPED))
        with pytest.raises(DarkroomError, match=rf"{file.name}"):
            preview(file)
    with pytest.raises(DarkroomError, match=r"does not exist"):
        list(read.blocks(file.with_name("gone.h5"), SHIPPED))


def test_damaged_bytes_never_end_in_anything_but_a_sentence(file):
    with h5py.File(file, "w") as out:
        out.create_dataset("waveform", data=WAVES, chunks=(2, 4080, 2), compression="gzip")
        out["energy"] = ENERGY
    whole = np.frombuffer(file.read_bytes(), np.uint8)
    rng = np.random.default_rng(5)
    n_refused = 0
    for _ in range(60):
        bad = whole.copy()
        bad[rng.integers(0, min(len(bad), 6000), 8)] = rng.integers(0, 256, 8)
        file.write_bytes(bad.tobytes())
        try:
            list(read.blocks(file, SHIPPED))
        except DarkroomError:
            n_refused += 1
    assert n_refused > 20


def test_the_pages_preview_runs_in_its_child_and_names_what_is_wrong(tmp_path, workspace, monkeypatch):
    del workspace
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(tmp_path))
    path = tmp_path / "mrgd_M000001.000.h5"
    with h5py.File(path, "w") as out:
        eight_terabytes(out)
    content = files.preview("cosine", path, ("--mapping", "hdf5"))
    assert "'waveform' declares 8.16 TB" in content["mapping_problem"]
    assert content["fitting_mappings"] == []
    assert "declares 8.16 TB" in content["trees"]["/"]["branches"][0]["first"]


def test_a_file_without_events_holds_no_row_and_is_no_error(file):
    with h5py.File(file, "w") as out:
        wave(WAVES[:0])(out)
    assert not list(read.blocks(file, SHIPPED))
    assert read.source(file, SHIPPED) == {"run": 0, "subrun": 0, "live_s": None}
