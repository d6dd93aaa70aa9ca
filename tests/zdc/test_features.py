"""Features of images whose numbers are known, and the numbers that judges are given."""

import numpy as np
import pytest

from core.zdc import features, shapes
from core.zdc.features import EDGE, EMPTY, FLAGS, SATURATED
from core.zdc.grid import Grid
from core.zdc.showers import Showers
from core.zdc.simulate import simulate_showers

GRID = Grid(5, 6, 10.0, 0.5)


def showers(cells: np.ndarray, grid: Grid = GRID, depth: np.ndarray | None = None, **truth: np.ndarray) -> Showers:
    n = len(cells)
    return Showers(1, np.arange(n), cells.astype(np.float32), np.zeros((n, 0)) if depth is None else depth, truth, grid)


def measure(*images: np.ndarray, saturation_mev: float = np.inf, **more: np.ndarray) -> dict[str, np.ndarray]:
    return features.measure(showers(np.stack(images), **more), np.zeros(len(images), np.uint32), saturation_mev)


def image(**cells: float) -> np.ndarray:
    """An image with some cells: `y2x3=5.0`."""
    out = np.zeros(GRID.shape)
    for name, energy in cells.items():
        y, x = name.removeprefix("y").split("x")
        out[int(y), int(x)] = energy
    return out


def test_an_image_computed_by_hand():
    """6 MeV at x = 5, y = 0 mm, 2 MeV a cell to the right, and 2 two rows up."""
    columns = {
        k: v[0] for k, v in measure(image(y2x3=6.0, y2x4=2.0, y4x3=2.0), true_energy_gev=np.array([0.02])).items()
    }
    assert columns["energy_gev"] == pytest.approx(0.01)
    assert columns["response"] == pytest.approx(0.5)
    assert columns["n_cells"] == 3
    assert columns["brightest_gev"] == pytest.approx(0.006)
    assert (columns["e1_share"], columns["second_share"]) == pytest.approx((0.6, 0.2))
    assert (columns["e9_share"], columns["e25_share"], columns["r9"]) == pytest.approx((0.8, 1.0, 0.8))
    assert (columns["centre_x_mm"], columns["centre_y_mm"]) == pytest.approx((5.0 + 2.0, 4.0))
    assert columns["width_x_mm"] == pytest.approx(10.0 * np.sqrt(0.2 * 0.8))
    assert columns["width_y_mm"] == pytest.approx(20.0 * np.sqrt(0.2 * 0.8))
    assert columns["edge_share"] == pytest.approx(0.2)
    assert np.isnan(columns["impact_x_mm"])
    assert np.isnan(columns["offset_x_mm"])
    assert columns["flags"] == 0


