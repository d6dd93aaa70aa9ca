"""HDF5: the same rows as from ROOT, and every column and order of axes that a mapping can describe."""

import h5py
import hdf5plugin
import numpy as np
import pytest

from core.cosine import read
from core.cosine.features import FLAGS
from core.cosine.mapping import Mapping
from core.cosine.raw.hdf5_records import BLOCK_ROWS
from core.cosine.rows import UID
from core.data.dataset import open_dataset
from core.data.mapping import load_mapping
from core.data.raw.preview import preview
from core.errors import DarkroomError
from core.parameters import build, to_dict
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare
from tests.cosine.test_read import BASE, ENERGY, MAPPINGS, RECORDS, N, only, plain, write

SHIPPED = load_mapping(MAPPINGS / "hdf5.toml", Mapping)
WAVES = np.ascontiguousarray(RECORDS.transpose(0, 2, 1))


def store(path, columns=(), **more):
    with h5py.File(path, "w") as file:
        for name, values in {"waveform": WAVES, **dict(columns), **more}.items():
            if values is not None:
                file[name] = values
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mrgd_M001765.003.h5"


def merged(path, mapping=SHIPPED):
    blocks = list(read.blocks(path, mapping))
    return {name: np.concatenate([b.table[name] for b in blocks]) for name in blocks[0].table}


def changed(**values):
    return build(Mapping, {**to_dict(SHIPPED), **values})


def test_rows_are_those_of_a_root_file_with_the_same_events(file, tmp_path):
    root = only(write(tmp_path / "data1765.root", plain()), BASE)
    block = only(
        store(file, energy=ENERGY, run=np.full(N, 1765), subrun=np.zeros(N, int), crystal=np.full(N, 3)), SHIPPED
    )
    np.testing.assert_array_equal(block.arrays["waveform"], root.arrays["waveform"])
    assert set(block.table) == set(root.table)
    for name, values in root.table.items():
        assert block.table[name].dtype == values.dtype
        np.testing.assert_array_equal(block.table[name], values, err_msg=name)


def test_without_columns_the_name_and_the_mapping_say_who_it_is(file):
    table = only(store(file), changed(crystals=[7])).table
    assert set(table["run"]) == {1765}
    assert set(table["subrun"]) == {3}
    np.testing.assert_array_equal(table["uid"], UID.pack(1765, 3, np.arange(N), 7))
    assert np.isnan(table["energy_kev"]).all()
    assert (table["flags"] >> FLAGS.index("no_energy") & 1).all()
    assert (table["coincident"] == -1).all()


def test_a_name_that_says_nothing_gives_run_0(tmp_path):
    assert set(only(store(tmp_path / "waves.hdf5"), SHIPPED).table["run"]) == {0}


def test_the_other_order_of_axes_gives_the_same(file, tmp_path):
    wanted = only(store(file), SHIPPED).arrays["waveform"]
    other = store(tmp_path / "mrgd_M001765.004.h5", waveform=RECORDS)
    np.testing.assert_array_equal(only(other, changed(pmt_axis="first")).arrays["waveform"], wanted)


@pytest.mark.parametrize("kind", ["uint16", ">i2", "int64"])
def test_whole_counts_of_any_type_are_read(file, tmp_path, kind):
    wanted = only(store(file), SHIPPED).arrays["waveform"]
    other = store(tmp_path / "mrgd_M001765.004.h5", waveform=WAVES.astype(kind))
    np.testing.assert_array_equal(only(other, SHIPPED).arrays["waveform"], wanted)


def test_crystals_runs_and_coincidence_of_every_row(file):
    crystal, run = np.array([3, 1, 3, 7, 1, 3, 3]), np.array([1601] * 4 + [1858] * 3)
    event = np.array([5, 5, 6, 5, 5, 5, 6])  # an event may have several crystals, and numbers return in another run
    veto, nc1 = np.array([0, 12000, 0, 0, 0, 0, np.nan]), np.array([9, 9, 0, 0, 0, 0, 0])
    table = merged(store(file, {"BLSVeto/Charge": veto, "crystal1_nc": nc1}, crystal=crystal, run=run, event=event))
    order = np.argsort(crystal, kind="stable")  # blocks come crystal by crystal
    for name, wanted in (("crystal", crystal), ("run", run), ("event", event)):
        np.testing.assert_array_equal(table[name], wanted[order])
    np.testing.assert_array_equal(table["uid"], UID.pack(run, 3, event, crystal)[order])
    assert len(set(table["uid"].tolist())) == N
    np.testing.assert_array_equal(
        table["coincident"], np.array([1, 1, 0, 0, 0, 0, -1])[order]
    )  # own clusters do not count


