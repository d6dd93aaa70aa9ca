"""Simulated files: complete, the same for equal seeds, whole events whatever was simulated before."""

from pathlib import Path

import numpy as np
import uproot

from core.juno.events import MOST_HITS
from core.juno.simulate import SimulationParameters, geometry_of, simulate, simulate_events

FEW_MEV = SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0)
TRACKS = SimulationParameters(task="mue", energies_mev=(30.0, 100.0))


def test_equal_seed_same_events() -> None:
    whole, again, other = simulate_events(4, 7, FEW_MEV), simulate_events(2, 7, FEW_MEV, first=2), simulate_events(4, 8)
    for name in ("pmt", "time_ns", "charge_pe"):
        np.testing.assert_array_equal(getattr(whole, name)[2:].values, getattr(again, name).values)
    np.testing.assert_array_equal(whole.truth["true_x_m"][2:], again.truth["true_x_m"])
    assert not np.isin(whole.truth["true_x_m"], other.truth["true_x_m"]).any()


def test_a_file_holds_hits_truth_and_sensors(tmp_path: Path) -> None:
    files = simulate(tmp_path, 20, 3, FEW_MEV)
    events, geometry = simulate_events(20, 3, FEW_MEV), geometry_of(FEW_MEV)
    assert [f.name for f in files] == [f"juno_0001_{k:03d}_sim.root" for k in range(10)]
    with uproot.open(files[4]) as file:
        hits, truth, sensors = (file[name].arrays(library="np") for name in ("evt", "geninfo", "pmt"))
    assert hits["evtID"].tolist() == [8, 9]
    np.testing.assert_array_equal(hits["hitTime"][1], events.time_ns.item(9))
    np.testing.assert_array_equal(hits["pmtID"][1], geometry.pmt_id[events.pmt.item(9)])
    np.testing.assert_array_equal(hits["nPE"][1], events.charge_pe.item(9))
    np.testing.assert_allclose(hits["totalPE"][1], events.charge_pe.item(9).sum(), rtol=1e-5)
    assert all(len(hits[name][1]) == 0 for name in ("hitCount", "hitMean", "hitStd"))
    assert truth["InitPDGID"].tolist() == [11, -11]
    np.testing.assert_allclose(truth["InitX"] / 1000.0, events.truth["true_x_m"][8:10], rtol=1e-6)
    momentum = np.sqrt(sum(truth[f"InitP{a}"] ** 2 for a in "XYZ"))
    kinetic = np.sqrt(momentum**2 + 0.511**2) - 0.511
    np.testing.assert_allclose(kinetic, [2.0, 2.0 - 1.022], atol=1e-4)
    np.testing.assert_allclose(np.stack([sensors[a] for a in "xyz"], 1) / 1000.0, geometry.position_m, atol=1e-5)


def test_files_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    files = simulate(tmp_path, 3, 3, FEW_MEV)
    before = [f.stat().st_mtime_ns for f in files]
    files[1].unlink()
    assert simulate(tmp_path, 3, 3, FEW_MEV) == files
    assert [f.stat().st_mtime_ns == t for f, t in zip(files, before, strict=True)] == [True, False, True]


def test_many_hits_are_summed_up_for_each_sensor(tmp_path: Path) -> None:
    events = simulate_events(2, 5, TRACKS)
    assert events.n_hits[0] <= MOST_HITS < events.n_hits[1]
    assert events.count.lengths.tolist() == [0, len(events.pmt.item(1))]
    assert events.count.item(1).sum() == events.n_hits[1]
    assert len(events.pmt.item(0)) == events.n_hits[0]
    assert np.all(np.diff(events.pmt.item(1)) > 0)
    assert np.all(events.mean_ns.item(1) >= events.time_ns.item(1) - 0.1)
    (first, *_) = simulate(tmp_path, 2, 5, TRACKS)[1:]
    with uproot.open(first) as file:
        np.testing.assert_array_equal(file["evt"]["hitCount"].array(library="np")[0], events.count.item(1))
