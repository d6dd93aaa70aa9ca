"""Reading: every layout a mapping can describe, measured files of others, and files that are not what they should be."""

from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest
import uproot

from core.cosine import read
from core.cosine.features import FLAGS
from core.cosine.mapping import Condition, Mapping
from core.data.mapping import load_mapping
from core.errors import DarkroomError

N = 7
MAPPINGS = Path(read.__file__).parent / "mappings"
RNG = np.random.default_rng(3)
RECORDS = np.rint(RNG.normal(300, 1.2, (N, 2, 4080))).astype(np.int16)
RECORDS[:, :, 1200:1400] += (400 * np.exp(-np.arange(200) / 60)).astype(np.int16)
BASE = Mapping(crystals=(3,), energy_branch="crystal{c}.energy", file_name="data{run}.root")
ENERGY = np.linspace(1, 7, N).astype(np.float32)


def write(path: Path, branches: dict[str, object], tree: str = "ntp") -> Path:
    with uproot.recreate(path) as file:
        kinds = {
            name: "var * int16" if isinstance(values, ak.Array) else (values.dtype, values.shape[1:])
            for name, values in branches.items()
        }
        written_tree = file.mktree(tree, kinds)
        if len(next(iter(branches.values()))):
            written_tree.extend(branches)
    return path


def plain(**more: object) -> dict[str, object]:
    return {"wf31": RECORDS[:, 0], "wf32": RECORDS[:, 1], "crystal3_energy": ENERGY, **more}


def only(path: Path, mapping: Mapping):
    (block,) = read.blocks(path, mapping)
    return block


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "data12.root"


def test_one_branch_per_pmt(file):
    block = only(write(file, plain()), BASE)
    np.testing.assert_array_equal(block.table["energy_kev"], ENERGY)
    assert set(block.table["run"]) == {12}
    assert (block.table["crystal"] == 3).all()
    assert len(set(block.table["uid"])) == N
    baseline = np.stack([block.table["baseline1_adc"], block.table["baseline2_adc"]], axis=1)
    np.testing.assert_array_equal(block.arrays["waveform"] + np.floor(baseline + 0.5)[:, :, None], RECORDS)


@pytest.mark.parametrize("axis", ["first", "last"])
def test_one_branch_for_both_pmts_gives_the_same(file, tmp_path, axis):
    both = RECORDS if axis == "first" else np.ascontiguousarray(RECORDS.transpose(0, 2, 1))
    wanted = only(write(file, plain()), BASE)
    mapping = Mapping(**{**BASE.__dict__, "waveforms": ("wf",), "pmt_axis": axis})
    other = write(tmp_path / "data13.root", {"wf": both, "crystal3_energy": ENERGY})
    np.testing.assert_array_equal(only(other, mapping).arrays["waveform"], wanted.arrays["waveform"])


def test_jagged_records_and_events_without_waveform(file):
    lengths = [4080, 0, 4080, 4080, 0, 4080, 4080]
    jagged = {f"wf3{p + 1}": ak.Array([RECORDS[i, p, :n] for i, n in enumerate(lengths)]) for p in (0, 1)}
    block = only(write(file, {**plain(), **jagged}), BASE)
    np.testing.assert_array_equal(block.table["event"], [0, 2, 3, 5, 6])
    np.testing.assert_array_equal(block.table["energy_kev"], ENERGY[[0, 2, 3, 5, 6]])


def test_records_of_another_length_are_flagged(file):
    lengths = [4080, 3000, 5000, 4080, 4080, 4080, 4080]
    long = np.concatenate([RECORDS, RECORDS[:, :, :1000]], axis=2)
    jagged = {f"wf3{p + 1}": ak.Array([long[i, p, :n] for i, n in enumerate(lengths)]) for p in (0, 1)}
    block = only(write(file, {**plain(), **jagged}), BASE)
    flagged = (block.table["flags"] >> FLAGS.index("record_length")) & 1
    np.testing.assert_array_equal(flagged, [0, 1, 1, 0, 0, 0, 0])
    assert block.arrays["waveform"].shape == (N, 2, 4080)
    assert not block.arrays["waveform"][1, :, 3000:].any()


def test_energy_from_charge_and_no_energy(file):
    write(file, plain())
    from_charge = only(file, Mapping(**{**BASE.__dict__, "energy_branch": "", "energy_kev_per_charge": 2e-3}))
    np.testing.assert_allclose(from_charge.table["energy_kev"], from_charge.table["charge_adc"] * 2e-3, rtol=1e-6)
    none = only(file, Mapping(**{**BASE.__dict__, "energy_branch": ""}))
    assert np.isnan(none.table["energy_kev"]).all()
    assert ((none.table["flags"] >> FLAGS.index("no_energy")) & 1).all()


