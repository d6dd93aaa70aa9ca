"""Files of showers side by side in one data set: what fits, and what each is refused with."""

from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import open_dataset, read_array
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare
from core.zdc.mapping import Mapping
from tests.zdc.shower_files import Truth, made_up, own_file

EXPERIMENT = EXPERIMENTS["zdc"]
pytestmark = pytest.mark.usefixtures("workspace")


def few(first: int) -> Truth:
    """Showers numbered from `first`."""
    truth = made_up()
    return Truth(truth.number + first, truth.cells_mev, truth.true_energy_gev, truth.impact_mm, truth.particle)


def test_files_of_one_grid_are_one_data_set(tmp_path: Path):
    files = [own_file(tmp_path / f"zdc_0004_{i:03d}_sim.h5", few(100 * i)) for i in range(3)]
    meta = prepare(EXPERIMENT, files, "few", Mapping())
    dataset = open_dataset("few")
    assert (meta["refused"], dataset.n_rows, dataset.simulated) == ([], 36, True)
    np.testing.assert_array_equal(read_array(dataset, "cells_mev", range(12)), few(0).expected_mev)
    assert [len(depth) for depth in read_array(dataset, "depth_mev", range(12))] == [4] * 12
    assert dataset.geometry["n_cells"].tolist() == [5, 6]


def test_another_grid_is_no_part_of_it(tmp_path: Path):
    good = own_file(tmp_path / "zdc_0004_000_sim.h5", few(0))
    large = own_file(tmp_path / "zdc_0004_001_sim.h5", few(100), cells_mev=np.ones((12, 8, 8), np.float32) * 50.0)
    meta = prepare(EXPERIMENT, [good, large], "few", Mapping())
    (refused,) = meta["refused"]
    assert refused["file"].endswith("zdc_0004_001_sim.h5")
    assert "do not have the same geometry ('n_cells' has other values)" in refused["reason"]
    assert open_dataset("few").n_rows == 12


def test_the_same_showers_under_two_names_are_refused(tmp_path: Path):
    files = [
        own_file(tmp_path / f"zdc_0004_{i:03d}_sim.h5", few(0), depth_mev=np.full((12, 2), float(i))) for i in range(2)
    ]
    meta = prepare(EXPERIMENT, files, "few", Mapping())
    assert "both hold shower 4.7" in meta["refused"][0]["reason"]


def test_a_file_without_showers_says_so(tmp_path: Path):
    nothing = {"cells_mev": np.zeros((0, 5, 6), np.float32), "depth_mev": np.zeros((0, 4), np.float32)}
    nothing |= {name: np.zeros(0) for name in ("number", "true_energy_gev", "impact_x_mm", "impact_y_mm", "particle")}
    path = own_file(tmp_path / "zdc_0004_000_sim.h5", few(0), **nothing)
    with pytest.raises(DarkroomError, match="no shower was found"):
        prepare(EXPERIMENT, [path], "few", Mapping())
