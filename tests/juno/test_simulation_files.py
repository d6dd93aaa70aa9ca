"""Simulated files: complete, the same for equal seeds, whole events whatever was simulated before."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import uproot

from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.juno import mapping as mapping_module
from core.juno.events import MOST_HITS
from core.juno.mapping import Mapping
from core.juno.read import events as events_of
from core.juno.simulate import SimulationParameters, detector, geometry_of, simulate, simulate_events

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


def test_files_are_read_as_they_were_simulated(tmp_path: Path) -> None:
    files = simulate(tmp_path, 2, 5, TRACKS)
    events = simulate_events(2, 5, TRACKS)
    mapping = load_mapping(Path(mapping_module.__file__).parent / "mappings" / "juno.toml", Mapping)
    for i, path in enumerate(files):
        (read,) = events_of(path, mapping)
        for name in ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns"):
            np.testing.assert_array_equal(getattr(read, name).item(0), getattr(events, name).item(i), err_msg=name)
        assert (read.run, read.number[0], read.n_hits[0], read.n_dropped[0]) == (1, i, events.n_hits[i], 0)
        for name, values in events.truth.items():
            np.testing.assert_allclose(read.truth[name][0], values[i], rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_table_of_another_detector(test_data: Path) -> None:
    """RAT's: 5,586 PMTs on a sphere of 8 m."""
    parameters = SimulationParameters(
        table=str(test_data / "pmt" / "data_sphere_PMTINFO.ratdb"), ls_radius_m=6.0, fiducial_radius_m=5.5,
        energy_low_mev=2.0, energy_high_mev=2.0, dark_rate_khz=0.0, cherenkov_share=0.0,
    )  # fmt: skip
    geometry, events = geometry_of(parameters), simulate_events(40, 1, parameters)
    assert len(geometry) == 5586
    assert geometry.ls_radius_m == 6.0
    r_m = np.sqrt(sum(events.truth[f"true_{a}_m"] ** 2 for a in "xyz"))
    expected = 2690.0 * np.interp(r_m, np.linspace(0.0, 6.0, 301), detector(parameters).relative)
    pull = (events.n_hits - expected) / np.sqrt(expected)
    assert abs(pull.mean()) < 4.0 / np.sqrt(40)
    with pytest.raises(DarkroomError, match="less than the scintillator's radius"):
        simulate_events(1, 1, dataclasses.replace(parameters, fiducial_radius_m=17.2))


def test_a_box_of_sensors_is_refused(tmp_path: Path) -> None:
    corners = [(x, y, z) for x in (-9, 0, 9) for y in (-9, 9) for z in (-9, 9)]
    table = tmp_path / "box.csv"
    table.write_text("\n".join(f"{i} {x} {y} {z}" for i, (x, y, z) in enumerate(corners)))
    with pytest.raises(
        DarkroomError, match=r"box\.csv: 12 sensors that do not stand on a sphere: expected 9 to 65,535"
    ):
        simulate_events(1, 1, SimulationParameters(table=str(table)))
