"""Labels by recipe: clusters made by hand, one for every line of it, and what a broken truth table is answered."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.connie.clusters.extract import Clusters
from core.connie.labels.classes import FINE
from core.connie.labels.truth import Truth, read_truth, truth_columns
from core.connie.simulate import SimulationParameters, simulate
from core.connie.simulation import particles
from core.connie.simulation.deposit import PixelCharges
from core.errors import DarkroomError

SHAPE = (40, 50)
SMALL = SimulationParameters(n_rows=128, n_columns=128, overscan_columns=40, overscan_rows=8, ohdus=(2,))


def _clusters(charges: list[float]) -> Clusters:
    """One-pixel clusters at (row i, column 0)."""
    n = len(charges)
    y, x = np.arange(n, dtype=np.int32), np.zeros(n, np.int32)
    q = np.array(charges, np.float32)
    return Clusters(y, x, q, np.arange(n + 1), n, SHAPE, np.zeros(n, np.uint32))


def _truth(species: list[int], held: list[tuple[int, int, float]]) -> Truth:
    """Particles by species, and (cluster, particle, charge) for each charge they leave."""
    n = len(species)
    cluster, particle, charge = (np.array(column) for column in zip(*held, strict=True))
    table = {"id": np.arange(1, n + 1), "species": np.array(species, np.int16)}
    table |= {name: np.full(n, float(i)) for i, name in enumerate(("energy_kev", "theta_deg", "phi_deg"))}
    charges = PixelCharges(particle.astype(np.int32), (cluster * SHAPE[1]).astype(np.int32), charge.astype(np.float32))
    return Truth(table, charges, SHAPE)


def _columns(charges: list[float], length: list[float], energy: list[float], truth: Truth) -> dict[str, np.ndarray]:
    measured = {"charge_e": np.array(charges), "length_px": np.array(length), "energy_kev": np.array(energy)}
    return truth_columns(_clusters(charges), measured, truth, SHAPE)


@pytest.mark.parametrize(
    ("species", "length", "energy", "label"),
    [
        (particles.MUON, 10.0, 220.0, "muon sure"),
        (particles.MUON, 9.9, 220.0, "muon unsure"),
        (particles.MUON, np.nan, 220.0, "muon unsure"),
        (particles.ELECTRON, 5.1, 100.0, "worm"),
        (particles.ELECTRON, 5.0, 100.0, "undefined"),
        (particles.ELECTRON, 3.0, 20.0, "spot"),
        (particles.SPOT, 4.0, 8.0, "spot"),
        (particles.ALPHA, 20.0, 3000.0, "spot"),
        (particles.DEFECT, 30.0, 5.0, "bad pixel"),
    ],
)
def test_label_of_a_single_particle(species, length, energy, label):
    columns = _columns([1000.0], [length], [energy], _truth([species], [(0, 1, 990.0)]))
    assert FINE[columns["truth_class"][0]] == label
    assert columns["truth_species"][0] == species
    assert columns["truth_particle"][0] == 1
    assert columns["truth_share"][0] == 1.0
    assert columns["truth_n_muons"][0] == (species == particles.MUON)


def test_second_particle_above_15_percent_is_a_segmentation_error():
    truth = _truth([0, 1, 0, 1], [(0, 1, 860.0), (0, 2, 140.0), (1, 3, 840.0), (1, 4, 160.0)])
    columns = _columns([1000.0] * 2, [30.0] * 2, [250.0] * 2, truth)
    assert [FINE[i] for i in columns["truth_class"]] == ["muon sure", "segmentation error"]
    assert columns["truth_share"] == pytest.approx([0.86, 0.84])


def test_three_particles_with_a_dominant_share_below_40_percent_are_a_segmentation_error():
    truth = _truth([0, 0, 4], [(0, 1, 300.0), (0, 2, 320.0), (0, 3, 380.0)])
    columns = _columns([1000.0], [30.0], [250.0], truth)
    assert FINE[columns["truth_class"][0]] == "segmentation error"
    assert columns["truth_n_muons"][0] == 2


def test_pieces_of_one_particle():
    truth = _truth([0, 0], [(0, 1, 900.0), (1, 1, 100.0), (2, 2, 700.0), (3, 2, 300.0)])
    columns = _columns([900.0, 100.0, 700.0, 300.0], [30.0] * 4, [250.0] * 4, truth)
    split = "segmentation error"
    assert [FINE[i] for i in columns["truth_class"]] == ["muon sure", split, "muon sure", split]
    assert columns["truth_n_muons"].tolist() == [1, 0, 1, 0]


def test_charge_that_nobody_left_is_undefined():
    columns = _columns([1000.0, 1000.0, 50.0], [5.0] * 3, [4.0] * 3, _truth([2, 2], [(0, 1, 499.0), (1, 2, 501.0)]))
    assert [FINE[i] for i in columns["truth_class"]] == ["undefined", "spot", "undefined"]
    assert columns["truth_species"].tolist() == [2, 2, -1]
    assert columns["truth_particle"].tolist() == [1, 2, -1]
    assert np.isnan(columns["truth_energy_kev"]).tolist() == [False, False, True]
    assert columns["truth_share"].tolist() == [1.0, 1.0, 0.0]


def test_without_truth_nothing_is_known():
    columns = truth_columns(_clusters([1.0, 2.0]), {}, None, SHAPE)
    assert columns["truth_class"].tolist() == [-1, -1]
    assert np.isnan(columns["truth_share"]).all()


def test_no_cluster_has_no_label():
    columns = _columns([], [], [], _truth([0], [(0, 1, 10.0)]))
    assert {len(column) for column in columns.values()} == {0}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return simulate(tmp_path_factory.mktemp("truth"), 1, 3, SMALL)[0]


def test_truth_of_a_file_is_found_by_its_ccd(written):
    truth = read_truth(written, 2)
    assert truth is not None and truth.shape == (128, 128)
    assert truth.charges.charge_e.min() > 1.0
    held = np.bincount(truth.charges.particle, truth.charges.charge_e, len(truth.particles["id"]) + 1)[1:]
    left_out = truth.particles["charge_e"] - held
    assert np.all((left_out >= -0.5) & (left_out <= truth.particles["n_pixels"] - truth.particles["n_stored"] + 0.5))
    assert read_truth(written, 3) is None


def test_truth_of_another_geometry_is_refused(written):
    with pytest.raises(DarkroomError, match="128 x 128 pixels, this one has 40 x 50"):
        truth_columns(_clusters([1.0]), {}, read_truth(written, 2), SHAPE)


def _changed(written: Path, out: Path, column: str, value: int) -> Path:
    with fits.open(written) as hdus:
        for name in ("TRUTH", "TRUTHPIX"):
            if column in hdus[name].columns.names:
                hdus[name].data[column][0] = value
        hdus.writeto(out)
    return out


@pytest.mark.parametrize(("column", "value"), [("pixel", 128 * 128), ("n_stored", 9999), ("species", 9), ("id", 7)])
def test_tables_that_contradict_themselves_are_refused(written, tmp_path, column, value):
    with pytest.raises(DarkroomError, match="do not fit each other"):
        read_truth(_changed(written, tmp_path / "bad.fits", column, value), 2)


def test_missing_column_is_named(written, tmp_path):
    with fits.open(written) as hdus:
        hdus["TRUTH"] = fits.BinTableHDU.from_columns(hdus["TRUTH"].columns[:1], hdus["TRUTH"].header, name="TRUTH")
        hdus.writeto(tmp_path / "bad.fits")
    with pytest.raises(DarkroomError, match="TRUTH has the columns species, expected id, energy_kev"):
        read_truth(tmp_path / "bad.fits", 2)


def test_tables_that_are_cut_off_are_no_truth(written, tmp_path):
    short = tmp_path / "short.fits"
    short.write_bytes(written.read_bytes()[:-8000])
    assert read_truth(short, 2) is None