def test_files_longer_than_a_block_in_chunks_of_an_odd_size(file):
    rows = np.arange(2 * BLOCK_ROWS + 137)
    with h5py.File(file, "w") as out:
        packed = hdf5plugin.Bitshuffle(cname="lz4")
        small = WAVES[rows % N, 1100:1500] + (rows % 97)[:, None, None].astype(np.int16)
        out.create_dataset("waveform", data=small, chunks=(192, 400, 2), **packed)
        out["energy"] = rows.astype(float)
    mapping = changed(record_samples=400, pretrigger_samples=100, baseline_samples=90)
    blocks = list(read.blocks(file, mapping))
    assert max(len(b.arrays["waveform"]) for b in blocks) <= BLOCK_ROWS
    np.testing.assert_array_equal(np.concatenate([b.table["energy_kev"] for b in blocks]), rows)
    baseline = np.concatenate([b.table["baseline1_adc"] for b in blocks])
    np.testing.assert_allclose(baseline - rows % 97, (baseline - rows % 97)[rows % N], atol=1e-3)


def test_a_prepared_data_set_holds_every_row_once(workspace, file, tmp_path):
    del workspace
    experiment = EXPERIMENTS["cosine"]
    other = tmp_path / "more.h5"
    prepare(experiment, [store(file), store(other, run=np.full(N, 1601))], "h", SHIPPED)
    dataset = open_dataset("h")
    assert dataset.n_rows == 2 * N
    assert len(np.unique(dataset.column("uid"))) == 2 * N
    again = store(tmp_path / "again.h5", run=np.full(N, 1765), subrun=np.full(N, 3))
    with pytest.raises(
        DarkroomError, match=r"both hold .* 1765\.3\.0\.1, with other content: events would count twice"
    ):
        prepare(experiment, [again], "h", SHIPPED)


def test_preview_lists_shapes_types_and_first_values(file):
    (tree,) = preview(store(file, energy=ENERGY, note=[b"x"] * N))["trees"].values()
    lines = {line["branch"]: line for line in tree["branches"]}
    assert tree["n_entries"] == N
    assert lines["waveform"]["type"] == "int16 (7, 4080, 2)"
    assert lines["energy"]["first"] == "[1.0, 2.0, 3.0, 4.0, 5.0]"
    assert lines["note"]["first"] == "no numbers"


def test_mappings_that_cannot_be():
    with pytest.raises(DarkroomError, match=r"names one data set in 'waveforms' and one crystal"):
        changed(crystals=[1, 3], pmts=[0, 1, 2, 3])
    with pytest.raises(DarkroomError, match=r"belong to HDF5 files: set 'container' to hdf5"):
        changed(container="root")


@pytest.mark.parametrize("order", ["<", ">"])
def test_columns_in_either_byte_order_give_the_same(file, order):
    columns = {
        "energy": ENERGY.astype(f"{order}f8"), "time": np.arange(N).astype(f"{order}i8") + 1_600_000_000,
        "event": np.arange(N).astype(f"{order}u4"), "run": np.full(N, 1765, f"{order}i4"),
        "crystal": np.full(N, 3, f"{order}u2"), "coincident": np.array([0, 1, 0, 1, 0, 1, np.nan], f"{order}f4"),
        "truth_class": np.array([0, 1] * 3 + [-1], f"{order}i2"), "truth_llr": ENERGY.astype(f"{order}f2"),
        "waveform": WAVES.astype(f"{order}i2"),
    }  # fmt: skip
    block = only(store(file, columns), SHIPPED)
    np.testing.assert_array_equal(block.table["energy_kev"], ENERGY)
    np.testing.assert_array_equal(block.table["time_s"], np.arange(N) + 1_600_000_000)
    np.testing.assert_array_equal(block.table["coincident"], [0, 1, 0, 1, 0, 1, -1])
    np.testing.assert_array_equal(block.table["truth_class"], [0, 1, 0, 1, 0, 1, -1])
    np.testing.assert_array_equal(block.table["truth_llr"], ENERGY.astype(np.float16))
    np.testing.assert_array_equal(block.table["uid"], UID.pack(1765, 3, np.arange(N), 3))
    assert all(values.dtype.isnative for values in block.table.values())


def test_a_column_of_a_type_that_numpy_lacks_hides_nothing_else(file):
    with h5py.File(store(file, energy=ENERGY), "a") as out:
        stamp = h5py.h5d.create(out.id, b"stamp", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((N,)))
        stamp.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(N, dtype="<u4"), mtype=h5py.h5t.UNIX_D32LE)
    lines = {line["branch"]: line for line in preview(file)["trees"]["/"]["branches"]}
    assert lines["energy"]["first"] == "[1.0, 2.0, 3.0, 4.0, 5.0]"
    assert lines["stamp"]["type"] == "time values of 4 bytes (7,)"
    np.testing.assert_array_equal(only(file, SHIPPED).table["energy_kev"], ENERGY)
    with pytest.raises(DarkroomError, match=r"data set 'stamp' holds time values of 4 bytes: expected numbers"):
        only(file, changed(time_branch="stamp"))


def test_a_fault_of_our_own_is_not_blamed_on_the_file(file, monkeypatch):
    def fail(*_):
        raise TypeError("ours")

    monkeypatch.setattr(read.hdf5_rows.rows, "block", fail)
    with pytest.raises(TypeError, match="ours"):
        only(store(file), SHIPPED)
