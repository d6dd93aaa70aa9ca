"""The same hits in every form of file give the same events; hits of others as they are."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import uproot

from core.data.mapping import load_mapping
from core.juno.events import Events
from core.juno.geometry import from_arrays
from core.juno.mapping import Mapping
from core.juno.raw import hits
from core.juno.read import events, geometry, notes, preview, trial
from tests.juno.hit_files import Truth, lists, made_up, write_csr, write_parquet, write_root, write_rows

MAPPINGS = Path(__file__).resolve().parents[2] / "core" / "juno" / "mappings"
JUNO, ML, HDF5, LIQUIDO, PARQUET = (
    load_mapping(MAPPINGS / f"{name}.toml", Mapping) for name in ("juno", "ml", "hdf5", "liquido", "parquet")
)
ROWS = replace(
    HDF5, layout="hits", offsets="", event_id="event_id", truth_id="event_id", truth="truth"
)  # fmt: skip
FORMS = {
    "ROOT": (write_root, "a.root", JUNO), "HDF5": (write_csr, "a.h5", HDF5), "Parquet": (write_parquet, "a.parquet", PARQUET),
    "rows of ROOT": (write_rows, "a.root", replace(ROWS, container="root", events="hits")),
    "rows of HDF5": (write_rows, "a.h5", ROWS),
    "rows of Parquet": (write_rows, "a.parquet", replace(ROWS, container="parquet", truth="", truth_id="")),
}  # fmt: skip


def joined(path: Path, mapping: Mapping) -> dict[str, np.ndarray]:
    """All events of a file, as arrays of hits and of events."""
    chunks = list(events(path, mapping))

    def values(name: str) -> np.ndarray:
        return np.concatenate([getattr(chunk, name) for chunk in chunks])

    def flat(name: str) -> np.ndarray:
        return np.concatenate([getattr(chunk, name).values for chunk in chunks])

    truth = {name: np.concatenate([chunk.truth[name] for chunk in chunks]) for name in chunks[0].truth}
    return {name: values(name) for name in ("number", "n_hits", "n_dropped")} | {
        name: flat(name) for name in ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns")
    } | truth  # fmt: skip


def need_same(read: dict[str, np.ndarray], truth: Truth) -> None:
    np.testing.assert_array_equal(read["n_hits"], truth.lengths)
    np.testing.assert_array_equal(read["pmt"], truth.pmt)
    np.testing.assert_allclose(read["time_ns"], truth.time_ns, rtol=1e-6)
    np.testing.assert_array_equal(read["charge_pe"], truth.charge_pe)
    np.testing.assert_allclose(read["true_energy_mev"], truth.energy_mev, rtol=1e-6)
    assert not read["n_dropped"].any()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_events(form, tmp_path):
    write, name, mapping = FORMS[form]
    truth = made_up((40, 30, 300, 25))
    path = write(tmp_path / name, truth)
    assert trial(path, mapping)
    read = joined(path, mapping)
    need_same(read, truth)
    np.testing.assert_array_equal(read["number"], np.arange(4) if form == "HDF5" else truth.number)
    assert preview(path)["trees"]


@pytest.mark.parametrize("form", FORMS)
def test_chunks_hide_nothing(form, tmp_path, monkeypatch):
    monkeypatch.setattr(hits, "PIECE_BYTES", 2000)
    monkeypatch.setattr("core.juno.raw.parquet_hits.AT_ONCE", 10)
    write, name, mapping = FORMS[form]
    truth = made_up((400, 30, 3000, 25, 1, 700))
    path = write(tmp_path / name, truth)
    assert len(list(events(path, mapping))) > 2
    need_same(joined(path, mapping), truth)


@pytest.mark.parametrize("form", ["ROOT", "HDF5", "Parquet", "rows of ROOT", "rows of HDF5"])
def test_an_event_without_a_hit_stays(form, tmp_path):
    write, name, mapping = FORMS[form]
    truth = made_up((0, 40, 0, 0, 25, 0))
    need_same(joined(write(tmp_path / name, truth), mapping), truth)


def test_the_flavour_for_machine_learning(tmp_path):
    truth = made_up()
    branches = {
        "pmtID": truth.pmt, "hittime": truth.time_ns, "npe": truth.charge_pe,
    }  # fmt: skip
    columns = {name: lists(values, truth.lengths) for name, values in branches.items()}
    columns |= {f"init{axis}": 1000.0 * truth.vertex_m[:, i] for i, axis in enumerate("XYZ")}
    with uproot.recreate(tmp_path / "det_7.root") as file:
        file.mktree("data", {n: v.type if n in branches else v.dtype for n, v in columns.items()}).extend(columns)
    (read,) = events(tmp_path / "det_7.root", ML)
    assert read.run == 7
    np.testing.assert_array_equal(read.number, np.arange(4))
    np.testing.assert_array_equal(read.pmt.values, truth.pmt)
    np.testing.assert_allclose(read.truth["true_y_m"], truth.vertex_m[:, 1], rtol=1e-6)
    assert np.isnan(read.truth["true_energy_mev"]).all() and (read.truth["truth_class"] == -1).all()


def test_an_rntuple(tmp_path):
    truth = made_up((40, 0, 300, 25))
    columns = {"evtID": truth.number, "edep": truth.energy_mev}
    columns |= {
        name: lists(values, truth.lengths)
        for name, values in (("pmtID", truth.pmt), ("hitTime", truth.time_ns), ("nPE", truth.charge_pe))
    }
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("evt", columns)
    need_same(joined(tmp_path / "a.root", JUNO), truth)


def test_units_of_the_mapping(tmp_path):
    truth = made_up()
    path = write_csr(tmp_path / "a.h5", truth, t=truth.time_ns / 1000.0)
    mapping = replace(HDF5, time_unit="us", length_unit="cm", energy_unit="GeV")
    (read,) = events(path, mapping)
    np.testing.assert_allclose(read.time_ns.values, truth.time_ns, rtol=1e-6)
    np.testing.assert_allclose(read.truth["true_x_m"], 0.01 * truth.vertex_m[:, 0], rtol=1e-6)
    np.testing.assert_allclose(read.truth["true_energy_mev"], 1000.0 * truth.energy_mev, rtol=1e-6)


def test_liquido_is_read_with_its_own_sensors(test_data):
    path = test_data / "pmt" / "liquido_electrons.h5"
    standing = from_arrays(geometry(path, LIQUIDO))
    assert len(standing) == 12_860
    assert not standing.is_sphere
    read: Events
    (read,) = events(path, LIQUIDO)
    assert len(read) == 100
    assert read.n_hits.sum() == 121_096
    assert not read.n_dropped.any()
    assert (read.charge_pe.values == 1.0).all()
    assert (read.truth["truth_class"] == 0).all()
    with h5py.File(path) as file:
        born, rows = file["TruthData"][:], file["HitData"][:]
    np.testing.assert_allclose(read.truth["true_x_m"], born[:, 1] / 1000.0, rtol=1e-6)
    np.testing.assert_allclose(read.truth["true_energy_mev"], born[:, 7])
    np.testing.assert_array_equal(read.time_ns.values, rows[:, 5])
    length = sum(read.truth[f"true_dir_{axis}"] ** 2 for axis in "xyz")
    np.testing.assert_allclose(length, 1.0, rtol=1e-5)
    np.testing.assert_allclose(standing.position_m[read.pmt.values], rows[:, 2:5] / 1000.0, atol=1e-6)


def test_hits_without_a_sensor_go_to_the_nearest_and_the_distance_is_told(test_data):
    path = test_data / "pmt" / "liquido_electrons.h5"
    mapping = replace(LIQUIDO, pmt="", hit_x="HitData[2]", hit_y="HitData[3]", hit_z="HitData[4]")
    (by_number,), (by_place,) = events(path, LIQUIDO), events(path, mapping)
    np.testing.assert_array_equal(by_number.pmt.values, by_place.pmt.values)
    sensors, hits_of, charge, distance = notes(path, mapping)
    assert sensors == (
        "12,860 sensors (numbers 0 to 12,859), as the file has them, on no sphere: there are no images."
    )  # fmt: skip
    assert hits_of.startswith("Events read first: 100, with 121,096 hits.") and hits_of.endswith("charge: 0.")
    assert charge.startswith("The file tells no charge")
    assert distance.startswith("Each hit is taken to the nearest sensor, 1.97e-08 m away in the median")