def test_nan_and_infinite_energies_are_unknown_and_flagged(file):
    energy = ENERGY.copy()
    energy[1], energy[2] = np.nan, np.inf
    block = only(write(file, plain(crystal3_energy=energy)), BASE)
    np.testing.assert_array_equal(np.isnan(block.table["energy_kev"]), [False, True, True] + [False] * 4)
    np.testing.assert_array_equal((block.table["flags"] >> FLAGS.index("no_energy")) & 1, [0, 1, 1, 0, 0, 0, 0])


def test_coincidence_by_typed_comparisons(file):
    veto = np.array([0, 79, 80, 81, 0, 0, 0], np.float32)
    clusters = np.array([0, 0, 0, 0, 4, 3, 9], np.int32)
    conditions = (Condition("veto", ">=", 80.0), Condition("crystal{other}.nc", ">=", 4.0))
    mapping = Mapping(**{**BASE.__dict__, "crystals": (3, 5), "coincidence": conditions})
    own = np.full(N, 99, np.int32)  # the crystal's own clusters do not count
    block = only(write(file, plain(veto=veto, crystal5_nc=clusters, crystal3_nc=own)), mapping)
    np.testing.assert_array_equal(block.table["coincident"], [0, 0, 1, 1, 1, 0, 1])
    assert (only(file, BASE).table["coincident"] == -1).all()


def test_polarity(file, tmp_path):
    up = only(write(file, plain()), BASE)
    turned = (600 - RECORDS).astype(np.int16)
    other = write(tmp_path / "data13.root", plain(wf31=turned[:, 0], wf32=turned[:, 1]))
    down = only(other, Mapping(**{**BASE.__dict__, "polarity": "negative"}))
    np.testing.assert_allclose(down.table["nmt500_us"], up.table["nmt500_us"], atol=1e-6)


def test_run_number_from_a_branch(file):
    run = np.full(N, 1765, np.int32)
    mapping = Mapping(**{**BASE.__dict__, "run_branch": "run"})
    assert set(only(write(file, plain(run=run)), mapping).table["run"]) == {1765}
    run[3] = 1766
    with pytest.raises(DarkroomError, match=r"branch 'run' holds runs \[.*1765.*1766.*expected one run number"):
        only(write(file, plain(run=run)), mapping)


def test_hisparc_heights_are_those_of_its_acquisition_system(test_data):
    path = test_data / "waveforms" / "hisparc501.root"
    heights = np.full((60, 4), np.nan)
    for block in read.blocks(path, load_mapping(MAPPINGS / "hisparc.toml", Mapping)):
        first = 2 * (int(block.table["crystal"][0]) - 1)
        heights[block.table["event"], first] = block.table["height1_adc"]
        heights[block.table["event"], first + 1] = block.table["height2_adc"]
        assert block.arrays["waveform"].shape[1:] == (2, 2400)
        assert np.isnan(block.table["energy_kev"]).all()
    with uproot.open(path) as file:
        theirs = file["events"]["pulseheights"].array(library="np")
    assert np.abs(heights - theirs).max() <= 1.5  # all 240 traces; theirs are above a whole number


def test_hisparc_pulses_are_fast(test_data):
    blocks = read.blocks(test_data / "waveforms" / "hisparc501.root", load_mapping(MAPPINGS / "hisparc.toml", Mapping))
    nmt = np.concatenate([b.table["nmt500_us"] for b in blocks])
    assert np.isfinite(nmt).sum() > 20
    assert np.nanmedian(nmt) < 0.06


