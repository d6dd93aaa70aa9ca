"""The same showers in every form of file give the same images; voxels, windows and layers fall where they belong."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.zdc import read
from core.zdc.grid import Grid, from_arrays
from core.zdc.mapping import KnownFile, Mapping, from_name
from core.zdc.raw import images, voxels
from core.zdc.showers import Showers
from tests.zdc.shower_files import FORMS, N_X, N_Y, OWN, THRESHOLD_MEV, Truth, made_up, own_file

MAPPINGS = Path(__file__).resolve().parents[2] / "core" / "zdc" / "mappings"
BINNING = '<Bins><Bin pid="22" name="photon"><Layer id="0" r_edges="0,10,20" n_bin_alpha="1"/><Layer id="1" r_edges="0"\
 n_bin_alpha="1"/><Layer id="2" r_edges="0,15,60" n_bin_alpha="4"/></Bin></Bins>'
VOXELS = Mapping(
    layout="voxels", energy="showers", event_id="", depth="", true_energy="incident_energies", true_energy_unit="MeV", impact_x="",
    impact_y="", particle="", binning="binning.xml", n_x=8, n_y=8, cell_mm=10.0, threshold_mev=0.0,
)  # fmt: skip


def joined(path: Path, mapping: Mapping) -> Showers:
    """All showers of a file."""
    parts = [showers for showers, _ in read.showers(path, mapping)]
    return Showers(
        parts[0].run, np.concatenate([p.number for p in parts]), np.concatenate([p.cells_mev for p in parts]),
        np.concatenate([p.depth_mev for p in parts]),
        {name: np.concatenate([p.truth[name] for p in parts]) for name in parts[0].truth}, parts[0].grid,
    )  # fmt: skip


def need_same(showers: Showers, truth: Truth) -> None:
    """What was read is what was written, as far as the form has it."""
    np.testing.assert_array_equal(showers.number, truth.number)
    np.testing.assert_allclose(showers.cells_mev, truth.expected_mev, rtol=1e-6)
    assert showers.cells_mev.dtype == np.float32
    expected = {
        "true_energy_gev": truth.true_energy_gev, "impact_x_mm": truth.impact_mm[:, 0], "impact_y_mm": truth.impact_mm[:, 1],
        "particle": truth.particle,
    }  # fmt: skip
    for name, values in showers.truth.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_showers(form, tmp_path):
    name, write = FORMS[form]
    truth = made_up()
    path, mapping = write(tmp_path / name, truth)
    mapping.check()
    showers = joined(path, mapping)
    need_same(showers, truth)
    assert showers.run == 3
    assert showers.grid == Grid(N_Y, N_X, 20.0, THRESHOLD_MEV)
    assert read.trial(path, mapping)
    assert read.preview(path)["trees"]
    assert "6 x 5 cells of 20 mm" in read.notes(path, mapping)[0]


def test_the_own_format_brings_its_grid_and_depth(tmp_path):
    truth = made_up()
    path = own_file(tmp_path / "zdc_0004_002_sim.h5", truth)
    showers = joined(path, OWN)
    need_same(showers, truth)
    assert set(showers.truth) == {"true_energy_gev", "impact_x_mm", "impact_y_mm", "particle"}
    assert showers.depth_mev.shape == (12, 4)
    assert from_arrays(read.geometry(path, OWN)) == showers.grid
    assert read.source(path, OWN) == {"run": 4, "subrun": 2, "live_s": None}


def test_a_renamed_file_keeps_its_run(tmp_path):
    path = own_file(tmp_path / "showers.h5", made_up())
    assert joined(path, OWN).run == read.source(path, OWN)["run"] == 4
    with h5py.File(path, "a") as file:
        file.attrs["run"] = -3.5
    assert read.source(path, OWN)["run"] == 0


@pytest.mark.parametrize("form", ["steps of ROOT", "steps of CSV"])
def test_steps_are_summed_by_depth(form, tmp_path):
    name, write = FORMS[form]
    truth = made_up()
    depth = joined(*write(tmp_path / name, truth)).depth_mev
    half = 0.5 * truth.cells_mev.sum(axis=(1, 2))  # before the threshold
    np.testing.assert_allclose(depth, np.stack([0 * half, half, 0 * half, half], axis=1), rtol=1e-5)


def test_small_chunks_give_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("core.zdc.raw.raw_showers.CHUNK_BYTES", 4 * N_X * N_Y * 5)  # five showers
    monkeypatch.setattr("core.zdc.raw.csv_lists.BLOCK_BYTES", 400)
    for form, (name, write) in FORMS.items():
        truth = made_up(23)
        path, mapping = write(tmp_path / name, truth)
        sizes = [len(showers) for showers, _ in read.showers(path, mapping)]
        assert max(sizes) <= 5 or form == "images of ROOT"  # whose baskets are unpacked whole
        need_same(joined(path, mapping), truth)


@pytest.mark.parametrize(("along", "expected"), [("z", (2, 3)), ("x", (2, 4)), ("y", (3, 4))])
def test_a_projection_sums_one_axis_and_loses_nothing(along, expected, tmp_path):
    layers = np.random.default_rng(1).uniform(2.0, 3.0, (5, 4, 2, 3))  # layer, y, x
    np.savez(tmp_path / "a.npz", e=layers)
    mapping = Mapping(
        container="npz", energy="e", axes="zyx", along=along, cell_mm=1.0, threshold_mev=0.0, depth="", event_id=""
    )
    cells = joined(tmp_path / "a.npz", mapping).cells_mev
    assert cells.shape == (5, *expected)
    order = {
        "z": layers.sum(axis=1),
        "x": layers.sum(axis=3).transpose(0, 2, 1),
        "y": layers.sum(axis=2).transpose(0, 2, 1),
    }
    np.testing.assert_allclose(cells, order[along], rtol=1e-6)


def test_flat_showers_in_layers_need_only_their_numbers_of_cells(tmp_path):
    """As files of the CaloChallenge's kind in Cartesian cells are: flat rows, with the layer first."""
    layers = np.random.default_rng(1).uniform(2.0, 3.0, (5, 4, 2, 3))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["showers"] = layers.reshape(5, -1)
    mapping = Mapping(
        energy="showers", axes="zyx", n_z=4, n_y=2, n_x=3, cell_mm=1.0, threshold_mev=0.0, depth="", event_id=""
    )
    np.testing.assert_allclose(joined(tmp_path / "a.h5", mapping).cells_mev, layers.sum(axis=1), rtol=1e-6)