def test_turned_images_have_turned_numbers():
    generator = np.random.default_rng(2)
    cells = generator.exponential(size=(50, 6, 6)) * (generator.random((50, 6, 6)) < 0.6)
    grid = Grid(6, 6, 10.0, 0.0)
    plain, turned = (
        features.measure(showers(c, grid), np.zeros(50, np.uint32)) for c in (cells, cells.transpose(0, 2, 1))
    )
    mirrored = features.measure(showers(cells[:, :, ::-1], grid), np.zeros(50, np.uint32))
    for name in ("centre", "width"):
        np.testing.assert_allclose(plain[f"{name}_x_mm"], turned[f"{name}_y_mm"], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(mirrored["centre_x_mm"], -plain["centre_x_mm"], rtol=1e-5, atol=1e-4)
    for name in ("energy_gev", "n_cells", "e1_share", "e9_share", "e25_share", "edge_share"):
        np.testing.assert_allclose(plain[name], turned[name], rtol=1e-6)


def test_an_empty_image_has_no_place_and_a_flag():
    columns = measure(image(), true_energy_gev=np.array([1.0]))
    assert columns["energy_gev"][0] == columns["n_cells"][0] == columns["response"][0] == 0
    assert all(np.isnan(columns[name][0]) for name in ("centre_x_mm", "width_y_mm", "e1_share", "r9", "edge_share"))
    assert columns["flags"][0] == EMPTY


def test_flags():
    columns = measure(image(y0x3=9.0), image(y2x5=9.0), image(y2x3=9.0), image(y2x3=10.0), saturation_mev=10.0)
    assert columns["flags"].tolist() == [EDGE, EDGE, 0, SATURATED]
    assert len(FLAGS) == len(set(FLAGS))


def test_a_column_for_every_number():
    columns = measure(image(y2x3=1.0))
    assert {column.name for column in features.COLUMNS} == columns.keys() - {"flags"}


def test_depth_of_known_profiles():
    columns = measure(image(y2x3=1.0), image(y2x3=1.0), depth=np.array([[0.0, 4.0, 0.0, 4.0], [0.0] * 4]))
    assert columns["depth_mean_x0"][0] == pytest.approx(2.5)
    assert np.isnan(columns["depth_mean_x0"][1])
    assert columns["depth_seen_gev"].tolist() == pytest.approx([0.008, 0.0])


def test_simulated_showers_are_measured_as_they_were_made():
    simulated = simulate_showers(300, seed=4)
    columns = features.measure(simulated, np.zeros(300, np.uint32))
    assert np.median(columns["response"]) == pytest.approx(0.99, abs=0.01)
    assert np.abs(columns["offset_x_mm"]).max() < 0.5 * simulated.grid.cell_mm
    assert abs(columns["offset_x_mm"].mean()) < 1.0
    assert columns["depth_seen_gev"] == pytest.approx(columns["energy_gev"], rel=0.2)


# --- what judges are given


def conditions(n: int, energy: float = 0.02, x_mm: float = 0.0, y_mm: float = 0.0) -> dict[str, np.ndarray]:
    return {"true_energy_gev": np.full(n, energy), "impact_x_mm": np.full(n, x_mm), "impact_y_mm": np.full(n, y_mm)}


def test_high_level_numbers_by_hand_and_from_the_impact():
    cells = np.stack([image(y2x3=6.0, y2x4=2.0, y4x3=2.0), image()])
    columns = shapes.high_level(cells, conditions(2, x_mm=5.0), GRID.arrays())
    assert columns["log_energy"] == pytest.approx(np.log10(0.02))
    assert columns["response"].tolist() == pytest.approx([0.5, 0.0])
    assert columns["centre_x"].tolist() == pytest.approx([0.2, 0.0])  # in cells
    assert columns["centre_y"].tolist() == pytest.approx([0.4, 0.0])
    assert columns["n_25"].tolist() == [3, 0]
    without = shapes.high_level(cells, {}, GRID.arrays())
    assert without["centre_x"][0] == pytest.approx(0.7)
    assert without["log_energy"].tolist() == pytest.approx([-2.0, 0.0])
    unknown = shapes.high_level(cells, {"true_energy_gev": np.full(2, np.nan)}, GRID.arrays())
    assert unknown.keys() == without.keys() == columns.keys()
    np.testing.assert_array_equal(unknown["response"], without["response"])


@pytest.mark.parametrize("of", [shapes.high_level, shapes.core_and_rings], ids=lambda f: f.__name__)
def test_a_judge_is_never_given_nan(of):
    cells = np.zeros((4, *GRID.shape), np.float32)
    cells[1, 0, 0], cells[2] = 1.0, 3.0
    for given in (conditions(4), {}, {name: np.full(4, np.nan) for name in conditions(4)}, conditions(4, x_mm=1e6)):
        assert all(np.isfinite(values).all() for values in of(cells, given, GRID.arrays()).values())


EIGHT = [(flip_y, flip_x, swap) for flip_y in (1, -1) for flip_x in (1, -1) for swap in (False, True)]


@pytest.mark.parametrize(("flip_y", "flip_x", "swap"), EIGHT)
@pytest.mark.parametrize("knows_impact", [True, False])
def test_the_core_is_the_same_in_all_eight_orientations(flip_y, flip_x, swap, knows_impact):
    """Of a square grid with an odd number of cells, turned about its middle with the impact."""
    grid, generator = Grid(9, 9, 10.0, 0.0), np.random.default_rng(3)
    cells = generator.exponential(size=(40, 9, 9)).astype(np.float32)
    cells[:, 4, 4] = 50.0
    x, y = generator.uniform(-4.9, 4.9, (2, 40))
    turned, (tx, ty) = cells[:, ::flip_y, ::flip_x], (flip_x * x, flip_y * y)
    if swap:
        turned, (tx, ty) = turned.transpose(0, 2, 1), (ty, tx)
    before, after = (
        shapes.core_and_rings(c, {"impact_x_mm": a, "impact_y_mm": b} if knows_impact else {}, grid.arrays())
        for c, a, b in ((cells, x, y), (turned, tx, ty))
    )
    for name in before:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-6, err_msg=name)