REFUSALS = {
    "a missing branch is named with those that are there": (
        lambda p: write(p, {"wf31": RECORDS[:, 0], "crystal3_energy": ENERGY}),
        BASE,
        r"data12.root: the waveform branch 'wf32' is missing.*there are: .*wf31",
    ),
    "a missing energy": (
        lambda p: write(p, {"wf31": RECORDS[:, 0], "wf32": RECORDS[:, 1]}),
        BASE,
        r"branch 'crystal3.energy' is missing in tree 'ntp'; there are: .*wf31",
    ),
    "another tree": (
        lambda p: write(p, plain(), tree="events"),
        BASE,
        r"there is no TTree or RNTuple 'ntp'; the file holds events \(TTree\)",
    ),
    "floating-point samples": (
        lambda p: write(p, plain(wf31=RECORDS[:, 0].astype(np.float32))),
        BASE,
        r"branch 'wf3.' holds float32: expected whole ADC counts",
    ),
    "one number instead of a record": (
        lambda p: write(p, plain(wf31=ENERGY.astype(np.int16))),
        BASE,
        r"branch 'wf3.' has 0 dimensions per entry: expected 1",
    ),
    "counts beyond 15 bits": (
        lambda p: write(p, plain(wf31=RECORDS[:, 0].astype(np.int32) + 70000)),
        BASE,
        r"expected ADC counts of at most 15 bits",
    ),
    "not a ROOT file": (
        lambda p: (p.write_bytes(b"not a ROOT file at all" * 50), p)[1],
        BASE,
        r"data12.root cannot be opened as a ROOT file",
    ),
    "an empty file": (lambda p: (p.write_bytes(b""), p)[1], BASE, r"data12.root cannot be opened as a ROOT file"),
    "a FITS file": (
        lambda p: (p.write_bytes(b"SIMPLE  =                    T" + b" " * 2850), p.rename(p.with_name("x.BIN")))[1],
        BASE,
        r"x.BIN cannot be opened as a ROOT file \(it is a FITS file\): expected a ROOT file",
    ),
    "an HDF5 file": (
        lambda p: (h5py.File(p, "w").close(), p)[1],
        BASE,
        r"\(it is an HDF5 file\): expected a ROOT file; set 'container' to hdf5 in the mapping",
    ),
    "no file": (lambda p: p, BASE, r"data12.root does not exist"),
    "a run number that is no name": (lambda p: write(p.with_name("x.root"), plain()), BASE, r"x.root: the file name"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_files_get_one_sentence(file, case):
    make, mapping, sentence = REFUSALS[case]
    with pytest.raises(DarkroomError, match=sentence):
        list(read.blocks(make(file), mapping))


def test_a_truncated_file_gets_one_sentence_wherever_it_ends(file):
    whole = write(file, plain()).read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9, 0.99):
        file.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(DarkroomError, match=r"data12.root .* truncated, [\d,]+ of [\d,]+ bytes; copy it again"):
            list(read.blocks(file, BASE))


def test_nan_in_a_compared_branch_is_unknown_not_alone(file):
    veto = np.array([np.nan, 100, 0, np.nan, 0, 0, 0], np.float32)
    clusters = np.array([0, 0, 0, 9, 0, 0, 0], np.int32)
    conditions = (Condition("veto", ">=", 80.0), Condition("crystal{other}.nc", ">=", 4.0))
    mapping = Mapping(**{**BASE.__dict__, "crystals": (3, 5), "coincidence": conditions})
    own = np.zeros(N, np.int32)
    block = only(write(file, plain(veto=veto, crystal5_nc=clusters, crystal3_nc=own)), mapping)
    np.testing.assert_array_equal(block.table["coincident"], [-1, 1, 0, 1, 0, 0, 0])


WRONG_SHAPES = {
    "pmts beyond the axis": (
        {"wf": RECORDS},
        {"waveforms": ("wf",), "pmts": (0, 2)},
        r"has 2 PMTs, the mapping asks for \(0, 2\)",
    ),
    "jagged energy": (
        {"crystal3_energy": ak.Array([[1], [2, 3]] + [[1]] * 5)},
        {},
        r"branch 'crystal3.energy' holds .* expected one number",
    ),
    "an array where one number belongs": (
        {"time": RECORDS[:, 0]},
        {"time_branch": "time"},
        r"branch 'time' holds .* expected one number",
    ),
    "half of the PMTs": ({"wf52": RECORDS[:, 1]}, {"crystals": (3, 5)}, r"the waveform branch 'wf51' is missing"),
}


@pytest.mark.parametrize("case", WRONG_SHAPES)
def test_wrong_shapes_are_sentences(file, case):
    branches, changes, sentence = WRONG_SHAPES[case]
    write(file, {**plain(), **branches})
    with pytest.raises(DarkroomError, match=sentence):
        list(read.blocks(file, Mapping(**{**BASE.__dict__, **changes})))


def test_the_source_of_a_file_is_its_run_branch(file):
    write(file, plain(run=np.full(N, 1765, np.int32)))
    assert read.source(file, Mapping(**{**BASE.__dict__, "run_branch": "run"})) == {
        "run": 1765,
        "subrun": 0,
        "live_s": None,
    }
    assert read.source(file, BASE) == {"run": 12, "subrun": 0, "live_s": None}