def test_layers_can_be_chosen(tmp_path):
    np.savez(tmp_path / "a.npz", e=np.arange(1.0, 5.0)[None, :, None, None] * np.ones((2, 4, 3, 3)))
    mapping = Mapping(
        container="npz", energy="e", axes="zyx", cell_mm=1.0, threshold_mev=0.0, depth="", event_id="", first_layer=1, last_layer=2
    )  # fmt: skip
    np.testing.assert_array_equal(joined(tmp_path / "a.npz", mapping).cells_mev, 2.0 + 3.0)


def test_a_window_follows_the_brightest_cell_and_moves_the_impact():
    cells = np.zeros((2, 7, 9), np.float32)
    cells[0, 1, 8], cells[0, 2, 8], cells[1, 5, 3] = 5.0, 1.0, 4.0
    out, (shift_x, shift_y) = read.windows(cells, 4)
    assert out.shape == (2, 4, 4)
    assert out[:, 2, 2].tolist() == [5.0, 4.0]
    assert out[0, 3, 2] == 1.0
    assert out[0, :, 3].max() == 0.0  # beyond the image
    # the place of the brightest cell, from the middle of the image: (4, -2) and (-1, 2); in the window (0.5, 0.5)
    np.testing.assert_allclose(shift_x, [4.0 - 0.5, -1.0 - 0.5])
    np.testing.assert_allclose(shift_y, [-2.0 - 0.5, 2.0 - 0.5])


def test_a_windowed_impact_is_as_far_from_the_brightest_cell_as_before(tmp_path):
    truth = made_up()
    path, mapping = FORMS["images of ROOT"][1](tmp_path / "a_3.root", truth)
    whole, part = joined(path, mapping), joined(path, replace(mapping, window=4))
    at_y, at_x = np.divmod(whole.cells_mev.reshape(12, -1).argmax(axis=1), N_X)
    for axis, at, n in (("x", at_x, N_X), ("y", at_y, N_Y)):
        place_mm = (at - 0.5 * (n - 1)) * 20.0
        before, after = whole.truth[f"impact_{axis}_mm"] - place_mm, part.truth[f"impact_{axis}_mm"] - 0.5 * 20.0
        np.testing.assert_allclose(after, before, atol=1e-4)


def voxel_file(path: Path, showers: np.ndarray, binning: str = BINNING) -> Path:
    """Showers in voxels with their binning beside them, as the CaloChallenge has them."""
    with h5py.File(path, "w") as file:
        file["showers"] = showers
        file["incident_energies"] = np.maximum(showers.sum(axis=1), 1.0)[:, None]
    (path.parent / "binning.xml").write_text(binning)
    return path


