"""What a file of hits must not be: each gets one sentence that names the file and says what to do, and none ends the process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from core import parameters
from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.juno.geometry import rings
from core.juno.mapping import Mapping
from core.juno.read import events, geometry, preview, source
from tests.juno.hit_files import lists, made_up, write_csr, write_parquet, write_root, write_rows
from tests.juno.test_read_forms import HDF5, JUNO, LIQUIDO, MAPPINGS, ML, PARQUET, ROWS

TRUTH = made_up()
N = int(TRUTH.lengths.sum())


def refusal(path: Path, mapping: Mapping) -> str:
    """The sentence, after the name of the file, with which it is refused."""
    with pytest.raises(DarkroomError) as refused:
        list(events(path, mapping))
    text = str(refused.value)
    assert text.startswith(path.name), text
    assert len(text) < 500
    assert "\x1b" not in text
    return text.removeprefix(path.name)


@pytest.mark.parametrize(
    ("offsets", "sentence"),
    [
        ([0, 40, 30, 340, N], "data set 'offsets' does not rise from 0 (at event 1)"),
        ([5, 40, 40, 340, N], "data set 'offsets' does not rise from 0 (at event 0)"),
        ([0, 40, 40, 340, N + 1], f"data set 'offsets' ends at {N + 1}, beyond or before the {N} hits"),
        ([0, 40, 40, 340, N - 1], f"ends at {N - 1}, beyond or before"),
        ([0, 40, 40, 340, 10**9], "ends at 1,000,000,000, beyond or before"),
        ([0, -(2**62), 2**62, N], "holds values that are not whole numbers: correct 'offsets'"),
        ([0, -(2**50), 2**50, N], "does not rise from 0"),
        ([0.0, 40.5, 40, 340, N], "holds values that are not whole numbers"),
        ([], "does not rise from 0"),
    ],
)
def test_offsets_that_divide_no_hits(offsets, sentence, tmp_path):
    assert sentence in refusal(write_csr(tmp_path / "a.h5", TRUTH, offsets=np.array(offsets)), HDF5)


def test_a_thousand_million_declared_hits_need_no_memory(tmp_path):
    path = write_csr(tmp_path / "a.h5", TRUTH, offsets=np.array([0, 10**9]))
    with h5py.File(path, "a") as file:
        for name in ("pmt_id", "t", "q"):
            kind = file[name].dtype
            del file[name]
            file.create_dataset(name, (10**9,), kind, chunks=(1 << 20,), compression="gzip")
    assert "declares 4 GB, of which 0 bytes are stored" in refusal(path, HDF5)


def test_an_event_of_more_hits_than_a_detector_gives(tmp_path, monkeypatch):
    monkeypatch.setattr("core.juno.raw.hits.MAX_EVENT_HITS", 299)
    assert "event 2 declares 300 hits: expected at most 299" in refusal(write_csr(tmp_path / "a.h5", TRUTH), HDF5)


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        (1e-9 * TRUTH.time_ns, "set 'time_unit' (us, ms or s) in the mapping"),
        (1e-3 * TRUTH.time_ns, "the hits of an event lie within 0.5"),
        (np.zeros(N), "the hits of an event lie within 0 ns"),
        (1e9 + TRUTH.time_ns, "hits lie at 1e+09 ns (median)"),
        (1e30 * TRUTH.time_ns, "Correct 'time_unit' in the mapping"),
    ],
)
def test_times_in_another_unit(time, sentence, tmp_path):
    for path, mapping in (
        (write_csr(tmp_path / "a.h5", TRUTH, t=time), HDF5),
        (write_root(tmp_path / "a.root", TRUTH, hitTime=lists(time, TRUTH.lengths)), JUNO),
    ):
        assert sentence in refusal(path, mapping)


def test_hits_of_another_detector(tmp_path):
    path = write_root(tmp_path / "a.root", TRUTH, rings(radius_m=2.0))
    np.savetxt(tmp_path / "small.csv", np.column_stack([np.arange(175), rings().position_m[::100][:175]]))
    sentence = refusal(path, replace(JUNO, table="small.csv"))
    assert " hits are of sensors up to 17,5" in sentence
    assert "that the table of 175 sensors (numbers 0 to 174) does not have" in sentence
    assert "name that of this one as 'table' in the mapping" in sentence


def test_hits_of_a_smaller_detector_than_the_table(tmp_path):
    few = made_up((200_000,), n_sensors=5586)
    sentence = refusal(write_csr(tmp_path / "a.h5", few), HDF5)
    assert "200,000 hits are all of the first 5,586 of 17,540 sensors" in sentence


def test_a_few_hits_of_unknown_sensors_are_no_other_detector(tmp_path):
    pmt = TRUTH.pmt.copy()
    pmt[::20] = 10**6
    (read,) = events(write_csr(tmp_path / "a.h5", TRUTH, pmt_id=pmt), HDF5)
    assert read.n_dropped.sum() == len(pmt[::20])


@pytest.mark.parametrize("number", [[1, 2, 2, 3], [1, 2, 3, 1], [3, 2, 1, 3]])
def test_an_event_that_stands_twice(number, tmp_path):
    path = write_parquet(tmp_path / "a.parquet", TRUTH, event_id=np.array(number))
    assert "stands there twice: expected each once" in refusal(path, PARQUET)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ([1.5, 2, 3, 4], "not whole numbers"),
        ([np.nan, 2, 3, 4], "not whole numbers"),
        ([-1, 2, 3, 4], "an event has the number -1"),
    ],
)
def test_numbers_that_are_no_numbers_of_events(number, sentence, tmp_path):
    assert sentence in refusal(write_parquet(tmp_path / "a.parquet", TRUTH, event_id=np.array(number)), PARQUET)


@pytest.mark.parametrize("name", ["a.root", "a.h5", "a.parquet"])
def test_rows_that_are_not_sorted_by_event(name, tmp_path):
    number = np.repeat(TRUTH.number, TRUTH.lengths)
    number[350:] = 6
    path = write_rows(tmp_path / name, TRUTH, event_id=number)
    kind = {".root": "root", ".h5": "hdf5", ".parquet": "parquet"}[path.suffix]
    mapping = replace(ROWS, container=kind, events="hits" if kind == "root" else "")
    assert "a hit of event 6 comes after one of event 11" in refusal(path, mapping)


@pytest.mark.parametrize(
    ("write", "name", "mapping"),
    [(write_root, "a.root", JUNO), (write_csr, "a.h5", HDF5), (write_parquet, "a.parquet", PARQUET)],
    ids=["ROOT", "HDF5", "Parquet"],
)
def test_truncated_and_damaged_files(write: Callable[..., Path], name, mapping, tmp_path):
    content = write(tmp_path / name, made_up((2000, 3000))).read_bytes()
    for n in (0, 3, 100, len(content) // 3, len(content) // 2, len(content) - 1000):
        (tmp_path / name).write_bytes(content[:n])
        refusal(tmp_path / name, mapping)
    rng = np.random.default_rng(1)
    for _ in range(40):
        damaged = bytearray(content)
        for at in rng.integers(0, len(content), 40):
            damaged[at] = rng.integers(0, 256)
        (tmp_path / name).write_bytes(damaged)
        try:
            list(events(tmp_path / name, mapping))
        except DarkroomError as error:
            assert str(error).startswith(name)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        (ML, "there is no TTree or RNTuple 'data'; the file holds evt (TTree), geninfo (TTree)"),
        (replace(JUNO, pmt="channel"), "the branch 'channel' is missing in tree 'evt'"),
        (replace(JUNO, time="edep"), "branch 'edep' has 0 dimensions per entry: expected 1, a list of hits"),
        (replace(JUNO, layout="hits"), "branch 'pmtID' has"),
        (replace(JUNO, event_id="hitTime"), "holds values that are not whole numbers"),
        (replace(JUNO, truth_id="run"), "the branch 'run' is missing in tree 'geninfo'"),
        (HDF5, "cannot be opened as an HDF5 file (it is a ROOT file)"),
        (PARQUET, "cannot be opened as a Parquet file (it is a ROOT file)"),
    ],
)
def test_a_mapping_for_other_files(mapping, sentence, tmp_path):
    assert sentence in refusal(write_root(tmp_path / "a.root", TRUTH), mapping)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        (replace(HDF5, pmt="id"), "the data set 'id' is missing; there are: offsets, pmt_id, q, t, truth/energy"),
        (replace(HDF5, time="truth/x"), "the hits' data sets are of different lengths"),
        (replace(HDF5, time="t[2]"), "data set 't' has the shape (365,), no column 2"),
        (replace(HDF5, event_id="t"), "data set 't' holds values that are not whole numbers"),
        (replace(HDF5, event_id="pmt_id"), "data set 'pmt_id' has 365 values for 4 events"),
        (LIQUIDO, "the data set 'HitData[1]' is missing"),
        (JUNO, "cannot be opened as a ROOT file (it is an HDF5 file)"),
    ],
)
def test_a_mapping_for_other_data_sets(mapping, sentence, tmp_path):
    assert sentence in refusal(write_csr(tmp_path / "a.h5", TRUTH), mapping)


@pytest.mark.parametrize(
    ("other", "mapping", "sentence"),
    [
        ({"t": np.arange(4.0)}, PARQUET, "column 't' holds double values: expected lists of hits"),
        ({"q": [["a"]] * 4}, PARQUET, "column 'q' holds object values: expected numbers"),
        ({"q": [[1.0]] * 4}, PARQUET, "column 'q' has not as many values as there are times"),
        ({"pdg": ["a"] * 4}, PARQUET, "column 'pdg' holds string values: expected one number per row"),
        ({}, replace(PARQUET, time="when"), "the column 'when' is missing; there are: event_id, pdg"),
        ({}, replace(PARQUET, layout="hits"), "expected one number per row"),
    ],
)
def test_a_table_with_other_columns(other, mapping, sentence, tmp_path):
    assert sentence in refusal(write_parquet(tmp_path / "a.parquet", TRUTH, **other), mapping)


def test_a_row_group_that_declares_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("core.juno.raw.parquet_hits.MAX_GROUP_VALUES", 300)
    assert "row group 1 declares 325 values: expected at most 300" in refusal(
        write_parquet(tmp_path / "a.parquet", TRUTH), PARQUET
    )


def test_lists_of_other_lengths(tmp_path):
    path = write_root(tmp_path / "a.root", TRUTH, nPE=lists(TRUTH.charge_pe, TRUTH.lengths[::-1]))
    assert "branch 'nPE' has 25 values for the 40 times of entry 0" in refusal(path, JUNO)


def test_positions_in_another_unit(test_data):
    mapping = replace(LIQUIDO, pmt="", hit_x="HitData[2]", hit_y="HitData[3]", hit_z="HitData[4]", length_unit="m")
    sentence = refusal(test_data / "pmt" / "liquido_electrons.h5", mapping)
    assert "m from the nearest sensor (median), in a detector of 2.1 m" in sentence


def test_hostile_names(tmp_path):
    name = "\x1b[31mred\u202e.root"
    path = write_root(tmp_path / name, TRUTH)
    assert source(path, JUNO) == {"run": 0, "subrun": 0, "live_s": None}
    with pytest.raises(DarkroomError) as refused:
        list(events(path, ML))
    assert "\x1b" not in str(refused.value) and "\u202e" not in str(refused.value)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["../../etc"] = np.arange(3)
        file["t"] = h5py.ExternalLink("/etc/passwd", "/t")
        file["pmt_id"] = h5py.SoftLink("/t")
        file["x" * 3000] = np.arange(3)
    assert "data set 'pmt_id' is a soft link" in refusal(tmp_path / "a.h5", HDF5)
    assert preview(tmp_path / "a.h5")["trees"]


def test_a_table_of_sensors_in_the_file_that_is_none(tmp_path):
    few = rings()
    few = replace(few, pmt_id=few.pmt_id[:5], position_m=few.position_m[:5], tts_ns=few.tts_ns[:5])
    with pytest.raises(DarkroomError, match=r"^a\.root lists 5 sensors: expected at least 12"):
        geometry(write_root(tmp_path / "a.root", TRUTH, few), JUNO)


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_mappings_survive_a_round_trip(path):
    mapping = load_mapping(path, Mapping)
    assert mapping.title
    assert parameters.build(Mapping, parameters.to_dict(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense = 1", "Unknown parameter 'nonsense'"),
        ("container = 'zip'", "'container' is 'zip': expected one of root, hdf5, parquet"),
        ("time_unit = 'fortnight'", "'time_unit' is 'fortnight': expected one of ns, us, µs, ms, s"),
        ("time = ''", "'time' is empty"),
        ("pmt = ''", "'pmt' is empty: expected the name of the hits' sensors, or 'hit_x'"),
        ("offsets = 'o'", "'offsets' belongs to HDF5 files of the layout 'events'"),
        ("container = 'hdf5'", "'offsets' belongs to HDF5 files of the layout 'events'"),
        ("layout = 'hits'\nevent_id = ''", "'event_id' is empty"),
        ("count = 'n'", "'count' needs 'mean' and 'std'"),
        ("types = ['a']", "'types_tts_ns' has 6 entries for 1 'types'"),
        ("file_name = '{run}_{run}'", "expected {run} at most once"),
        ("ls_radius_m = nan", "'ls_radius_m' is nan"),
    ],
)
def test_a_wrong_mapping_is_refused(text, sentence, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DarkroomError) as refused:
        load_mapping(path, Mapping)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("Mapping file mine.toml")


def test_names_that_are_no_text(tmp_path):
    path = write_csr(tmp_path / "a.h5", TRUTH)
    with h5py.File(path, "a") as file:
        h5py.h5g.create(file.id, b"\xff\xfe")
    assert sum(len(chunk) for chunk in events(path, HDF5)) == len(TRUTH.number)
    assert "cannot be read (UnicodeDecodeError" in refusal(path, replace(HDF5, charge="none"))


def test_truth_of_other_lengths(tmp_path):
    path = write_csr(tmp_path / "a.h5", TRUTH, **{"truth/x": np.zeros(3)})
    assert "the truth's columns are of different lengths" in refusal(path, HDF5)