def test_core_and_rings_by_hand():
    """Impact in the upper right quarter of the cell (2, 3), more to the right than up: right comes first."""
    cells = image(y2x3=5.0, y2x4=2.0, y3x3=1.0, y1x3=0.5, y2x5=1.5)[None]
    columns = shapes.core_and_rings(cells, conditions(1, x_mm=5.0 + 3.0, y_mm=1.0), GRID.arrays())
    core = {tuple(cell): columns[f"core_{i}"][0] for i, cell in enumerate(shapes.CORE.tolist())}
    assert core[0, 0] == pytest.approx(0.5)
    assert core[0, 1] == pytest.approx(0.2)  # right
    assert core[1, 0] == pytest.approx(0.1)  # up
    assert core[-1, 0] == pytest.approx(0.05)
    assert core[0, 2] == pytest.approx(0.15)
    assert sum(core.values()) == pytest.approx(1.0)
    assert [columns[f"ring_share_{i}"][0] for i in range(3)] == pytest.approx([0.5, 0.35, 0.15])
    assert [columns[f"ring_cells_{i}"][0] for i in range(4)] == [1, 3, 1, 0]
    upwards = shapes.core_and_rings(cells, conditions(1, x_mm=5.0 + 1.0, y_mm=3.0), GRID.arrays())
    assert upwards[f"core_{shapes.CORE.tolist().index([0, 1])}"][0] == pytest.approx(0.1)


def test_rings_add_up():
    cells = simulate_showers(50, seed=2)
    columns = shapes.core_and_rings(cells.cells_mev, cells.truth, cells.grid.arrays())
    share = sum(columns[f"ring_share_{i}"] for i in range(shapes.N_RINGS))
    np.testing.assert_allclose(share, 1.0, rtol=1e-6)
    number = sum(columns[f"ring_cells_{i}"] for i in range(shapes.N_RINGS))
    np.testing.assert_array_equal(number, (cells.cells_mev > 0).sum(axis=(1, 2)))


def test_pixels_are_cells_over_energy():
    cells = image(y2x3=6.0, y4x0=4.0)[None]
    values = shapes.pixels(cells, conditions(1, energy=0.1), GRID.arrays())
    assert values.shape == (1, 31)
    assert values.dtype == np.float32
    assert values[0, 0] == pytest.approx(-1.0)
    assert values[0, 1 + 2 * 6 + 3] == pytest.approx(0.06)
    assert shapes.pixels(cells, {}, GRID.arrays())[0, 1:].sum() == pytest.approx(1.0)


def test_channels_take_every_cell_once():
    """Of ones: half of the cells are common, an eighth is in each quadrant."""
    sums = shapes.channels(np.ones((2, 20, 20), np.float32))
    assert sums["common"].tolist() == [200.0, 200.0]
    assert [sums[name][0] for name in list(sums)[1:]] == [50.0] * 4
    single = np.zeros((1, 20, 20), np.float32)
    single[0, 3, 12] = 7.0  # odd sum of indices; below, right
    assert {name: values[0] for name, values in shapes.channels(single).items() if values[0]} == {"lower right": 7.0}