def test_voxels_share_their_energy_by_area(tmp_path):
    """A disc, a ring and a quarter of a disc: the areas that they share with a cell are known."""
    unit = (
        np.eye(10)[[0, 1, 2 + 4]] * 100.0
    )  # disc r < 10, ring 10-20, and the ring r < 15 of the sector from 0 to 90 deg
    showers = joined(voxel_file(tmp_path / "a.h5", unit), VOXELS)
    cells = showers.cells_mev
    np.testing.assert_allclose(cells.sum(axis=(1, 2)), 100.0, rtol=1e-5)
    np.testing.assert_allclose(
        cells[0, 3:5, 3:5], 25.0, rtol=1e-3
    )  # a quarter of the disc lies in each cell at the middle
    ring_at_corner = 100.0 * (10.0**2 - np.pi * 10.0**2 / 4.0) / (np.pi * (20.0**2 - 10.0**2))
    np.testing.assert_allclose(cells[1, 3, 3], ring_at_corner, rtol=0.03)
    np.testing.assert_allclose(cells[1], cells[1, ::-1], rtol=1e-3)
    np.testing.assert_allclose(cells[1], cells[1].T, rtol=1e-3)
    assert cells[2, 4:, 4:].sum() == pytest.approx(100.0, rel=1e-5)  # right and up
    assert (showers.truth["impact_x_mm"] == 0).all()
    np.testing.assert_allclose(showers.truth["true_energy_gev"], 0.1)


def test_voxels_come_sector_by_sector_from_minus_pi(tmp_path):
    """Of the last layer, with two rings in four sectors, voxels 2 and 3 are the sector from -90 to 0 degrees: right and down."""
    cells = joined(voxel_file(tmp_path / "a.h5", np.eye(10)[[2 + 2]] * 7.0), VOXELS).cells_mev
    assert cells[0, :4, 4:].sum() == pytest.approx(7.0, rel=1e-5)


def test_layers_of_voxels_can_be_left_out(tmp_path):
    path = voxel_file(tmp_path / "a.h5", np.ones((3, 10)) * 50.0)
    only_first = joined(path, replace(VOXELS, last_layer=1)).cells_mev.sum(axis=(1, 2))
    np.testing.assert_allclose(only_first, 2 * 50.0, rtol=1e-5)


def test_the_binning_of_the_challenge_has_368_voxels(tmp_path):
    edges = {
        0: ("0,5,10,30,50,100,200,400,600", 1), 1: ("0,2,4,6,8,10,12,15,20,30,40,50,70,90,120,150,200", 10),
        2: ("0,2,5,10,15,20,25,30,40,50,60,80,100,130,160,200,250,300,350,400", 10), 3: ("0,50,100,200,400,600", 1), 4: ("0", 1),
        12: ("0,100,200,400,1000,2000", 1),
    }  # fmt: skip
    lines = "".join(f'<Layer id="{i}" r_edges="{e}" n_bin_alpha="{n}" />' for i, (e, n) in edges.items())
    (tmp_path / "b.xml").write_text(f'<Bins><Bin pid="22">{lines}</Bin></Bins>')
    layers = voxels.layers_of(tmp_path / "b.xml")
    assert sum(layer.n_voxels for layer in layers) == 368
    mapping = load_mapping(MAPPINGS / "calochallenge.toml", Mapping)
    shares = voxels.projection(layers, mapping)
    inside = np.asarray(shares.sum(axis=0))
    assert (inside <= 1.0 + 1e-9).all()
    assert inside[8 : 8 + 160 : 16] == pytest.approx(1.0)  # the innermost ring of layer 1


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_mappings_are_whole(path):
    mapping = load_mapping(path, Mapping)
    assert mapping.title


def test_names_tell_run_energy_and_particle():
    mapping = Mapping(file_name="e_{energy}gev_{run}", files=(KnownFile("pion_*", 9, 3.0, -211),))
    assert from_name(mapping, Path("e_2.5gev_0017.csv")).energy_gev == 2.5
    assert from_name(mapping, Path("e_2.5gev_0017.csv")).run == 17
    known = from_name(mapping, Path("pion_a.csv"))
    assert (known.run, known.energy_gev, known.particle) == (9, 3.0, -211)
    assert from_name(mapping, Path("other.csv")).run == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"layout": "cells"}, "'layout' is cells and 'container' hdf5: expected root, csv"),
        ({"layout": "voxels"}, "'binning' is empty"),
        ({"layout": "steps", "container": "csv", "x": "x", "y": "y"}, "'n_x', 'n_y' and 'cell_mm' are needed"),
        ({"container": "root"}, "'table' is empty"),
        ({"energy": ""}, "'energy' is empty"),
        ({"first_layer": 3, "last_layer": 2}, "'first_layer' 3 is behind"),
        ({"file_name": "{run}_{run}"}, "expected {run} at most once"),
    ],
)
def test_mappings_that_contradict_themselves(changed, sentence):
    with pytest.raises(DarkroomError) as refused:
        replace(Mapping(), **changed).check()
    assert sentence in str(refused.value)


def test_flat_rows_need_the_numbers_of_cells():
    shape = images.shape_of((10, 30), Mapping(n_x=6, n_y=5), Path("a.h5"))
    assert shape.image == (5, 6)
    with pytest.raises(DarkroomError, match="has 31 values per shower: expected 5 x 6 = 30"):
        images.shape_of((10, 31), Mapping(n_x=6, n_y=5), Path("a.h5"))
    with pytest.raises(DarkroomError, match="set n_y x n_x in the mapping"):
        images.shape_of((10, 30), Mapping(), Path("a.h5"))
