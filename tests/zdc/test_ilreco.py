"""Geant4 showers of others (ilreco): what is printed of them comes out of their files, and an independent reconstruction agrees."""

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.data.mapping import load_mapping
from core.zdc import read, rows, select
from core.zdc.event import UID
from core.zdc.mapping import Mapping
from tests.zdc.test_read_forms import MAPPINGS

ILRECO, IMAGES = (load_mapping(MAPPINGS / f"{name}.toml", Mapping) for name in ("ilreco", "ilreco_images"))
FILES = {"central_1gev": 100, "central_5gev": 100, "central_20gev": 50, "corners_5gev": 100, "pim_uniform": 100}
SPREAD_PERCENT = {
    "central_1gev": 2.44,
    "central_5gev": 1.50,
    "central_20gev": 1.01,
}  # of the sum over its mean, printed beside the data


@pytest.fixture(scope="session")
def folder(test_data: Path) -> Path:
    return test_data / "calorimeter" / "ilreco"


def table(folder: Path, name: str, mapping: Mapping = ILRECO) -> dict[str, np.ndarray]:
    """The rows that are made of a file."""
    blocks = [block.table for block in rows.blocks(folder / f"input_{name}.csv", mapping)]
    return {column: np.concatenate([block[column] for block in blocks]) for column in blocks[0]}


def plain_sums(path: Path) -> dict[int, float]:
    """Energy by event, read without any of our code."""
    sums: dict[int, float] = defaultdict(float)
    with path.open() as lines:
        for line in csv.DictReader(lines):
            sums[int(line["event"])] += float(line["e"])
    return dict(sums)


@pytest.mark.parametrize("name", FILES)
def test_no_event_and_no_energy_is_lost(name, folder):
    columns, sums = table(folder, name), plain_sums(folder / f"input_{name}.csv")
    assert len(columns["uid"]) == FILES[name] == len(sums)
    np.testing.assert_allclose(columns["energy_gev"], [sums[i] for i in sorted(sums)], rtol=1e-6)
    assert columns["event"].tolist() == sorted(sums)
    energy = {"central_1gev": 1.0, "central_20gev": 20.0, "pim_uniform": np.nan}.get(name, 5.0)
    np.testing.assert_array_equal(columns["true_energy_gev"], np.full(FILES[name], energy, np.float32))
    assert set(columns["particle"]) == {-211 if name == "pim_uniform" else 11}


@pytest.mark.parametrize("name", SPREAD_PERCENT)
def test_spread_and_shares_are_those_that_are_printed(name, folder):
    """The core's spread by the median absolute deviation, which few events with little energy do not move; its error is 1.17/sqrt(n)."""
    columns = table(folder, name)
    energy = columns["energy_gev"].astype(float)
    spread = 1.4826 * np.median(np.abs(energy - np.median(energy))) / np.median(energy)
    assert 100 * spread == pytest.approx(SPREAD_PERCENT[name], rel=1.17 / np.sqrt(len(energy)))
    assert np.median(columns["e1_share"]) == pytest.approx(0.65, abs=0.05)
    assert 0.935 < np.median(columns["e9_share"]) < 0.975
    assert 0.98 < np.median(columns["e25_share"]) <= 1.0


@pytest.mark.parametrize("name", FILES)
def test_an_independent_reconstruction_sees_the_same_showers(name, folder):
    """Of events with one cluster: its energy is our sum (it corrects for what is lost beside edges), its place our centre, which is
    drawn to the middle of the cell by up to a quarter of it."""
    columns = table(folder, name)
    with (folder / f"expected_{name}.csv").open() as lines:
        clusters = [line for line in csv.DictReader(lines) if line["ncl"] == "1"]
    event = np.array([int(line["event"]) for line in clusters])
    ratio = np.array([float(line["e"]) for line in clusters]) / columns["energy_gev"][event]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.025)
    assert np.median(np.abs(ratio - np.median(ratio))) < 0.02
    for axis in "xy":
        place_mm = (np.array([float(line[axis]) for line in clusters]) - 17.5) * 20.55
        off_mm = place_mm - columns[f"centre_{axis}_mm"][event]
        assert np.median(np.abs(off_mm)) < 3.0
        assert abs(np.median(off_mm)) < 1.0
        assert np.quantile(np.abs(off_mm), 0.95) < 0.3 * 20.55


def test_showers_at_corners_are_central_ones_and_stay_on_their_side(folder):
    central, corners = table(folder, "central_5gev"), table(folder, "corners_5gev")
    same = np.isclose(central["brightest_gev"], corners["brightest_gev"], rtol=1e-5)
    assert same.sum() > 90
    assert not set(central["uid"]) & set(corners["uid"])

    class Both:
        def column(self, name: str) -> np.ndarray:
            return np.concatenate([central[name], corners[name]])

    group = select.group(Both())  # type: ignore[arg-type]
    np.testing.assert_array_equal(group[:100], group[100:])
    assert UID.unpack(int(corners["uid"][3]))["run"] == 4


def test_windows_of_the_cells_are_the_images_of_the_archive(folder):
    """The archive holds the showers that its authors cut out around the hottest cell."""
    cells = next(read.showers(folder / "derived_20x20.npz", IMAGES))[0].cells_mev
    assert cells.shape == (350, 20, 20)
    names = ("central_1gev", "central_5gev", "central_20gev", "pim_uniform")
    windowed = replace(ILRECO, window=20)
    ours = np.concatenate([s.cells_mev for n in names for s, _ in read.showers(folder / f"input_{n}.csv", windowed)])
    assert ours.shape == cells.shape
    np.testing.assert_allclose(ours, cells, rtol=1e-5)
