"""Simulated showers: energy is conserved, each is its own whatever is simulated beside it, files are whole and go on."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.errors import DarkroomError
from core.parameters import build
from core.zdc.published import scaled_sample
from core.zdc.showers import TRUTH
from core.zdc.simulate import SimulationParameters, cost, gains, simulate, simulate_showers
from core.zdc.simulation.writing import appending, write_showers

EXACT = SimulationParameters(noise_mev=0.0, photostatistics_percent=0.0, threshold_mev=0.0)
SMALL = SimulationParameters(energy_low_gev=2.0, energy_high_gev=4.0)


def test_energy_is_conserved() -> None:
    """Nothing is lost in a block without end, and cells and depths hold the same."""
    endless = dataclasses.replace(EXACT, depth_cm=100.0, cell_mm=200.0, n_cells=128)
    showers = simulate_showers(20, 1, endless)
    energy = 1000.0 * showers.truth["true_energy_gev"]
    np.testing.assert_allclose(showers.cells_mev.sum(axis=(1, 2)), energy, rtol=2e-3)  # the radii have long tails
    short = simulate_showers(20, 1, EXACT)
    np.testing.assert_allclose(short.cells_mev.sum(axis=(1, 2)), short.depth_mev.sum(axis=1), rtol=1e-5)
    assert np.all(short.cells_mev.sum(axis=(1, 2)) < 1.0001e3 * short.truth["true_energy_gev"])


def test_same_number_same_shower() -> None:
    whole, again, other = (simulate_showers(6, 7, SMALL), simulate_showers(2, 7, SMALL, first=4), simulate_showers(6, 8, SMALL))  # fmt: skip
    np.testing.assert_array_equal(whole.cells_mev[4:], again.cells_mev)
    np.testing.assert_array_equal(whole.depth_mev[4:], again.depth_mev)
    assert again.number.tolist() == [4, 5]
    assert not np.isin(whole.truth["impact_x_mm"], other.truth["impact_x_mm"]).any()
    backwards = [simulate_showers(1, 7, SMALL, first=k).cells_mev[0] for k in reversed(range(6))]
    np.testing.assert_array_equal(whole.cells_mev[::-1], np.stack(backwards))


@pytest.mark.parametrize("spectrum", ["uniform", "log-uniform"])
def test_energies_and_places_are_even(spectrum: str) -> None:
    p = SimulationParameters(energy_low_gev=0.5, energy_high_gev=2.0, spectrum=spectrum, preset="epic_lyso7")
    truth = simulate_showers(4000, 2, p).truth
    energy = truth["true_energy_gev"]
    assert (energy.min() > 0.5, energy.max() < 2.0) == (True, True)
    middle = 1.0 if spectrum == "log-uniform" else 1.25
    assert np.mean(energy < middle) == pytest.approx(0.5, abs=0.03)
    for name in ("impact_x_mm", "impact_y_mm"):
        assert np.abs(truth[name]).max() == pytest.approx(150.0, abs=1.0)
        assert truth[name].std() == pytest.approx(300.0 / np.sqrt(12.0), rel=0.03)
    assert abs(np.corrcoef(truth["impact_x_mm"], truth["impact_y_mm"])[0, 1]) < 0.06


@pytest.mark.parametrize(("n_cells", "low"), [(20, 0.0), (9, -15.0)])
def test_the_middle_cell_is_hit(n_cells: int, low: float) -> None:
    showers = simulate_showers(200, 1, dataclasses.replace(SMALL, impact="cell", n_cells=n_cells))
    x, y = showers.truth["impact_x_mm"], showers.truth["impact_y_mm"]
    assert low <= min(x.min(), y.min()) < low + 1.0
    assert low + 29.0 < max(x.max(), y.max()) < low + 30.0
    brightest = showers.cells_mev.reshape(200, -1).argmax(axis=1)
    middle = n_cells // 2
    inside = (np.abs(x - low - 15.0) < 10.0) & (np.abs(y - low - 15.0) < 10.0)
    assert np.mean(brightest[inside] == middle * n_cells + middle) > 0.97


def test_rows_are_y_and_columns_are_x() -> None:
    p = dataclasses.replace(SMALL, impact="fixed", impact_x_mm=105.0, impact_y_mm=-45.0)
    showers = simulate_showers(3, 1, p)
    grid = showers.grid
    for cells in showers.cells_mev:
        iy, ix = np.unravel_index(cells.argmax(), grid.shape)
        assert (grid.x_mm[ix], grid.y_mm[iy]) == (105.0, -45.0)


def test_readout() -> None:
    """Noise alone passes 3.9 sigma once in 20,000 cells; nothing stored lies between 0 and the threshold."""
    showers = simulate_showers(300, 3, SMALL)
    on = showers.cells_mev > 0.0
    assert showers.cells_mev[on].min() > 0.78
    exact = simulate_showers(300, 3, dataclasses.replace(EXACT, energy_low_gev=2.0, energy_high_gev=4.0))
    empty = exact.cells_mev == 0.0
    assert np.mean(on[empty]) < 3e-4
    bright = exact.cells_mev > 500.0
    pull = (showers.cells_mev[bright] - exact.cells_mev[bright]) / np.sqrt(0.4 * exact.cells_mev[bright] + 0.04)
    assert pull.std() == pytest.approx(1.0, abs=0.12)
    assert abs(pull.mean()) < 4.0 / np.sqrt(bright.sum())


def test_a_cell_saturates() -> None:
    p = dataclasses.replace(SMALL, saturation_mev=500.0)
    plain, clipped = simulate_showers(50, 3, SMALL).cells_mev, simulate_showers(50, 3, p).cells_mev
    assert (plain > 500.0).any()
    np.testing.assert_array_equal(clipped, np.minimum(plain, 500.0))


def test_threads_do_not_matter() -> None:
    expected = simulate_showers(40, 7, SMALL).cells_mev
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda first: simulate_showers(10, 7, SMALL, first=first).cells_mev, range(0, 40, 10)))
    np.testing.assert_array_equal(np.concatenate(parts), expected)


def test_gains_are_those_of_the_calorimeter() -> None:
    spread = dataclasses.replace(EXACT, gain_spread_percent=1.0)
    plain, uneven = simulate_showers(20, 4, EXACT), simulate_showers(20, 4, spread)
    on = plain.cells_mev > 0.0
    expected = np.broadcast_to(gains(4, spread), plain.cells_mev.shape)
    np.testing.assert_allclose(uneven.cells_mev[on] / plain.cells_mev[on], expected[on], rtol=1e-5)
    assert gains(4, spread).std() == pytest.approx(0.01, rel=0.1)


def test_finer_spots_hit_more_cells() -> None:
    plain, fine = (simulate_showers(200, 1, dataclasses.replace(SMALL, spot_fineness=f)) for f in (1.0, 8.0))
    more = np.count_nonzero(fine.cells_mev) / np.count_nonzero(plain.cells_mev)
    assert 1.2 < more < 2.5
    assert fine.cells_mev.sum() == pytest.approx(plain.cells_mev.sum(), rel=0.1)
    assert cost(1000, dataclasses.replace(SMALL, spot_fineness=8.0))["seconds"] > 2.0 * cost(1000, SMALL)["seconds"]


def test_files_hold_what_was_simulated(tmp_path: Path) -> None:
    files = simulate(tmp_path, 25, 3, SMALL)
    assert [path.name for path in files] == [f"zdc_0001_{k:03d}_sim.h5" for k in range(9)]
    whole = simulate_showers(25, 3, SMALL)
    with h5py.File(files[2], "r") as file:
        assert file["number"][:].tolist() == [6, 7, 8]
        np.testing.assert_array_equal(file["cells_mev"][:], whole.cells_mev[6:9])
        np.testing.assert_array_equal(file["depth_mev"][:], whole.depth_mev[6:9])
        for name in (*TRUTH, "particle"):
            np.testing.assert_array_equal(file[name][:], whole.truth[name][6:9])
        attributes = dict(file.attrs)
    assert build(SimulationParameters, json.loads(attributes.pop("parameters"))) == SMALL
    expected = {
        "format": "darkroom showers",
        "version": 1,
        "run": 1,
        "cell_mm": 30.0,
        "threshold_mev": 0.78,
        "seed": 3,
        "first": 6,
        "n": 3,
    }
    assert attributes == expected


def test_a_stopped_simulation_goes_on(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 20
        if done >= 8:
            raise DarkroomError("Stopped.")

    with pytest.raises(DarkroomError, match="Stopped"):
        simulate(tmp_path, 20, 3, SMALL, stop)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 3
    reports: list[int] = []
    files = simulate(tmp_path, 20, 3, SMALL, lambda done, _: reports.append(done))
    assert (len(files), reports[-1]) == (10, 20)
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


@pytest.mark.parametrize("other", ["parameters", "seed", "damaged"])
def test_other_or_damaged_files_are_simulated_again(tmp_path: Path, other: str) -> None:
    (path, *_), *_ = (simulate(tmp_path, 10, 3, SMALL),)
    if other == "damaged":
        path.write_bytes(path.read_bytes()[:3000])
    p = dataclasses.replace(SMALL, noise_mev=0.3) if other == "parameters" else SMALL
    seed = 4 if other == "seed" else 3
    simulate(tmp_path, 10, seed, p)
    with h5py.File(path, "r") as file:
        np.testing.assert_array_equal(file["cells_mev"][0], simulate_showers(1, seed, p).cells_mev[0])


def test_batches_of_one_file_are_appended_or_nothing_is(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    write_showers(whole, simulate_showers(5, 1, SMALL), {"origin": "here"})
    with appending(parts, {"origin": "here"}) as append:
        append(simulate_showers(2, 1, SMALL))
        append(simulate_showers(3, 1, SMALL, first=2))
        assert not parts.exists()
    with h5py.File(whole, "r") as a, h5py.File(parts, "r") as b:
        assert dict(a.attrs) == dict(b.attrs)
        for name in a:
            np.testing.assert_array_equal(a[name][:], b[name][:])
    with pytest.raises(KeyboardInterrupt), appending(tmp_path / "stopped.h5") as append:
        append(simulate_showers(2, 1, SMALL))
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts.h5", "whole.h5"]


@pytest.mark.parametrize(
    "p", [SMALL, SimulationParameters(), SimulationParameters(preset="epic_lyso7"), SimulationParameters(spot_fineness=4.0)]
)  # fmt: skip
def test_disk_is_told_before(tmp_path: Path, p: SimulationParameters) -> None:
    size_gb = sum(path.stat().st_size for path in simulate(tmp_path, 200, 1, p)) / 1e9
    assert cost(200, p)["gb"] == pytest.approx(size_gb, rel=0.25)


def test_the_slides_fifty_million_are_costed() -> None:
    """A day on a core, and 100 GB with the data set; a hundredth of it in proportion."""
    whole, part = scaled_sample.cost(1.0), scaled_sample.cost(0.01)
    assert whole["n_events"] == 50_000_000
    assert whole["seconds"] == pytest.approx(100.0 * part["seconds"], rel=1e-6)
    assert 15.0 < whole["seconds"] / 3600.0 < 45.0
    assert 80.0 < whole["gb"] < 130.0


def test_a_part_of_the_slides_sample_goes_on(tmp_path: Path) -> None:
    fraction = 20.4 / 50_000_000
    files = scaled_sample.simulate_scaled(tmp_path, fraction, 3)
    before = files[0].stat().st_mtime_ns
    files[1].unlink()
    again = scaled_sample.simulate_scaled(tmp_path, fraction, 3)
    assert (len(files), files[0].stat().st_mtime_ns, again) == (10, before, files)
    assert files[1].exists()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"energy_low_gev": 5.0, "energy_high_gev": 4.0}, "'energy_low_gev' is 5.0: expected at most energy_high_gev, 4.0"),
        ({"area_cells": 11.0}, "'area_cells' is 11: expected at most half of n_cells, 10"),
        ({"impact": "fixed", "impact_x_mm": 300.0}, "expected less than 300 from the middle"),
        ({"saturation_mev": 0.5}, "'saturation_mev' is 0.5: expected more than threshold_mev, 0.78, or 0"),
        ({"energy_low_gev": 0.1}, "energy_low_gev"),
    ],
)  # fmt: skip
def test_refusals(values: dict[str, float], text: str) -> None:
    with pytest.raises(DarkroomError, match=text):
        build(SimulationParameters, values)


def test_the_shipped_sample_is_what_its_command_makes() -> None:
    """Two runs of one grid and range, at most 10 MB; a shower of each file is simulated again."""
    folder = Path(__file__).parents[2] / "data_samples" / "zdc"
    files = sorted(folder.glob("*.h5"))
    assert len(files) == 20
    assert sum(path.stat().st_size for path in files) < 10e6
    for path in files:
        with h5py.File(path, "r") as file:
            p = build(SimulationParameters, json.loads(file.attrs["parameters"]))
            (again,) = simulate_showers(1, int(file.attrs["seed"]), p, int(file["number"][-1])).cells_mev
            np.testing.assert_allclose(file["cells_mev"][-1], again, rtol=1e-5)
            is_first = file.attrs["run"] == 1
            expected = (
                SimulationParameters()
                if is_first
                else SimulationParameters(particle="e+", spectrum="uniform", first_run=2)
            )
        assert p == expected
