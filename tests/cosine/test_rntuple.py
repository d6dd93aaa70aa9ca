"""RNTuple: the same events give the same rows, waveforms and cuts as from a TTree."""

import importlib
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot

from core.cosine import read
from core.cosine.mapping import Mapping
from core.data.dataset import open_dataset, read_array
from core.data.raw.branches import open_tree
from core.data.raw.preview import preview
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.selection.selection import preset, select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.cosine.test_read import BASE, ENERGY, RECORDS, N, only, plain, write

EXPERIMENT = EXPERIMENTS["cosine"]


def store(path: Path, branches: dict[str, object]) -> Path:
    with uproot.recreate(path) as file:
        file["ntp"] = branches
    return path


@pytest.fixture(scope="module")
def trees(tmp_path_factory) -> list[Path]:
    return sorted(EXPERIMENT.simulation.simulate(tmp_path_factory.mktemp("tree"), 500, (1, 3), 6))


@pytest.fixture(scope="module")
def ntuples(trees, tmp_path_factory) -> list[Path]:
    """The same events, written again as RNTuple."""
    folder = tmp_path_factory.mktemp("ntuple")
    for path in trees:
        with uproot.open(path) as file:
            arrays = file["ntp"].arrays(library="ak", how=dict)
        store(folder / path.name, arrays)
    return sorted(folder.iterdir())


def test_the_same_events_give_the_same_table_and_waveforms(workspace, trees, ntuples):
    with uproot.open(ntuples[0]) as file:
        assert file.classnames(cycle=False) == {"ntp": "ROOT::RNTuple"}
    blocks = []
    for name, files in (("tree", trees), ("ntuple", ntuples)):
        prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT))
        blocks.append(open_dataset(name))
    first, second = blocks
    assert first.n_rows == second.n_rows > 500
    assert pq.read_schema(first.table.paths[0]) == pq.read_schema(second.table.paths[0])
    for name in first.column_names:
        np.testing.assert_array_equal(second.column(name), first.column(name), err_msg=name)
    np.testing.assert_array_equal(*(read_array(d, "waveform", range(d.n_rows)) for d in blocks))


def test_our_cuts_act_on_a_data_set_from_an_ntuple(workspace, ntuples):
    """uproot ignores `cut=` of an RNTuple without a word; the cuts of a selection are made by us, on the table."""
    prepare(EXPERIMENT, ntuples, "a", default_mapping(EXPERIMENT))
    dataset, selection = open_dataset("a"), preset(EXPERIMENT.selecting, "cnn2020")
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection)
    energy = dataset.column("energy_kev")
    assert 0 < len(selected.preselected) < dataset.n_rows
    np.testing.assert_array_equal(selected.preselected, np.flatnonzero((energy >= 3.0) & (energy < 10.0)))
    rows, labels = selected.rows()
    assert ((dataset.column("nmt500_us")[rows] > np.float32(0.12)) == (labels == 1)).all()


def test_fields_of_a_record_are_found_like_leaves(tmp_path):
    record = ak.Array({"nmt500": ENERGY * 0, "energy": ENERGY})
    path = store(tmp_path / "data12.root", {"wf31": RECORDS[:, 0], "wf32": RECORDS[:, 1], "crystal3": record})
    wanted = only(write(tmp_path / "data13.root", plain()), BASE)
    block = only(path, BASE)
    np.testing.assert_array_equal(block.arrays["waveform"], wanted.arrays["waveform"])
    np.testing.assert_array_equal(block.table["energy_kev"], ENERGY)
    with open_tree(path, "ntp") as tree:
        for name in ("crystal3.energy", "crystal3/energy"):
            assert tree.need(name).field == "energy"
        with pytest.raises(
            DarkroomError, match=r"branch 'crystal3.es' is missing in tree 'ntp'; there are: .*crystal3"
        ):
            tree.need("crystal3.es")


def test_clusters_are_read_once_and_pieces_are_theirs(tmp_path):
    path = tmp_path / "data12.root"
    with uproot.recreate(path) as file:
        ntuple = file.mkrntuple("ntp", {"x": np.arange(5)})
        ntuple.extend({"x": np.arange(5, 12)})
    with open_tree(path, "ntp") as tree:
        leaf = tree.need("x")
        assert list(tree.ranges(leaf, 4)) == [(0, 4), (4, 5), (5, 9), (9, 12)]
        ranges_read, arrays = [], tree.handle.arrays
        tree.handle.arrays = lambda **how: ranges_read.append(how["entry_start"]) or arrays(**how)
        pieces = [tree.read([leaf], *piece)["x"].to_list() for piece in tree.ranges(leaf, 4)]
        assert pieces == [[0, 1, 2, 3], [4], [5, 6, 7, 8], [9, 10, 11]]
        assert ranges_read == [0, 5]
        assert tree.read([leaf], 3, 7)["x"].to_list() == [3, 4, 5, 6]


def test_preview_names_fields_types_and_first_values(tmp_path):
    content = preview(store(tmp_path / "a.root", {"energy": ENERGY, "wf": RECORDS}))
    tree = content["trees"]["ntp"]
    assert (tree["kind"], tree["n_entries"], tree["n_branches"]) == ("RNTuple", N, 2)
    assert {line["branch"]: line["type"] for line in tree["branches"]}["energy"] == "float"
    assert tree["branches"][0]["first"] == "[1.0, 2.0, 3.0, 4.0, 5.0]"


def test_a_look_does_not_unpack_a_huge_cluster(tmp_path, monkeypatch):
    path = store(tmp_path / "data12.root", {**plain(), "jagged": ak.Array([[1, 2, 3]] * N)})
    with open_tree(path, "ntp") as tree:
        assert tree.first_bytes(tree.need("wf31")) == N * 4080 * 2
        assert tree.first_bytes(tree.need("jagged")) == N * (8 + 3 * 8)
    assert read.trial(path, BASE)

    def unpacked(*_, **__):
        raise AssertionError("a cluster was unpacked")

    looking = importlib.import_module("core.data.raw.preview")
    for module in (looking, read):
        monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 10)
    monkeypatch.setattr(uproot.models.RNTuple.Model_ROOT_3a3a_RNTuple, "read_cluster_pages", unpacked)
    lines = {line["branch"]: line for line in preview(path)["trees"]["ntp"]["branches"]}
    assert lines["wf31"]["first"] == "not read: its first piece unpacks to 57.1 kB"
    assert read.trial(path, BASE)
    with pytest.raises(DarkroomError, match=r"branch 'wf41' is missing"):
        read.trial(path, Mapping(**{**BASE.__dict__, "crystals": (4,)}))


def test_empty_and_damaged_ones_get_one_sentence(tmp_path):
    path = tmp_path / "data12.root"
    assert not list(read.blocks(store(path, {name: values[:0] for name, values in plain().items()}), BASE))
    assert not read.trial(path, BASE)
    assert preview(path)["trees"]["ntp"]["n_entries"] == 0
    whole = store(path, plain()).read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(DarkroomError, match=r"data12.root"):
            list(read.blocks(path, BASE))


def test_a_truncated_file_is_looked_at_with_a_sentence(tmp_path):
    """Its table of contents may be whole while what it names lies beyond the end."""
    whole = sorted(EXPERIMENT.simulation.sample.glob("*.root.*"))[0]
    path = tmp_path / whole.name
    for percent in (30, 50, 80):
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size * percent // 100])
        with pytest.raises(DarkroomError, match=r"the file is truncated, [\d,]+ of [\d,]+ bytes; copy it again"):
            read.trial(path, default_mapping(EXPERIMENT))
