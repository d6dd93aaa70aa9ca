"""Hits of a ROOT file as events: everything that was written comes back, and what is broken is dropped and counted."""

from pathlib import Path

import numpy as np
import pytest

from core.data.mapping import load_mapping
from core.juno.geometry import from_arrays, rings
from core.juno.mapping import Mapping
from core.juno.read import events, geometry, source, trial
from tests.juno.hit_files import lists, made_up, write_root

MAPPINGS = Path(__file__).resolve().parents[2] / "core" / "juno" / "mappings"
JUNO = load_mapping(MAPPINGS / "juno.toml", Mapping)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_everything_that_was_written_comes_back(folder):
    truth = made_up()
    path = write_root(folder / "juno_12_3_sim.root", truth)
    (read,) = events(path, JUNO)
    assert source(path, JUNO) == {"run": 12, "subrun": 3, "live_s": None}
    assert trial(path, JUNO)
    np.testing.assert_array_equal(read.number, truth.number)
    np.testing.assert_array_equal(read.pmt.values, truth.pmt)
    np.testing.assert_array_equal(read.pmt.offsets, truth.offsets)
    np.testing.assert_allclose(read.time_ns.values, truth.time_ns, rtol=1e-6)
    np.testing.assert_array_equal(read.charge_pe.values, truth.charge_pe)
    np.testing.assert_array_equal(read.n_hits, truth.lengths)
    assert not read.n_dropped.any() and not read.count.lengths.any()
    classes = {11: 0, -11: 1, 13: 2, -13: 2, 22: -1}
    assert read.truth["truth_class"].tolist() == [classes[code] for code in truth.pdg]
    for i, axis in enumerate("xyz"):
        np.testing.assert_allclose(read.truth[f"true_{axis}_m"], truth.vertex_m[:, i], rtol=1e-5)
    direction = np.stack([read.truth[f"true_dir_{axis}"] for axis in "xyz"], axis=1)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1.0, rtol=1e-6)
    assert ((direction * truth.momentum).sum(axis=1) > 0).all()
    np.testing.assert_allclose(read.truth["true_energy_mev"], truth.energy_mev, rtol=1e-6)


def test_broken_and_foreign_hits_are_dropped_and_counted(folder):
    truth = made_up((100, 0, 50))
    pmt, time_ns, charge_pe = truth.pmt.copy(), truth.time_ns.copy(), truth.charge_pe.copy()
    pmt[:3], pmt[3], time_ns[4], time_ns[5], charge_pe[6], charge_pe[7] = 50_123, 49_000, np.nan, np.inf, 0.0, -1.0
    charge_pe[149] = np.nan
    branches = {"pmtID": pmt, "hitTime": time_ns, "nPE": charge_pe}
    path = write_root(folder / "a.root", truth, **{name: lists(v, truth.lengths) for name, v in branches.items()})
    (read,) = events(path, JUNO)
    assert read.n_dropped.tolist() == [8, 0, 1]
    assert read.n_hits.tolist() == [92, 0, 49]
    np.testing.assert_array_equal(read.pmt.item(0), truth.pmt[8:100])
    np.testing.assert_allclose(read.time_ns.item(2), truth.time_ns[100:149], rtol=1e-6)


def test_the_files_own_table_stands_before_the_rule(folder):
    own = rings(radius_m=2.0, ls_radius_m=1.5)
    path = write_root(folder / "a.root", made_up(), own)
    standing = from_arrays(geometry(path, JUNO))
    np.testing.assert_allclose(standing.position_m, own.position_m, atol=1e-9)
    np.testing.assert_array_equal(standing.tts_ns, own.tts_ns)
    np.testing.assert_array_equal(
        from_arrays(geometry(write_root(folder / "b.root", made_up()), JUNO)).position_m, rings().position_m
    )
